#!/bin/sh
# report_dumps.sh DRAW-RESULTS: dsrdump (with whole texts) and dsr2html of DCMTK show our reports as
# golden/reports has them. Their output belongs to one version of DCMTK; with others, or without
# them, the test is left out (exit status 77). UPDATE=1 writes the golden files anew.
set -u
program=$(realpath "$1")
golden=$SPINEXR_GOLDEN/reports
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
"$program" "$dir/cases" || exit 1
cd "$dir/cases" || exit 1
unset LD_LIBRARY_PATH # DCMTK's tools come with their own
failed=0

has_version() {
    command -v "$1" >/dev/null && "$1" --version | head -n 1 | grep -q 'v3\.6\.7 ' && return
    echo "left out: $1 3.6.7 (package dcmtk) is not installed"
    exit 77
}

# compare NAME COMMAND...: the output of the command
compare() {
    name=$1
    shift
    "$@" >"$dir/have" 2>"$dir/log" || {
        cat "$dir/log"
        failed=1
        return
    }
    [ -z "${UPDATE:-}" ] || cp "$dir/have" "$golden/$name"
    diff -u "$golden/$name" "$dir/have" || {
        echo "FAIL  $*: not as $golden/$name"
        failed=1
    }
}

has_version dsrdump
has_version dsr2html
for report in findings/sr3d-v1-1 findings/sr-v1-1 mixed/sr3d-v1-1 failed/sr3d-v1-1 \
    no-findings/sr3d-v1-1 normal/sr3d-v1-1 second-version/sr3d-v2-1; do
    compare "$(echo $report | tr / -).txt" dsrdump +Pn +Pl $report.dcm
done
compare findings-sr3d-v1-1.html dsr2html +U8 findings/sr3d-v1-1.dcm
[ $failed = 0 ]
