#!/bin/sh
# Counts false boxes on normal films at a sensitivity, on the held-out films of the phantom
# benchmark (experiments/phantom.sh), with the demonstration weights: by the detector alone, with
# the paper's rule, and without any box on films that the classifiers call normal.
# usage: experiments/false_boxes.sh [OUT]
#        WEIGHTS=weights and SENSITIVITY=0.8 choose others; WEIGHTS has detector.safetensors

set -eu
[ "${1:-}" != -h ] || set -- -h -h
. "$(dirname "$0")/common.sh"
[ $# -le 1 ] || usage
out=${1:-runs/false_boxes} weights=${WEIGHTS:-weights}
wanted=${SENSITIVITY:-0.8}
mkdir -p "$out"
[ -d "$out/test" ] || "$spinexr" data phantom --out "$out/test" --count 600 --seed 1003 \
    --mix even --size 800 --region lumbar --test 0 --syntax explicit -q
# predict_test NAME OPTION...
predict_test() {
    to=$out/$1
    shift
    [ -f "$to/done" ] && return
    "$spinexr" predict "$out/test" --no-overlay -q --overwrite --out "$to" "$@" >&2
    touch "$to/done" # predict writes its results while it works
}
predict_test boxes --weights "$weights/detector.safetensors" --all-boxes
predict_test rule --weights "$weights" --rule paper

# All findings pooled. Each box, from the highest score down, is a hit if it has an IoU of 0.5 or
# more with a true box of its class that no other box has hit. The threshold is the highest at which
# the share of true boxes that are hit reaches the wanted sensitivity.
sort_by_score() {
    sed 1d "$1" | tr -d '\r' | awk -F, '$5 != "No finding" { print $10 "," $3 "," $5 "," $6 "," \
        $7 "," $8 "," $9 }' | LC_ALL=C sort -t, -k1,1gr
}
# count_boxes NAME
count_boxes() {
    echo "$1"
    sort_by_score "$out/$1/findings.csv" | awk -F, -v wanted="$wanted" '
    function least(a, b) { return a + 0 < b + 0 ? a + 0 : b + 0 }
    function most(a, b) { return a + 0 > b + 0 ? a + 0 : b + 0 }
    function area(x0, y0, x1, y1) { return (x1 - x0) * (y1 - y0) }
    # the unused true box of the highest IoU; 0: none has 0.5
    function match_box(key,    i, w, h, both, iou, best, found) {
        best = 0.5; found = 0
        for (i = 1; i <= count[key]; i++) {
            split(box[key, i], t, ",")
            w = least($6, t[3]) - most($4, t[1]); h = least($7, t[4]) - most($5, t[2])
            if (used[key, i] || w <= 0 || h <= 0) continue
            both = w * h
            iou = both / (area($4, $5, $6, $7) + area(t[1], t[2], t[3], t[4]) - both)
            if (iou >= best) { best = iou; found = i }
        }
        return found
    }
    NR == FNR {
        if (FNR == 1) next
        sub(/\r$/, "")
        if ($5 == "No finding") { if (!($3 in normal)) films++; normal[$3] = 1; next }
        key = $3 "," $5
        box[key, ++count[key]] = $6 "," $7 "," $8 "," $9
        boxes++
        next
    }
    {
        # boxes with equal scores belong to one threshold
        if ($1 != score && hits >= wanted * boxes) exit
        score = $1
        key = $2 "," $3
        if ((i = match_box(key)) > 0) { used[key, i] = 1; hits++ }
        else { wrong++; if ($2 in normal) { on_normal++; with[$2] = 1 } }
    }
    END {
        for (f in with) marked++
        printf "  sensitivity %.4f (%d of %d) at a score of %s\n", hits / boxes, hits, boxes, score
        printf "  false boxes: %d, of which %d on %d normal films (%.3f per normal film)\n", wrong,
            on_normal, films, on_normal / films
        printf "  normal films with a false box: %d (%.1f %%)\n", marked, 100 * marked / films
    }' "$out/test/annotations/train.csv" -
}
count_boxes boxes
count_boxes rule
mkdir -p "$out/verdict"
awk -F, 'NR == FNR { if ($4 ~ /^0/) normal[$1] = 1; next } !($3 in normal)' \
    "$out/rule/scores.csv" "$out/boxes/findings.csv" >"$out/verdict/findings.csv"
count_boxes verdict
