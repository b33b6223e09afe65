#!/bin/sh
# example.sh PREDICT PREDICT-FOLDER PREDICT-BUFFER SPINEXR DRAW-FILM: the example programs on drawn
# films, with small networks of synthetic weights.
set -eu
p=
predict=$(realpath "$1") folder=$(realpath "$2") buffer=$(realpath "$3")
spinexr=$(realpath "$4") draw=$(realpath "$5")
dir=$(mktemp -d)
trap '[ -z "$p" ] || kill $p 2>/dev/null || :; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
cd "$dir"
"$draw" film.png 300 400
"$spinexr" model synthetic densenet121 --out c.safetensors >/dev/null \
    --network '{"growth": 4, "stem": 8, "blocks": [2, 2, 2, 2]}'
"$spinexr" model synthetic sparse_rcnn_r50 --out d.safetensors >/dev/null \
    --network '{"backbone_stem": 8, "proposals": 20, "backbone_blocks": [1, 1, 1, 1],
        "heads": 2, "hidden": 32, "dynamic": 8, "feedforward": 64}'

# one film
"$predict" film.png c.safetensors d.safetensors >out
cat out
grep -qE '^P\(abnormal\) 0\.[0-9]{4}: (ab)?normal$' out
grep -qE '^[0-9]+ findings, [0-9]+ withheld by the decision rule$' out
if "$predict" nowhere.png c.safetensors 2>err; then exit 1; fi
grep -q '^nowhere.png: ' err

# a film in memory gives the numbers of the file
"$buffer" c.safetensors d.safetensors <film.png >report.json
probability=$(sed -n 's/^P(abnormal) \(0\.[0-9]*\):.*/\1/p' out)
grep -q "\"probability\": $(echo "$probability" | cut -c 1-5)" report.json
grep -q '"path": "standard input"' report.json
if echo text | "$buffer" c.safetensors 2>err; then exit 1; fi
grep -q '^standard input: not a DICOM' err

# a folder with a bad film: the others are done, a picture each
mkdir films pictures
for i in 1 2 3 4; do "$draw" films/$i.png 200 20$i; done
head -c 200 films/1.png >films/5.png
if "$folder" films pictures c.safetensors d.safetensors >out 2>err; then exit 1; fi
cat out err
[ "$(grep -c '^[1-4]/5 films/[1-4].png 0\.' out)" -eq 4 ]
[ "$(ls pictures | wc -l)" -eq 4 ]
grep -q '^films/5.png: ' err
grep -q '^[0-4] abnormal, 1 failed, 0 without a picture$' out

# Ctrl-C: what is finished stays, the exit status says that it is not all
mkdir many
for i in $(seq 100 399); do ln films/1.png many/$i.png; done
"$folder" many pictures c.safetensors d.safetensors >log 2>err &
p=$!
while ! [ -s log ] && kill -0 $p; do sleep 0.05; done
kill -INT $p
if wait $p; then exit 1; fi
grep -q 'cancelled' err
