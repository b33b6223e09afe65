#!/bin/sh
# How well familiarity tells films of another kind from those that a classifier was fitted to:
# five-fold cross-validation by patient on spine radiographs (see kauh.sh), against other films.
# usage: experiments/familiarity.sh DATA OTHERS [OUT]
#        DATA holds labels.csv and images/ (as for kauh.sh); OTHERS: a text file with the path of a
#        film on each line, none of them of the spine

set -eu
. "$(dirname "$0")/common.sh"
[ $# -ge 2 ] || usage
data=$(cd "$1" && pwd) others=$2 out=${3:-runs/familiarity}
mkdir -p "$out"
[ -d "$out/folds" ] || "$spinexr" data split "$data" --folds 5 --out "$out/folds"

# Fold k is held out, familiarity is fitted to fold k + 1, and the networks are trained on the other
# three, from the demonstration weights. The last weights are used, so nothing is chosen.
# network FOLD NUMBER BLOCKS
network() {
    run=$out/fold$1/network$2
    mkdir -p "$run"
    ls "$out"/folds/fold?.txt | grep -v "fold$1\.\|fold$(((($1) + 1) % 5))\." | xargs cat \
        >"$run/train.txt"
    train classifier "$run" 200 --preset densenet_small --network "{\"blocks\": $3}" \
        --data "$data" --train-list "$run/train.txt" --cache "$out/cache" --batch 16 --threads 1 \
        --seed "$2" --init "weights/classifier-$2.safetensors"
    mkdir -p "$out/fold$1/weights"
    cp "$run/last.safetensors" "$out/fold$1/weights/classifier-$2.safetensors"
}

# distances FOLD REPORT KIND
# Appends the films of the report: the patient, the kind (1: another one), and the distance d as
# d / (1 + d).
distances() {
    awk -F, -v fold="$1" -v kind="$3" -v out="$out" '
        NR == FNR { gsub(/"/, ""); patient[$1] = $3; next }
        match($0, /"image_id": "[^"]*"/) { id = substr($0, RSTART + 13, RLENGTH - 14) }
        match($0, /"distance": [0-9.e+-]*/) {
            d = substr($0, RSTART + 12, RLENGTH - 12)
            print fold "/" id "," (id in patient ? patient[id] : id) "," kind >>(out "/labels.csv")
            print fold "/" id "," d / (1 + d) >>(out "/distances.csv")
        }' "$data/labels.csv" "$2"
}

echo image_id,patient,abnormal >"$out/labels.csv"
echo image_id,score >"$out/distances.csv"
for k in 0 1 2 3 4; do
    network $k 1 '[4, 6, 8, 6]'
    network $k 2 '[4, 6, 12, 8]'
    network $k 3 '[4, 6, 16, 12]'
    "$spinexr" model calibrate --weights "$out/fold$k/weights" --data "$data" \
        --list "$out/folds/fold$((($k + 1) % 5)).txt" --out "$out/fold$k/calibrated" \
        --overwrite -q >"$out/fold$k/calibrate.txt"
    awk -F, -v set="$data" 'NR == FNR { held[$1]; next } $1 in held { print set "/" $2 }' \
        "$out/folds/fold$k.txt" "$data/labels.csv" >"$out/fold$k/held-out.txt"
    for set in held-out others; do
        list=$out/fold$k/held-out.txt
        [ $set = held-out ] || list=$others
        "$spinexr" predict - --weights "$out/fold$k/calibrated" --any-film --no-overlay -q \
            --overwrite --out "$out/fold$k/$set" <"$list" | sed "s/^/fold $k, $set: /"
    done
    distances $k "$out/fold$k/held-out/report.json" 0
    distances $k "$out/fold$k/others/report.json" 1
done
# "abnormal" stands for a film of another kind
"$spinexr" eval classify "$out/labels.csv" distance="$out/distances.csv"
