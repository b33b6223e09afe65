#!/bin/sh
# unreadable_parts.sh SPINEXR DRAW: a part of a data set, a weight file or a run that is there and
# cannot be read is an error that names it, and never a part that is absent: without its label file
# a film would be normal, and without a weight file an ensemble smaller. Tried: a folder that may be
# listed but not entered, a link to nothing, a named pipe. Root may read everything, so that the
# commands are run as another user then.
set -u
program=$(realpath "$1")
draw=$(realpath "$2")
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

# check STATUS TEXT COMMAND...: TEXT is in the output. A command that would wait is ended.
check() {
    expected=$1
    text=$2
    shift 2
    timeout 20 $user "$program" "$@" >out.txt 2>err.txt
    status=$?
    [ $status -eq "$expected" ] || fail "$*: exit status $status"
    grep -qF "$text" out.txt err.txt || fail "$*: not in the output: $text"
}

# every_reader TEXT SET: no command uses a data set of which a part cannot be read
every_reader() {
    rm -rf new
    check 1 "$1" data check "$2"
    check 1 "$1" data check "$2" --json
    check 1 "$1" data stats "$2"
    check 1 "$1" data convert "$2" --to coco --out new
    check 1 "$1" data deidentify "$2" --out new
    [ ! -e new/annotations ] || fail "a data set was written without a part: $1"
}

# broken_twice TEXT FILE SET: the file as a link to nothing and as a named pipe
broken_twice() {
    mv "$2" kept
    ln -s /gone/nowhere "$2"
    every_reader "$2: $1" "$3"
    rm "$2"
    mkfifo "$2" && chmod 666 "$2"
    every_reader "$2: is a named pipe" "$3"
    rm "$2"
    mv kept "$2"
}

touch out.txt err.txt
chmod 777 .
"$program" data phantom --out vindr --count 8 --seed 4 --size 96 --test 0.5 --mix crowded -q \
    >/dev/null || exit 1
for layout in voc yolo coco; do
    "$program" data convert vindr --to $layout --out $layout -q >/dev/null || exit 1
done
mkdir yolo/images coco/images voc/JPEGImages
cp -r vindr/train_images yolo/images/train
cp -r vindr/test_images yolo/images/test
cp vindr/*_images/* coco/images
cp vindr/*_images/* voc/JPEGImages
for layout in voc yolo coco vindr; do
    check 0 'no faults' data check $layout
done

# ---- annotations ----

link='cannot follow this link: No such file or directory'
label=$(find yolo/labels/train -name '*.txt' -size +0 | sort | head -1)
xml=$(find voc/Annotations -name '*.xml' | sort | head -1)
broken_twice "$link" "$label" yolo
broken_twice "$link" yolo/classes.txt yolo
broken_twice "$link" "$xml" voc
broken_twice "$link" voc/ImageSets/Main/test.txt voc
broken_twice "$link" coco/annotations/test.json coco
broken_twice "$link" vindr/annotations/test.csv vindr
broken_twice "$link" vindr/test_meta.csv vindr

# ---- folders of annotations and films ----

for part in yolo/labels/test yolo/images/test voc/Annotations voc/JPEGImages coco/annotations \
    vindr/annotations vindr/test_images voc/ImageSets/Main; do
    [ -d $part ] || fail "$part is not in this layout any more"
    set=${part%%/*}
    mv $part kept
    ln -s /gone/nowhere $part
    every_reader "$part" $set
    rm $part
    mkfifo $part
    every_reader "$part" $set
    rm $part
    mv kept $part
    chmod 644 $part
    case $part in
        # films that are listed: their annotations count, and each is an unreadable film
        voc/JPEGImages | vindr/test_images)
            check 1 "$part" data check $set
            check 1 "$part" data deidentify $set --out new-$set
            ;;
        *) every_reader "$part" $set ;;
    esac
    chmod 755 $part
done
chmod 644 yolo/labels
every_reader 'yolo/labels' yolo
chmod 755 yolo/labels
for set in yolo voc coco vindr; do
    chmod 644 $set
    check 1 "$set: cannot enter the folder: Permission denied" data check $set
    chmod 755 $set
    check 0 'no faults' data check $set
done

# ---- weights and runs ----

"$draw" film.png 64 96
for name in one two; do
    [ $name = one ] && blocks='[1, 1, 1, 1]' || blocks='[1, 1, 1, 2]'
    "$program" model synthetic densenet121 --out $name.safetensors -q \
        --network "{\"growth\": 4, \"stem\": 8, \"blocks\": $blocks}" >/dev/null || exit 1
done
predict() {
    expected=$1
    text=$2
    shift 2
    rm -rf new
    check "$expected" "$text" predict film.png --out new --no-overlay "$@"
}
models() {
    [ "$(grep -c '"path": .*safetensors' new/report.json)" = "$1" ] || fail "not $1 networks: $2"
}
mkdir weights run
cp one.safetensors two.safetensors weights
predict 0 '' --weights weights
models 2 'a folder'
ln -s /gone/nowhere weights/detector.safetensors
predict 1 "weights/detector.safetensors: $link" --weights weights
rm weights/detector.safetensors
mkfifo weights/z.safetensors
predict 1 'weights/z.safetensors: is a named pipe' --weights weights
rm weights/z.safetensors

cp one.safetensors run/last.safetensors
ln -s /gone/nowhere run/best.safetensors
predict 1 "run/best.safetensors: $link" --weights run
rm run/best.safetensors
predict 0 'run/last.safetensors: used; there is no best.safetensors beside it' --weights run
models 1 'the last weights'
cp two.safetensors run/best.safetensors
predict 0 'run/best.safetensors: used; last.safetensors is not' --weights run
grep -q '"path": "run/best.safetensors"' new/report.json || fail "not the best weights"
models 1 'the best weights'

# ---- a file counts once, under whichever name ----

ln -s ../one.safetensors run/other.safetensors
predict 0 'one.safetensors: is the same file as run/other.safetensors and is used once' \
    --weights run --weights one.safetensors
models 2 'a link to a file'
predict 0 'run/best.safetensors: is the same file as run/best.safetensors and is used once' \
    --weights run/best.safetensors --weights run/best.safetensors
models 1 'a file twice'

chmod -R u+rwx "$dir"
cd / && rm -rf "$dir"
[ $failed -eq 0 ]
