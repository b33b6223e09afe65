#!/bin/sh
# ranks.sh SPINEXR MPIRUN...: the program under mpirun.
# Two ranks give the results of one process; a run that was killed and resumed gives the same bytes;
# a fault ends all ranks with one message.
set -eu
spinexr=$(realpath "$1")
shift
here=$(mktemp -d "${TMPDIR:-/tmp}/ranks.XXXXXX")
trap 'rm -rf "$here"' EXIT
cd "$here"

fail() {
    echo "$*" >&2
    exit 1
}

# iteration and loss of each step
losses() {
    sed -n 's/^{"iteration": \([0-9]*\), "rate": [^,]*, "loss": \([^,]*\),.*/\1 \2/p' "$1"
}

"$spinexr" data phantom --count 12 --seed 3 --size 300 --out set >/dev/null 2>&1
train="train classifier --data set --preset densenet_small --iterations 6 --checkpoint 2 --batch 4"
train="$train --seed 1 --threads 1 -q"

"$spinexr" $train --out one >/dev/null
"$@" "$spinexr" $train --sync-bn --out two >printed
[ "$(wc -l <printed)" -eq 1 ] || fail "one line of result was expected: $(cat printed)"
losses one/metrics.jsonl >a
losses two/metrics.jsonl >b
[ "$(wc -l <b)" -eq 6 ] || fail "two/metrics.jsonl has not 6 steps"
paste -d ' ' a b | awk '
    { d = $2 - $4; if (d < 0) d = -d; if ($1 != $3 || d > (NR == 1 ? 1e-6 : 1e-2)) exit 1 }' ||
    fail "losses of one process and of two ranks: $(paste a b)"

# killed after the first checkpoint, and resumed
"$@" sh -c 'echo $$ >>pids; exec "$@"' - "$spinexr" $train --sync-bn --out three >/dev/null 2>&1 &
i=0
while [ ! -f three/last.ckpt.safetensors ] && [ $i -lt 900 ]; do
    sleep 0.1
    i=$((i + 1))
done
kill -9 $(cat pids) 2>/dev/null || true
wait $! || true
"$@" "$spinexr" $train --sync-bn --resume --out three >/dev/null
cmp two/last.safetensors three/last.safetensors || fail "a resumed run gives other weights"

# a fault on all ranks, and one on the rank that reads a damaged film
if "$@" "$spinexr" $train --batch 3 --out four >printed 2>&1; then fail "--batch 3 on two ranks"; fi
message='a batch of 3 films cannot be divided evenly among 2 ranks'
[ "$(grep -c "$message" printed)" -eq 1 ] || fail "$(cat printed)"
film=$(find set -name '*.dicom' | grep train_images | sort | head -n 1)
head -c 1000 "$film" >cut
mv cut "$film"
if "$@" "$spinexr" $train --no-cache --out five >printed 2>&1; then
    fail "a damaged film was accepted"
fi
[ "$(grep -c "$(basename "$film")" printed)" -eq 1 ] || fail "$(cat printed)"

# Two ranks write the report of one process, but for its record of the run; eval's numbers are
# equal.
"$spinexr" model synthetic densenet121 \
    --network '{"growth": 8, "stem": 16, "blocks": [2, 2, 2, 2]}' --out a.safetensors >/dev/null
mkdir more
cp "$(find set -name '*.dicom' | sort | sed -n 3p)" "more/$(printf 'R\366ntgen').dicom"
cp "$(find set -name '*.dicom' | sort | sed -n 2p)" more
predict="predict set more --weights a.safetensors --threads 1 --precision f32 -q"
"$spinexr" $predict --out alone || [ $? -eq 1 ]
if "$@" "$spinexr" $predict --out shared 2>/dev/null; then fail "a damaged film is a failure"; fi
for table in scores.csv findings.csv coco_results.json; do
    cmp alone/$table shared/$table || fail "$table of one process and of two ranks differ"
done
[ "$(ls alone/overlays)" = "$(ls shared/overlays)" ] ||
    fail "pictures: $(ls alone/overlays shared/overlays)"
grep -oE '"(path|image_id|message)": "[^"]*"' alone/report.json >a
grep -oE '"(path|image_id|message)": "[^"]*"' shared/report.json >b
grep -q 'R\\\\xf6ntgen.dicom"' b || fail "the film whose name is not UTF-8"
cmp a b || fail "films of the reports"

awk 'BEGIN { print "image_id,label"; for (i = 0; i < 60; i++) print "f" i "," i % 2 }' >labels.csv
awk 'BEGIN {
    print "image_id,score"
    for (i = 0; i < 60; i++) print "f" i "," (i * 37 % 60 + 12 * (i % 2)) / 80
}' >scores.csv
evaluate="eval classify labels.csv scores.csv --label label --score score --resamples 501 --csv"
"$spinexr" $evaluate one.csv >/dev/null
"$@" "$spinexr" $evaluate two.csv >printed
cmp one.csv two.csv || fail "eval's tables differ"
if "$@" "$spinexr" eval classify labels.csv absent.csv --label label >printed 2>&1; then
    fail "absent.csv"
fi
grep -q absent.csv printed || fail "$(cat printed)"
