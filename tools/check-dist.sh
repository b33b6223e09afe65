#!/bin/sh
# check-dist.sh [BUILD [list]]: the source archive of the last commit (meson dist), made with the
# build folder BUILD (build), has every tracked file, the pages of the service and nothing else. It
# builds without .git, git, node and npm: with gcc and every optional part on, with clang and every
# one off. Two builds with gcc in different folders give the same bytes, and versions that are not
# supported are named. With `list`, nothing is built.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build} only=${2:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
fail() {
    echo "check-dist: $1"
    [ ! -f "$work/log" ] || tail -20 "$work/log"
    exit 1
}
rm -rf "$build/meson-dist"
meson dist -C "$build" --no-tests --formats gztar --allow-dirty >"$work/log" 2>&1 ||
    fail "meson dist"
archive=$(ls "$build"/meson-dist/*.tar.gz)

# ---- what is in it ----
git ls-tree -r --name-only HEAD | sort >"$work/tracked"
tar -tzf "$archive" | grep -v '/$' | sed 's,^[^/]*/,,' | sort >"$work/archived"
comm -23 "$work/tracked" "$work/archived" >"$work/log"
[ ! -s "$work/log" ] || fail "missing in the archive"
comm -13 "$work/tracked" "$work/archived" | grep -v '^web/dist/' >"$work/log" || true
[ ! -s "$work/log" ] || fail "in the archive, and not tracked"
pages=$(grep -c '^web/dist/.*\.html$' "$work/archived") || true
[ "$pages" -ge 1 ] || fail "no pages in the archive"
if [ "$only" = list ]; then
    echo "$(wc -l <"$work/archived") files"
    exit 0
fi

# ---- builds ----
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
sets_up() { # sets_up FOLDER OPTION...
    folder=$1
    shift
    (
        cd "$folder"
        PATH=$work/bin
        export PATH
        meson setup build --prefix /usr -Dtests=false -Dwerror=true "$@"
    ) >"$work/log" 2>&1
}
# builds NAME OPTION...: unpacks, builds and installs; the program must run
builds() {
    name=$1
    shift
    begin=$(date +%s)
    mkdir -p "$work/$name"
    tar -xzf "$archive" -C "$work/$name" --strip-components 1
    sets_up "$work/$name" "$@" || fail "the archive cannot be set up ($*)"
    (
        cd "$work/$name"
        PATH=$work/bin
        export PATH
        ninja -C build && DESTDIR="$work/$name-root" meson install -C build --no-rebuild
    ) >"$work/log" 2>&1 || fail "the archive does not build ($*)"
    "$work/$name-root/usr/bin/spinexr" version >"$work/said" 2>"$work/log" ||
        fail "the program does not run ($*)"
    echo "$name: $(($(date +%s) - begin)) s"
}
# the first lines of the pages; documents of the program itself begin in another way
has_pages() {
    [ "$(strings -n 12 "$work/$1-root/usr/bin/spinexr" | grep -c '^<html lang="en">')" -ge 1 ]
}
needs() { # needs NAME LIBRARY
    readelf -d "$work/$1-root/usr/bin/spinexr" | grep -q "NEEDED.*\[$2\."
}
all='-Dweb=enabled -Dmpi=enabled -Dpostgres=enabled'
none='-Dweb=disabled -Dmpi=disabled -Dpostgres=disabled'
# shellcheck disable=SC2086
builds on $all
grep -q 'not built from git' "$work/said" || fail "the program of an archive names a commit"
grep -q ' gcc ' "$work/said" || fail "not built with gcc"
has_pages on || fail "no pages in the program"
needs on libmpi && needs on libpq || fail "a part that is on is not there"

# nothing of the first build is taken from a cache of the compiler
export CCACHE_DISABLE=1
# shellcheck disable=SC2086
builds again-in-another-folder $all
unset CCACHE_DISABLE
for name in on again-in-another-folder; do
    (cd "$work/$name-root" && find . -type f | sort | xargs sha256sum) >"$work/$name.sums"
done
diff "$work/on.sums" "$work/again-in-another-folder.sums" >"$work/log" || fail "two builds differ"

export CC="${CLANG:-clang}" CXX="${CLANGXX:-clang++}"
# shellcheck disable=SC2086
builds off $none
unset CC CXX
grep -q ' clang ' "$work/said" || fail "not built with clang"
! has_pages off || fail "pages were disabled"
! needs off libmpi && ! needs off libpq || fail "a part that is off is there"

# ---- versions that are not supported ----
# refused TEXT FILE LINE...: with a header or a file for pkg-config of another version, setting up
# fails with the text
refused() {
    text=$1 file=$2
    shift 2
    rm -rf "$work/off/build" "$work/other"
    mkdir -p "$work/other/$(dirname "$file")"
    printf '%s\n' "$@" >"$work/other/$file"
    # shellcheck disable=SC2086
    if CPPFLAGS="-I$work/other" PKG_CONFIG_PATH="$work/other" sets_up "$work/off" $none; then
        fail "$text: the version was taken"
    fi
    grep -qF "$text" "$work/log" || fail "does not say '$text'"
}
refused 'oneDNN 3 is not supported' oneapi/dnnl/dnnl_version.h '#define DNNL_VERSION_MAJOR 3'
refused 'DCMTK before 3.6.7 is not supported' dcmtk/dcmdata/dcuid.h \
    '#define OFFIS_DCMTK_VERSION_NUMBER 366'
refused 'CharLS 3.0.0 is not supported' charls.pc 'Name: charls' 'Description: JPEG-LS' \
    'Version: 3.0.0' 'Libs: -lcharls'
echo "built with every part and without, by gcc and clang, twice the same"
