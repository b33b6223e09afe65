#!/bin/sh
# From films to a detector through the reading room: draws films, has three simulated readers with
# known errors mark them through the HTTP API, adjudicates, exports, prints the errors put in beside
# those that `eval agreement` finds, trains a small detector on the export and evaluates it on other
# films. Training takes most of the time; STEPS 0 leaves it out.
# usage: experiments/reading.sh [OUT [FILMS [STEPS]]]
#        FILMS (40) are read; STEPS (300) of training, 0: none; OUT must not hold an earlier run

set -eu
[ "${1:-}" != -h ] || set -- -h -h -h -h
. "$(dirname "$0")/common.sh"
[ $# -le 3 ] || usage
out=${1:-runs/reading} films=${2:-40} steps=${3:-300}
readers=${READERS:-build/tests/service/simulated-readers}
[ -x "$readers" ] || { echo "$readers is not built: make, or READERS=path" >&2; exit 2; }
[ ! -e "$out/data" ] || { echo "$out holds an earlier run" >&2; exit 2; }
mkdir -p "$out/data"

# draw NAME FILMS SEED
draw() {
    "$spinexr" data phantom --out "$out/$1" --count "$2" --seed "$3" --mix crowded --size 400 \
        --region lumbar --test 0 --syntax explicit >/dev/null
}
draw films "$films" 2001
draw others "$films" 2002

# A project with its people. The data set's own annotations become readings of round 2 (truth).
READING_PASSWORD="simulated readers $$"
export READING_PASSWORD
add() {
    printf '%s\n' "$READING_PASSWORD" |
        "$spinexr" reading user add "$1" --role "$2" --data "$out/data" >/dev/null
}
for reader in ann ben cho; do add $reader reader; done
add jo adjudicator
add max manager
"$spinexr" reading user add truth --role reader --no-password --data "$out/data" >/dev/null
"$spinexr" reading init circle --readers 3 --data "$out/data"
"$spinexr" reading import circle "$out/films" --data "$out/data"
"$spinexr" reading import circle "$out/films" --as truth --round 2 --data "$out/data"
"$spinexr" reading assign circle --reader ann --reader ben --reader cho --data "$out/data"

# The service, on free ports, until the readers are done.
echo 'http: {port: 0, metrics_port: 0}' >"$out/serve.yaml"
"$spinexr" serve --config "$out/serve.yaml" --data "$out/data" --weights weights --allow-demo \
    --port 0 --log json 2>"$out/serve.log" &
service=$!
trap 'kill $service 2>/dev/null || :' EXIT
trap 'exit 1' HUP INT TERM
port=
while [ -z "$port" ]; do
    kill -0 $service 2>/dev/null || { cat "$out/serve.log" >&2; exit 1; }
    sleep 0.2
    port=$(sed -n 's/.*"pages": *"http:\/\/[^:]*:\([0-9]*\)".*/\1/p' "$out/serve.log")
done
"$readers" read "$port" "$out/films" circle 7 "$out"
kill $service
wait $service
trap - EXIT HUP INT TERM
"$spinexr" reading verify circle --data "$out/data"

# The exports, and all readings of them in one file.
"$spinexr" reading export circle --round 1 --tag readers --out "$out/readers" --data "$out/data"
"$spinexr" reading export circle --round 2 --tag truth --out "$out/truth" --data "$out/data"
"$spinexr" reading export circle --tag final --adjudicated --out "$out/final" --data "$out/data"
{
    cat "$out/readers/annotations.csv"
    sed 1d "$out/truth/annotations.csv"
    sed 1d "$out/final/annotations.csv"
} >"$out/all.csv"
ln -s ../films/train_images "$out/final/images"
"$spinexr" data check "$out/final"
"$spinexr" eval agreement "$out/all.csv" --json >"$out/agreement.json"
"$spinexr" eval agreement "$out/readers" --json >"$out/round.json"
"$readers" compare "$out"
[ "$steps" -gt 0 ] || exit 0

# A detector, trained on what the readers found and evaluated on films that nobody read.
train detector "$out/detector" "$steps" --preset retinanet_small --batch 4 --data "$out/final" \
    --val "$out/others" --threads 1 --seed 1
"$spinexr" predict "$out/others" --weights "$out/detector/best.safetensors" --all-boxes \
    --no-overlay -q --out "$out/predicted"
"$spinexr" eval detect "$out/others" "$out/predicted/report.json"
