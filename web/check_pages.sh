#!/bin/sh
# check_pages.sh WORK: the pages were built in this folder (build_pages.sh), and tsc accepts them.
set -eu
if [ "$(cat "$1/status")" != built ]; then
    echo "the program was built without pages: $(cat "$1/status")" >&2
    exit 1
fi
cd "$1" && node node_modules/typescript/bin/tsc --noEmit
