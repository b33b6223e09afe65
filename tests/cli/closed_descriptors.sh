#!/bin/sh
# closed_descriptors.sh SPINEXR: standard descriptors that are closed at the start are opened, so
# that no file of the program gets their numbers and no message goes into a file.
set -eu
spinexr=$(realpath "$1")
here=$(mktemp -d "${TMPDIR:-/tmp}/closed.XXXXXX")
cd "$here"
trap 'rm -rf "$here"' EXIT
mkfifo films
"$spinexr" model synthetic densenet121 --out w.safetensors -q >/dev/null \
    --network '{"growth": 4, "stem": 8, "blocks": [1, 1, 1, 1]}'

# The program waits for a list of films on its standard input while its descriptors are looked at.
"$spinexr" predict - --weights w.safetensors --out found -q <films >&- 2>&- &
process=$!
exec 3>films
tries=0
until [ "$(readlink /proc/$process/fd/1)" = /dev/null ] &&
    [ "$(readlink /proc/$process/fd/2)" = /dev/null ]; do
    tries=$((tries + 1))
    if [ $tries -gt 100 ]; then
        ls -l /proc/$process/fd >&2 || true
        echo "descriptors 1 and 2 are not /dev/null" >&2
        kill -9 $process
        exit 1
    fi
    sleep 0.1
done
kill -9 $process
wait $process || true
