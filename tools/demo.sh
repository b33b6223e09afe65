#!/bin/sh
# make demo: the whole way at full size, on films and weights that the program makes itself.
set -eu
spinexr=build/src/cli/spinexr
out=demo-out
weights=$out/weights
mkdir -p "$weights"

echo "Films: two radiographs of a made-up spine, drawn now, as JPEG 2000 DICOM."
rm -rf "$out/films" "$out/findings"
"$spinexr" data phantom --out "$out/films" --count 2 --seed 4 --size 2600 --region lumbar --mix even --test 0 \
    --syntax jpeg2000 >/dev/null 2>&1
ls -sh "$out"/films/train_images/*.dicom | sed 's/^/    /'

echo
echo "Networks: the paper's full-size ones, DenseNet-121, -169, -201 and Sparse R-CNN, with weights made by a formula."
echo "THESE WEIGHTS HAVE LEARNED NOTHING. What follows shows that everything runs, how fast, and what it looks"
echo "like; the findings are noise."
for name in densenet121 densenet169 densenet201 sparse_rcnn_r50; do
    [ -f "$weights/$name.safetensors" ] || "$spinexr" model formula $name --out "$weights/$name.safetensors" >/dev/null
done
ls -sh "$weights" | sed '1d; s/^/    /'

echo
echo "\$ spinexr predict $out/films/train_images --weights $weights --out $out/findings --draw 0.6"
"$spinexr" predict "$out/films/train_images" --weights "$weights" --out "$out/findings" --draw 0.6

echo
echo "$out/findings/findings.csv begins:"
head -4 "$out/findings/findings.csv" | cut -d, -f 3,5-10 | sed 's/^/    /'
echo "$out/findings/report.json says how long each film took (seconds; the first one also makes the networks ready):"
grep '"seconds": {' "$out/findings/report.json" | sed 's/^ */    /'
grep -E '"(threads|precision|peak_memory_bytes)":' "$out/findings/report.json" | head -3 | sed 's/^ */    /'
echo "and the pictures are"
ls "$out"/findings/overlays/*.png | sed 's/^/    /'
