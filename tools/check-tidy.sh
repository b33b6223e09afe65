#!/bin/sh
# check-tidy.sh BUILD: clang-tidy (.clang-tidy) finds nothing in src. BUILD is a folder that was set
# up with clang. The loops that are compiled once for each instruction set (*_isa.c) are left out:
# they are included text, of which clang-tidy reports nothing.
set -u
found=$(mktemp)
find src \( -name '*.c' -o -name '*.cc' \) ! -name '*_isa.c' | sort |
    xargs -n 4 -P "$(nproc)" clang-tidy -p "$1" --quiet >"$found" 2>/dev/null
status=$?
cat "$found"
rm -f "$found"
[ $status -eq 0 ]
