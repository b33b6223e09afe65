#!/bin/sh
# make-deb.sh [OUT]: builds the Debian packages of this version from the tracked files and writes
# them into OUT (build-deb/packages). Pages of the service need node and npm, or web/dist.
# MAINTAINER='Name <address>' names who publishes the packages, in place of the address without a
# mailbox in debian/control. Installs the programs that build packages, if they are missing (as root
# or with sudo).
set -eu
cd "$(dirname "$0")/.."
out=${1:-build-deb/packages}
missing=""
for p in debhelper dpkg-dev fakeroot lintian; do
    dpkg-query -W -f '${Status}' $p 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
if [ -n "$missing" ]; then
    sudo=""
    [ "$(id -u)" = 0 ] || sudo=sudo
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing \
        >/dev/null
fi
case ${MAINTAINER:-none} in
none | ?*' <'?*@?*'>') ;;
*)
    echo "make-deb.sh: MAINTAINER is not of the form 'Name <address>': $MAINTAINER" >&2
    exit 2
    ;;
esac
version=$(sed -n "s/^  version: '\(.*\)',/\1/p" meson.build)
[ "$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)" = "$version" ] || {
    echo "debian/changelog is not about version $version" >&2
    exit 1
}
mkdir -p "$out"
out=$(cd "$out" && pwd)
# always the same folder, so that a second build finds the first one's objects in ccache
work=$PWD/build-deb/work
rm -rf "$work"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
tree=$work/spinexr-$version
mkdir "$tree"
if [ -e .git ]; then
    git ls-files -z | tar -c --null -T - | tar -x -C "$tree"
else
    tar -c --exclude='./build*' . | tar -x -C "$tree"
fi
if [ -n "${MAINTAINER-}" ]; then
    for file in control changelog; do
        awk '/^Maintainer: / { $0 = "Maintainer: " ENVIRON["MAINTAINER"] }
             /^ -- / && !done++ { $0 = " -- " ENVIRON["MAINTAINER"] substr($0, index($0, ">") + 1) }
             { print }' "debian/$file" >"$tree/debian/$file"
    done
fi
[ ! -d web/dist ] || cp -R web/dist "$tree/web/"
(cd "$tree" && dpkg-buildpackage -b -us -uc ${DEB_JOBS:+-j"$DEB_JOBS"} >"$work/log" 2>&1) || {
    tail -40 "$work/log"
    exit 1
}
rm -f "$out"/*.deb "$out"/*.changes "$out"/*.buildinfo
cp "$work"/*.deb "$work"/*.changes "$work"/*.buildinfo "$out"
lintian --allow-root --fail-on error "$out"/*.changes
ls -l "$out"/*.deb
