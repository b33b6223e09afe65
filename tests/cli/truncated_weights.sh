#!/bin/sh
# truncated_weights.sh SPINEXR DRAW: a weight file or a cache that is truncated while a command uses
# it never ends the process by a signal.
set -u
program=$(realpath "$1")
draw=$(realpath "$2")
dir=$(mktemp -d)
cd "$dir" || exit 1
failed=0

# truncate_after SECONDS FILE COMMAND...
truncate_after() {
    delay=$1
    file=$2
    shift 2
    "$program" "$@" >out.txt 2>err.txt &
    sleep "$delay"
    [ ! -e "$file" ] || truncate -s 4096 "$file"
    wait $!
    status=$?
    [ $status -le 3 ] && return
    echo "$*, truncated after $delay s: exit status $status: $(tail -1 err.txt)"
    failed=$((failed + 1))
}

"$draw" film.png 1200 2400
"$program" model synthetic densenet121 --out w.safetensors -q >/dev/null || exit 1
"$program" data phantom --out set --count 8 --size 400 --mix even --test 0 -q >/dev/null || exit 1
cat >t.yaml <<'END'
SPINEXR: {PRESET: densenet_small, NETWORK: {growth: 4, stem: 8, blocks: [1, 1, 1, 1]}}
SOLVER: {MAX_ITER: 40, IMS_PER_BATCH: 8}
END
for delay in 0.02 0.05 0.1 0.15 0.2 0.3 0.4 0.6; do
    cp w.safetensors used.safetensors
    rm -rf found
    truncate_after $delay used.safetensors predict film.png --weights used.safetensors --out found
    cp w.safetensors used.safetensors
    truncate_after $delay used.safetensors model show used.safetensors
    cp w.safetensors used.safetensors
    truncate_after $delay used.safetensors model export used.safetensors --out used.onnx
    [ ! -e run ] || rm -r run/*.safetensors run/metrics.jsonl run/.spinexr* 2>/dev/null
    cache=$(find run/cache -name 'films-*.cache' 2>/dev/null | head -1)
    truncate_after $delay "${cache:-none}" \
        train classifier -q --config t.yaml --data set --out run --overwrite
done
cd / && rm -rf "$dir"
[ $failed -eq 0 ]
