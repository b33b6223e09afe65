#!/bin/sh
# same_image.sh IMAGE PACKAGES: tools/make-oci.sh makes the bytes of IMAGE again from the same
# packages, at another time, in another folder and with another umask and locale. Root.
set -eu
image=$(realpath "$1") packages=$(realpath "$2")
cd "$(dirname "$0")/../.."
work=$(mktemp -d /var/tmp/spinexr-image.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
(umask 077 && LC_ALL=C TZ=Asia/Tokyo sh tools/make-oci.sh "$work/again.tar" "$packages") >/dev/null
if ! cmp "$image" "$work/again.tar"; then
    mkdir "$work/was" "$work/is"
    tar -xf "$image" -C "$work/was"
    tar -xf "$work/again.tar" -C "$work/is"
    diff -rq "$work/was" "$work/is"
    echo "the images differ; if Debian's archive has changed meanwhile, make both again"
    exit 1
fi
echo "the same bytes"
