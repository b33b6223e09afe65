#!/bin/sh
# manual.sh SPINEXR PAGES: there is a page for every command and group that --help lists, and no
# other; each names every option that the command's --help has; mandoc and man, where they are
# installed, find nothing to warn about.
set -eu
spinexr=$(realpath "$1") pages=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
fault() {
    echo "$1"
    bad=1
}
names() { # the commands of a list in --help
    sed -n '/^Common options/q; s/^  \([a-z]\)/\1/p' | grep -v '^-' || true
}
"$spinexr" --help | names | cut -d' ' -f1 >"$work/first"
: >"$work/commands"
while read -r word; do
    echo "$word" >>"$work/commands"
    "$spinexr" "$word" --help | grep -q "^usage: spinexr $word COMMAND" || continue
    "$spinexr" "$word" --help | sed -n "s/^  \($word [a-z]*\) .*/\1/p" |
        sed 's/ *$//' | grep ' ' >>"$work/commands" || true
done <"$work/first"
count=$(wc -l <"$work/commands")
[ "$count" -gt 30 ] || fault "only $count commands were found in --help"

# plain PAGE: its text without fonts and escapes
plain() {
    sed 's/\\f[BIR]//g; s/\\(aq/'"'"'/g; s/\\-/-/g' "$1"
}
echo spinexr.1 >"$work/expected"
while read -r command; do
    page=spinexr-$(echo "$command" | tr ' ' -).1
    echo "$page" >>"$work/expected"
    [ -f "$pages/$page" ] || { fault "no $page"; continue; }
    plain "$pages/$page" >"$work/text"
    # shellcheck disable=SC2086
    "$spinexr" help --man $command >"$work/printed"
    cmp -s "$pages/$page" "$work/printed" || fault "help --man $command prints another page"
    # shellcheck disable=SC2086
    "$spinexr" help $command >"$work/help"
    # shellcheck disable=SC2086
    "$spinexr" $command --help | cmp -s - "$work/help" || fault "help $command is not its --help"
    for option in $(sed -n 's/^  \(-[a-z], \)*\(--[a-z0-9-]*\).*/\2/p' "$work/help"); do
        grep -q -e "^\(-[a-z], \)*$option\( \|\$\)" "$work/text" || fault "$page has no $option"
    done
done <"$work/commands"
sort "$work/expected" >"$work/sorted"
(cd "$pages" && ls ./*.1 | sed 's,^\./,,' | sort) | diff "$work/sorted" - ||
    fault "the pages are not those of the commands"

# one date and one version in all of them
[ "$(grep -h '^\.TH' "$pages"/*.1 | cut -d' ' -f4- | sort -u | wc -l)" -eq 1 ] ||
    fault "pages differ in date or version"
if command -v mandoc >/dev/null; then
    mandoc -T lint -W warning "$pages"/*.1 || bad=1
fi
if command -v man >/dev/null; then
    for page in "$pages"/*.1; do
        LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" \
            2>"$work/warnings" >/dev/null || fault "man cannot show $page"
        [ ! -s "$work/warnings" ] || fault "$page: $(cat "$work/warnings")"
    done
fi
[ $bad -eq 0 ] && echo "$count pages"
exit $bad
