#!/bin/sh
# make-oci.sh [OUT [PACKAGES]]: makes a container image (an OCI layout in a tar file) of a minimal
# Debian 12 and the Debian packages in PACKAGES (build-deb/packages, from `make deb`), without a
# container engine, and writes OUT (build-oci/spinexr-VERSION.tar). The same packages and the same
# state of Debian's archive give the same bytes. Root. Installs mmdebstrap and umoci, if they are
# missing.
set -eu
umask 022 # modes are part of the image
cd "$(dirname "$0")/.."
version=$(sed -n "s/^  version: '\(.*\)',/\1/p" meson.build)
out=${1:-build-oci/spinexr-$version.tar}
packages=$(realpath "${2:-build-deb/packages}")
fail() {
    echo "make-oci.sh: $1" >&2
    exit 1
}
[ "$(id -u)" = 0 ] || fail "run it as root: it makes a root file system"
for name in spinexr spinexr-server spinexr-weights-demo; do
    ls "$packages"/"$name"_"$version"_*.deb >/dev/null 2>&1 ||
        fail "no package $name $version in $packages"
done
missing=""
for p in mmdebstrap umoci; do
    command -v $p >/dev/null || missing="$missing $p"
done
if [ -n "$missing" ]; then
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing \
        >/dev/null
fi
mkdir -p "$(dirname "$out")"
work=$(mktemp -d "$(dirname "$out")/.oci.XXXXXX")
work=$(realpath "$work")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
# the date of the release in every file and record
date=$(sed -n "s/^release_date = '\([0-9-]*\)'.*/\1/p" meson.build)
SOURCE_DATE_EPOCH=$(date -u -d "$date" +%s)
export SOURCE_DATE_EPOCH

# The root file system: packages without manual pages and translations, with every copyright file.
sh tools/debian-sources.sh >"$work/sources"
mmdebstrap --mode=root --variant=essential --format=tar --quiet \
    --hook-dir=/usr/share/mmdebstrap/hooks/file-mirror-automount \
    --include="$(echo "$packages/spinexr_${version}"_*.deb)" \
    --include="$(echo "$packages/spinexr-server_${version}"_*.deb)" \
    --include="$(echo "$packages/spinexr-weights-demo_${version}"_*.deb)" \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-include=/usr/share/doc/spinexr/spinexr.spdx.json*' \
    bookworm "$work/layer.tar" "$work/sources" >"$work/log" 2>&1 || {
    tail -30 "$work/log" >&2
    fail "mmdebstrap"
}

# The image: its user is that of the service, and its command the program.
layout=$work/layout
umoci init --layout "$layout"
umoci new --image "$layout:$version"
umoci raw add-layer --image "$layout:$version" --history.created "${date}T00:00:00Z" \
    --history.created_by "tools/make-oci.sh" "$work/layer.tar"
umoci config --image "$layout:$version" --no-history --created "${date}T00:00:00Z" \
    --architecture amd64 --os linux \
    --config.user spinexr --config.workingdir /var/lib/spinexr \
    --config.env PATH=/usr/local/bin:/usr/bin:/bin --config.env LC_ALL=C.UTF-8 \
    --config.entrypoint /usr/bin/spinexr --config.cmd --help \
    --config.exposedports 11112/tcp --config.exposedports 8080/tcp \
    --config.volume /var/lib/spinexr \
    --config.label org.opencontainers.image.title=spinexr \
    --config.label "org.opencontainers.image.version=$version" \
    --config.label org.opencontainers.image.licenses=Apache-2.0 \
    --config.label "org.opencontainers.image.description=Findings on radiographs of the spine, \
for research only"
umoci gc --layout "$layout"
tar -cf "$work/image.tar" --sort=name --owner=0 --group=0 --numeric-owner --mode=u+rw,go+r \
    --mtime="@$SOURCE_DATE_EPOCH" -C "$layout" .
mv "$work/image.tar" "$out"
ls -l "$out"
