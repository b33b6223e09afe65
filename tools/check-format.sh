#!/bin/sh
# Every C and C++ file is as clang-format would write it. Lines of text end at 100 columns. Tables
# of documents, transcripts, reference numbers, checksums and the corpus of the fuzz targets may be
# longer.
set -eu
sources=$(git ls-files '*.[ch]' '*.cc' '*.hpp' '*.inc')
[ -n "$sources" ] || { echo "no files were found in $PWD"; exit 1; }
echo "$sources" | xargs clang-format --dry-run --Werror
# grep counts characters in this locale, as clang-format does; -I leaves binary files out
long=$(git ls-files -- . ':!tests/fuzz/corpus' ':!tests/golden' ':!tests/cli/cases' ':!*.csv' \
    ':!*package-lock.json' ':!*.sha512' |
    LC_ALL=C.UTF-8 xargs grep -HInE '^.{101}' | grep -vE '^[^:]*\.md:[0-9]+:\|' |
    cut -d : -f 1,2 || true)
[ -z "$long" ] && exit
echo "$long" | sed 's/$/: longer than 100 columns/'
exit 1
