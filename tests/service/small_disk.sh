#!/bin/sh
# small_disk.sh PROGRAM ARG...: runs a program with a disk of 250 MB, whose folder is SMALL_DISK, in
# a mount namespace of its own. Exit status 77, a skipped test, where that is not allowed.
set -u
program=$(realpath "$1")
shift
dir=$(mktemp -d) || exit 1
trap 'rmdir "$dir"' EXIT
trap 'exit 1' HUP INT TERM
own="unshare --mount"
$own mount -t tmpfs -o size=1m none "$dir" 2>/dev/null || {
    echo "left out: mounting needs root"
    exit 77
}
# shellcheck disable=SC2016
SMALL_DISK=$dir $own sh -c 'mount -t tmpfs -o size=250m none "$SMALL_DISK" && exec "$@"' \
    sh "$program" "$@"
