#!/bin/sh
# The phantom benchmark: films of fixed seeds, three classifiers and a detector learnt from scratch on them, and the
# paper's two tables for the held-out films. About two hours on two cores.
# usage: experiments/phantom.sh [OUT]

set -eu
[ "${1:-}" != -h ] || set -- -h -h
. "$(dirname "$0")/common.sh"
[ $# -le 1 ] || usage
out=${1:-runs/phantom}
mkdir -p "$out/weights"

draw() { # draw NAME FILMS SEED MIX
    [ -d "$out/$1" ] || "$spinexr" data phantom --out "$out/$1" --count "$2" --seed "$3" --mix "$4" --size 800 \
        --region lumbar --test 0 --syntax explicit
}
draw train 4000 1001 even
draw val 300 1002 even
draw test 600 1003 even
draw crowd 2400 1004 crowded

classifier() { # classifier NUMBER BLOCKS: one thread, as several on busy cores wait for one another in bf16
    train classifier "$out/classifier-$1" 1500 --preset densenet_small --network "{\"blocks\": $2}" --batch 32 \
        --data "$out/train" --val "$out/val" --cache "$out/cache-classifier" --threads 1 --seed "$1"
}
classifier 1 '[4, 6, 8, 6]'
classifier 2 '[4, 6, 12, 8]'
classifier 3 '[4, 6, 16, 12]'
# First on films that carry many findings, then on films like those to be judged.
train detector "$out/detector-crowd" 2400 --preset sparse_demo --data "$out/crowd" --val "$out/val" \
    --cache "$out/cache-crowd" --threads 1 --validate 400 --seed 1
train detector "$out/detector" 1600 --preset sparse_demo --data "$out/train" --val "$out/val" \
    --cache "$out/cache-train" --threads 1 --validate 400 --seed 2 --rate 3e-4 \
    --init "$out/detector-crowd/last.safetensors"
