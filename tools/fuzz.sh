#!/bin/sh
# fuzz.sh SECONDS [NAME...]: gives each reader of tests/fuzz (all, or those named) new inputs for
# SECONDS, as many readers at a time as there are processors. Starts from the repository's seeds and
# from what earlier runs found (build-fuzz/found). Prints one line a reader; an input that fails and
# the reader's own output stay in build-fuzz.
set -u
cd "$(dirname "$0")/.." || exit 1

# one NAME SECONDS: a single reader
one() {
    name=$1
    found=build-fuzz/found/$name
    dict=tests/fuzz/$name.dict
    log=build-fuzz/$name.log
    mkdir -p "$found"
    "build-fuzz/tests/fuzz/fuzz-$name" -max_total_time="$2" -timeout=20 -rss_limit_mb=4096 \
        -artifact_prefix="build-fuzz/$name-" -print_final_stats=1 \
        $([ -f "$dict" ] && echo "-dict=$dict") "$found" "tests/fuzz/corpus/$name" >"$log" 2>&1
    status=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    if [ $status -eq 0 ]; then
        echo "ok    fuzz $name ($runs inputs in $2 s)"
    else
        echo "FAIL  fuzz $name ($log)"
    fi
    return $status
}

if [ "${1:-}" = --one ]; then
    one "$2" "$3"
    exit
fi
seconds=${1:?"usage: fuzz.sh SECONDS [NAME...]"}
shift
[ -f build-fuzz/build.ninja ] || CC=clang CXX=clang++ meson setup build-fuzz -Dfuzz=true \
    -Db_sanitize=address,undefined -Db_lundef=false -Dbuildtype=debugoptimized >/dev/null || exit 1
ninja -C build-fuzz --quiet || exit 1
if [ $# -eq 0 ]; then
    set -- $(ls tests/fuzz/fuzz_*.c | sed 's,.*/fuzz_\(.*\)\.c,\1,')
fi
printf '%s\n' "$@" | xargs -P "$(nproc)" -I NAME sh tools/fuzz.sh --one NAME "$seconds"
