#!/bin/sh
# build_pages.sh EMBED OUT.c WORK MODE: builds the pages of this folder in WORK and writes them as
# C. MODE auto: without the packages of npm, for instance without a network, OUT.c has those of
# dist/, or none, and says so; enabled: that is an error; disabled: no pages. An error in the pages
# themselves is always one. WORK/status says what was done: "built", or why not.
set -eu
embed=$1 out=$2 work=$3 mode=$4
source=$(cd "$(dirname "$0")" && pwd)

without() {
    echo "$1" >"$work/status"
    if [ "$mode" != disabled ] && [ -f "$source/dist/index.html" ]; then
        echo "pages: $1; those of web/dist are used" >&2
        exec "$embed" "$out" "$source/dist"
    fi
    echo "pages: $1; the program is built without pages" >&2
    [ "$mode" != enabled ] || exit 1
    exec "$embed" "$out"
}

run_npm() {
    (cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --prefer-offline \
        --fetch-retries 1 --loglevel error >"$work/npm.log" 2>&1)
}

# ninja does not try again what has ended well, so that a passing fault is given a second chance
install_packages() {
    cmp -s "$source/package-lock.json" "$work/installed.json" && return
    rm -f "$work/installed.json"
    run_npm || { sleep 2 && run_npm; } || return 1
    cp "$source/package-lock.json" "$work/installed.json"
}

mkdir -p "$work"
work=$(cd "$work" && pwd)
[ "$mode" != disabled ] || without "option web is disabled"
command -v node >/dev/null && command -v npm >/dev/null || without "node or npm is not installed"
rm -rf "$work/src"
cp -R "$source/src" "$source/package.json" "$source/package-lock.json" "$source/tsconfig.json" \
    "$source/build.mjs" "$source/api_types.mjs" "$source/api.json" "$source/reading_api.json" \
    "$work"
install_packages ||
    without "npm ci failed twice ($work/npm.log); to try again: touch web/package.json, and build"
(cd "$work" && node build.mjs dist)
echo built >"$work/status"
"$embed" "$out" "$work/dist"
