#!/bin/sh
# Every test, once plain and once with AddressSanitizer and UBSan; the tests of threads with
# ThreadSanitizer; gcc and clang without warnings; format, includes, sizes and links. TIDY=1 adds
# clang-tidy, as CI does. PEERS=1 installs the programs of others that some tests need, as CI does;
# without it the tests whose programs are missing are left out and named. Ends with the names of
# what failed, the last lines that each of these wrote, and 'N passed, N failed'.
set -u
counts=$(mktemp) # lines 'PASSED FAILED': files, since some steps run beside others
names=$(mktemp)  # of all that failed, repeated at the end
ends=$(mktemp)   # of what they wrote, since of a long log only the end may be kept
lines=25         # of each

# step NAME COMMAND...: one check that passes or fails as a whole
step() {
    name=$1
    shift
    log=$(mktemp)
    begin=$(date +%s)
    if "$@" >"$log" 2>&1; then
        echo 1 0 >>"$counts"
        cat "$log"
        echo "ok    $name ($(($(date +%s) - begin)) s)"
    else
        echo 0 1 >>"$counts"
        cat "$log"
        echo "FAIL  $name" | tee -a "$names"
        { echo "== $name" && tail -n $lines "$log"; } >>"$ends"
    fi
    rm -f "$log"
}

# ends_of SUITE LOG: the last lines of each test that failed, from Meson's log of a suite
ends_of() {
    awk -v suite="$1" -v lines=$lines '
        function show(i) {
            if (bad) {
                print "== " suite ": " name " (" result ")"
                for (i = n > lines ? n - lines : 0; i < n; i++) print text[i]
            }
            n = bad = output = 0
        }
        /^=+ [0-9]+\/[0-9]+ =+$/ { show(); next }
        !output && /^test: / { sub(/^test: *([^ ]* \/ )?/, ""); name = $0 }
        !output && /^result: / {
            sub(/^result: */, "")
            result = $0
            bad = result != "exit status 0" && result != "exit status 77" # skipped
        }
        /^-+ std(out|err) -+$/ { output = 1; next }
        /^=+$/ && length($0) > 70 { show(); next }
        output { text[n++] = $0 }
        END { show() }' "$2"
}

# three tests for two processors: many wait, for a service, a retry or a browser
at_once=$(($(nproc) + ($(nproc) + 1) / 2))

# suite NAME BUILD FACTOR OPTION...: runs the tests of one build folder; FACTOR multiplies their
# time limits
suite() {
    suite=$1 folder=$2 factor=$3
    shift 3
    log=$(mktemp)
    begin=$(date +%s)
    ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
        meson test -C "$folder" -t "$factor" --num-processes "$at_once" --print-errorlogs "$@" \
        >"$log" 2>&1
    status=$?
    grep -E '^ *[0-9]+/[0-9]+ ' "$log" | sed "s/^/$suite: /"
    ok=$(sed -n 's/^Ok: *//p' "$log")
    bad=$(sed -n 's/^Fail: *//p' "$log")
    late=$(sed -n 's/^Timeout: *//p' "$log")
    echo "${ok:-0} $((${bad:-0} + ${late:-0}))" >>"$counts"
    if [ $status -ne 0 ]; then
        cat "$log"
        grep -E '^ *[0-9]+/[0-9]+ .* (FAIL|TIMEOUT|ERROR)' "$log" |
            sort -u | sed "s/^/FAIL  $suite: /" >>"$names" # Meson names them twice
    fi
    # an error that is no test's, or no test has run
    if [ $((${bad:-0} + ${late:-0})) -eq 0 ] && { [ $status -ne 0 ] || [ "${ok:-0}" -eq 0 ]; }; then
        echo 0 1 >>"$counts"
        echo "FAIL  $suite" | tee -a "$names"
        { echo "== $suite" && tail -n $lines "$log"; } >>"$ends"
    elif [ $status -ne 0 ]; then
        ends_of "$suite" "$folder/meson-logs/testlog.txt" >>"$ends"
    fi
    echo "suite $suite: $(($(date +%s) - begin)) s"
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

# set_up_KIND COMMAND: `folder` or `builds` for the build folder of this kind
set_up_clang() (
    export CC=clang CXX=clang++
    # clang's warnings do not depend on optimization
    "$1" build-clang -Dwerror=true -Doptimization=0
)
set_up_asan() {
    # Stacks name lines; more debugging information would take a fifth of the build's time. The
    # first fault of UBSan ends a test; code that could go on after it takes longer to compile.
    args='-g1 -fno-sanitize-recover=undefined'
    "$1" build-asan -Db_sanitize=address,undefined -Db_lundef=false -Dalloc_fail=true \
        -Dbuildtype=debugoptimized "-Dc_args=$args" "-Dcpp_args=$args"
}
set_up_tsan() {
    "$1" build-tsan -Db_sanitize=thread -Db_lundef=false -Doptimization=1 -Dc_args=-g1 \
        -Dcpp_args=-g1
}

peers=${PEERS:-}
# Meson leaves out the tests of pages where it does not find node
if [ -n "$peers" ] && ! command -v node >/dev/null; then
    step peers sh tools/install-peers.sh
    peers=
fi
# end_tree PID: ends a process and those that it started. What runs beside a step is started with
# SIGINT ignored, so that Ctrl-C does not end it.
end_tree() (
    for child in $(ps -o pid= --ppid "$1"); do end_tree "$child"; done
    kill "$1" 2>/dev/null
)
beside=
trap '[ -z "$beside" ] || end_tree $beside; rm -f "$names" "$ends" "$counts"' EXIT
trap 'exit 1' HUP INT TERM

# Steps that take one processor, or wait for the network, run beside a build, which takes all.
{
    [ -z "$peers" ] || step peers sh tools/install-peers.sh
    step format sh tools/check-format.sh
    step includes sh tools/check-includes.sh
    step sizes sh tools/check-sizes.sh
    step links sh tools/check-links.sh
    step setup-clang set_up_clang folder
    step setup-asan set_up_asan folder
    step setup-tsan set_up_tsan folder
} &
beside=$!
step warnings-gcc builds build-gcc -Dwerror=true
wait
{
    step pages sh web/check_pages.sh build-gcc/web/pages
    step source-archive sh tools/check-dist.sh build-gcc list
} &
beside=$!
step warnings-clang set_up_clang builds
wait
beside=
suite plain build-gcc 2
# a tenth of the time; check-long.sh follows each function to clang's own bound
[ -z "${TIDY:-}" ] || step tidy env TIDY_NODES=40000 sh tools/check-tidy.sh build-clang
step build-asan set_up_asan builds
# a twelfth of the places that allocate, at most 80, drawn anew each time; check-long.sh tries every
# allocation
export ALLOC_STEP=12 ALLOC_MOST=80
# of the full-size networks' training the plain suite checks the numbers; with sanitizers it would
# take a sixth of the time, and check-long.sh does it
suite sanitized build-asan 8 --no-suite full-size
# the test runner builds what this suite needs
suite threads build-tsan 8 --suite threads
echo
sh tools/install-peers.sh --missing
cat "$names" "$ends"
passed=$(awk '{ n += $1 } END { print n + 0 }' "$counts")
failed=$(awk '{ n += $2 } END { print n + 0 }' "$counts")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
