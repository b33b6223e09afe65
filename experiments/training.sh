#!/bin/sh
# Measures what the options of training gain on drawn films: short runs of a small classifier and a
# small detector from scratch, each option alone against the same run without it, for each seed. A
# run that was stopped continues. Ends with the paired tests of all runs that are complete.
# usage: experiments/training.sh [OUT]
#        SEEDS="1 2 3", STEPS=200 of a classifier and DETECTOR_STEPS=200 of a detector

set -eu
[ "${1:-}" != -h ] || set -- -h -h
. "$(dirname "$0")/common.sh"
[ $# -le 1 ] || usage
out=${1:-runs/training}
seeds=${SEEDS:-1 2 3} steps=${STEPS:-200} detector_steps=${DETECTOR_STEPS:-200}
mkdir -p "$out"

# draw NAME FILMS SEED: films of all regions, of different shapes
draw() {
    [ -d "$out/$1" ] || "$spinexr" data phantom --out "$out/$1" --count "$2" --seed "$3" \
        --mix published --size 400 --region any --test 0 --syntax explicit -q
}
draw train 1000 3001
draw val 300 3002
draw test 600 3003

# Nothing is chosen on films: the last weights count. One thread, because several threads on busy
# cores wait for one another.
# classifier NAME SEED [OPTION...]
classifier() {
    run=$out/$1-$2 seed=$2
    shift 2
    train classifier "$run" "$steps" --preset densenet_small --network '{"blocks": [2, 4, 4, 3]}' \
        --set MODEL.CLASSIFIER.INPUT_SIZE=128 --batch 16 --data "$out/train" \
        --cache "$out/cache" --threads 1 --seed "$seed" -q "$@"
    predict_test "$run" --weights "$run/last.safetensors"
}
# detector NAME SEED [OPTION...]
detector() {
    run=$out/$1-$2 seed=$2
    shift 2
    network='"backbone_stem": 16, "backbone_blocks": [1, 1, 1, 1], "channels": 48, "convs": 1'
    train detector "$run" "$detector_steps" --preset retinanet_small --network "{$network}" \
        --set 'INPUT.MIN_SIZE_TRAIN=[160, 192, 224]' --set INPUT.MIN_SIZE_TEST=192 --batch 4 \
        --data "$out/train" --cache "$out/cache" --threads 1 --seed "$seed" -q "$@"
    predict_test "$run" --weights "$run/last.safetensors" --all-boxes
}
# predict_test RUN OPTION...
predict_test() {
    to=$1/test
    shift
    [ -f "$to/report.json" ] ||
        "$spinexr" predict "$out/test" --no-overlay --threads 1 -q --overwrite --out "$to" "$@"
}

# option NAME: the options of a run
classifier_options='mixup mild letterbox no-average findings'
detector_options='empty copy-paste repeat no-average'
for seed in $seeds; do
    classifier classifier "$seed"
    classifier classifier-mixup "$seed" --set SPINEXR.MIXUP=0.2
    classifier classifier-mild "$seed" --set SPINEXR.MILD_AUGMENT=True
    classifier classifier-letterbox "$seed" --set SPINEXR.LETTERBOX=True
    classifier classifier-no-average "$seed" --set SPINEXR.EMA=0
    classifier classifier-findings "$seed" --set SPINEXR.MULTI_LABEL=True
    detector detector "$seed"
    detector detector-empty "$seed" --set SPINEXR.EMPTY_SHARE=0.3
    detector detector-copy-paste "$seed" --set SPINEXR.COPY_PASTE=0.3
    detector detector-repeat "$seed" --set DATALOADER.REPEAT_THRESHOLD=0.1 \
        --set DATALOADER.SAMPLER_TRAIN=RepeatFactorTrainingSampler
    detector detector-no-average "$seed" --set SPINEXR.EMA=0
done
