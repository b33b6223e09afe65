#!/bin/sh
# The demonstration weights: the classifiers of experiments/phantom.sh and, in place of its Sparse
# R-CNN, RTMDet on larger films, with normal films in training (OUT/rtmdet-weights), then fine-tuned
# with many films of "Other lesions": OUT/rtmdet-foci-weights has the files of the folder weights/.
# Compares Sparse R-CNN and both stages on the same held-out films, each finding by itself, and
# counts false boxes on normal films.
# usage: experiments/phantom_detector.sh [OUT]
#        STEPS=2400 of 8 films, then FOCI_STEPS=500; about 85 minutes of one core, and before that
#        phantom.sh OUT, unless OUT has its weights: two hours on two cores.
#        `sh tools/renew-weights.sh OUT/rtmdet-foci-weights` puts the files into weights/.

set -eu
[ "${1:-}" != -h ] || set -- -h -h
. "$(dirname "$0")/common.sh"
[ $# -le 1 ] || usage
out=${1:-runs/phantom} steps=${STEPS:-2400} foci_steps=${FOCI_STEPS:-500}
val=$out/phantom-val # the weights name the set by its folder
[ -f "$out/weights/detector.safetensors" ] || experiments/phantom.sh "$out"

# draw NAME FILMS SEED MIX [OPTION...]
draw() {
    name=$1 count=$2 seed=$3 mix=$4
    shift 4
    [ -d "$out/$name" ] || "$spinexr" data phantom --out "$out/$name" --count "$count" \
        --seed "$seed" --mix "$mix" --size 800 --region lumbar --test 0 --syntax explicit -q "$@"
}
# join NAME SET...
join() {
    name=$1
    shift
    [ -d "$out/$name" ] || "$spinexr" data merge "$@" --to vindr --out "$out/$name"
}
draw crowd 2400 1004 crowded
draw normal 800 1006 even --healthy
draw foci 2400 1008 foci
draw phantom-val 300 1002 even
draw test 600 1003 even
join crowd-normal "$out/crowd" "$out/normal"
join crowd-foci-normal "$out/crowd" "$out/normal" "$out/foci"

# train_stage NAME STEPS SET OPTION...
# A fifth of the samples are films without findings.
train_stage() {
    name=$1 count=$2 set=$3
    shift 3
    train detector "$out/$name" "$count" --preset rtmdet_small \
        --set 'INPUT.MIN_SIZE_TRAIN=[288, 320, 352]' --set SPINEXR.EMPTY_SHARE=0.2 \
        --set SPINEXR.PICTURES=False --data "$out/$set" --val "$val" --cache "$out/cache-$set" \
        --threads 1 --checkpoint 100 --seed 1 "$@"
}
train_stage rtmdet "$steps" crowd-normal --validate 600
train_stage rtmdet-foci "$foci_steps" crowd-foci-normal --validate 100 \
    --init "$out/rtmdet/best.safetensors" --rate 0.0005 --set SOLVER.WARMUP_ITERS=100

# pack NAME: 16 bit, with the calibrated classifiers, in NAME-weights.
pack() {
    to=$out/$1-weights
    [ -f "$to/done" ] && return
    mkdir -p "$to"
    cp "$out"/weights/classifier-*.safetensors "$to"
    "$spinexr" model import "$out/$1/best.safetensors" --dtype bf16 --demonstration \
        --note 'trained on synthetic films only: says nothing about patients' \
        --out "$to/detector.safetensors"
    "$spinexr" model calibrate --weights "$to" --data "$val" --out "$to" --overwrite -q
    touch "$to/done"
}
pack rtmdet
pack rtmdet-foci

# false_boxes.sh predicts the held-out films with the detector alone and with the paper's rule.
for name in "$out/weights" "$out/rtmdet-weights" "$out/rtmdet-foci-weights"; do
    to=$out/false-boxes-$(basename "$name")
    mkdir -p "$to"
    [ -d "$to/test" ] || ln -s ../test "$to/test"
    echo "$name"
    WEIGHTS=$name experiments/false_boxes.sh "$to"
done
"$spinexr" eval detect "$out/test" \
    sparse-rcnn="$out/false-boxes-weights/boxes/report.json" \
    rtmdet="$out/false-boxes-rtmdet-weights/boxes/report.json" \
    foci="$out/false-boxes-rtmdet-foci-weights/boxes/report.json" \
    whole-framework="$out/false-boxes-rtmdet-foci-weights/rule/report.json" --paper
