#!/bin/sh
# Every C and C++ file is as clang-format would write it. Lines end at 100 columns in all text but
# tables of documents, reference numbers, transcripts and data of tests.
set -eu
find include src tests bench examples -name '*.[ch]' -o -name '*.cc' |
    xargs clang-format --dry-run --Werror
find . \( -name '.git' -o -name 'build*' -o -name 'node_modules' \) -prune -o -type f \( \
    -name '*.md' -o -name '*.sh' -o -name '*.py' -o -name '*.mjs' -o -name '*.supp' -o \
    -name '*.map' -o -name 'meson.build' -o -path './bench/*' -o -name Makefile \) -print |
    xargs awk '
        length > 100 && !/^\|/ { print FILENAME ":" FNR ": longer than 100 columns"; bad = 1 }
        END { exit bad }'
