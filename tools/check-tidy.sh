#!/bin/sh
# check-tidy.sh BUILD [FILE...]: clang-tidy (.clang-tidy) finds nothing in these files or, without
# any, in all of src, examples, bench and tests. BUILD is a folder that was set up with clang. The
# loops that are compiled once for each instruction set (*_isa.c) are left out: they are included
# text, of which clang-tidy reports nothing. So is tests/alloc, which only gcc compiles. Each file
# is checked by a process of its own: given several, clang-tidy 14 takes a va_list of the second
# for one that was not started. TIDY_NODES=N: the analyzer follows a function for N states, not for
# 225,000.
set -u
build=$1
shift
[ $# -gt 0 ] || set -- src examples bench tests
nodes=
if [ -n "${TIDY_NODES:-}" ]; then
    for word in -Xclang -analyzer-config -Xclang "max-nodes=$TIDY_NODES"; do
        nodes="$nodes --extra-arg=$word"
    done
fi
files=$(find "$@" \( -name '*.c' -o -name '*.cc' \) ! -name '*_isa.c' \
    ! -path '*tests/alloc/*') || exit 1
[ -n "$files" ] || { echo "no files were found in $*"; exit 1; }
found=$(mktemp)
# shellcheck disable=SC2086 # nodes: several words
echo "$files" | sort |
    xargs -n 1 -P "$(nproc)" clang-tidy -p "$build" --quiet $nodes >"$found" 2>&1
status=$?
[ $status -eq 0 ] || cat "$found"
rm -f "$found"
[ $status -eq 0 ]
