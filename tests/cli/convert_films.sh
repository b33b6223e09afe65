#!/bin/sh
# convert_films.sh SPINEXR PIXEL-HASH GOLDEN: `data convert --films` writes the pictures that the
# authors' dicom2png wrote (GOLDEN/E), smaller films with their boxes, copies, and goes on after a
# film that cannot be read.
set -eu
spinexr=$(realpath "$1") pixel_hash=$(realpath "$2") golden=$(realpath "$3")/E
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
fail() {
    echo "$1"
    [ ! -f said ] || cat said
    exit 1
}

# ---- the authors' bytes ----
{
    echo image_id,abnormal
    tail -n +2 "$golden/synthetic.csv" | sed 's/\.dcm,.*/,0/'
} >set.csv
"$spinexr" data convert set.csv --images "$golden" --to labels --films png \
    --pixels vindr --out png >said 2>&1 || fail "convert"
count=0
tail -n +2 "$golden/synthetic.csv" | while IFS= read -r row; do
    name=${row%%.dcm,*}
    case $row in
    *,convert1) wanted=$(echo "$row" | rev | cut -d, -f2 | rev) ;;
    *) wanted=$(echo "$row" | rev | cut -d, -f6 | rev) ;;
    esac
    "$pixel_hash" "png/images/$name.png" >hash || exit 1
    grep -q " 8 $wanted\$" hash || { echo "$name: $(cat hash), not $wanted"; exit 1; }
    echo "$name"
done >done || fail "$(cat done)"
count=$(wc -l <done)
[ "$count" -eq 21 ] || fail "$count films, not 21"

# ---- smaller, with boxes ----
"$spinexr" data phantom --out set --count 4 --size 600 --mix crowded --test 0 --seed 3 -q >said
"$spinexr" data convert set --to coco --films jpeg --size 300 --out small >said 2>&1 || fail "jpeg"
"$spinexr" data check small --classes vindr >said 2>&1 || fail "the smaller set has faults"
"$spinexr" data convert small --to vindr --out boxes >said 2>&1 || fail "boxes"
for file in small/images/*/*.jpg small/images/*.jpg; do
    [ ! -f "$file" ] || "$pixel_hash" "$file"
done >hashes
[ "$(wc -l <hashes)" -eq 4 ] || fail "not 4 pictures"
[ "$(grep -cE '^(300x[0-9]+|[0-9]+x300) 8 ' hashes)" -eq 4 ] || fail "sizes: $(cat hashes)"
# the boxes of the first film, halved
compare() { # the right edges of all boxes
    cut -d, -f 8 "$1" | grep -E '^[0-9.]+$' | sort -n
}
compare set/annotations/train.csv | awk '{ print int($1 / 2 + 0.5) }' | sort -n >wanted
compare "$(ls boxes/annotations/*.csv | head -1)" | awk '{ print int($1 + 0.5) }' | sort -n >given
[ -s wanted ] || fail "no boxes"
paste wanted given | awk '$1 - $2 > 1 || $2 - $1 > 1 { bad = 1 } END { exit bad }' ||
    fail "boxes: $(paste wanted given)"

# ---- 16 bits and copies ----
"$spinexr" data convert set --to labels --films png16 --out wide >said 2>&1 || fail "png16"
"$pixel_hash" "$(find wide -name '*.png' | head -1)" | grep -q ' 16 ' || fail "not 16 bits"
"$spinexr" data convert set --to labels --films png16 --size 200 --out narrow >said 2>&1 ||
    fail "png16 of a size"
"$pixel_hash" "$(find narrow -name '*.png' | head -1)" | grep -qE '^(200x[0-9]+|[0-9]+x200) 16 ' ||
    fail "not 200 pixels of 16 bits"
"$spinexr" data convert set --to labels --films dicom --out copies >said 2>&1 || fail "dicom"
for file in set/train_images/*; do
    name=$(basename "$file")
    cmp -s "$file" "$(find copies -name "${name%.*}.dcm")" || fail "$name is no copy"
done

# ---- a film that cannot be read, and what makes no sense ----
mkdir -p broken
cp set/train_images/* broken
first=$(ls broken | head -1)
head -c 3000 "broken/$first" >short && mv short "broken/$first"
status=0
"$spinexr" data convert set --images broken --to labels --films png --out rest >said 2>&1 ||
    status=$?
[ $status -eq 1 ] || fail "status $status of a set with a broken film"
grep -q "error: broken/$first: " said || fail "the broken film is not named"
[ "$(find rest -name '*.png' | wc -l)" -eq 3 ] || fail "the others were not written"
for options in '--films dicom --size 300' '--films dicom --pixels vindr' '--size 300' \
    '--films png --link'; do
    status=0
    # shellcheck disable=SC2086
    "$spinexr" data convert set --to labels --out none $options >said 2>&1 || status=$?
    [ $status -eq 2 ] || fail "$options: status $status"
done
[ ! -e none ] || fail "a folder was made"
echo "$count films of the authors, smaller, 16 bits, copies"
