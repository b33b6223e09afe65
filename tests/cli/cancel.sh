#!/bin/sh
# cancel.sh SPINEXR: a signal ends a long command soon, with exit status 1, one message and no
# files.
set -u
spinexr=$(realpath "$1")
here=$(mktemp -d "${TMPDIR:-/tmp}/cancel.XXXXXX")
cd "$here" || exit 1
trap 'rm -rf "$here"' EXIT
failed=0

awk 'BEGIN {
    print "image_id,lesion_type,xmin,ymin,xmax,ymax" >"truth.csv"
    print "image_id,lesion_type,score,xmin,ymin,xmax,ymax" >"boxes.csv"
    print "image_id,abnormal" >"labels.csv"
    print "image_id,score" >"scores.csv"
    for (i = 0; i < 2000; i++) {
        print i "," (i % 3 == 0) >"labels.csv"
        print i "," (i * 7919 % 1000) / 1000 >"scores.csv"
        print i ",Osteophytes,10,10,50,50" >"truth.csv"
        print i ",Osteophytes," (i * 7919 % 1000) / 1000 ",10,10,50,50" >"boxes.csv"
    }
}'

# A program that is started with SIGHUP ignored, as by nohup, goes on ignoring it.
ignored=$((0x$(sed -n 's/^SigIgn:.*\(....\)$/\1/p' /proc/self/status) & 1))
hang_up="HUP 1"
[ "$ignored" -eq 0 ] || hang_up="TERM 15"

# The signal is sent when the program has its handlers: bit NUMBER - 1 of SigCgt.
# cancel SIGNAL NUMBER COMMAND...
cancel() {
    signal=$1
    bit=$((1 << ($2 - 1)))
    shift 2
    "$spinexr" "$@" >out 2>err &
    process=$!
    tries=0
    # for a moment while the process starts there is no such line
    until mask=$(sed -n 's/^SigCgt:.*\(....\)$/\1/p' "/proc/$process/status" 2>/dev/null) &&
        [ $((0x${mask:-0} & bit)) -ne 0 ]; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || break
        sleep 0.05
    done
    sleep 0.5
    kill -s "$signal" $process
    (sleep 20 && kill -9 $process) >/dev/null 2>&1 &
    watch=$!
    wait $process
    status=$?
    kill $watch 2>/dev/null
    if [ $status -ne 1 ] || ! tail -n 1 err | grep -q "cancelled\$" || [ -e page.html ]; then
        echo "$signal, $*: exit status $status"
        cat out err
        failed=1
    fi
}

cancel TERM 15 eval classify labels.csv scores.csv --resamples 1000000 --html page.html
cancel $hang_up eval classify labels.csv scores.csv --resamples 1000000 --threads 1
cancel TERM 15 eval detect truth.csv boxes.csv --resamples 1000000 --html page.html
cancel TERM 15 eval compare truth.csv boxes.csv boxes.csv --resamples 1000000 --html page.html
cancel $hang_up eval compare labels.csv scores.csv scores.csv --resamples 1000000 --html page.html
exit $failed
