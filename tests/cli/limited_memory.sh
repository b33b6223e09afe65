#!/bin/sh
# limited_memory.sh SPINEXR [STEP]: commands in an address space of 100 to 500 MB. Each ends with an
# exit status of its own (0 to 3) or is refused by the loader (127), never by a signal and never by
# waiting, and leaves nothing that is taken for a result.
set -u
program=$(realpath "$1")
step=${2:-50}
dir=$(mktemp -d)
cd "$dir" || exit 1
failed=0
ulimit -c 0

fail() {
    echo "$1"
    failed=$((failed + 1))
}

# limited MB COMMAND...: *status*
limited() {
    megabytes=$1
    shift
    (
        ulimit -v $((megabytes * 1024))
        exec timeout -s KILL 60 "$program" "$@" >out.txt 2>err.txt
    )
    status=$?
    case $status in
    0 | 1 | 2 | 3 | 127) ;;
    *) fail "$megabytes MB: $*: exit status $status: $(tail -1 err.txt)" ;;
    esac
    if find . -name '.spinexr-*.part' | grep -q .; then fail "$megabytes MB: $*: left a part"; fi
}

"$program" data phantom --out set --count 8 --size 300 --mix even --test 0 -q >/dev/null || exit 1
"$program" model synthetic densenet121 --out w.safetensors \
    --network '{"growth": 4, "stem": 8, "blocks": [1, 1, 1, 1]}' >/dev/null || exit 1
cat >t.yaml <<'END'
SPINEXR: {PRESET: densenet_small, NETWORK: {growth: 4, stem: 8, blocks: [1, 1, 1, 1]}}
SOLVER: {MAX_ITER: 2, IMS_PER_BATCH: 2}
END
done=0
megabytes=100
while [ $megabytes -le 500 ]; do
    rm -rf predicted run converted* made films imported.safetensors
    limited $megabytes predict set --weights w.safetensors --explain --out predicted
    done=$((done + (status == 0)))
    limited $megabytes train classifier --config t.yaml --data set --out run
    done=$((done + (status == 0)))
    limited $megabytes data convert set --to coco --out converted
    [ $status -eq 0 ] || [ ! -e converted ] || fail "$megabytes MB: half a data set"
    limited $megabytes data deidentify set/train_images --out films
    limited $megabytes data phantom --count 2 --size 200 --out made
    [ $status -eq 0 ] || [ ! -e made/annotations ] || fail "$megabytes MB: half a data set"
    limited $megabytes model import w.safetensors --out imported.safetensors
    [ $status -eq 0 ] || [ ! -e imported.safetensors ] || fail "$megabytes MB: half a weight file"
    megabytes=$((megabytes + step))
done
[ $done -gt 0 ] || fail "no run had memory enough"
cd / && rm -rf "$dir"
[ $failed -eq 0 ]
