#!/bin/sh
# Every relative link of a document leads to a file that is there.
set -eu
bad=0
files=$(git ls-files '*.md')
[ -n "$files" ] || { echo "no documents were found in $PWD"; exit 1; }
for file in $files; do
    folder=$(dirname "$file")
    for link in $(grep -oE '\]\([^) ]+\)' "$file" | sed 's/^](//; s/)$//'); do
        case $link in
        http:* | https:* | mailto:* | '#'*) continue ;;
        esac
        if [ ! -e "$folder/${link%%#*}" ]; then
            echo "$file: $link is not there"
            bad=1
        fi
    done
done
exit $bad
