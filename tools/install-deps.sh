#!/bin/sh
# Installs the missing packages that building and testing need (Debian 12; as root or with sudo).
set -eu
# dpkg-dev: Meson asks it for Debian's library folder; without it, it takes lib64, which neither the
# loader nor pkg-config searches
need="dpkg-dev gcc g++ clang clang-tidy libomp-dev meson ninja-build pkg-config clang-format \
libdnnl-dev libdcmtk-dev libssl-dev libopenjp2-7-dev libcharls-dev libjxl-dev libjpeg62-turbo-dev \
libpng-dev zlib1g-dev libjansson-dev libexpat1-dev libyaml-dev libcairo2-dev \
fonts-dejavu-core locales libcmocka-dev \
libopenjph-dev dicom3tools dcmtk libsqlite3-dev libseccomp-dev libpq-dev \
libmicrohttpd-dev libgnutls28-dev libsodium-dev libcurl4-openssl-dev libopenmpi-dev \
openmpi-bin"
missing=""
for p in $need; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
# for the pages of the service, which a source archive has; those from elsewhere are as good
if [ ! -f web/dist/index.html ]; then
    command -v node >/dev/null || missing="$missing nodejs"
    command -v npm >/dev/null || missing="$missing npm"
fi
[ -z "$missing" ] && exit 0
echo "installing:$missing" >&2
sudo=""
[ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing \
    >/dev/null
