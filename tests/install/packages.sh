#!/bin/sh
# packages.sh PACKAGES [BASE]: installs, upgrades, removes and purges the Debian packages in a clean
# Debian 12, which is made by debootstrap or copied from the folder BASE. Root; the mirror of the
# machine's own apt. The chroot gets the machine's apt configuration and certificates.
set -eu
packages=$(realpath "$1") base=${2:-}
here=$(realpath "$(dirname "$0")")
root=$(mktemp -d /var/tmp/spinexr-packages.XXXXXX)
finish() {
    for place in proc dev; do umount "$root/$place" 2>/dev/null || true; done
    rm -rf --one-file-system "$root"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM
fail() {
    echo "packages: $1"
    [ ! -f "$root/tmp/said" ] || tail -30 "$root/tmp/said"
    exit 1
}

if [ -n "$base" ]; then
    cp -a "$base/." "$root"
else
    command -v debootstrap >/dev/null || { echo "debootstrap is not installed"; exit 77; }
    mirror=$(grep -rhoE 'https?://[^ ]+' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null |
        head -1)
    debootstrap --variant=minbase --include=ca-certificates bookworm "$root" \
        "${mirror:-http://deb.debian.org/debian}" >/dev/null
fi
rm -rf "$root/etc/apt/sources.list" "$root/etc/apt/sources.list.d" "$root/etc/apt/apt.conf.d"
cp -aL /etc/apt/apt.conf.d /etc/apt/sources.list.d "$root/etc/apt/"
[ ! -f /etc/apt/sources.list ] || cp -L /etc/apt/sources.list "$root/etc/apt/"
[ ! -f /etc/apt/apt.conf ] || cp -L /etc/apt/apt.conf "$root/etc/apt/"
[ ! -d /etc/apt/keyrings ] || cp -aL /etc/apt/keyrings "$root/etc/apt/"
mkdir -p "$root/etc/ssl/certs"
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
cp -L /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null || true
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"

inside() {
    chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive "$@" >"$root/tmp/said" 2>&1
}
says() { # says TEXT COMMAND...
    wanted=$1
    shift
    inside "$@" || fail "$*: status $?"
    grep -qF -- "$wanted" "$root/tmp/said" || fail "$*: does not say '$wanted'"
}

# ---- install ----
mkdir "$root/packages"
cp "$packages"/*.deb "$root/packages"
rm -f "$root"/packages/*dbgsym*
inside apt-get update -qq || fail "apt-get update"
inside sh -c 'apt-get install -y -qq --no-install-recommends /packages/*.deb' || fail "install"
inside sh -c 'apt-get install -y -qq --no-install-recommends gcc libc6-dev pkg-config' ||
    fail "a compiler"
says "spinexr $(dpkg-deb -f "$packages"/spinexr_*.deb Version)" spinexr --version
inside spinexr data phantom --out /tmp/films --count 2 --size 400 --region lumbar || fail "phantom"
says 'demonstration weights in /usr/share/spinexr/weights-demo' \
    spinexr predict /tmp/films --out /tmp/found
[ -s "$root/tmp/found/report.json" ] || fail "no report.json"
[ -s "$root/usr/share/man/man1/spinexr-predict.1.gz" ] || fail "no manual page"
# the library
cp "$here/../../examples/predict.c" "$root/tmp/"
# shellcheck disable=SC2016
inside sh -c 'cc /tmp/predict.c $(pkg-config --cflags --libs spinexr) -o /tmp/predict' ||
    fail "the example does not compile"
# shellcheck disable=SC2016
inside sh -c '/tmp/predict $(find /tmp/films -name "*.dicom" | head -1) \
    /usr/share/spinexr/weights-demo' || fail "the example does not run"
# the service: its user, settings and folder
says 'spinexr:' getent passwd spinexr
says '640 root spinexr' stat -c '%a %U %G' /etc/spinexr/spinexr.yaml
says '700 spinexr spinexr' stat -c '%a %U %G' /var/lib/spinexr
# as shipped it has no weights: it does not start, and takes no others
if inside runuser -u spinexr -- spinexr serve --config /etc/spinexr/spinexr.yaml; then
    fail "serve starts without weights"
fi
grep -q weights "$root/tmp/said" || fail "serve does not say that weights are missing"
! grep -q weights-demo "$root/tmp/said" || fail "serve knows the demonstration weights"
sed -i 's,^weights: .*,weights: [/usr/share/spinexr/weights-demo],
    s/^allow_demo: .*/allow_demo: true/; s/^  port: .*/  port: 0/
    s/^  metrics_port: .*/  metrics_port: 0/' "$root/etc/spinexr/spinexr.yaml"
# it runs as its user, and ends when it is told to
chroot "$root" runuser -u spinexr -- spinexr serve --config /etc/spinexr/spinexr.yaml \
    >"$root/tmp/log" 2>&1 &
service=$!
tries=0
until [ -e "$root/var/lib/spinexr/store.sqlite" ] && grep -q ' started ' "$root/tmp/log"
do
    tries=$((tries + 1))
    [ $tries -lt 60 ] || { cat "$root/tmp/log"; fail "the service does not start"; }
    sleep 1
done
kill "$(ps -o pid= --ppid $service | head -1)" 2>/dev/null || kill $service
wait $service || { cat "$root/tmp/log"; fail "the service ends with an error"; }

# ---- upgrade: the same packages with a later version; what was changed stays ----
rm "$root"/packages/*
for deb in "$packages"/*.deb; do
    case $deb in *dbgsym*) continue ;; esac
    dpkg-deb -R "$deb" "$root/repack"
    sed -i 's/^Version: \(.*\)/Version: \1+1/; s/(= \([^)]*\))/(= \1+1)/g' \
        "$root/repack/DEBIAN/control"
    dpkg-deb --root-owner-group -Znone -b "$root/repack" \
        "$root/packages/$(basename "$deb")" >/dev/null
    rm -rf "$root/repack"
done
inside sh -c 'apt-get install -y -qq --no-install-recommends /packages/*.deb' || fail "upgrade"
says '+1' dpkg-query -W spinexr-server
grep -q '^allow_demo: true' "$root/etc/spinexr/spinexr.yaml" || fail "an upgrade lost settings"
says '640 root spinexr' stat -c '%a %U %G' /etc/spinexr/spinexr.yaml
[ -e "$root/var/lib/spinexr/store.sqlite" ] || fail "an upgrade lost the database"

# ---- remove and purge ----
inside apt-get remove -y -qq spinexr spinexr-server spinexr-weights-demo libspinexr0 \
    libspinexr-dev || fail "remove"
[ -e "$root/etc/spinexr/spinexr.yaml" ] || fail "removing lost the settings"
[ ! -e "$root/usr/bin/spinexr" ] || fail "the program stayed"
inside dpkg --purge spinexr spinexr-server spinexr-weights-demo libspinexr0 libspinexr-dev ||
    fail "purge"
[ ! -e "$root/etc/spinexr" ] || fail "purging left the settings"
[ -e "$root/var/lib/spinexr/store.sqlite" ] || fail "purging lost films and results"
left=$(find "$root/usr" "$root/lib/systemd" "$root/etc" -name '*spinexr*' 2>/dev/null)
[ -z "$left" ] || fail "files stayed: $left"
echo "installed, served, upgraded, removed, purged"
