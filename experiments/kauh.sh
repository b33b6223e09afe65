#!/bin/sh
# Classifies real radiographs as abnormal or normal, in nested cross-validation by patient: each of
# five folds is held out in turn, the next one chooses weights, temperature and threshold, and the
# other three train. Then step by step: a smaller network, a mirrored view, networks of two sizes,
# the best box of a detector, several seeds. The same for frontal films of the whole spine alone,
# with the film's width as the control. All films have one size, so that a network cannot see the
# width.
# usage: experiments/kauh.sh DATA [OUT]
#        DATA holds labels.csv and images/; needs ImageMagick. About 15 minutes of one core. After a
#        stop, the same command continues; finished parts are kept.
#        OTHERS=DIR: films of another part of the body, of which none should be called abnormal
#        SEEDS="1 2 3", STEPS=100 of 16 films, PRECISION=bf16; NAMES="tta fuse" takes these steps
#        of "small tta sizes fuse frontal" only (small: 112 x 112 pixels instead of 160 x 160),
#        NAMES=' ' none of them
#        INIT=weights/classifier-1.safetensors and DETECTOR=weights/detector.safetensors, which were
#        trained on drawn films; INIT= trains from scratch
#        kauh_views.csv says, by eye, which films show the thoracic and the lumbar spine from the
#        front ("frontal whole spine").

set -eu
. "$(dirname "$0")/common.sh"
[ $# -ge 1 ] && [ $# -le 2 ] || usage
data=$(cd "$1" && pwd) out=${2:-runs/kauh} others=${OTHERS:-}
seeds=${SEEDS:-1 2 3} count=${STEPS:-100}
init=${INIT-weights/classifier-1.safetensors} detector=${DETECTOR:-weights/detector.safetensors}
parts=${NAMES:-small tta sizes fuse frontal} folds="0 1 2 3 4"
mkdir -p "$out/lists"
same=$out/same-size lists=$out/lists

# strips FROM TO: the films with one size and aspect, their middle 1:3 strip. Films of the spine are
# scaled down, none enlarged or padded.
strips() {
    [ -f "$2/done" ] && return
    mkdir -p "$2/images"
    for f in "$1"/*.jpg "$1"/*.png; do
        [ ! -f "$f" ] || convert "$f" -colorspace Gray -resize '112x336^' -gravity center \
            -extent 112x336 -quality 95 "$2/images/$(basename "$f")"
    done
    touch "$2/done"
}
strips "$data/images" "$same"
[ -z "$others" ] || strips "$others" "$out/others"
# without width and height
tr -d '\r' <"$data/labels.csv" | sed 's/,[^,]*,[^,]*$//' >"$same/labels.csv"

# Lists of ids, SET-ROLE-FOLD.txt: all films, and the frontal films of the whole spine.
[ -d "$out/folds" ] || "$spinexr" data split "$same" --folds 5 --out "$out/folds"
cut -d , -f 1 "$same/labels.csv" | sed 1d >"$lists/all.txt"
awk -F, 'NR == FNR { view[$1] = $2; next }
    !($2 in view) && FNR > 1 { print $2 ": no view in kauh_views.csv"; exit 1 }
    view[$2] == "frontal whole spine" { print $1 }' experiments/kauh_views.csv \
    "$same/labels.csv" >"$lists/frontal.txt" || { cat "$lists/frontal.txt" >&2; exit 1; }
for set in all frontal; do
    for k in $folds; do
        rm -f "$lists/$set"-*-"$k.txt"
        for i in $folds; do
            role=train
            [ "$i" -ne "$k" ] || role='test'
            [ "$i" -ne $(((k + 1) % 5)) ] || role=val
            awk 'NR == FNR { of_set[$1]; next } $1 in of_set' "$lists/$set.txt" \
                "$out/folds/fold$i.txt" >>"$lists/$set-$role-$k.txt"
        done
    done
done

# network SET SIZE SEED: the best of four checkpoints by the AUROC on the validation films.
network() {
    for k in $folds; do
        run=$out/runs/$1-$2-$3/fold$k
        mkdir -p "$run"
        train classifier "$run" "$count" --preset densenet_small ${init:+--init "$init"} \
            --set "MODEL.CLASSIFIER.INPUT_SIZE=$2" --set SPINEXR.PICTURES=False --data "$same" \
            --train-list "$lists/$1-train-$k.txt" --val-list "$lists/$1-val-$k.txt" \
            --validate $((count / 4)) --checkpoint 25 --cache "$out/cache-$2" --batch 16 \
            --threads 1 --seed "$3" -q
    done
}

# choose_threshold TO LIST: Youden's on the validation films, for probabilities that `model
# calibrate` does not see: with --fuse, it fits a threshold only if the films have boxes.
choose_threshold() {
    "$spinexr" eval classify "$same/labels.csv" "$1/val.csv" --list "$2" --threshold youden \
        --resamples 0 --json -q >"$1/threshold.json"
    sed -n '/"threshold": {/,/}/s/.*"value": \([^,]*\).*/\1/p' "$1/threshold.json"
}
# pick LIST SCORES: id and probability of the films of the list
pick() {
    awk -F, -v OFS=, 'NR == FNR { of_list[$1]; next } $1 in of_list { print $1, $3 }' "$1" "$2"
}
# evaluate NAME SET RUNS [OPTION of predict...]: an ensemble of runs, fold by fold, calibrated on
# the validation films. NAME.csv: P of each film from the networks that have not seen it; NAME.calls
# has the verdicts at the fold's threshold as 0 and 1, and NAME.val.csv P of the same films, when
# they chose weights, temperature and threshold.
evaluate() {
    name=$1 set=$2 runs=$3
    shift 3
    for k in $folds; do
        to=$out/steps/$name/fold$k
        [ -f "$to/done" ] && continue
        mkdir -p "$to/weights"
        for run in $runs; do
            cp "$out/runs/$run/fold$k/best.safetensors" "$to/weights/$run.safetensors"
        done
        val=$lists/$set-val-$k.txt
        "$spinexr" model calibrate --weights "$to/weights" --data "$same" --list "$val" \
            --threads 1 --out "$to/calibrated" --overwrite -q >"$to/calibrate.txt"
        cat "$val" "$lists/$set-test-$k.txt" >"$to/films.txt"
        predict_films "$same/images" "$to/films" --list "$to/films.txt" "$@"
        for role in val test; do
            { echo image_id,score; pick "$lists/$set-$role-$k.txt" "$to/films/scores.csv"; } \
                >"$to/$role.csv"
        done
        case $name in
        fuse*) choose_threshold "$to" "$val" ;;
        *) "$spinexr" model show "$to/calibrated/${runs%% *}.safetensors" |
            sed -n 's/.*spinexr.threshold  *//p' ;;
        esac >"$to/threshold"
        [ -z "$others" ] || predict_films "$out/others/images" "$to/others" "$@"
        touch "$to/done"
    done
    collect "$name"
}
# predict_films FILMS TO [OPTION...]: with the calibrated weights of the fold
predict_films() {
    films=$1 into=$2
    shift 2
    "$spinexr" predict "$films" --weights "$to/calibrated" --no-overlay --threads 1 -q \
        --overwrite --out "$into" "$@" >"$into.log" 2>&1 || { cat "$into.log" >&2; exit 1; }
}
collect() {
    all=$out/steps/$1
    awk 'FNR > 1 || NR == 1' "$all"/fold?/test.csv >"$out/$1.csv"
    awk 'FNR > 1 || NR == 1' "$all"/fold?/val.csv >"$out/$1.val.csv"
    for k in $folds; do
        awk -F, -v at="$(cat "$all/fold$k/threshold")" -v OFS=, -v first="$k" '
            FNR > 1 { print $1, ($2 >= at + 0) } FNR == 1 && first == 0' "$all/fold$k/test.csv"
    done >"$out/$1.calls"
}

