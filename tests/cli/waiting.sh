#!/bin/sh
# waiting.sh SPINEXR: libgomp's threads spin briefly, unless the environment states how they wait.
set -eu
unset OMP_WAIT_POLICY GOMP_SPINCOUNT KMP_BLOCKTIME
spinexr=$1

# expect COUNT ASSIGNMENT...: what libgomp says it read, in the last program that was started
expect() {
    count=$1
    shift
    read=$(env "$@" OMP_DISPLAY_ENV=verbose "$spinexr" version 2>&1 |
        sed -n "s/^ *GOMP_SPINCOUNT = '\(.*\)'/\1/p" | tail -1)
    [ "$read" = "$count" ] || {
        echo "with $*: GOMP_SPINCOUNT is '$read', not $count"
        exit 1
    }
}

expect 2000 UNRELATED=1
expect 55 GOMP_SPINCOUNT=55
expect 0 OMP_WAIT_POLICY=passive
[ "$("$spinexr" version | head -1)" = "$("$spinexr" --version)" ]
