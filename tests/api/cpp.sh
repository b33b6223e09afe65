#!/bin/sh
# cpp.sh PREDICT-STUDY PREDICT SPINEXR DRAW-FILM: the C++ example gives the numbers of the C
# example, goes on after a bad film, and reports errors.
set -eu
study=$(realpath "$1") predict=$(realpath "$2") spinexr=$(realpath "$3") draw=$(realpath "$4")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir films pictures
"$draw" films/a.png 300 400
head -c 200 films/a.png >films/b.png
"$spinexr" model synthetic densenet121 --out c.safetensors >/dev/null \
    --network '{"growth": 4, "stem": 8, "blocks": [2, 2, 2, 2]}'
"$spinexr" model synthetic sparse_rcnn_r50 --out d.safetensors >/dev/null \
    --network '{"backbone_stem": 8, "proposals": 20, "backbone_blocks": [1, 1, 1, 1],
        "heads": 2, "hidden": 32, "dynamic": 8, "feedforward": 64}'
if "$study" films pictures c.safetensors d.safetensors >out 2>err; then exit 1; fi
cat out err
grep -q '^films/b.png: ' err
"$predict" films/a.png c.safetensors d.safetensors >one
probability=$(sed -n 's/^P(abnormal) \(0\.[0-9]*\):.*/\1/p' one)
grep -qF "films/a.png P(abnormal) $(printf %.3f "$probability")" out
[ "$(grep -c '^  ' out)" -eq "$(sed -n 's/^\([0-9]*\) findings.*/\1/p' one)" ]
[ ! -e pictures/a.png ] || [ "$(head -c 4 pictures/a.png | tail -c 3)" = PNG ]
if "$study" nowhere pictures c.safetensors 2>err; then exit 1; fi
grep -q '^nowhere: ' err
if "$study" films pictures nowhere.safetensors 2>err; then exit 1; fi
grep -q '^nowhere.safetensors: ' err
