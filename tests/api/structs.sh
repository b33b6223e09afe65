#!/bin/sh
# structs.sh INCLUDE-DIR: every public struct says how it may change: it has a struct_size, its
# comment says that it does not grow, or that later versions may add fields.
set -eu
awk '
    /^\/\*/ { comment = "" }
    { comment = comment $0 " " }
    /^typedef struct [a-z_]+ \{/ {
        name = $3
        getline member
        count++
        # words may be on two lines of the comment
        gsub(/[ *\n]+/, " ", comment)
        if (member !~ /size_t struct_size;/ && comment !~ /struct does not grow/ &&
            comment !~ /[Ll]ater versions may add fields/) {
            print FILENAME ": " name " says nothing of its growth"
            bad = 1
        }
        comment = ""
    }
    END { if (count < 9) { print count " structs"; bad = 1 } exit bad }
' "$1"/spinexr/*.h
