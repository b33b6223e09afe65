#!/bin/sh
# installed.sh BUILD PREFIX DRAW-FILM: what `meson install` puts in place works there, and elsewhere
# when it is moved.
set -eu
build=$1 prefix=$2 draw=$3
work=$(mktemp -d)
# the list of an installation by hand, which `make uninstall` reads, stays
log=$build/meson-logs/install-log.txt
[ ! -f "$log" ] || cp -p "$log" "$work/install-log.txt"
finish() {
    rm -f "$log"
    [ ! -f "$work/install-log.txt" ] || cp -p "$work/install-log.txt" "$log"
    rm -rf "$work"
}
trap finish EXIT
fail() {
    echo "$1"
    [ ! -f "$work/said" ] || cat "$work/said"
    exit 1
}
# says STATUS TEXT COMMAND...: the command ends with this status and prints the text
says() {
    wanted=$1 text=$2
    shift 2
    status=0
    "$@" >"$work/said" 2>&1 || status=$?
    [ $status -eq "$wanted" ] || fail "$*: status $status, not $wanted"
    grep -qF -- "$text" "$work/said" || fail "$*: does not say '$text'"
}

meson install -C "$build" --no-rebuild --quiet --destdir "$work/root"
"$draw" "$work/film.png" 300 400

# with the demonstration weights, which it names
tree=$work/root$prefix
weights=share/spinexr/weights-demo
for place in "$tree" "$work/elsewhere"; do
    [ -d "$place" ] || mv "$tree" "$place"
    program=$place/bin/spinexr
    says 0 "demonstration weights in $place/$weights are used" \
        "$program" predict "$work/film.png" --out "$work/found" --overwrite
    grep -qF 'are of no use for patients' "$work/said" || fail "no word about patients"
    [ -f "$work/found/report.json" ] || fail "no report.json"
    says 0 "demonstration weights in $place/$weights are used" \
        "$program" explain "$work/film.png" --out "$work/maps" --overwrite
done
# through a link
ln -s "$program" "$work/link"
says 0 "demonstration weights in $place/$weights" \
    "$work/link" predict "$work/film.png" --out "$work/found" --overwrite
# those that are named are taken, and nothing is said
says 0 report.json "$program" predict "$work/film.png" --out "$work/found" --overwrite \
    --weights "$place/$weights/classifier-1.safetensors"
! grep -qF 'no --weights' "$work/said" || fail "weights were given, and others are named"

# what belongs to it
for file in share/man/man1/spinexr.1 share/man/man1/spinexr-data-check.1 \
    share/bash-completion/completions/spinexr share/zsh/site-functions/_spinexr \
    share/fish/vendor_completions.d/spinexr.fish include/spinexr/spinexr.h; do
    [ -s "$place/$file" ] || fail "no $file"
done

# two bounds of one library would be in another order in the next build
twice=$(find "$place" -name spinexr.pc -exec sed -n 's/^Requires[^:]*: //p' {} + | tr ',' '\n' |
    awk '{ print $1 }' | sort | uniq -d)
[ -z "$twice" ] || fail "spinexr.pc has several bounds of $twice"

# Debian's loader and pkg-config do not look there
[ ! -f /etc/debian_version ] || [ ! -d "$place/lib64" ] || fail "the library is in lib64"

# the service has no weights of its own, and refuses these
mkdir "$work/data"
cat >"$work/serve.yaml" <<END
dicom: {port: 0}
http: {port: 0, metrics_port: 0}
keep: {full_percent: 99, full_gb: 0}
END
says 0 'weights: none, only the reading room runs: ok' \
    "$program" serve check --config "$work/serve.yaml" --data "$work/data"
! grep -qF "$weights" "$work/said" || fail "serve looks at the demonstration weights"
says 1 demonstration "$program" serve --data "$work/data" --weights "$place/$weights" --port 0 \
    --http-port 0

rm -r "${place:?}/$weights"
says 2 '--weights PATH is missing' "$program" predict "$work/film.png" --out "$work/none"
[ ! -e "$work/none" ] || fail "a run without weights made its folder"
echo "installed, moved, without weights"
