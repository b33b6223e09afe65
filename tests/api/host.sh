#!/bin/sh
# host.sh HOST LIBRARY SPINEXR DRAW-FILM: a program that loads the library and lets it go, twice.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$4" "$dir/film.png" 300 400
"$3" model synthetic densenet121 --out "$dir/c.safetensors" >/dev/null \
    --network '{"growth": 4, "stem": 8, "blocks": [2, 2, 2, 2]}'
"$1" "$2" "$dir/c.safetensors" "$dir/film.png"
