#!/bin/sh
# unreadable_folders.sh SPINEXR: a folder without permission among folders of films or annotations.
# It is named, counted as a failure and gives exit status 1; the rest is done. Root may read
# everything, so that the commands are run as another user then.
set -u
program=$(realpath "$1")
dir=$(mktemp -d)
cd "$dir" || exit 1
failed=0
user=
if [ "$(id -u)" = 0 ]; then
    user='setpriv --reuid=65534 --regid=65534 --clear-groups'
    $user test -x "$program" 2>/dev/null || exit 77
fi

fail() {
    echo "$1"
    sed 's/^/    /' out.txt err.txt
    failed=$((failed + 1))
}

# check STATUS TEXT COMMAND...: TEXT is in the output
check() {
    expected=$1
    text=$2
    shift 2
    $user "$program" "$@" >out.txt 2>err.txt
    status=$?
    [ $status -eq "$expected" ] || fail "$*: exit status $status"
    grep -qF "$text" out.txt err.txt || fail "$*: not in the output: $text"
}

touch out.txt err.txt
"$program" data phantom --out set --count 4 --seed 4 --size 96 --test 0 -q >/dev/null || exit 1
"$program" data convert set --to voc --out voc -q >/dev/null || exit 1
"$program" data convert set --to yolo --out yolo -q >/dev/null || exit 1
mkdir films films/closed films/open voc/Annotations/closed yolo/labels/train/closed closed
cp set/train_images/* films/open
mkdir set/closed && chmod 0 set/closed
chmod 777 . && chmod 0 films/closed voc/Annotations/closed yolo/labels/train/closed closed

check 1 'films/closed: cannot open the folder: Permission denied' data meta films --out meta.csv
grep -q '4 films; meta.csv' out.txt || fail "meta: four films were expected"
[ "$(wc -l <meta.csv)" -eq 5 ] || fail "meta.csv: four rows were expected"
check 1 'closed: cannot open the folder: Permission denied' data meta closed

check 1 'films/closed: cannot open the folder' data deidentify films --out new
grep -q '4 films written, 0 already there, 1 rejected' out.txt || fail "deidentify: wrong counts"
check 1 'set/closed: cannot open the folder' data deidentify set --out new-set
grep -q 'annotations of 4 films written' out.txt || fail "deidentify: annotations are missing"
check 1 'closed: cannot open the folder' data deidentify closed --out none

check 1 'unreadable  voc/Annotations/closed: cannot open the folder' data check voc
grep -q '4 films,.*1 unreadable' out.txt || fail "check voc: the rest was not checked"
check 1 '"text": "voc/Annotations/closed: cannot open the folder' data check voc --json
check 1 'unreadable  yolo/labels/train/closed: cannot open the folder' \
    data check yolo --images set/train_images
# annotations that may be incomplete are used by no other command
check 1 'voc/Annotations/closed: cannot open the folder' data stats voc
check 1 'voc/Annotations/closed: cannot open the folder' data convert voc --to coco --out coco
[ ! -e coco ] || fail "convert: wrote a data set without some of its annotations"

chmod -R u+rwx "$dir"
cd / && rm -rf "$dir"
[ $failed -eq 0 ]
