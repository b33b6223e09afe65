#!/bin/sh
# Detects vertebrae on real radiographs: a small Sparse R-CNN trained from scratch, evaluated on the
# validation films.
# usage: experiments/vertebrae.sh DATA [OUT]
#        DATA holds train/ and val/; about two hours on two cores

set -eu
. "$(dirname "$0")/common.sh"
[ $# -ge 1 ] || usage
data=$1 out=${2:-runs/vertebrae}
train detector "$out" 7000 --preset sparse_small --data "$data/train" --val "$data/val" \
    --validate 1000
"$spinexr" predict "$data/val" --weights "$out/best.safetensors" --keep 0.02 --draw 0.4 \
    --overwrite --out "$out/findings" >/dev/null
"$spinexr" eval report "$data/val" "$out/findings/report.json" --films "$data/val/images" \
    --title 'Vertebrae' --html "$out/films.html" >/dev/null
"$spinexr" eval detect "$data/val" "$out/findings/findings.csv" --iou vindr --draw film \
    --html "$out/val.html"
