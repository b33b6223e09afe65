#!/bin/sh
# renew-weights.sh FOLDER: makes the weights in FOLDER the demonstration weights (weights/).
# Writes the command transcripts that use them anew, runs the other tests that do, runs `make
# demo`, draws the picture of the README from it, and lists the texts that quote numbers of the
# weights. FOLDER is the OUT/rtmdet-foci-weights of experiments/phantom_detector.sh. Needs a build
# folder (`make`), and tools/install-peers.sh for the picture and the tests of the pages.
set -eu
[ $# -eq 1 ] || { echo "usage: sh tools/renew-weights.sh FOLDER" >&2; exit 2; }
from=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
build=${BUILD:-build}
most=26214400 # of all four files together
names='classifier-1 classifier-2 classifier-3 detector'

for name in $names; do
    [ -f "$from/$name.safetensors" ] || { echo "$from has no $name.safetensors" >&2; exit 1; }
done
size=$(for name in $names; do cat "$from/$name.safetensors"; done | wc -c)
[ "$size" -le $most ] || { echo "$from: $size bytes, and $most are allowed" >&2; exit 1; }
ninja -C "$build"
# A damaged file stops this. All four must be of one calibration and marked as for demonstration.
shown=$(for name in $names; do "$build/src/cli/spinexr" model show "$from/$name.safetensors"; done)
# metadata KEY: how many files have it, and with how many values
metadata() {
    echo "$shown" | sed -n "s/^ *spinexr\.$1  *//p" |
        awk '{ n++; if (!seen[$0]++) values++ } END { print n + 0, values + 0 }'
}
[ "$(metadata demonstration)" = '4 1' ] || { echo "$from: not for demonstration" >&2; exit 1; }
[ "$(metadata calibration)" = '4 1' ] ||
    { echo "$from: not calibrated together (spinexr model calibrate)" >&2; exit 1; }
for name in $names; do
    cmp -s "$from/$name.safetensors" "weights/$name.safetensors" ||
        cp "$from/$name.safetensors" weights/
done

transcripts=$(grep -lF '/weights/' tests/cli/cases/*.txt | sed 's,.*/\(.*\)\.txt,cli-\1,')
# shellcheck disable=SC2086
UPDATE=1 meson test -C "$build" --no-rebuild -q $transcripts >/dev/null
# shellcheck disable=SC2086
meson test -C "$build" --no-rebuild $transcripts cli-readme installed api-cpp-wrapper api-python \
    pages reading-pages-gpu reading-page-killed peer-dimse
sh tools/demo.sh
node tools/demo-picture.mjs demo-out/report.html docs/img/demo.jpg
git diff --stat
cat <<'END'

Read the changes of tests/cli/cases: only numbers, names and checksums of the weights may differ.
These quote numbers of the weights:
  weights/README.md      the table, the known faults
  README.md              the end of make demo (above)
  docs/RESULTS.md        the phantom benchmark
  CHANGELOG.md           that the weights are new
END
