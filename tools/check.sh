#!/bin/sh
# Every test, once plain and once with AddressSanitizer and UBSan, the formatting and the include
# order. Ends with 'N passed, N failed'.
set -u
passed=0
failed=0

# step NAME COMMAND...: one check that passes or fails as a whole
step() {
    name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok    $name"
    else
        failed=$((failed + 1))
        echo "FAIL  $name"
    fi
}

# suite NAME BUILD FACTOR: runs the tests of one build folder; FACTOR multiplies their time limits
suite() {
    log=$(mktemp)
    ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
        meson test -C "$2" -t "$3" --print-errorlogs >"$log" 2>&1
    status=$?
    grep -E '^ *[0-9]+/[0-9]+ ' "$log" | sed "s/^/$1: /"
    [ $status -eq 0 ] || cat "$log"
    ok=$(sed -n 's/^Ok: *//p' "$log")
    bad=$(sed -n 's/^Fail: *//p' "$log")
    late=$(sed -n 's/^Timeout: *//p' "$log")
    passed=$((passed + ${ok:-0}))
    failed=$((failed + ${bad:-0} + ${late:-0}))
    if [ $status -ne 0 ] && [ "${bad:-0}${late:-0}" = 00 ]; then failed=$((failed + 1)); fi
    rm -f "$log"
}

step format sh tools/check-format.sh
step include-order sh tools/check-includes.sh
suite plain build 2
[ -f build-asan/build.ninja ] ||
    meson setup build-asan -Db_sanitize=address,undefined -Db_lundef=false \
        -Dbuildtype=debugoptimized >/dev/null
step build-asan ninja -C build-asan --quiet
suite sanitized build-asan 8
echo
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
