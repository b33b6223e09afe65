#!/bin/sh
# check-dist.sh: the source archive of the last commit (meson dist) builds with every optional part
# on and with every one off, without .git, git, node and npm; the first has the pages of the
# service. Two builds in different folders give the same bytes. Needs build/.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "check-dist: $1"
    [ ! -f "$work/log" ] || tail -20 "$work/log"
    exit 1
}
rm -f build/meson-dist/*
meson dist -C build --no-tests --formats gztar --allow-dirty >"$work/log" 2>&1 || fail "meson dist"
archive=$(ls build/meson-dist/*.tar.gz)
# the programs of this machine without those that an archive must not need
mkdir "$work/bin"
for folder in $(echo "$PATH" | tr ':' ' '); do
    for program in "$folder"/*; do
        case ${program##*/} in
        git | node | npm | npx) ;;
        *) [ -e "$work/bin/${program##*/}" ] || ln -s "$program" "$work/bin/" 2>/dev/null || true ;;
        esac
    done
done
# builds NAME OPTION...: unpacks and builds; the program must run
builds() {
    name=$1
    shift
    mkdir -p "$work/$name"
    tar -xzf "$archive" -C "$work/$name" --strip-components 1
    (
        cd "$work/$name"
        PATH=$work/bin
        export PATH
        meson setup build --prefix /usr -Dtests=false -Dwerror=true "$@" && ninja -C build &&
            DESTDIR="$work/$name-root" meson install -C build --no-rebuild &&
            "$work/$name-root/usr/bin/spinexr" version
    ) >"$work/log" 2>&1 || fail "the archive does not build ($*)"
}
builds on -Dweb=enabled -Dmpi=enabled -Dpostgres=enabled
grep -q 'not built from git' "$work/log" || fail "the program of an archive names a commit"
grep -q 'MPI' "$work/log" || fail "no MPI"
pages=$(strings -n 12 "$work/on-root/usr/bin/spinexr" | grep -ci '<!doctype html') || true
[ "$pages" -ge 1 ] || fail "no pages in the program"
builds again -Dweb=enabled -Dmpi=enabled -Dpostgres=enabled
(cd "$work/on-root" && find . -type f | sort | xargs sha256sum) >"$work/first"
(cd "$work/again-root" && find . -type f | sort | xargs sha256sum) >"$work/second"
diff "$work/first" "$work/second" >"$work/log" || fail "two builds differ"
builds off -Dweb=disabled -Dmpi=disabled -Dpostgres=disabled
! grep -q 'MPI' "$work/log" || fail "MPI was disabled"
echo "built with every part and without, twice the same"