# has STEP...: whether one of them was asked for
has() {
    for one in "$@"; do
        case " $parts " in *" $one "*) return 0 ;; esac
    done
    return 1
}
for seed in $seeds; do
    network all 160 "$seed"
    if has small sizes; then network all 112 "$seed"; fi
    if has frontal; then network frontal 160 "$seed"; fi
done

# What each step is made of; every seed is one try.
names=''
# step NAME SET RUNS [OPTION...]
step() {
    evaluate "$@"
    names="$names $1"
}
of_seeds='' of_all='' of_frontal=''
for seed in $seeds; do
    step "plain-$seed" all "all-160-$seed"
    if has small; then step "small-$seed" all "all-112-$seed"; fi
    if has tta; then step "tta-$seed" all "all-160-$seed" --tta flip; fi
    if has sizes; then step "sizes-$seed" all "all-160-$seed all-112-$seed"; fi
    if has fuse; then # its threshold is chosen below; --threshold only lets predict run without one
        step "fuse-$seed" all "all-160-$seed" --weights "$detector" --fuse --threshold 0.5
    fi
    if has frontal; then step "frontal-$seed" frontal "frontal-160-$seed"; fi
    of_seeds="$of_seeds all-160-$seed"
    of_all="$of_all all-160-$seed all-112-$seed"
    of_frontal="$of_frontal frontal-160-$seed"
done
# named by the seeds, so that other SEEDS do not find them done
which=$(echo $seeds | tr ' ' -)
step "seeds-$which" all "${of_seeds# }"
if has sizes; then step "seeds-sizes-$which" all "${of_all# }"; fi
if has frontal; then step "frontal-seeds-$which" frontal "${of_frontal# }"; fi

