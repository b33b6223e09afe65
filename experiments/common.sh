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
    "$spinexr" train "$kind" --out "$to" --iterations "$steps" --precision "$precision" "$@"
    grep -q "\"iteration\": $((steps - 1))," "$to/metrics.jsonl" && touch "$to/done"
}
