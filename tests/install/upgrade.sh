#!/bin/sh
# upgrade.sh EARLIER PACKAGES [BASE]: the service goes on after an upgrade from the Debian packages
# in the folder EARLIER, of a version that has the package spinexr-server, to those in PACKAGES. In
# a clean Debian 12 (packages.sh) it predicts a film with the earlier version; after the upgrade,
# accounts, films, results and changed settings are there, and it predicts another film. dpkg asks
# about changed settings only; a purge leaves films and results alone. If both have the same version
# number, PACKAGES get a later one. Root; exit status 77 without curl.
set -eu
earlier=$(realpath "$1") packages=$(realpath "$2") base=${3:-}
command -v curl >/dev/null || { echo "curl is not installed"; exit 77; }
test=upgrade
work=$(mktemp -d /var/tmp/spinexr-upgrade.XXXXXX)
root=$work/root
here=$(realpath "$(dirname "$0")")
# shellcheck source=tests/install/chroot.sh
. "$here/chroot.sh"
# shellcheck source=tests/install/clean_debian.sh
. "$here/clean_debian.sh"
settings=$root/etc/spinexr/spinexr.yaml
port=$((20000 + $$ % 20000))

version_of() { dpkg-deb -f "$1"/spinexr-server_*.deb Version; }
# takes FOLDER: its packages are those that apt installs next; those for programmers have no part
# in the service
takes() {
    rm -f "$root"/packages/*
    for name in spinexr spinexr-server spinexr-weights-demo; do
        cp "$1/${name}"_*.deb "$root/packages"
    done
}
# shipped FOLDER OUT: the settings file of a package
shipped() {
    dpkg-deb --fsys-tarfile "$1"/spinexr-server_*.deb | tar -xO ./etc/spinexr/spinexr.yaml >"$2"
}
as_service() { identity=$(stat -c '%u:%g' "$root/var/lib/spinexr"); }
as_root() { identity=0:0; }
# predicts NUMBER NAME: the service takes a film from the watched folder and scores it; it then has
# NUMBER films with a score
predicts() {
    inside spinexr data phantom --out "/var/lib/spinexr/$2" --count 1 --seed "$1" --size 400 \
        --region lumbar --mix crowded --test 0 || fail "phantom"
    mv "$root/var/lib/spinexr/$2"/train_images/*.dicom "$root/var/lib/spinexr/incoming/$2.dcm"
    rm -r "$root/var/lib/spinexr/$2"
    tries=0
    until curl -sf --max-time 10 "http://127.0.0.1:$((port + 2))/metrics" >"$work/metrics" &&
        grep -q "^spinexr_studies{state=\"built\"} $1\$" "$work/metrics"; do
        tries=$((tries + 1))
        [ $tries -lt 120 ] || { cat "$work/service"; fail "no result of $2"; }
        sleep 1
    done
}
serves() { starts spinexr serve --config /etc/spinexr/spinexr.yaml; }

# ---- the earlier version, in use ----
make_debian "$base"
takes "$earlier"
inside apt-get update -qq || fail "apt-get update"
installs '/packages/*.deb'
says "$(version_of "$earlier")" dpkg-query -W spinexr-server
sed -i "s,^weights: .*,weights: [/usr/share/spinexr/weights-demo],
    s/^allow_demo: .*/allow_demo: true/
    /^dicom:/,/^[a-z]*:/s/^  port: .*/  port: $port/
    /^http:/,/^[a-z]*:/s/^  port: .*/  port: $((port + 1))/
    s/^  metrics_port: .*/  metrics_port: $((port + 2))/
    s/^  quiet_seconds: .*/  quiet_seconds: 1/
    /^watch:/,/^[a-z]*:/s,^  folder: .*,  folder: /var/lib/spinexr/incoming," "$settings"
cp -p "$settings" "$work/changed.yaml"
as_service
inside mkdir -m 700 /var/lib/spinexr/incoming || fail "no folder for films"
inside sh -c 'printf "a long passphrase\n" |
    spinexr serve user add ada --role physician --config /etc/spinexr/spinexr.yaml' ||
    fail "serve user add"
serves
predicts 1 first
ends
films=$(cd "$root/var/lib/spinexr/films" && find . -type f -exec sha256sum {} + | sort)
[ -n "$films" ] || fail "no film is kept"

# ---- upgrade: dpkg asks about changed settings if those of the package changed, too ----
as_root
later=$packages
if dpkg --compare-versions "$(version_of "$packages")" le "$(version_of "$earlier")"; then
    later=$work/later
    mkdir "$later"
    with_version +1 "$packages" "$later"
fi
takes "$later"
shipped "$earlier" "$work/was.yaml"
shipped "$later" "$work/is.yaml"
echo N >"$work/answer" # keep them
inside sh -c 'apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 /packages/*.deb' \
    <"$work/answer" || fail "the upgrade"
asked=$(grep -c '^Configuration file' "$log") || true
if cmp -s "$work/was.yaml" "$work/is.yaml"; then
    [ "$asked" -eq 0 ] || fail "dpkg asks about settings that did not change"
else
    [ "$asked" -eq 1 ] || fail "dpkg does not ask about changed settings"
    cmp "$work/is.yaml" "$settings.dpkg-dist" || fail "the new settings are not beside the old ones"
fi
says "$(version_of "$later")" dpkg-query -W spinexr-server
cmp "$work/changed.yaml" "$settings" || fail "the upgrade lost settings"
says '640 root spinexr' stat -c '%a %U %G' /etc/spinexr/spinexr.yaml
says '700 spinexr spinexr' stat -c '%a %U %G' /var/lib/spinexr

# ---- it goes on ----
as_service
inside spinexr serve check --config /etc/spinexr/spinexr.yaml || fail "serve check"
serves
predicts 2 second
ends
says ada spinexr serve user list --config /etc/spinexr/spinexr.yaml
(cd "$root/var/lib/spinexr/films" && find . -type f -exec sha256sum {} + | sort) >"$work/films"
[ "$(echo "$films" | comm -12 - "$work/films")" = "$films" ] || fail "a film changed"

# ---- remove and purge ----
as_root
everything="spinexr spinexr-server spinexr-weights-demo"
# shellcheck disable=SC2086
inside apt-get remove -y -qq $everything || fail "remove"
cmp "$work/changed.yaml" "$settings" || fail "removing lost the settings"
# shellcheck disable=SC2086
inside dpkg --purge $everything || fail "purge"
[ ! -e "$root/etc/spinexr" ] || fail "purging left the settings"
left=$(find "$root/usr" "$root/lib/systemd" "$root/etc" -name '*spinexr*' 2>/dev/null)
[ -z "$left" ] || fail "files stayed: $left"
(cd "$root/var/lib/spinexr/films" && find . -type f -exec sha256sum {} + | sort) |
    cmp - "$work/films" || fail "purging lost films"

# ---- settings that nobody changed are replaced without a question ----
takes "$earlier"
installs '/packages/*.deb'
takes "$later"
installs '/packages/*.deb' </dev/null
! grep -q '^Configuration file' "$log" || fail "dpkg asks about settings that nobody changed"
cmp "$work/is.yaml" "$settings" || fail "the settings are not those of the new package"
says '640 root spinexr' stat -c '%a %U %G' /etc/spinexr/spinexr.yaml
echo "$(version_of "$earlier") to $(version_of "$later"): served, upgraded, served, purged"
