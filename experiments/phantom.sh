#!/bin/sh
# The phantom benchmark: draws films from fixed seeds, trains three classifiers and the paper's
# detector, a small Sparse R-CNN, on them from scratch, and prints the paper's tables for the
# held-out films. About two hours on two cores. The demonstration weights have these classifiers and
# the detector of phantom_detector.sh, which runs this script first.
# usage: experiments/phantom.sh [OUT]

set -eu
[ "${1:-}" != -h ] || set -- -h -h
. "$(dirname "$0")/common.sh"
[ $# -le 1 ] || usage
out=${1:-runs/phantom}
val=$out/phantom-val # the weights name the set by its folder
mkdir -p "$out/weights"

# draw NAME FILMS SEED MIX
draw() {
    [ -d "$out/$1" ] || "$spinexr" data phantom --out "$out/$1" --count "$2" --seed "$3" \
        --mix "$4" --size 800 --region lumbar --test 0 --syntax explicit
}
draw train 4000 1001 even
draw phantom-val 300 1002 even
draw test 600 1003 even
draw crowd 2400 1004 crowded

# classifier NUMBER BLOCKS: one thread, because several threads on busy cores wait for one another
classifier() {
    train classifier "$out/classifier-$1" 1500 --preset densenet_small \
        --network "{\"blocks\": $2}" --batch 32 --data "$out/train" --val "$val" \
        --cache "$out/cache-classifier" --threads 1 --seed "$1"
}
classifier 1 '[4, 6, 8, 6]'
classifier 2 '[4, 6, 12, 8]'
classifier 3 '[4, 6, 16, 12]'
# Films with many findings each: more boxes per step, and more of the rare findings.
train detector "$out/detector" 2400 --preset sparse_demo --data "$out/crowd" --val "$val" \
    --cache "$out/cache-crowd" --threads 1 --validate 400 --seed 1

# Weights in bf16, with one temperature and threshold for the ensemble and operating points for the
# detector.
note='trained on synthetic films only: says nothing about patients'
# pack RUN NAME
pack() {
    "$spinexr" model import "$out/$1/best.safetensors" --dtype bf16 --demonstration --note "$note" \
        --out "$out/weights/$2.safetensors"
}
for k in 1 2 3; do
    pack "classifier-$k" "classifier-$k"
done
pack detector detector
"$spinexr" model calibrate --weights "$out/weights" --data "$val" --out "$out/weights" \
    --overwrite -q

# The held-out films: each classifier alone, the framework by the paper's rule, and with views.
# predict_test NAME OPTION...
predict_test() {
    to=$out/test-$1
    shift
    [ -f "$to/report.json" ] || "$spinexr" predict "$out/test" --no-overlay -q --out "$to" "$@"
}
for k in 1 2 3; do
    predict_test "classifier-$k" --weights "$out/weights/classifier-$k.safetensors"
done
predict_test rule --weights "$out/weights" --rule paper
predict_test all --weights "$out/weights" --all-boxes
predict_test tta --weights "$out/weights" --all-boxes --tta both
threshold=$("$spinexr" model show "$out/weights/classifier-1.safetensors" |
    sed -n 's/.*spinexr.threshold  *//p')
"$spinexr" eval classify "$out/test" depth-1="$out/test-classifier-1/scores.csv" \
    depth-2="$out/test-classifier-2/scores.csv" depth-3="$out/test-classifier-3/scores.csv" \
    ensemble="$out/test-rule/scores.csv" with-tta="$out/test-tta/scores.csv" \
    --threshold "$threshold" --paper
"$spinexr" eval detect "$out/test" one-view="$out/test-all/report.json" \
    with-tta="$out/test-tta/report.json" --paper
"$spinexr" eval pipeline "$out/test" "$out/test-all/report.json" --threshold "$threshold" --paper
"$spinexr" eval report "$out/test" "$out/test-rule/report.json" "$out/test-all/report.json" \
    --films "$out/test/train_images" --sheets 40 --html "$out/report.html" >/dev/null
echo "$out/report.html"
