#!/bin/sh
# Finds innermost loops of the kernels that run out of vector registers: loops that store a vector
# to a fixed place of the stack frame and read it again. (An array on the stack is addressed with an
# index register and does not count, nor do single numbers.)
# usage: tools/check-spills.sh [--all] BUILD...
# A loop fails if more than one in ten of its instructions reads such a vector: transposing 16
# registers takes a seventeenth, and Winograd's transforms hold 36 vectors.
# --all also prints the others, and loops that read constants from the stack.
set -eu
all=0
[ "${1:-}" != --all ] || { all=1; shift; }
[ $# -gt 0 ] || { echo "usage: tools/check-spills.sh [--all] BUILD..." >&2; exit 2; }
bad=0
for build in "$@"; do
    objects=$(find "$build/src" -name '*_isa.c.o' -o -name '*kernels_amx.c.o' | sort)
    [ -n "$objects" ] || { echo "$build: no kernels were found" >&2; exit 1; }
    for object in $objects; do
        objdump -d --no-show-raw-insn "$object" |
            awk -v object="${object#"$build"/}" -v all=$all '
            function forget() { lines = 0; loops = 0; frame = 0; delete place; delete text }
            # The body of a backward jump that holds no other backward jump.
            function innermost(n,    i) {
                for (i = 1; i <= loops; i++)
                    if (i != n && from[i] >= from[n] && to[i] <= to[n] &&
                        (from[i] > from[n] || to[i] < to[n])) return 0
                return 1
            }
            # The fixed place on the stack that an instruction names; empty: none.
            function slot_of(s) {
                if (!match(s, "-?(0x[0-9a-f]+)?[(]%r" (frame ? "[sb]" : "s") "p[)]")) return ""
                return substr(s, RSTART, RLENGTH)
            }
            function report(n,    i, s, slot, stored, spilled, loads, many) {
                spilled = loads = 0
                for (i = from[n]; i <= to[n]; i++) {
                    s = text[i]
                    if (s ~ /%[xyz]mm[0-9]/ && s ~ /\)$/ && s !~ /^v?mov[sdq][sd]? /)
                        stored[slot_of(s)] = 1
                }
                for (i = from[n]; i <= to[n]; i++) {
                    s = text[i]
                    slot = slot_of(s)
                    if (slot == "" || s !~ /%[xyz]mm[0-9]/ || s ~ /\)$/) continue
                    loads++
                    spilled += slot in stored
                }
                many = 10 * spilled > to[n] - from[n] + 1
                if (!many && !(all && loads)) return
                printf "%s: %s: loop of %d instructions: %d spilled, %d read from the stack\n",
                       object, name, to[n] - from[n] + 1, spilled, loads
                if (many) bad = 1
            }
            function finish(    i, n) {
                for (i = 1; i <= lines; i++)
                    if (text[i] ~ /^j[a-z]+ +[0-9a-f]+/) {
                        split(text[i], part, " +")
                        if (part[2] in place && place[part[2]] <= i) {
                            from[++loops] = place[part[2]]
                            to[loops] = i
                        }
                    }
                for (n = 1; n <= loops; n++)
                    if (innermost(n)) report(n)
                forget()
            }
            /^[0-9a-f]+ <.*>:$/ { finish(); name = $2; gsub(/[<>:]/, "", name); next }
            /^ +[0-9a-f]+:\t/ {
                split($0, field, "\t")
                address = field[1]
                gsub(/[ :]/, "", address)
                text[++lines] = field[2]
                sub(/ +(#.*|<.*)$/, "", text[lines])
                place[address] = lines
                if (text[lines] ~ /^mov +%rsp,%rbp$/) frame = 1
            }
            END { finish(); exit bad }' || bad=1
    done
done
exit $bad
