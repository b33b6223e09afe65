#!/bin/sh
# symbols.sh LIBRARY INCLUDE-DIR: the shared library exports what the public headers mark SX_API,
# and nothing else.
set -eu
exported=$(nm -D --defined-only "$1" | awk '$2 != "A" { sub(/@.*/, "", $NF); print $NF }' | sort)
declared=$(cat "$2"/spinexr/*.h | tr '\n' ' ' | grep -oE 'SX_API [^;(]*\(' |
    grep -oE 'sx_[a-z0-9_]+ *\($' | tr -d ' (' | sort -u)
if [ "$exported" != "$declared" ]; then
    echo "exported (+) and declared (-) differ:"
    echo "$declared" >"${TMPDIR:-/tmp}/declared.$$"
    echo "$exported" | diff "${TMPDIR:-/tmp}/declared.$$" - | sed -n 's/^</-/p; s/^>/+/p'
    rm -f "${TMPDIR:-/tmp}/declared.$$"
    exit 1
fi
echo "$exported"
