#!/bin/sh
# stop_status.sh SPINEXR: a command that is stopped at any moment ends with exit status 0 if its
# results are complete, and with 1 if anything is missing.
set -u
spinexr=$(realpath "$1")
here=$(mktemp -d "${TMPDIR:-/tmp}/stop.XXXXXX")
cd "$here" || exit 1
trap 'rm -rf "$here"' EXIT
failed=0
films=8

network='{"growth": 4, "stem": 8, "blocks": [1, 1, 1, 1]}'
{
    "$spinexr" data phantom --out set --count $films --size 64 --mix even --test 0 --seed 3 -q &&
        "$spinexr" model synthetic densenet121 --network "$network" --out c.safetensors &&
        "$spinexr" predict set --weights c.safetensors --no-overlay --out first
} >out 2>err || {
    cat out err
    exit 1
}

# now_ms: milliseconds since 1970
now_ms() {
    echo $(($(date +%s%N) / 1000000))
}

# stop DELAY COMMAND...: the signal after so many milliseconds; the exit status in $status
stop() {
    delay=$1
    shift
    "$spinexr" "$@" >out 2>err &
    process=$!
    # no signal before the handlers are there: bit 14 of SigCgt
    until grep -q '^SigCgt:.*[4-7c-f]...$' /proc/$process/status 2>/dev/null ||
        ! [ -d /proc/$process ]; do
        sleep 0.01
    done
    sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
    kill -s TERM $process 2>/dev/null
    wait $process
    status=$?
}

# check COMPLETE WHAT: COMPLETE is 1 if all results are there
check() {
    [ $status -eq $((1 - $1)) ] && return
    echo "$2 after $delay ms: exit status $status, but complete: $1"
    cat out err
    failed=1
}

predict_is_complete() {
    [ -e p/report.json ] && grep -q '"stopped": false' p/report.json &&
        [ "$(grep -c , p/scores.csv)" -eq $((films + 1)) ] && echo 1 || echo 0
}

train_is_complete() {
    grep -q '^3 iterations' out && [ -e t/last.safetensors ] && echo 1 || echo 0
}

eval_is_complete() {
    [ -e e.html ] && echo 1 || echo 0
}

# try WHAT COMMAND...: at eight moments between the start and a bit after the end
try() {
    what=$1
    shift
    rm -rf p t e.html
    began=$(now_ms)
    "$spinexr" "$@" >out 2>err
    status=$?
    delay=no
    check 1 "$what"
    lasts=$(($(now_ms) - began + 1))
    moment=0
    while [ $moment -lt 8 ]; do
        rm -rf p t e.html
        stop $((lasts * moment / 6)) "$@"
        check "$("${what}_is_complete")" "$what"
        moment=$((moment + 1))
    done
}

try predict predict set --weights c.safetensors --no-overlay --out p
try eval eval classify set first/scores.csv --resamples 2000 --html e.html
try train train classifier --data set --preset densenet_small --iterations 3 --batch 2 --threads 1 \
    --out t
exit $failed
