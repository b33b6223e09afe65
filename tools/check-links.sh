#!/bin/sh
# Every relative link of a document leads to a file that is there.
set -eu
bad=0
for file in $(git ls-files '*.md'); do
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
