#!/bin/sh
# transcript.sh SPINEXR DRAW-FILM FILE...: replays transcripts of commands and compares them byte by
# byte.
#   # a remark            $ a shell command, run in an empty folder that one file's commands share
#   > a line of stdout    ! a line of stderr    = the exit status
# UPDATE=1 writes what happened into the file instead (then read the diff). $CASES is this folder.
set -u
program=$1
draw=$2
shift 2
CASES=$(cd "$(dirname "$0")/cases" && pwd)
export CASES
bin=$(mktemp -d)
ln -s "$(realpath "$program")" "$bin/spinexr"
ln -s "$(realpath "$draw")" "$bin/draw-film"
SMALL_DETECTOR='{"backbone_stem": 8, "backbone_blocks": [1, 1, 1, 1], "proposals": 20,
    "heads": 2, "hidden": 32, "dynamic": 8, "feedforward": 64}'
export SMALL_DETECTOR
PATH=$bin:$PATH
export PATH
unset SPINEXR_CPU OMP_NUM_THREADS
failed=0
for file in "$@"; do
    file=$(realpath "$file")
    dir=$(mktemp -d)
    new=$bin/new
    : >"$new"
    while IFS= read -r line; do
        case $line in
        '$ '*)
            printf '%s\n' "$line" >>"$new"
            (cd "$dir" && sh -c "${line#??}" >"$bin/out" 2>"$bin/err" </dev/null)
            status=$?
            sed 's/^/> /; s/ *$//' "$bin/out" >>"$new"
            sed 's/^/! /; s/ *$//' "$bin/err" >>"$new"
            echo "= $status" >>"$new"
            ;;
        '> '* | '! '* | '= '* | '>' | '!') ;;
        *) printf '%s\n' "$line" >>"$new" ;;
        esac
    done <"$file"
    rm -rf "$dir"
    if [ -n "${UPDATE:-}" ]; then
        cp "$new" "$file"
    elif ! diff -u "$file" "$new"; then
        failed=1
    fi
done
rm -rf "$bin"
exit $failed