# The control: the films' width and their aspect as scores (scaled to 0..1; AUROC needs only their
# order).
tr -d '\r' <"$data/labels.csv" | sed 's/"[^"]*"/x/' | awk -F, -v to="$out/" '
    NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i
              print "image_id,score" >(to "width.csv")
              print "image_id,score" >(to "aspect.csv"); next }
    { w = $column["width"]; h = $column["height"]
      print $1 "," w / 1e5 >(to "width.csv"); print $1 "," w / h / 10 >(to "aspect.csv") }'

# value ROW COLUMN: number and interval of a table of eval --csv, with three decimals; p with four
value() {
    awk -F, -v row="$1" -v column="$2" '$2 == row && $3 == column {
        form = $5 == "" ? "%.4f" : "%.3f (%.3f, %.3f)"
        printf form, $4, $5, $6
        exit }' "$out/one.csv"
}
number='value (95 % interval)'
# row NAME SET: AUROC, then sensitivity and specificity at the thresholds chosen inside
row() {
    "$spinexr" eval classify "$same/labels.csv" "x=$out/$1.csv" --list "$lists/$2.txt" \
        --csv "$out/one.csv" -q >"$out/report.txt"
    printf '| %s | %s' "$1" "$(value AUROC "$number")"
    if [ -f "$out/$1.calls" ]; then
        "$spinexr" eval classify "$same/labels.csv" "x=$out/$1.calls" --list "$lists/$2.txt" \
            --threshold 0.5 --resamples 0 --csv "$out/one.csv" -q >"$out/report.txt"
        printf ' | %s | %s' "$(value sensitivity "$number")" \
            "$(value specificity "$number")"
    fi
    echo ' |'
}
# difference A B SET: AUROC of B less that of A, paired bootstrap by patient
difference() {
    "$spinexr" eval compare "$same/labels.csv" "a=$1" "b=$2" --list "$lists/$3.txt" \
        --measures auroc:bootstrap --resamples 10000 --csv "$out/one.csv" -q >"$out/report.txt"
    printf '| %s | %s | %s | %s |\n' "$(basename "$2" .csv)" "$(basename "$1" .csv)" \
        "$(value AUROC 'difference (95 % interval)')" "$(value AUROC p)"
}
# calls NAME: of how many other films a fold says abnormal, mean and range over the folds: at the
# threshold alone, and with familiarity
calls() {
    for k in $folds; do
        awk -F, -v at="$(cat "$out/steps/$1/fold$k/threshold")" '
            FNR > 1 { n++; called += $3 >= at + 0; unfamiliar += $4 == ""
                      verdict += $4 != "" && $3 >= at + 0 }
            END { print n, called, unfamiliar, verdict }' "$out/steps/$1/fold$k/others/scores.csv"
    done | awk -v name="$1" '
        { for (i = 2; i <= 4; i++) { s[i] += $i; if (NR == 1 || $i < least[i]) least[i] = $i
              if ($i > most[i]) most[i] = $i } }
        END { printf "| %s | %d", name, $1
              for (i = 2; i <= 4; i++) printf " | %.1f (%d to %d)", s[i] / NR, least[i], most[i]
              print " |" }'
}
{
    for set in all frontal; do
        echo "== $set: $(awk -F, 'NR == FNR { a[$1] = $NF; next } { n++; s += a[$1] }
            END { print n " films, " s " abnormal" }' "$same/labels.csv" "$lists/$set.txt") =="
        echo '| | AUROC | sensitivity | specificity |'
        for name in $names; do
            case $set-$name in all-frontal*) continue ;; esac
            row "$name" $set
        done
        row width $set
        row aspect $set
        echo '| | against | difference of AUROC | p |'
        for seed in $seeds; do
            for name in $parts; do
                case $set-$name in all-frontal) continue ;; esac
                difference "$out/plain-$seed.csv" "$out/$name-$seed.csv" $set
            done
            difference "$out/plain-$seed.csv" "$out/seeds-$which.csv" $set
        done
        difference "$out/width.csv" "$out/seeds-$which.csv" $set
        if has sizes; then
            difference "$out/seeds-$which.csv" "$out/seeds-sizes-$which.csv" $set
        fi
    done
    if has frontal; then
        difference "$out/width.csv" "$out/frontal-seeds-$which.csv" frontal
        difference "$out/seeds-$which.csv" "$out/frontal-seeds-$which.csv" frontal
    fi
    echo '== the same films when they chose weights and threshold, against held out =='
    for name in $names; do
        set=all
        case $name in frontal*) set=frontal ;; esac
        difference "$out/$name.csv" "$out/$name.val.csv" $set
    done
    [ -z "$others" ] || {
        echo '== films of another part of the body =='
        echo '| | films | abnormal at the threshold | unfamiliar | abnormal and familiar |'
        for name in $names; do
            calls "$name"
        done
    }
} >"$out/tables.txt"
cat "$out/tables.txt"
