#!/bin/sh
# packages.sh PACKAGES [BASE]: installs, upgrades, removes and purges the Debian packages in a clean
# Debian 12, which is made by debootstrap, or copied from the folder BASE. If BASE is empty or not
# there, it is made first. Root; the servers of the machine's own apt.
set -eu
packages=$(realpath "$1") base=${2:-}
test=packages
work=$(mktemp -d /var/tmp/spinexr-packages.XXXXXX)
root=$work/root
here=$(realpath "$(dirname "$0")")
# shellcheck source=tests/install/chroot.sh
. "$here/chroot.sh"
# shellcheck source=tests/install/clean_debian.sh
. "$here/clean_debian.sh"

make_debian "$base"
before=$(cd "$root" && find etc usr var -newer etc/apt/sources.list -path '*spinexr*')
[ -z "$before" ] || fail "the clean Debian has $before"

# ---- install ----
cp "$packages"/*.deb "$root/packages"
rm -f "$root"/packages/*dbgsym*
inside apt-get update -qq || fail "apt-get update"
installs '/packages/*.deb'
installs gcc libc6-dev pkg-config
says "spinexr $(dpkg-deb -f "$packages"/spinexr_*.deb Version)" spinexr --version
inside spinexr data phantom --out /tmp/films --count 2 --size 400 --region lumbar || fail "phantom"
says 'demonstration weights in /usr/share/spinexr/weights-demo' \
    spinexr predict /tmp/films --out /tmp/found
[ -s "$root/tmp/found/report.json" ] || fail "no report.json"
for file in man/man1/spinexr-predict.1.gz doc/spinexr/spinexr.spdx.json \
    bash-completion/completions/spinexr zsh/vendor-completions/_spinexr \
    fish/vendor_completions.d/spinexr.fish doc/spinexr/docs/node.md \
    doc/spinexr/SECURITY.md; do
    [ -s "$root/usr/share/$file" ] || [ -s "$root/usr/share/$file.gz" ] || fail "no $file"
done
# the library, from C and C++, shared and static
[ -f "$root/usr/lib/python3/dist-packages/spinexr.py" ] || fail 'the Python module is not installed'
cp "$here/../../examples/predict.c" "$here/../../examples/predict_study.cc" "$root/tmp/"
# shellcheck disable=SC2016
inside sh -c 'cc /tmp/predict.c $(pkg-config --cflags --libs spinexr) -o /tmp/predict' ||
    fail "the example does not compile"
# shellcheck disable=SC2016
inside sh -c '/tmp/predict $(find /tmp/films -name "*.dicom" | head -1) \
    /usr/share/spinexr/weights-demo' || fail "the example does not run"
installs g++
# shellcheck disable=SC2016
inside sh -c 'c++ -std=c++11 /tmp/predict_study.cc $(pkg-config --cflags --libs spinexr) \
    -o /tmp/predict_study' || fail "the example in C++ does not compile"
mkdir "$root/tmp/studies"
inside /tmp/predict_study /tmp/films /tmp/studies /usr/share/spinexr/weights-demo ||
    fail "the example in C++ does not run"
# shellcheck disable=SC2016
inside sh -c 'cc /tmp/predict.c $(pkg-config --cflags spinexr) \
    $(pkg-config --variable=libdir spinexr)/libspinexr.a $(pkg-config --libs --static spinexr) \
    -o /tmp/predict_static' || fail "the static library does not link"

# ---- the service: its user, settings and folder ----
says 'spinexr:' getent passwd spinexr
says ':/var/lib/spinexr:/usr/sbin/nologin' getent passwd spinexr
says '640 root spinexr' stat -c '%a %U %G' /etc/spinexr/spinexr.yaml
says '700 spinexr spinexr' stat -c '%a %U %G' /var/lib/spinexr
says /etc/spinexr/spinexr.yaml cat /var/lib/dpkg/info/spinexr-server.conffiles
service_user=$(inside id -u spinexr; cat "$log"):$(inside id -g spinexr; cat "$log")
identity=$service_user
# as shipped it has no weights: it would run the reading room alone, and takes no others
inside spinexr serve check --config /etc/spinexr/spinexr.yaml || : # its ports may be taken here
grep -q 'weights: none, only the reading room runs' "$log" ||
    fail "serve does not say what it lacks"
! grep -q weights-demo "$log" || fail "serve knows the demonstration weights"
port=$((20000 + $$ % 20000))
sed -i "s,^weights: .*,weights: [/usr/share/spinexr/weights-demo],
    s/^allow_demo: .*/allow_demo: true/
    /^dicom:/,/^[a-z]*:/s/^  port: .*/  port: $port/
    /^http:/,/^[a-z]*:/s/^  port: .*/  port: $((port + 1))/
    s/^  metrics_port: .*/  metrics_port: 0/" "$root/etc/spinexr/spinexr.yaml"
# it runs as its user, answers, and ends when it is told to
starts spinexr serve --config /etc/spinexr/spinexr.yaml
if command -v curl >/dev/null; then
    curl -sf --max-time 10 "http://127.0.0.1:$((port + 1))/healthz/live" >/dev/null ||
        fail "the service does not answer"
fi
ends
[ -e "$root/var/lib/spinexr/store.sqlite" ] || fail "no database"
identity=0:0

# ---- upgrade: the same packages with a later version; what was changed stays ----
rm "$root"/packages/*
with_version +1 "$packages" "$root/packages"
installs '/packages/*.deb'
says '+1' dpkg-query -W spinexr-server
grep -q '^allow_demo: true' "$root/etc/spinexr/spinexr.yaml" || fail "an upgrade lost settings"
says '640 root spinexr' stat -c '%a %U %G' /etc/spinexr/spinexr.yaml
[ -e "$root/var/lib/spinexr/store.sqlite" ] || fail "an upgrade lost the database"
identity=$service_user
starts spinexr serve --config /etc/spinexr/spinexr.yaml
ends
identity=0:0

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
says 'spinexr:' getent passwd spinexr # whose films stay
# installed again, it has them
installs '/packages/*.deb'
says '700 spinexr spinexr' stat -c '%a %U %G' /var/lib/spinexr
echo "installed, served, upgraded, removed, purged, installed again"
