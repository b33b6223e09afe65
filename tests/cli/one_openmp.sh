#!/bin/sh
# one_openmp.sh PROGRAM ARGUMENT...: all calls of OpenMP, ours and oneDNN's, must end in one
# library.
# With clang, libgomp is loaded too, because oneDNN names it, but must not be called: two runtimes
# are two sets of threads.
set -u
unset LD_PRELOAD
trace=$(mktemp)
trap 'rm -f "$trace" "$trace".*' EXIT

LD_BIND_NOW=1 LD_DEBUG=bindings LD_DEBUG_OUTPUT="$trace" "$@" >/dev/null 2>&1 || {
    echo "$* failed"
    exit 1
}
# binding file FROM [0] to TO [0]: normal symbol `GOMP_parallel' [GOMP_4.0]
cat "$trace".* | sed -n -E \
    "s/.*binding file ([^ ]+) .* to ([^ ]+) .*: normal symbol .(GOMP|omp|__kmpc)_.*/\1 \2/p" |
    sort -u | grep -vE '^[^ ]*/lib(gomp|omp|iomp5)[^/ ]* ' >"$trace"
runtimes=$(cut -d' ' -f2 "$trace" | sort -u)
if ! grep -q libdnnl "$trace"; then
    echo "oneDNN calls no OpenMP here"
    exit 77
fi
if [ "$(echo "$runtimes" | wc -l)" -ne 1 ]; then
    echo "more than one OpenMP runtime is called:"
    cat "$trace"
    exit 1
fi
echo "$runtimes"
