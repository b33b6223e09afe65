#!/bin/sh
# readme_sample.sh README.md INCLUDE CC...: the README's C lines compile with the public headers.
set -eu
readme=$1
include=$2
shift 2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
{
    echo '#include <stdio.h>'
    echo '#include <spinexr/spinexr.h>'
    echo 'int main(void) {'
    awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$readme"
    echo 'return 0; }'
} >"$dir/sample.c"
[ "$(wc -l <"$dir/sample.c")" -ge 9 ] || { echo "$readme: no C lines"; exit 1; }
"$@" -std=c11 -Wall -Wextra -Werror -fsyntax-only -I"$include" "$dir/sample.c"
