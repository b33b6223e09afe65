#!/bin/sh
# limited_memory.sh SPINEXR DRAW_CODED [STEP]: commands in an address space of 100 to 500 MB, in
# steps of STEP (100). Each ends with an exit status of its own (0 to 3) or is refused by the loader
# (127), never by a signal and never by waiting. A run that succeeds writes what it writes with all
# the memory there is; one that fails leaves nothing that is taken for a result.
set -u
program=$(realpath "$1")
draw_coded=$(realpath "$2")
step=${3:-100}
dir=$(mktemp -d)
cd "$dir" || exit 1
failed=0
succeeded=0
status=0
ulimit -c 0

fail() {
    echo "$megabytes MB: $1"
    failed=$((failed + 1))
}

# limited COMMAND...: *status*
limited() {
    (
        ulimit -v $((megabytes * 1024))
        exec timeout -s KILL 120 "$program" "$@" >out.txt 2>err.txt
    )
    status=$?
    case $status in
    0) succeeded=$((succeeded + 1)) ;;
    1 | 2 | 3 | 127) ;;
    *) fail "$*: exit status $status: $(tail -1 err.txt)" ;;
    esac
    if find now -name '.spinexr-*.part' | grep -q .; then fail "$*: left a part"; fi
}

# all or nothing: `good` has what the same command wrote without a limit
whole() {
    [ $out = now ] || return 0
    for name; do
        if [ $status -eq 0 ]; then
            diff -r "good/$name" "now/$name" >differences.txt 2>&1 ||
                fail "$name: $(head -1 differences.txt)"
        elif [ -e "now/$name" ]; then
            fail "$name: written, exit status $status"
        fi
    done
}

# as `whole` after success; after a failure every file that is there is complete, but for the note
# `unfinished` with which data phantom continues
parts() {
    [ $out = now ] || return 0
    if [ $status -eq 0 ]; then
        whole "$@"
        return 0
    fi
    for name; do
        for file in $(cd now && find "$name" -type f ! -name '.spinexr-*' ! -name unfinished \
            2>/dev/null); do
            cmp -s "good/$file" "now/$file" || fail "$file: incomplete"
        done
    done
}

# The commands, each with a check of what it left. *run* is `limited`, or `unlimited` for what is
# compared; they write into the folder *out*.
predict_films() {
    $run predict set --weights w.safetensors --weights d.safetensors --threshold 0.05 \
        --explain --precision f32 --out $out/predicted
    parts predicted/overlays predicted/heat
    [ $status -ne 0 ] || whole predicted/findings.csv predicted/scores.csv
}
explain_films() {
    $run explain set --weights w.safetensors --numbers --precision f32 --out $out/maps
    parts maps/heat
}
train_networks() {
    $run train classifier --config t.yaml --data set --out $out/run
}
convert_sets() {
    for layout in coco voc yolo; do
        $run data convert set --to $layout --out $out/$layout
        whole $layout
    done
    $run data phantom --count 2 --size 200 --out $out/made
    parts made # the annotations come last
    [ $status -eq 0 ] || [ ! -e $out/made/annotations ] || fail "made: half a data set"
}
deidentify_films() {
    $run data deidentify set/train_images --key key --out $out/films
    parts films
}
change_models() {
    $run model import w.safetensors --out $out/imported.safetensors
    whole imported.safetensors
    $run model export d.safetensors --out $out/d.onnx
    whole d.onnx
    $run model calibrate --weights w.safetensors --weights d.safetensors --data set \
        --out $out/calibrated
    parts calibrated
}
evaluate() {
    $run eval report set good/predicted/report.json --films set --resamples 20 \
        --csv $out/r.csv --html $out/r.html
    parts r.csv r.html
    $run eval detect set good/predicted/findings.csv --films set --resamples 20 \
        --csv $out/d.csv --html $out/d.html
    parts d.csv d.html
}
# large films, one coding each
predict_coded() {
    for film in jpeg.jpg baseline.dcm lossless.dcm jpeg2000.dcm htj2k.dcm; do
        $run predict coded/$film --any-film --weights w.safetensors --precision f32 \
            --out $out/predicted-$film
        parts predicted-$film/overlays
        [ $status -ne 0 ] || whole predicted-$film/scores.csv
    done
}
# A film takes two seconds. In large steps one that succeeded with less memory is not tried again.
deidentified=" "
deidentify_coded() {
    for film in baseline lossless jpeg2000 htj2k; do
        case $deidentified in *" $film "*) continue ;; esac
        $run data deidentify coded/$film.dcm --key key --out $out/deidentified-$film
        parts deidentified-$film
        if [ $out = now ] && [ $status -eq 0 ] && [ "$step" -ge 100 ]; then
            deidentified="$deidentified$film "
        fi
    done
}
every_command() {
    predict_films
    explain_films
    train_networks
    convert_sets
    deidentify_films
    change_models
    evaluate
    predict_coded
    deidentify_coded
}

# unlimited COMMAND...: must succeed
unlimited() {
    "$program" "$@" >out.txt 2>err.txt && return 0
    echo "$*: $(tail -1 err.txt)"
    exit 1
}

export SOURCE_DATE_EPOCH=1767225600
run=unlimited
out=good
mkdir coded good
$run data phantom --out set --count 8 --size 300 --mix even --test 0 -q
$run model synthetic densenet121 --out w.safetensors \
    --network '{"growth": 4, "stem": 8, "blocks": [1, 1, 1, 1]}'
$run model synthetic sparse_rcnn_r50 --out d.safetensors \
    --network '{"backbone_stem": 8, "backbone_blocks": [1, 1, 1, 1], "proposals": 20, "heads": 2,
                "hidden": 32, "dynamic": 8, "feedforward": 64}'
"$draw_coded" coded 2400 2000 || exit 1
echo "secret of the test" >key
cat >t.yaml <<'EOF'
SPINEXR: {PRESET: densenet_small, NETWORK: {growth: 4, stem: 8, blocks: [1, 1, 1, 1]}}
SOLVER: {MAX_ITER: 2, IMS_PER_BATCH: 2}
EOF
every_command
run=limited
out=now
megabytes=100
while [ $megabytes -le 500 ]; do
    rm -rf now
    mkdir now
    every_command
    megabytes=$((megabytes + step))
done
echo "$succeeded runs had memory enough"
[ $succeeded -gt 0 ] || failed=1
cd / && rm -rf "$dir"
[ $failed -eq 0 ]
