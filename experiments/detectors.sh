#!/bin/sh
# Compares the paper's detectors on real radiographs: each is trained from scratch for the same time
# on one core.
# usage: experiments/detectors.sh DATA [OUT] [MINUTES]
#        DATA holds train/ and val/; 22 minutes each unless MINUTES says otherwise
#        NAMES="sparse_small .." selects the presets

set -eu
. "$(dirname "$0")/common.sh"
[ $# -ge 1 ] || usage
data=$1 out=${2:-runs/detectors} minutes=${3:-22}
names=${NAMES:-sparse_small faster_small retinanet_small efficientdet_small}
mkdir -p "$out"

# steps PRESET: how many steps fit into the time, by the median of thirty steps after ten to warm
# up.
steps() {
    "$spinexr" train detector --preset "$1" --data "$data/train" --out "$out/$1-speed" --overwrite \
        --iterations 40 --threads 1 --precision "$precision" --cache "$out/cache" -q >&2
    sed 1,10d "$out/$1-speed/metrics.jsonl" |
        sed 's/.*"seconds": \([0-9.e-]*\).*/\1/' | sort -g | sed -n 15p |
        awk -v minutes="$minutes" '{ printf "%d", minutes * 60 / $1 }'
}
for name in $names; do
    [ -f "$out/$name.steps" ] || steps "$name" >"$out/$name.steps"
    echo "$name: $(cat "$out/$name.steps") steps in $minutes minutes"
    train detector "$out/$name" "$(cat "$out/$name.steps")" --preset "$name" \
        --data "$data/train" --threads 1 --cache "$out/cache" --seed 1
    [ -f "$out/$name/findings/findings.csv" ] ||
        "$spinexr" predict "$data/val" --weights "$out/$name/last.safetensors" --keep 0.02 \
            --no-overlay --out "$out/$name/findings" >/dev/null
done
models=$(for name in $names; do echo "$name=$out/$name/findings/findings.csv"; done)
"$spinexr" eval detect "$data/val" $models --iou vindr --draw film --html "$out/detectors.html"
