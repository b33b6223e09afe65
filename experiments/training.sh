#!/bin/sh
# Measures what the options of training gain on drawn films: short runs of a small classifier and a
# small detector, each option alone against the same run without it, with the paired tests after
# each seed. They start from the demonstration weights, which know only lumbar films, and learn all
# regions; from scratch, so few steps teach nothing. A run that was stopped continues.
# usage: experiments/training.sh [OUT]
#        SEEDS="1 2 3", STEPS=100 of a classifier and DETECTOR_STEPS=200 of a detector

set -eu
[ "${1:-}" != -h ] || set -- -h -h
. "$(dirname "$0")/common.sh"
[ $# -le 1 ] || usage
out=${1:-runs/training}
seeds=${SEEDS:-1 2 3} steps=${STEPS:-100} detector_steps=${DETECTOR_STEPS:-200}
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
    train classifier "$run" "$steps" --preset densenet_small \
        --init weights/classifier-1.safetensors --set MODEL.CLASSIFIER.INPUT_SIZE=128 \
        --batch 16 --data "$out/train" \
        --cache "$out/cache" --threads 1 --seed "$seed" -q "$@"
    predict_test "$run" --weights "$run/last.safetensors"
}
# detector NAME SEED [OPTION...]
detector() {
    run=$out/$1-$2 seed=$2
    shift 2
    train detector "$run" "$detector_steps" --preset rtmdet_small \
        --init weights/detector.safetensors --batch 4 \
        --data "$out/train" --cache "$out/cache" --threads 1 --seed "$seed" -q "$@"
    predict_test "$run" --weights "$run/last.safetensors" --all-boxes
}
# predict_test RUN OPTION...
predict_test() {
    to=$1/test
    shift
    [ -f "$to/done" ] && return
    "$spinexr" predict "$out/test" --no-overlay --threads 1 -q --overwrite --out "$to" "$@" >&2
    touch "$to/done" # predict writes its results while it works
}

# compare classify|detect SEED NAME NAME
compare() {
    echo "== seed $2: $3 against $4 =="
    "$spinexr" eval compare "$out/test" "$3=$out/$3-$2/test/report.json" \
        "$4=$out/$4-$2/test/report.json" --task "$1" --threads 1 -q
}

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

    # Gates: fitted on the validation films to the classifier with findings and the detector.
    gates=$out/gates-$seed
    if [ ! -f "$gates/test/done" ]; then
        mkdir -p "$gates/weights"
        cp "$out/classifier-findings-$seed/last.safetensors" "$gates/weights/classifier.safetensors"
        cp "$out/detector-$seed/last.safetensors" "$gates/weights/detector.safetensors"
        "$spinexr" model calibrate --weights "$gates/weights" --data "$out/val" \
            --out "$gates/weights" --overwrite --threads 1 -q
        predict_test "$gates" --weights "$gates/weights"
    fi

    # The same films, so that the tests are paired.
    for name in mixup mild letterbox no-average findings; do
        compare classify "$seed" classifier "classifier-$name"
    done
    for name in empty copy-paste repeat no-average; do
        compare detect "$seed" detector "detector-$name"
    done
    compare detect "$seed" detector gates
done
