#!/bin/sh
# check-long.sh [KILLS [SECONDS]]: what takes too long for every change. Kills each writing command
# at KILLS random moments (1000), runs the commands in little memory, compares the networks with
# reference numbers at every level of instructions, builds the source archive and the Debian
# packages and installs them (as root), runs clang-tidy to its own bound, lets every single
# allocation of the main commands fail, and runs each fuzz target for SECONDS (600). Builds build/
# first, writes build/check-long.log and ends with 'N passed, N failed'.
set -u
cd "$(dirname "$0")/.." || exit 1
kills=${1:-1000}
seconds=${2:-600}
log=$PWD/build/check-long.log
passed=0
failed=0
# a program or a test of an earlier or unfinished build would fail for reasons that are not its own
[ -f build/build.ninja ] || meson setup build || exit 1
ninja -C build >"$log" 2>&1 || {
    tail -n 20 "$log"
    echo "check-long: the build in build/ failed; nothing was checked"
    exit 1
}
: >"$log"

# step NAME COMMAND...: one check, whose output goes to the log
step() {
    name=$1
    shift
    echo "== $name" >>"$log"
    begin=$(date +%s)
    if "$@" >>"$log" 2>&1; then
        passed=$((passed + 1))
        echo "ok    $name ($(($(date +%s) - begin)) s)" | tee -a "$log"
    else
        failed=$((failed + 1))
        echo "FAIL  $name" | tee -a "$log"
    fi
}

# kills: the commands, as the short tests have them
program=$PWD/build/src/cli/spinexr
export LD_LIBRARY_PATH="$PWD/build/src" OMP_WAIT_POLICY=passive
step "kill data commands" build/tests/data/test-data-killed "$program" "$kills"
for name in calibrate eval explain export import predict publish synthetic train; do
    step "kill $name" build/tests/cli/test-killed-commands "$program" "$kills" "$name"
done
# 100 to 500 MB in steps of 5; `make check` takes steps of 100
step "limited memory" sh tests/cli/limited_memory.sh "$program" build/tests/draw-coded 5
step "kill the service" build/tests/service/test-node-killed "$program" "$((kills / 10))"
step "kill the service, Orthanc" build/tests/service/test-node-killed "$program" \
    "$((kills / 10))" orthanc
step "kill the reading room" build/tests/service/test-reading-killed "$kills"
step "kill the reading room's page" env SPINEXR_PEERS="$PWD/build-peers" \
    node tests/browser/reading_kills.mjs "$program" "$PWD/weights" "$kills"
step "a backlog of 2,000 films" build/tests/service/test-backlog "$program" 2000
# six senders at once, each with 20 times the folder; with 200 idle connections and half messages a
# film is stored within a second
step "six senders, 20 times" build/tests/service/test-dicom-server 20
step "a film beside idle connections" build/tests/service/test-dicom-hostile 1
unset LD_LIBRARY_PATH
# the reference numbers of every network, of predictions and of training, at every level that the
# machine has (a test is skipped at others); `make check` has the machine's own level and some
# networks at lower ones
for level in generic avx2 avx512 bf16; do
    step "reference numbers at $level" env SPINEXR_CPU=$level meson test -C build --no-rebuild \
        -t 8 --print-errorlogs models-convnext models-densenet models-efficientdet \
        models-faster_rcnn models-retinanet models-rtmdet models-sparse_rcnn training-golden \
        training-golden-steps
done
# the source archive; packages in a clean Debian; the container image (as root)
step "source archive" sh tools/check-dist.sh
step "Debian packages" sh tools/make-deb.sh
step "packages in a clean Debian" sh tests/install/packages.sh build-deb/packages
step "container image" sh tools/make-oci.sh build-oci/image.tar
step "image in a chroot" sh tests/install/image.sh build-oci/image.tar
step "the same image again" sh tests/install/same_image.sh build-oci/image.tar build-deb/packages
# PixelMed's validator on every report; `make check` checks four
step "every report" env ALL=1 sh tests/peers/validators.sh build/tests/peers/draw-results

# the analyzer follows each function to clang's own bound, of 225,000 states; `make check TIDY=1`
# follows it for 40,000
[ -f build-clang/build.ninja ] || CC=clang CXX=clang++ meson setup build-clang -Dwerror=true \
    >>"$log"
step "build with clang" ninja -C build-clang
step "clang-tidy" sh tools/check-tidy.sh build-clang

# every allocation of the main commands fails once; `make check` tries some of the places
[ -f build-asan/build.ninja ] || meson setup build-asan -Db_sanitize=address,undefined \
    -Db_lundef=false -Dalloc_fail=true -Dbuildtype=debugoptimized >>"$log"
step "build with sanitizers" ninja -C build-asan
step "training of full-size networks, with sanitizers" meson test -C build-asan --no-rebuild -t 8 \
    --print-errorlogs --suite full-size
# 50 kills with sanitizers; `make check` does five, and 20 without
for name in data calibrate eval explain export import predict publish synthetic train; do
    program=build-asan/src/cli/spinexr
    set -- build-asan/tests/cli/test-killed-commands $program 50 "$name"
    [ "$name" != data ] || set -- build-asan/tests/data/test-data-killed $program 50
    step "kill $name, with sanitizers" env LD_LIBRARY_PATH="$PWD/build-asan/src" \
        LSAN_OPTIONS="suppressions=$PWD/tests/lsan.supp:print_suppressions=0" "$@"
done
step "every allocation" env ALLOC_ALL=1 meson test -C build-asan --no-rebuild -t 0 \
    --print-errorlogs --suite alloc

# results go through a file, since a pipe's loop runs in a shell of its own
sh tools/fuzz.sh "$seconds" >build/fuzz.log 2>&1
cat build/fuzz.log | tee -a "$log"
targets=$(ls tests/fuzz/fuzz_*.c | wc -l)
clean=$(grep -c '^ok ' build/fuzz.log)
passed=$((passed + clean))
failed=$((failed + targets - clean))

echo | tee -a "$log"
echo "$passed passed, $failed failed" | tee -a "$log"
[ "$failed" -eq 0 ]
