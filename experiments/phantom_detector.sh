#!/bin/sh
# Another detector for the phantom benchmark (experiments/phantom.sh): RTMDet on larger films, and
# with normal films in training. Compares it with the demonstration detector on the same held-out
# films, each finding by itself, and counts false boxes on normal films with both.
# usage: experiments/phantom_detector.sh [OUT]
#        STEPS=2400 of 8 films; about 70 minutes of one core. OUT may be that of phantom.sh, whose
#        films are then used.

set -eu
[ "${1:-}" != -h ] || set -- -h -h
. "$(dirname "$0")/common.sh"
[ $# -le 1 ] || usage
out=${1:-runs/phantom} steps=${STEPS:-2400}
val=$out/phantom-val # the weights name the set by its folder
mkdir -p "$out/rtmdet-weights"

# draw NAME FILMS SEED MIX [OPTION...]
draw() {
    name=$1 count=$2 seed=$3 mix=$4
    shift 4
    [ -d "$out/$name" ] || "$spinexr" data phantom --out "$out/$name" --count "$count" \
        --seed "$seed" --mix "$mix" --size 800 --region lumbar --test 0 --syntax explicit -q "$@"
}
draw crowd 2400 1004 crowded
draw normal 800 1006 even --healthy
draw phantom-val 300 1002 even
draw test 600 1003 even
[ -d "$out/crowd-normal" ] || "$spinexr" data merge "$out/crowd" "$out/normal" --to vindr \
    --out "$out/crowd-normal"

# A fifth of the samples are films without findings.
train detector "$out/rtmdet" "$steps" --preset rtmdet_small \
    --set 'INPUT.MIN_SIZE_TRAIN=[288, 320, 352]' --set SPINEXR.EMPTY_SHARE=0.2 \
    --set SPINEXR.PICTURES=False --data "$out/crowd-normal" --val "$val" \
    --cache "$out/cache-crowd-normal" --threads 1 --validate 600 --checkpoint 100 --seed 1
note='trained on synthetic films only: says nothing about patients'
cp weights/classifier-*.safetensors "$out/rtmdet-weights"
"$spinexr" model import "$out/rtmdet/best.safetensors" --dtype bf16 --demonstration --note "$note" \
    --out "$out/rtmdet-weights/detector.safetensors"
"$spinexr" model calibrate --weights "$out/rtmdet-weights" --data "$val" \
    --out "$out/rtmdet-weights" --overwrite -q

# false_boxes.sh predicts the held-out films with the detector alone and with the paper's rule.
for name in weights "$out/rtmdet-weights"; do
    to=$out/false-boxes-$(basename "$name")
    mkdir -p "$to"
    [ -d "$to/test" ] || ln -s ../test "$to/test"
    echo "$name"
    WEIGHTS=$name experiments/false_boxes.sh "$to"
done
"$spinexr" eval detect "$out/test" \
    demonstration="$out/false-boxes-weights/boxes/report.json" \
    rtmdet="$out/false-boxes-rtmdet-weights/boxes/report.json" \
    whole-framework="$out/false-boxes-rtmdet-weights/rule/report.json" --paper
