#!/bin/sh
# locales.sh PROGRAM ...: test programs in locales with a decimal comma and with Turkish letters.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export LOCPATH="$dir"
# name, source and character set; the Turkish one of 8 bits has a toupper that leaves ASCII
for locale in de_DE:UTF-8 tr_TR:ISO-8859-9; do
    source=${locale%:*} charmap=${locale#*:}
    if ! localedef -i "$source" -f "$charmap" "$dir/$source.$charmap" >"$dir/log" 2>&1; then
        cat "$dir/log"
        echo "skipped: localedef cannot make $source.$charmap (Debian: package locales)"
        exit 77
    fi
    for program in "$@"; do
        echo "$source.$charmap: $program"
        SPINEXR_TEST_LOCALE="$source.$charmap" "$program"
    done
done
