#!/bin/sh
# readme.sh SOURCE BUILD: runs the shell lines of the README's sections "First prediction" and
# "Train your own", in their order, in an empty folder that holds links to the sources' parts that
# they name. The training is shortened.
set -eu
source=$1
build=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ln -s "$build" "$work/build"
ln -s "$source/weights" "$source/tools" "$work/"
awk '/^## / { wanted = /^## (First prediction|Train your own)$/ }
     /^```/ { inside = wanted && /^```sh$/; next }
     inside' "$source/README.md" |
    sed 's/--count 200/--count 20/; s/--count 60/--count 10/; s/--iterations 150/--iterations 4/
         s/--validate 50/--validate 2/' >"$work/lines"
[ "$(wc -l <"$work/lines")" -ge 10 ] || {
    echo "README.md: the lines to copy were not found"
    exit 1
}
cat "$work/lines"
cd "$work"
sh -eux lines
for file in findings/report.json findings/overlays findings-pth/report.json run/best.safetensors \
    findings-own/scores.csv; do
    [ -e "first/$file" ] || { echo "no first/$file"; exit 1; }
done
