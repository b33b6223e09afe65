#!/bin/sh
# experiments/reading.sh in short: fails if the errors that were put in do not come out.
# usage: reading_circle.sh SPINEXR SIMULATED_READERS
set -eu
spinexr=$(realpath "$1") readers=$(realpath "$2")
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export SPINEXR="$spinexr" READERS="$readers" PRECISION=f32
sh "$(dirname "$0")/../../experiments/reading.sh" "$out" 12 2
