#!/bin/sh
# image.sh IMAGE: the container image of tools/make-oci.sh holds what its digests say, and its root
# file system works in a chroot with the user and the environment of the image: it predicts films
# with the demonstration weights, and serves. Root; exit status 77 without umoci and curl.
set -eu
image=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
for program in umoci curl; do
    command -v $program >/dev/null || { echo "$program is not installed"; exit 77; }
done
test=image
work=$(mktemp -d /var/tmp/spinexr-image.XXXXXX)
root=$work/bundle/rootfs
# shellcheck source=tests/install/chroot.sh
. "$here/chroot.sh"

# ---- the image ----
mkdir "$work/layout"
tar -xf "$image" -C "$work/layout"
grep -q '"imageLayoutVersion": *"1.0.0"' "$work/layout/oci-layout" || fail "no layout"
for blob in "$work"/layout/blobs/sha256/*; do
    [ "$(sha256sum <"$blob" | cut -d' ' -f1)" = "${blob##*/}" ] || fail "$blob has another digest"
done
version=$(umoci ls --layout "$work/layout")
umoci unpack --image "$work/layout:$version" "$work/bundle" >"$log" 2>&1 || fail "umoci unpack"
config=$work/bundle/config.json
value() { # value KEY: the first number, or the words of the first list, of that name
    tr -d '\n\t' <"$config" | sed -n "s/.*\"$1\": *\(\[[^]]*\]\|[0-9]*\).*/\1/p" | tr -d '[]"' |
        tr ',' ' '
}
identity=$(value uid):$(value gid)
[ "${identity%%:*}" -gt 0 ] || fail "the user is $identity"
environment="$(value env | sed 's/TERM=[^ ]*//; s/HOSTNAME=[^ ]*//')"
[ "$(value args | tr -s ' ' | sed 's/^ //')" = '/usr/bin/spinexr --help' ] ||
    fail "the command is $(value args)"

# ---- its root file system ----
begin_chroot
says "spinexr $version" /usr/bin/spinexr --version
says 'usage: spinexr' /usr/bin/spinexr --help
inside /usr/bin/spinexr data phantom --out /tmp/films --count 2 --size 400 --region lumbar ||
    fail "phantom"
says 'demonstration weights in /usr/share/spinexr/weights-demo' \
    /usr/bin/spinexr predict /tmp/films --out /tmp/found
[ -s "$root/tmp/found/report.json" ] || fail "no report.json"
# pictures need fonts
[ -n "$(find "$root/tmp/found/overlays" -name '*.png' -size +1k)" ] || fail "no picture"
# with the settings of the package, which name no weights, the reading room alone would run
inside /usr/bin/spinexr serve check --config /etc/spinexr/spinexr.yaml || : # its ports may be taken
grep -q 'weights: none, only the reading room runs' "$log" ||
    fail "serve does not say what it lacks"
! grep -q weights-demo "$log" || fail "serve knows the demonstration weights"
# in its own folder it serves
port=$((20000 + $$ % 20000))
cat >"$root/tmp/trial.yaml" <<END
data: /var/lib/spinexr
weights: [/usr/share/spinexr/weights-demo]
allow_demo: true
dicom:
  port: $port
http:
  port: $((port + 1))
  metrics_port: 0
END
starts /usr/bin/spinexr serve --config /tmp/trial.yaml
curl -sf --max-time 10 "http://127.0.0.1:$((port + 1))/healthz/ready" >"$log" ||
    fail "the service is not ready"
curl -sf --max-time 10 "http://127.0.0.1:$((port + 1))/" | grep -qi '<!doctype html' ||
    fail "the service has no pages"
ends
[ -e "$root/var/lib/spinexr/store.sqlite" ] || fail "no database"
# what it is made of; Debian compresses long files of documentation
[ -s "$root/usr/share/doc/libdnnl2/copyright" ] || fail "no copyright files"
ls "$root/usr/share/doc/spinexr/spinexr.spdx.json"* >"$log" 2>&1 || fail "no bill of materials"
echo "unpacked, predicted, served"
