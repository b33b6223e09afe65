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

# run_training NAME SEED
run_training() {
    steps_of "$1"
    timed_train detector "$out/$1-$2" "$steps" --preset "$1" --data "$data/train" --threads 1 \
        --cache "$out/cache" --checkpoint 50 --seed "$2"
}

for seed in $seeds; do
    models=
    for name in $names; do
        run_training "$name" "$seed"
        predict_once "$data/val" "$out/$name-$seed"
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

echo "detector, seed, steps, AP@0.50, wall and processor seconds, SHA-256 of the weights"
for name in $names; do
    for seed in $seeds; do
        steps_of "$name"
        ap=$(ap_of "$data/val" "$out/$name-$seed")
        printf '%-20s %3d %5d  %s\n' "$name" "$seed" "$steps" "$ap"
    done
done >"$out/detectors.txt"
cat "$out/detectors.txt"
# mean and standard deviation over the seeds
awk '{ n[$1]++; s[$1] += $4; q[$1] += $4 * $4 }
    END { for (d in n) { m = s[d] / n[d]; v = n[d] > 1 ? (q[d] - n[d] * m * m) / (n[d] - 1) : 0
          printf "%-20s %d seeds  mean %.2f  standard deviation %.2f\n", d, n[d], m,
              sqrt(v * (v > 0)) } }' "$out/detectors.txt" | sort
