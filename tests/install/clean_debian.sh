# shellcheck shell=sh
# clean_debian.sh: for scripts that install the Debian packages in a clean Debian 12; they read
# chroot.sh first, and `here` is the folder of these scripts. Root; the servers of the machine's own
# apt.
# bootstraps FOLDER: made by debootstrap
bootstraps() {
    command -v debootstrap >/dev/null || { echo "debootstrap is not installed"; exit 77; }
    mirror=$(sed -n 's/^deb \([^ ]*\) bookworm main/\1/p' "$work/sources" | head -1)
    debootstrap --variant=minbase --include=ca-certificates bookworm "$1" "$mirror" >"$log" 2>&1 ||
        fail "debootstrap"
}

# make_debian [BASE]: a clean Debian in `root`, with apt and /packages, made by debootstrap or
# copied from the folder BASE. If BASE is not there, it is made first.
make_debian() {
    sh "$here/../../tools/debian-sources.sh" >"$work/sources"
    if [ -n "${1:-}" ]; then
        [ -e "$1/usr/bin/dpkg" ] || { bootstraps "$1.part" && mv -T "$1.part" "$1"; }
        cp -a "$1" "$root"
    else
        bootstraps "$root"
    fi
    mv "$work/sources" "$root/etc/apt/sources.list"
    # how this machine reaches the servers
    cp -aL /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
    [ ! -f /etc/apt/apt.conf ] || cp -L /etc/apt/apt.conf "$root/etc/apt/"
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null || true
    # it need not survive a crash
    echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/thrown-away"
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
    begin_chroot
    environment="$environment DEBIAN_FRONTEND=noninteractive"
    mkdir "$root/packages"
}

# installs PACKAGE...: with what they depend on, by apt; patterns of files are the chroot's
installs() {
    inside sh -c "apt-get install -y -qq --no-install-recommends $*" || fail "installing $*"
}

# with_version SUFFIX PACKAGES OUT: the packages of a folder with a longer version number
with_version() {
    for deb in "$2"/*.deb; do
        case $deb in *dbgsym*) continue ;; esac
        dpkg-deb -R "$deb" "$work/repack"
        sed -i "s/^Version: \(.*\)/Version: \1$1/; s/(= \([^)]*\))/(= \1$1)/g" \
            "$work/repack/DEBIAN/control"
        dpkg-deb --root-owner-group -Znone -b "$work/repack" "$3/$(basename "$deb")" >/dev/null
        rm -rf "$work/repack"
    done
}
