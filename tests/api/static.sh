#!/bin/sh
# static.sh SOURCE BUILD CC...: a program links the static library with what pkg-config says.
set -eu
source=$1
build=$2
shift 2
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
export PKG_CONFIG_PATH="$build/meson-private"
"$@" "$source/examples/predict.c" -I"$source/include" "$build/src/libspinexr.a" -L"$build/src" \
    $(pkg-config --libs --static spinexr) -o "$here/predict"
status=0
"$here/predict" 2>"$here/said" || status=$?
[ "$status" -eq 2 ] && grep -q usage "$here/said"
# the build folder serves like an installation
PKG_CONFIG_PATH="$build/meson-uninstalled"
"$@" -c "$source/examples/predict.c" $(pkg-config --cflags spinexr) -o "$here/predict.o"
