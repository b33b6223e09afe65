#!/bin/sh
# Every test, once plain and once with AddressSanitizer and UBSan; the tests of threads with
# ThreadSanitizer; gcc and clang without warnings; format, includes, sizes and links. TIDY=1 adds
# clang-tidy, as CI does. PEERS=1 installs the programs of others that some tests need, as CI does;
# without it the tests whose programs are missing are left out and named. Ends with 'N passed, N
# failed'.
set -u
passed=0
failed=0
names=$(mktemp) # of all that failed, repeated at the end

# step NAME COMMAND...: one check that passes or fails as a whole
step() {
    name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok    $name"
    else
        failed=$((failed + 1))
        echo "FAIL  $name" | tee -a "$names"
    fi
}

# suite NAME BUILD FACTOR OPTION...: runs the tests of one build folder; FACTOR multiplies their
# time limits
suite() {
    suite=$1 folder=$2 factor=$3
    shift 3
    log=$(mktemp)
    ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
        meson test -C "$folder" -t "$factor" --print-errorlogs "$@" >"$log" 2>&1
    status=$?
    grep -E '^ *[0-9]+/[0-9]+ ' "$log" | sed "s/^/$suite: /"
    if [ $status -ne 0 ]; then
        cat "$log"
        grep -E '^ *[0-9]+/[0-9]+ .* (FAIL|TIMEOUT|ERROR)' "$log" |
            sed "s/^/FAIL  $suite: /" >>"$names"
    fi
    ok=$(sed -n 's/^Ok: *//p' "$log")
    bad=$(sed -n 's/^Fail: *//p' "$log")
    late=$(sed -n 's/^Timeout: *//p' "$log")
    passed=$((passed + ${ok:-0}))
    failed=$((failed + ${bad:-0} + ${late:-0}))
    if [ $status -ne 0 ] && [ "${bad:-0}${late:-0}" = 00 ]; then failed=$((failed + 1)); fi
    rm -f "$log"
}

# folder NAME OPTION...: a build folder, set up once
folder() {
    [ -f "$1/build.ninja" ] || meson setup "$@" >/dev/null
}

# builds FOLDER OPTION...: sets up and builds
builds() {
    folder "$@" && ninja -C "$1" --quiet
}

[ -z "${PEERS:-}" ] || step peers sh tools/install-peers.sh
step format sh tools/check-format.sh
step includes sh tools/check-includes.sh
step sizes sh tools/check-sizes.sh
step links sh tools/check-links.sh
step warnings-gcc builds build-gcc -Dwerror=true
step pages sh web/check_pages.sh build-gcc/web/pages
step source-archive sh tools/check-dist.sh build-gcc list
suite plain build-gcc 2
export CC=clang CXX=clang++
step warnings-clang builds build-clang -Dwerror=true
unset CC CXX
[ -z "${TIDY:-}" ] || step tidy sh tools/check-tidy.sh build-clang
step build-asan builds build-asan -Db_sanitize=address,undefined -Db_lundef=false \
    -Dalloc_fail=true -Dbuildtype=debugoptimized
# a sixth of the places that allocate, drawn anew each time; check-long.sh tries every allocation
export ALLOC_STEP=6
suite sanitized build-asan 8
# the test runner builds what this suite needs
step build-tsan folder build-tsan -Db_sanitize=thread -Db_lundef=false -Dbuildtype=debugoptimized
suite threads build-tsan 8 --suite threads
echo
sh tools/install-peers.sh --missing
cat "$names"
rm -f "$names"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
