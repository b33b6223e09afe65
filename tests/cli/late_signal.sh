#!/bin/sh
# late_signal.sh SPINEXR: a signal to end that comes when a command's work is complete changes
# nothing: the exit status is 0, and the results are there.
set -u
spinexr=$(realpath "$1")
here=$(mktemp -d "${TMPDIR:-/tmp}/late.XXXXXX")
cd "$here" || exit 1
trap 'rm -rf "$here"' EXIT
failed=0
mkfifo pipe
exec 3<>pipe

network='{"growth": 4, "stem": 8, "blocks": [1, 1, 1, 1]}'
{
    "$spinexr" data phantom --out set --count 8 --size 64 --mix even --test 0 --seed 3 -q &&
        "$spinexr" model synthetic densenet121 --network "$network" --out c.safetensors &&
        "$spinexr" predict set --weights c.safetensors --no-overlay --out p
} >out 2>err || {
    cat out err
    exit 1
}
head -c 32 /dev/zero >key

# times_of PID: its state and its processor time.
times_of() {
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 1,12,13
}

# The command's output goes into a pipe that is full, so that the command sleeps when it prints its
# result. Then the signal is sent, and the pipe is emptied.
# late RESULT COMMAND...
late() {
    result=$1
    shift
    dd if=/dev/zero of=pipe bs=4096 count=1000 oflag=nonblock 2>/dev/null
    "$spinexr" "$@" >pipe 2>err 3>&- &
    process=$!
    still=0
    tries=0
    before=none
    while [ $still -lt 3 ] && [ $tries -lt 600 ] && [ -d /proc/$process ]; do
        sleep 0.1
        now=$(times_of $process)
        case $now in
        "S "*) [ -e "$result" ] && [ "$now" = "$before" ] && still=$((still + 1)) || still=0 ;;
        *) still=0 ;;
        esac
        before=$now
        tries=$((tries + 1))
    done
    kill -s TERM $process 2>/dev/null || failed=1
    dd if=pipe of=/dev/null bs=4096 count=1000 iflag=nonblock 2>/dev/null
    wait $process
    status=$?
    dd if=pipe of=/dev/null bs=4096 count=1000 iflag=nonblock 2>/dev/null
    if [ $status -ne 0 ] || [ ! -e "$result" ] || ! grep -q "press Ctrl-C again" err; then
        echo "$*: exit status $status"
        cat err
        failed=1
    fi
}

late map.csv data deidentify set --out clean --key key --keep-text --map map.csv
late split/test.txt data split set --out split --fractions 0.5,0.5
late phantom/annotations data phantom --out phantom --count 2 --size 64
late coco/annotations/train.json data convert set --to coco --out coco
late w.safetensors model import c.safetensors --out w.safetensors
late w.onnx model export c.safetensors --size 64x64 --out w.onnx
late w/c.safetensors model calibrate --weights c.safetensors --data set --out w
late scores/report.json predict set --weights c.safetensors --out scores
late page.html eval classify set p/scores.csv --resamples 50 --html page.html
exit $failed
