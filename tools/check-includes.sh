#!/bin/sh
# A folder of src/ includes only folders above it in this list, and itself (docs/ARCHITECTURE.md).
set -eu
order="base tensor image dicom nn detect models data phantom train metrics pipeline document \
report experiment evaluation api service cli"
bad=0
above=""
for folder in $order; do
    above="$above $folder"
    [ -d "src/$folder" ] || continue
    for line in $(grep -rnoE '^#include "[a-z_]+/' "src/$folder" | tr -d ' '); do
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
exit $bad
