#!/bin/sh
# Classifies real radiographs as abnormal or normal: five-fold cross-validation by patient, and a
# baseline that knows only the film's size.
# usage: experiments/kauh.sh DATA [OUT]
#        DATA holds labels.csv and images/; needs ImageMagick
#        INIT=weights.safetensors also trains from these weights, which were trained on phantoms

set -eu
. "$(dirname "$0")/common.sh"
[ $# -ge 1 ] || usage
data=$(cd "$1" && pwd) out=${2:-runs/kauh} init=${INIT:-}
mkdir -p "$out"
[ -d "$out/folds" ] || "$spinexr" data split "$data" --folds 5 --out "$out/folds"

# The same films with one size and aspect, their middle 1:3 strip. Every film is scaled down, none
# enlarged or padded.
same=$out/same-size
if [ ! -f "$same/labels.csv" ]; then
    mkdir -p "$same/images"
    for f in "$data"/images/*; do
        convert "$f" -colorspace Gray -resize '112x336^' -gravity center -extent 112x336 \
            -quality 95 "$same/images/$(basename "$f")"
    done
    # without width and height
    tr -d '\r' <"$data/labels.csv" | sed 's/,[^,]*,[^,]*$//' >"$same/labels.csv"
fi

# cross_validate NAME SET [OPTION...]
# Each fold is evaluated with the weights after a fixed number of steps: nothing is chosen on it.
cross_validate() {
    name=$1 set=$2
    shift 2
    for k in 0 1 2 3 4; do
        run=$out/$name/fold$k
        mkdir -p "$run"
        ls "$out"/folds/fold?.txt | grep -v "fold$k" | xargs cat >"$run/train.txt"
        train classifier "$run" 200 --preset densenet_small --data "$set" \
            --train-list "$run/train.txt" --batch 16 --threads 1 --seed 1 "$@"
        awk -F, -v set="$set" 'NR == FNR { held[$1]; next } $1 in held { print set "/" $2 }' \
            "$out/folds/fold$k.txt" "$set/labels.csv" |
            "$spinexr" predict - --weights "$run/last.safetensors" --no-overlay \
                --overwrite --out "$run/findings" >/dev/null
    done
    awk 'FNR > 1 || NR == 1' "$out/$name"/fold?/findings/scores.csv >"$out/$name.csv"
}
cross_validate as-they-are "$data"
cross_validate same-size "$same"
models="as-they-are=$out/as-they-are.csv same-size=$out/same-size.csv"
if [ -n "$init" ]; then
    cross_validate as-they-are-init "$data" --init "$init"
    cross_validate same-size-init "$same" --init "$init"
    models="$models as-they-are-init=$out/as-they-are-init.csv"
    models="$models same-size-init=$out/same-size-init.csv"
fi

# The baseline: the films' width and their aspect as scores (scaled to 0..1; AUROC needs only their
# order).
tr -d '\r' <"$data/labels.csv" | sed 's/"[^"]*"/x/' | awk -F, -v to="$out/size-" '
    NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i
              print "image_id,score" >(to "width.csv")
              print "image_id,score" >(to "aspect.csv"); next }
    { w = $column["width"]; h = $column["height"]
      print $1 "," w / 1e5 >(to "width.csv"); print $1 "," w / h / 10 >(to "aspect.csv") }'
"$spinexr" eval classify "$data" $models width-alone="$out/size-width.csv" \
    aspect-alone="$out/size-aspect.csv" --html "$out/kauh.html"
