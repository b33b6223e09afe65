#!/bin/sh
# example.sh EXAMPLE SPINEXR DRAW-FILM: the example program on a drawn film, with small networks of the formula.
set -eu
example=$(realpath "$1") spinexr=$(realpath "$2") draw=$(realpath "$3")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
"$draw" film.png 300 400
"$spinexr" model formula densenet121 --network '{"growth": 4, "stem": 8, "blocks": [2, 2, 2, 2]}' \
    --out c.safetensors >/dev/null
"$spinexr" model formula sparse_rcnn_r50 --out d.safetensors --network '{"backbone_stem": 8, "proposals": 20,
    "backbone_blocks": [1, 1, 1, 1], "heads": 2, "hidden": 32, "dynamic": 8, "feedforward": 64}' >/dev/null
"$example" film.png c.safetensors d.safetensors >out
cat out
grep -qE '^P\(abnormal\) 0\.[0-9]{4}: (ab)?normal$' out
grep -qE '^[0-9]+ findings, [0-9]+ withheld by the decision rule$' out
! "$example" nowhere.png c.safetensors 2>err
grep -q '^nowhere.png: ' err
