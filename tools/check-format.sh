#!/bin/sh
# Every C and C++ file is as clang-format would write it, and lines end at 100 columns: in documents
# (but not in tables), shell scripts and Python.
set -eu
find include src tests bench examples -name '*.[ch]' -o -name '*.cc' |
    xargs clang-format --dry-run --Werror
find ./*.md docs weights experiments tools -name '*.md' -o -name '*.sh' -o -name '*.py' |
    xargs awk '
        length > 100 && !/^\|/ { print FILENAME ":" FNR ": longer than 100 columns"; bad = 1 }
        END { exit bad }'
