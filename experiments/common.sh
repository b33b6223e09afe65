# What the experiments share; sourced, not run.
cd "$(dirname "$0")/.."
spinexr=${SPINEXR:-build/src/cli/spinexr}
[ -x "$spinexr" ] || { echo "$spinexr is not built: make, or SPINEXR=path" >&2; exit 2; }
precision=${PRECISION:-auto} # of training: bf16 needs a processor that has it

usage() {
    sed -n '2,/^$/s/^# \{0,1\}//p' "$0" >&2
    exit 2
}
# A run that was stopped goes on; one that is done is not trained again.
train() { # train classifier|detector OUT ITERATIONS [OPTION...]
    kind=$1 to=$2 steps=$3
    shift 3
    [ -f "$to/done" ] && return
    [ -f "$to/last.ckpt.safetensors" ] && set -- "$@" --resume
    "$spinexr" train "$kind" --out "$to" --iterations "$steps" --precision "$precision" "$@"
    grep -q "\"iteration\": $((steps - 1))," "$to/metrics.jsonl" && touch "$to/done"
}
