#!/bin/sh
# Measures what pretraining on phantoms gains on real films: vertebra detection in few steps, from
# scratch and from weights that were trained on phantoms.
# usage: experiments/pretraining.sh DATA [OUT]     DATA holds train/ and val/
#        INIT=weights/detector.safetensors, a detector of the preset PRESET=rtmdet_small

set -eu
. "$(dirname "$0")/common.sh"
[ $# -ge 1 ] || usage
data=$1 out=${2:-runs/pretraining}
init=${INIT:-weights/detector.safetensors} preset=${PRESET:-rtmdet_small}
mkdir -p "$out"
# learn NAME [OPTION...]
learn() {
    name=$1
    shift
    train detector "$out/$name" 500 --preset "$preset" --data "$data/train" \
        --val "$data/val" --validate 500 --cache "$out/cache" --seed 1 "$@"
}
learn scratch
learn phantoms --init "$init"
