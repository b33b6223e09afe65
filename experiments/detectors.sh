#!/bin/sh
# Compares the detectors on real radiographs: small presets, trained from scratch for fixed numbers
# of steps on one thread, with several seeds. The last weights count; nothing is chosen on the films
# that are evaluated.
# usage: experiments/detectors.sh DATA [OUT]
#        DATA holds train/ and val/; about 4 hours of one core. After a stop, the same command
#        continues; finished runs are kept.
#        SEEDS="1 2 3" and NAMES="sparse_small .." select runs. PERCENT=100 shortens all of them.

set -eu
. "$(dirname "$0")/common.sh"
[ $# -ge 1 ] && [ $# -le 2 ] || usage
data=$1 out=${2:-runs/detectors}
seeds=${SEEDS:-1 2 3} percent=${PERCENT:-100}
names=${NAMES:-sparse_small faster_small retinanet_small efficientdet_small rtmdet_small}
mkdir -p "$out"

# steps_of PRESET: 14 minutes of one core with AVX-512 in bf16, at 1.05, 1.50, 0.88, 1.12 and 1.09 s
# of processor time per step of 8 films
steps_of() {
    case $1 in
    sparse_small) steps=800 ;;
    faster_small) steps=560 ;;
    retinanet_small) steps=950 ;;
    efficientdet_small) steps=750 ;;
    rtmdet_small) steps=770 ;;
    *) echo "$1: this script has no number of steps for it" >&2; exit 2 ;;
    esac
    steps=$((steps * percent / 100))
}

# run_training NAME SEED: appends wall and processor seconds to NAME-SEED.time, also when the
# training is stopped by a signal, so that the sum over the lines is that of the whole training.
run_training() (
    run=$out/$1-$2
    [ -f "$run/done" ] && exit
    steps_of "$1"
    trap : INT TERM # the shell waits for the training, which ends with a checkpoint
    began=$(date +%s) code=0
    train detector "$run" "$steps" --preset "$1" --data "$data/train" --threads 1 \
        --cache "$out/cache" --checkpoint 50 --seed "$2" || code=$?
    times >"$run.times" # a pipe would give the times of a subshell
    awk -v wall="$(($(date +%s) - began))" 'NR == 2 { gsub("s", "")
        for (i = 1; i <= 2; i++) { split($i, t, "m"); cpu += 60 * t[1] + t[2] }
        print wall, cpu }' "$run.times" >>"$run.time"
    rm "$run.times"
    exit "$code"
)
predict_val() {
    [ -f "$1/val/done" ] && return
    "$spinexr" predict "$data/val" --weights "$1/last.safetensors" --all-boxes --no-overlay \
        --threads 1 -q --overwrite --out "$1/val" >&2
    touch "$1/val/done" # predict writes its results while it works
}

# show TITLE COMMAND...: the tables of a report that begin with this title
show() {
    title=$1
    shift
    "$@" >"$out/report.txt"
    awk -v title="$title" '/^== / { on = index($0, title) } on' "$out/report.txt"
}

for seed in $seeds; do
    models=
    for name in $names; do
        run_training "$name" "$seed"
        predict_val "$out/$name-$seed"
        models="$models $name=$out/$name-$seed/val/report.json"
    done
    echo "== seed $seed: $out/seed-$seed.html has more =="
    show 'Average precision' "$spinexr" eval detect "$data/val" $models --iou vindr --draw film \
        --html "$out/seed-$seed.html" -q
    # The same films, so that the tests are paired. ap_one: AP at an IoU of 0.5
    for name in $names; do
        [ "$name" = rtmdet_small ] || [ ! -d "$out/rtmdet_small-$seed/val" ] ||
            show Detectors "$spinexr" eval compare "$data/val" \
                "$name=$out/$name-$seed/val/report.json" \
                "rtmdet_small=$out/rtmdet_small-$seed/val/report.json" --task detect \
                --measures ap_one/mean --draw film -q
    done
done

# print_row NAME SEED
print_row() {
    steps_of "$1"
    "$spinexr" eval detect "$data/val" "$out/$1-$2/val/report.json" --resamples 0 \
        --csv "$out/one.csv" -q >"$out/report.txt"
    ap=$(awk -F, '$1 $2 $3 == "apmeanAP@0.50" { print 100 * $4 }' "$out/one.csv")
    hash=$(sha256sum <"$out/$1-$2/last.safetensors")
    awk -v name="$1" -v seed="$2" -v ap="$ap" -v steps="$steps" -v hash="${hash%% *}" '
        { wall += $1; cpu += $2 }
        END { printf "%-20s %3s  %5d steps  %6.2f  %6d %6d  %s\n", name, seed, steps, ap, wall, cpu,
                  hash }' "$out/$1-$2.time"
}
echo "detector, seed, AP@0.50, wall and processor seconds, SHA-256 of the weights"
for name in $names; do
    for seed in $seeds; do
        print_row "$name" "$seed"
    done
done >"$out/detectors.txt"
cat "$out/detectors.txt"
# mean and standard deviation over the seeds
awk '{ n[$1]++; s[$1] += $5; q[$1] += $5 * $5 }
    END { for (d in n) { m = s[d] / n[d]; v = n[d] > 1 ? (q[d] - n[d] * m * m) / (n[d] - 1) : 0
          printf "%-20s %d seeds  mean %.2f  standard deviation %.2f\n", d, n[d], m,
              sqrt(v * (v > 0)) } }' "$out/detectors.txt" | sort
