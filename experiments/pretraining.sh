#!/bin/sh
# Measures how many films to label and what starting weights gain: a detector of vertebrae on real
# radiographs, trained on parts of the films from scratch and from weights that were trained on
# phantoms. Every run has the same number of steps on one thread. The last weights count; nothing is
# chosen on the films that are evaluated.
# usage: experiments/pretraining.sh DATA [OUT]
#        DATA holds train/ and val/; about 70 minutes of one core. After a stop, the same command
#        continues; finished runs are kept.
#        FILMS="100 300 900" and SEEDS="1 2 3" select runs, STARTS="scratch NAME=FILE .." other
#        starting weights: files for --init of the preset PRESET=rtmdet_small, such as MMDetection's
#        RTMDet-tiny. STEPS=300; PERCENT=100 shortens all runs.

set -eu
. "$(dirname "$0")/common.sh"
[ $# -ge 1 ] && [ $# -le 2 ] || usage
data=$1 out=${2:-runs/pretraining}
films=${FILMS:-100 300 900} seeds=${SEEDS:-1 2 3} preset=${PRESET:-rtmdet_small}
starts=${STARTS:-scratch phantoms=weights/detector.safetensors}
steps=$((${STEPS:-300} * ${PERCENT:-100} / 100))
mkdir -p "$out"

# list_films COUNT SEED: the list of a training set; the smaller ones of a seed are parts of the
# larger
list_films() {
    folds=$out/folds-$2 list=$out/films-$1-$2.txt
    [ -d "$folds" ] ||
        "$spinexr" data split "$data/train" --folds 20 --seed "$2" --out "$folds" -q >/dev/null
    for i in $(seq 0 19); do
        cat "$folds/fold$i.txt"
    done | head -n "$1" >"$list"
    [ "$(wc -l <"$list")" -eq "$1" ] || {
        echo "$data/train has $(wc -l <"$list") films, and FILMS names $1" >&2
        exit 2
    }
}
# learn START COUNT SEED
learn() {
    name=${1%%=*}-$2 seed=$3
    list_films "$2" "$seed"
    case $1 in
    *=*) set -- --init "${1#*=}" ;;
    *) set -- ;;
    esac
    timed_train detector "$out/$name-$seed" "$steps" --preset "$preset" --data "$data/train" \
        --train-list "$out/films-${name##*-}-$seed.txt" --no-cache --checkpoint 50 --threads 1 \
        --seed "$seed" "$@"
    predict_once "$data/val" "$out/$name-$seed"
}
# compare A B SEED: the same films, so that the test is paired. ap_one: AP at an IoU of 0.5
compare() {
    echo "== seed $3: $1 against $2 =="
    show Detectors "$spinexr" eval compare "$data/val" "$1=$out/$1-$3/val/report.json" \
        "$2=$out/$2-$3/val/report.json" --task detect --measures ap_one/mean --draw film \
        --threads 1 -q
}

for seed in $seeds; do
    for count in $films; do
        for start in $starts; do
            learn "$start" "$count" "$seed"
        done
    done
done

# Each start against the first one with the same films, and with the next larger number of films:
# does it save the labels of these?
for seed in $seeds; do
    for start in ${starts#* }; do
        [ "$start" != "$starts" ] || continue
        before=
        for count in $films; do
            [ -z "$before" ] || compare "${starts%%[= ]*}-$count" "${start%%=*}-$before" "$seed"
            compare "${starts%%[= ]*}-$count" "${start%%=*}-$count" "$seed"
            before=$count
        done
    done
done
echo "films, start, seed, steps, AP@0.50, wall and processor seconds, SHA-256 of the weights"
for count in $films; do
    for start in $starts; do
        for seed in $seeds; do
            ap=$(ap_of "$data/val" "$out/${start%%=*}-$count-$seed")
            printf '%5d %-10s %3d %5d  %s\n' "$count" "${start%%=*}" "$seed" "$steps" "$ap"
        done
    done
done >"$out/curve.txt"
cat "$out/curve.txt"
# mean and standard deviation over the seeds
awk '{ k = sprintf("%5d %-10s", $1, $2); n[k]++; s[k] += $5; q[k] += $5 * $5 }
    END { for (k in n) { m = s[k] / n[k]; v = n[k] > 1 ? (q[k] - n[k] * m * m) / (n[k] - 1) : 0
          printf "%s %d seeds  mean %.2f  standard deviation %.2f\n", k, n[k], m,
              sqrt(v * (v > 0)) } }' "$out/curve.txt" | sort -n
