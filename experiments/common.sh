# Functions that the experiments share. This file is sourced, not executed.
cd "$(dirname "$0")/.."
spinexr=${SPINEXR:-build/src/cli/spinexr}
[ -x "$spinexr" ] || { echo "$spinexr is not built: make, or SPINEXR=path" >&2; exit 2; }
# precision of training; bf16 needs a processor that supports it
precision=${PRECISION:-auto}

usage() {
    sed -n '2,/^$/s/^# \{0,1\}//p' "$0" >&2
    exit 2
}
# train classifier|detector OUT ITERATIONS [OPTION...]
# A stopped run continues; a finished one is not trained again.
train() {
    kind=$1 to=$2 steps=$3
    shift 3
    [ -f "$to/done" ] && return
    [ -f "$to/last.ckpt.safetensors" ] && set -- "$@" --resume
    "$spinexr" train "$kind" --out "$to" --iterations "$steps" --precision "$precision" "$@" ||
        return # where the caller tests the status, -e does not end this function
    grep -q "\"iteration\": $((steps - 1))," "$to/metrics.jsonl" && touch "$to/done"
}

# timed_train classifier|detector OUT ITERATIONS [OPTION...]: train; appends wall and processor
# seconds to OUT.time, also when the training is stopped by a signal, so that the sum over the lines
# is that of the whole training.
timed_train() (
    [ -f "$2/done" ] && exit
    trap : INT TERM # the shell waits for the training, which ends with a checkpoint
    began=$(date +%s) code=0
    train "$@" || code=$?
    times >"$2.times" # a pipe would give the times of a subshell
    awk -v wall="$(($(date +%s) - began))" 'NR == 2 { gsub("s", "")
        for (i = 1; i <= 2; i++) { split($i, t, "m"); cpu += 60 * t[1] + t[2] }
        print wall, cpu }' "$2.times" >>"$2.time"
    rm "$2.times"
    exit "$code"
)

# predict_once FILMS RUN [OPTION...]: boxes of every score of RUN's last weights into RUN/val
predict_once() {
    from=$1 run=$2
    shift 2
    [ -f "$run/val/done" ] && return
    "$spinexr" predict "$from" --weights "$run/last.safetensors" --all-boxes --no-overlay \
        --threads 1 -q --overwrite --out "$run/val" "$@" >&2
    touch "$run/val/done" # predict writes its results while it works
}

# ap_of TRUTH RUN: AP at an IoU of 0.5 of RUN/val in percent, its interval, wall and processor
# seconds of the training, SHA-256 of the weights
ap_of() {
    "$spinexr" eval detect "$1" "$2/val/report.json" --draw film --csv "$2.csv" -q >"$2.txt"
    hash=$(sha256sum <"$2/last.safetensors")
    { awk -F, '$1 $2 $3 == "apmeanAP@0.50" { print 100 * $4, 100 * $5, 100 * $6 }' "$2.csv"
        cat "$2.time"; } | awk -v hash="${hash%% *}" 'NR == 1 { ap = $1; low = $2; high = $3; next }
        { wall += $1; cpu += $2 }
        END { printf "%6.2f (%.2f, %.2f)  %6d %6d  %s\n", ap, low, high, wall, cpu, hash }'
    rm "$2.csv" "$2.txt"
}

# show TITLE COMMAND...: the tables of a report that begin with this title
show() {
    title=$1
    shift
    text=$("$@") # without a pipe, which would hide that the command fails
    printf '%s\n' "$text" | awk -v title="$title" '/^== / { on = index($0, title) } on'
}
