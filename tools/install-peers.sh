#!/bin/sh
# install-peers.sh: installs the programs of others that tests/peers and some tests of the service
# run (Debian 12; as root or with sudo). No system service is started. What comes from npm goes to
# build-peers/, by tests/peers/package-lock.json and ohif.sha512.
# install-peers.sh --missing: installs nothing and names what is not installed, and the tests that
# are left out.
set -eu
cd "$(dirname "$0")/.."
ohif=3.13.2

# FILE, one of its package, then the package and the tests that need it
peers() {
    cat <<'END'
/usr/sbin/Orthanc orthanc archive that is not ours: C-STORE, storage commitment, kill -9
/usr/share/orthanc/plugins/libOrthancDicomWeb.so orthanc-dicomweb STOW-RS and QIDO-RS, OHIF
/usr/bin/dciodvfy dicom3tools dciodvfy and dcentvfy on our objects
/usr/bin/storescp dcmtk DCMTK's tools as sender and archive
/usr/share/java/pixelmed.jar libpixelmed-java PixelMed's validator on our reports
/usr/bin/java default-jre-headless PixelMed's validator on our reports
/usr/bin/chromium chromium OHIF, the pages of the service
/usr/bin/node nodejs OHIF, dcmjs, dcmjs-dimse
/usr/bin/npm npm OHIF, dcmjs, dcmjs-dimse
/usr/bin/mandoc mandoc mandoc on the manual pages
/usr/bin/man man-db man on the manual pages
/usr/bin/zsh zsh completion in zsh
/usr/bin/fish fish completion in fish
/usr/lib/python3/dist-packages/numpy python3-numpy NumPy arrays in the Python binding
/usr/lib/postgresql/*/bin/initdb postgresql the store on PostgreSQL
END
}

missing() {
    peers | while read -r file package tests; do
        # shellcheck disable=SC2086
        set -- $file
        [ -e "$1" ] || echo "$package $tests"
    done
}

if [ "${1:-}" = --missing ]; then
    missing | while read -r package tests; do
        echo "left out: $tests (package $package is not installed)"
    done
    [ -d build-peers/ohif ] || echo "left out: OHIF, dcmjs, dcmjs-dimse (build-peers is missing)"
    exit 0
fi

packages=$(missing | cut -d ' ' -f 1 | tr '\n' ' ')
if [ -n "$packages" ]; then
    echo "installing: $packages" >&2
    sudo=""
    [ "$(id -u)" = 0 ] || sudo=sudo
    # Debian starts a service when its package is installed, unless this file forbids it.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
        trap '$sudo rm -f $policy' EXIT
        trap 'exit 1' HUP INT TERM
        printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
        $sudo chmod +x $policy
    fi
    $sudo apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends \
        $packages >/dev/null
fi

mkdir -p build-peers
if ! cmp -s tests/peers/package-lock.json build-peers/installed.json; then
    cp tests/peers/package.json tests/peers/package-lock.json build-peers/
    (cd build-peers && npm ci --ignore-scripts --no-audit --no-fund --loglevel error >/dev/null)
    cp tests/peers/package-lock.json build-peers/installed.json
fi
if [ ! -d build-peers/ohif ]; then
    (
        cd build-peers
        npm pack --loglevel error "@ohif/app@$ohif" >/dev/null
        sha512sum --quiet -c ../tests/peers/ohif.sha512
        rm -rf package
        tar -xzf "ohif-app-$ohif.tgz" package/dist
        mv package/dist ohif
        rm -rf package "ohif-app-$ohif.tgz"
    )
fi
