#!/bin/sh
# make demo: films with known findings, drawn now; predicted with the demonstration weights; one page with the result.
set -eu
cd "$(dirname "$0")/.."
spinexr=$PWD/build/src/cli/spinexr
out=demo-out
rm -rf "$out"
mkdir -p "$out"
cd "$out"

say() { # the command as one could type it here
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
echo "Twelve studies of a made-up spine, drawn now: where their lesions are is known."
step data phantom --out films --count 24 --seed 2024 --size 800 --region lumbar --mix even --test 0
echo
echo "Three classifiers and a detector, learnt on such films (weights/README.md), look at them."
say predict films --weights ../weights --out findings
"$spinexr" predict films --weights ../weights --out findings >/dev/null
"$spinexr" predict films --weights ../weights --threshold 0 --keep 0 --json -q >all.json
ls findings | sed 's/^/    /'
echo
echo "What they found, beside what is there."
step eval report films findings/report.json all.json --films films/train_images --draw 0.4 \
    --title 'spinexr: demonstration' --html report.html
echo
echo "The page with films, curves and tables:"
echo "$PWD/report.html"
