#!/bin/sh
# check-long.sh [KILLS [SECONDS]]: what takes too long for every change. Kills each writing command
# at KILLS random moments (1000) and runs each fuzz target for SECONDS (600). Writes
# build/check-long.log and ends with 'N passed, N failed'.
set -u
cd "$(dirname "$0")/.." || exit 1
kills=${1:-1000}
seconds=${2:-600}
log=$PWD/build/check-long.log
passed=0
failed=0
: >"$log"

# step NAME COMMAND...: one check, whose output goes to the log
step() {
    name=$1
    shift
    echo "== $name" >>"$log"
    if "$@" >>"$log" 2>&1; then
        passed=$((passed + 1))
        echo "ok    $name" | tee -a "$log"
    else
        failed=$((failed + 1))
        echo "FAIL  $name" | tee -a "$log"
    fi
}

# kills: the commands, as the short tests have them
program=$PWD/build/src/cli/spinexr
export LD_LIBRARY_PATH="$PWD/build/src" OMP_WAIT_POLICY=passive
step "kill data commands" build/tests/data/test-data-killed "$program" "$kills"
for name in calibrate eval explain export import predict synthetic train; do
    step "kill $name" build/tests/cli/test-killed-commands "$program" "$kills" "$name"
done
unset LD_LIBRARY_PATH

# fuzz: from the seeds of the repository; what is found in addition stays in build-fuzz
[ -f build-fuzz/build.ninja ] || CC=clang CXX=clang++ meson setup build-fuzz -Dfuzz=true \
    -Db_sanitize=address,undefined -Db_lundef=false -Dbuildtype=debugoptimized >>"$log" 2>&1
step "build fuzz targets" ninja -C build-fuzz
for source in tests/fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    name=${name#fuzz_}
    found=build-fuzz/corpus/$name
    mkdir -p "$found"
    dict=tests/fuzz/$name.dict
    step "fuzz $name" "build-fuzz/tests/fuzz/fuzz-$name" -max_total_time="$seconds" \
        -timeout=20 -rss_limit_mb=4096 -artifact_prefix="build-fuzz/$name-" \
        $([ -f "$dict" ] && echo "-dict=$dict") "$found" "tests/fuzz/corpus/$name"
done
echo | tee -a "$log"
echo "$passed passed, $failed failed" | tee -a "$log"
[ "$failed" -eq 0 ]
