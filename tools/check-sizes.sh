#!/bin/sh
# A file of src/ and include/ has at most 500 lines, one of tests/ 700, a function of src/ and
# include/ 60; no two source files have the same name.
set -eu
bad=0
too_long() {
    most=$1
    shift
    files=$(git ls-files "$@")
    [ -n "$files" ] || { echo "no files $* were found in $PWD"; return 1; }
    echo "$files" | xargs wc -l |
        awk -v most="$most" '$2 != "total" && $1 > most { print $2 ": " $1 " lines"; bad = 1 }
            END { exit bad }'
}
too_long 500 'src/*.[ch]' 'src/*.cc' 'src/*.inc' 'include/*.h' 'include/*.hpp' || bad=1
too_long 700 'tests/*.c' 'tests/*.h' 'tests/*.cc' || bad=1
for file in $(git ls-files 'src/*.[ch]' 'src/*.cc' 'src/*.inc' 'include/*.h'); do
    awk -v file="$file" '
        /^[a-z].*\(/ { start = FNR; name = $0 }
        /^}/ {
            if (start && FNR - start > 60) { print file ": " FNR - start " lines: " name; bad = 1 }
            start = 0
        }
        /^[^ ].*;$/ { start = 0 }
        END { exit bad }' "$file" || bad=1
done
twice=$(git ls-files '*.[ch]' '*.cc' '*.inc' |
    sed 's,.*/,,' | sort | uniq -d)
if [ -n "$twice" ]; then
    echo "file names that stand for two files:" $twice
    bad=1
fi
exit $bad
