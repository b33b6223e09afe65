#!/bin/sh
# validators.sh DRAW-RESULTS: validators of others check every kind of result object: dciodvfy (each
# object), dcentvfy (all objects of a study together), dcmpschk (presentation states), dsrdump
# (reports) and PixelMed's DicomSRValidator (reports). Those that are not installed are named. Exit
# status 77, a skipped test, if there is none at all.
set -u
program=$(realpath "$1")
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
"$program" "$dir/cases" || exit 1
cd "$dir/cases" || exit 1
unset LD_LIBRARY_PATH # DCMTK's tools come with their own
failed=0
ran=0

# has PROGRAM PACKAGE
has() {
    command -v "$1" >/dev/null && {
        ran=$((ran + 1))
        return 0
    }
    echo "left out: $1 (package $2) is not installed"
    return 1
}

# complain WHAT: shows the log, and the test has failed
complain() {
    echo "FAIL  $1"
    cat "$dir/log"
    failed=1
}

# iods: the class of each object is recognised, and it has no error
iods() {
    for f in */*.dcm; do
        case $f in
        */film-*) iod=DXImageForPresentation ;;
        */sr3d-*) iod=Comprehensive3DSR ;;
        */sr-*) iod=ComprehensiveSR ;;
        */gsps-*) iod=GrayscaleSoftcopyPresentationState ;;
        */capture-*) iod=SCImage ;;
        */note*) iod=KeyObjectSelectionDocument ;;
        *) iod="an unknown kind of file" ;;
        esac
        dciodvfy "$f" >"$dir/log" 2>&1
        grep -q "^$iod\$" "$dir/log" || complain "dciodvfy $f: not recognised as $iod"
        ! grep -q '^Error' "$dir/log" || complain "dciodvfy $f"
    done
}

# entities: patient, study, series and equipment are the same in all objects of a study. In the
# tables of dcentvfy AccessionNumber belongs to the series of an image, but to the study of a
# report, which it says of any two such objects, whatever their values.
entities() {
    for case in */; do
        find "$case" -name '*.dcm' | sort >"$dir/list"
        dcentvfy -f "$dir/list" 2>&1 |
            grep -v 'Different information entities .*=<AccessionNumber> IE <Series> versus' \
                >"$dir/log"
        [ ! -s "$dir/log" ] || complain "dcentvfy $case"
    done
}

states() {
    for f in */gsps-*.dcm; do
        dcmpschk "$f" >"$dir/log" 2>&1 || complain "dcmpschk $f"
        ! grep -q '^E:\|Test failed' "$dir/log" || complain "dcmpschk $f"
    done
}

# reports are read as trees, whatever their class
reports() {
    for f in */sr*.dcm */note.dcm; do
        dsrdump +Pn "$f" >"$dir/log" 2>&1 || complain "dsrdump $f"
        ! grep '^[EW]:' "$dir/log" | grep -qv 'template constraints not yet supported' ||
            complain "dsrdump $f"
    done
}

# A report takes PixelMed's validator ten seconds, so four are checked: findings, films with and
# without a result, no result at all, a later version. ALL=1 (tools/check-long.sh): every report,
# but not those of exactly one box, where it judges the group of the film as that of a box: two
# errors that are its own.
pixelmed() {
    some="findings/sr3d-v1-1.dcm mixed/sr-v1-1.dcm failed/sr3d-v1-1.dcm
        second-version/sr3d-v2-1.dcm"
    [ -z "${ALL:-}" ] || some=$(ls */sr*.dcm)
    for f in $some; do
        case $f in one-finding/*) continue ;; esac
        java -Xss64m -Djdk.xml.xpathTotalOpLimit=0 -Djdk.xml.xpathExprOpLimit=0 \
            -Djdk.xml.xpathExprGrpLimit=0 -cp "$jar" \
            com.pixelmed.validate.DicomSRValidator "$f" >"$dir/log" 2>&1
        grep -q '^IOD validation complete' "$dir/log" || complain "DicomSRValidator $f"
        ! grep -q '^Error' "$dir/log" || complain "DicomSRValidator $f"
    done
}

jar=/usr/share/java/pixelmed.jar
has dciodvfy dicom3tools && iods
has dcentvfy dicom3tools && entities
has dcmpschk dcmtk && states
has dsrdump dcmtk && reports
if [ -r $jar ]; then
    has java default-jre-headless && pixelmed
else
    echo "left out: DicomSRValidator (package libpixelmed-java) is not installed"
fi
[ $ran -gt 0 ] || exit 77
[ $failed = 0 ]
