#!/bin/sh
# closed_descriptors.sh SPINEXR: standard descriptors that are closed at the start are opened, so
# that no file of the program gets their numbers and no message goes into a file.
set -eu
spinexr=$(realpath "$1")
here=$(mktemp -d "${TMPDIR:-/tmp}/closed.XXXXXX")
cd "$here"
trap 'rm -rf "$here"' EXIT
mkfifo films
"$spinexr" model synthetic densenet121 --out w.safetensors -q >/dev/null \
    --network '{"growth": 4, "stem": 8, "blocks": [1, 1, 1, 1]}'

# The program waits for a list of films on its standard input while its descriptors are looked at.
"$spinexr" predict - --weights w.safetensors --out found -q <films >&- 2>&- &
process=$!
exec 3>films
tries=0
until [ "$(readlink /proc/$process/fd/1)" = /dev/null ] &&
    [ "$(readlink /proc/$process/fd/2)" = /dev/null ]; do
    tries=$((tries + 1))
    if [ $tries -gt 100 ]; then
        ls -l /proc/$process/fd >&2 || true
        echo "descriptors 1 and 2 are not /dev/null" >&2
        kill -9 $process
        exit 1
    fi
    sleep 0.1
done
kill -9 $process
wait $process || true

# No message of a training run goes into its files. A result that cannot be printed is exit status
# 1.
"$spinexr" data phantom --out set --count 8 --size 200 --mix even --test 0 -q >/dev/null
cat >t.yaml <<'END'
SPINEXR: {PRESET: densenet_small, NETWORK: {growth: 4, stem: 8, blocks: [1, 1, 1, 1]}}
SOLVER: {MAX_ITER: 3, IMS_PER_BATCH: 2}
END
for closed in '2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
    rm -rf run
    eval "\"\$spinexr\" train classifier -v --config t.yaml --data set --val set --out run \
        $closed" || [ $? -eq 1 ]
    [ "$(wc -l <run/metrics.jsonl)" -ge 3 ]
    if grep -vnE '^\{.*\}$' run/metrics.jsonl; then
        echo "$closed: metrics.jsonl has lines of something else" >&2
        exit 1
    fi
    if grep -raE '^spinexr: |^[0-9]+ iterations; ' run; then
        echo "$closed: a message in a file of the run" >&2
        exit 1
    fi
    "$spinexr" train plot run --out run/curves.svg >/dev/null
    "$spinexr" model show run/best.safetensors >/dev/null
done
