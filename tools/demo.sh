#!/bin/sh
# make demo: draws films with known findings, predicts them with the demonstration weights and
# writes one page with the result.
set -eu
cd "$(dirname "$0")/.."
spinexr=$PWD/build/src/cli/spinexr
out=demo-out
rm -rf "$out"
mkdir -p "$out"
cd "$out"

# Prints a command as one could type it here.
say() {
    echo
    printf '$ spinexr'
    for word in "$@"; do
        case $word in
            *' '*) printf " '%s'" "$word" ;;
            *) printf ' %s' "$word" ;;
        esac
    done
    echo
}
step() {
    say "$@"
    "$spinexr" "$@"
}
echo "Twelve studies of drawn spines with known lesions."
step data phantom --out films --count 24 --seed 2024 --size 800 --region lumbar --mix even --test 0
echo
echo "Prediction with three classifiers and a detector, trained on such films (weights/README.md)."
step predict films --weights ../weights --out findings -q
echo
echo "What it wrote:"
ls findings | sed 's/^/    /'
echo
echo "The predictions compared with the truth."
step eval report films findings/report.json --films films/train_images \
    --title 'spinexr: demonstration' --html report.html
echo
# A normal study has no true lesion; a false alarm is a finding in it, or a film called abnormal.
awk -F, '
    FNR == 1 { file++; next }
    file == 1 { if (!($1 in normal)) normal[$1] = 1; if ($5 != "No finding") normal[$1] = 0 }
    file == 2 && normal[$1] && $5 != "No finding" { findings++; alarm[$1] = 1 }
    file == 3 && normal[$2] && $4 == 1 { films++; alarm[$2] = 1 }
    END {
        for (id in normal) studies += normal[id]
        for (id in alarm) alarms++
        printf "False alarms in %d of %d normal studies: %d films called abnormal, %d findings.\n",
            alarms, studies, films, findings
    }' films/annotations/train.csv findings/findings.csv findings/scores.csv
echo
echo "The page with films, curves and tables:"
echo "$PWD/report.html"
