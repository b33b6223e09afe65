#!/bin/sh
# unit.sh SPINEXR UNIT TMPFILES: systemd accepts the unit of the service, finds that it exposes
# little, and the rule of its folder makes that folder. Exit status 77 without systemd's programs.
set -eu
command -v systemd-analyze >/dev/null || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unit=$work/spinexr.service
# the program that is there now, and no manual page that is not installed
sed "s,^ExecStart=[^ ]*,ExecStart=$(realpath "$1"),; /^Documentation=/d" "$2" >"$unit"
systemd-analyze verify --man=no "$unit" >"$work/said" 2>&1 || { cat "$work/said"; exit 1; }
# faults in other units of this machine are not ours
if grep spinexr "$work/said"; then exit 1; fi
systemd-analyze security --offline=true --no-pager "$unit" >"$work/said" 2>&1 || true
tail -1 "$work/said"
# 0 is best and 10 worst; "OK" begins at 5
systemd-analyze security --offline=true --no-pager --threshold=25 "$unit" >/dev/null ||
    { cat "$work/said"; exit 1; }
# oneDNN compiles at run time
! grep -q '^MemoryDenyWriteExecute=' "$unit" || { echo "oneDNN cannot compile"; exit 1; }
command -v systemd-tmpfiles >/dev/null || exit 0
mkdir -p "$work/system/etc"
echo 'root:x:0:0::/:/bin/sh' >"$work/system/etc/passwd"
echo "spinexr:x:$(id -u):$(id -g)::/:/bin/false" >>"$work/system/etc/passwd"
echo 'root:x:0:' >"$work/system/etc/group"
echo "spinexr:x:$(id -g):" >>"$work/system/etc/group"
systemd-tmpfiles --create --root="$work/system" "$(realpath "$3")"
[ "$(stat -c %a "$work/system/var/lib/spinexr")" = 700 ] || { echo "no folder for data"; exit 1; }
