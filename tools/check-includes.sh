#!/bin/sh
# A folder of src/ includes only folders above it in this list, and itself (docs/ARCHITECTURE.md).
set -eu
order="base tensor image dicom nn detect models data phantom train metrics pipeline document \
report experiment evaluation publish api service cli"
bad=0
above=""
for folder in src/*/; do
    folder=$(basename "$folder")
    case " $order " in
    *" $folder "*) ;;
    *)
        echo "src/$folder has no place in the order of tools/check-includes.sh"
        bad=1
        ;;
    esac
done
for folder in $order; do
    above="$above $folder"
    for line in $(grep -rnoE '^#include "[a-z0-9_]+/' "src/$folder" | tr -d ' '); do
        to=$(echo "$line" | sed 's/.*#include"//; s,/,,')
        case "$line" in *'"spinexr/') continue ;; esac
        case " $above " in
        *" $to "*) ;;
        *)
            echo "$line: src/$folder may not include $to"
            bad=1
            ;;
        esac
    done
done
# No circles of modules. A module is a header and its sources, NAME_impl included. What a line below
# names is left: the first includes the second, which needs the first one's types.
known="base/fail:base/str base/fail:base/utf8 base/mem:base/str nn/graph:nn/op"
edges=$(grep -rnoE '^#include "[a-z0-9_]+/[a-z0-9_/]+\.(h|inc)"' src | grep -v '"spinexr/' |
    sed -E 's,^src/([^:]*)\.[a-z]+:[0-9]+:#include "(.*)\.[a-z]+"$,\1 \2,; s/_impl\>//g' |
    awk -v known="$known" '
        BEGIN { n = split(known, k, " "); for (i = 1; i <= n; i++) skip[k[i]] = 1 }
        { if (($1 ":" $2) in skip) seen[$1 ":" $2] = 1; else if ($1 != $2) print }
        END { for (e in skip) if (!seen[e]) print e " is no longer included" >"/dev/stderr" }
    ')
if [ "$(echo "$edges" | wc -l)" -lt 500 ]; then
    echo "includes of src were not found"
    bad=1
fi
if ! circle=$(echo "$edges" | tsort 2>&1 >/dev/null); then
    echo "$circle" | sed 's/^tsort: -: input contains a loop:/files that include one another:/'
    bad=1
fi
exit $bad
