#!/bin/sh
# waiting.sh SPINEXR VARIABLE: OpenMP's threads spin briefly, unless the environment states how they
# wait. VARIABLE is GOMP_SPINCOUNT of libgomp or KMP_BLOCKTIME of libomp.
set -eu
unset OMP_WAIT_POLICY GOMP_SPINCOUNT KMP_BLOCKTIME
spinexr=$1
variable=$2

# expect COUNT ASSIGNMENT...: what OpenMP says it read, in the last program that was started
expect() {
    count=$1
    shift
    # libomp prints its settings when it is first used
    read=$(env "$@" OMP_DISPLAY_ENV=verbose KMP_SETTINGS=1 \
        "$spinexr" bench densenet121 --size 64x64 --runs 1 2>&1 |
        sed -n "s/^ *$variable *= *'*\([0-9]*\)'*\$/\1/p" | tail -1)
    [ "$read" = "$count" ] || {
        echo "with $*: $variable is '$read', not $count"
        exit 1
    }
}

case $variable in
GOMP_SPINCOUNT) expect 2000 UNRELATED=1 && expect 0 OMP_WAIT_POLICY=passive ;;
KMP_BLOCKTIME) expect 1 UNRELATED=1 && expect 0 OMP_WAIT_POLICY=passive ;;
esac
expect 55 $variable=55
[ "$("$spinexr" version | head -1)" = "$("$spinexr" --version)" ]
