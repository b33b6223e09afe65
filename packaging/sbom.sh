#!/bin/sh
# sbom.sh SPINEXR PACKAGE-LOCK OUT NAME=VERSION...: writes the software bill of materials (SPDX 2.3,
# JSON): the program, the libraries that `spinexr version` names, those of the service, which are
# given as NAME=VERSION, and the packages from npm that are in its pages. SOURCE_DATE_EPOCH or the
# release's date is the date. Licences and package URLs come from the Debian packages that own the
# libraries; without dpkg they are NOASSERTION.
set -eu
program=$1 lock=$2 out=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# stem NAME: the file name of a library, before ".so"
stem() {
    case $1 in
    oneDNN) echo libdnnl ;;
    DCMTK) echo libdcmdata ;;
    OpenJPEG) echo libopenjp2 ;;
    CharLS) echo libcharls ;;
    libjpeg*) echo libjpeg ;;
    libpng) echo 'libpng[0-9]*' ;;
    zlib) echo libz ;;
    Jansson) echo libjansson ;;
    Expat) echo libexpat ;;
    libyaml) echo 'libyaml-[0-9]*' ;;
    OpenSSL) echo libcrypto ;;
    OpenMP) echo 'lib[gi]*omp' ;;
    MPI) echo 'libmpi[a-z]*' ;;
    SQLite) echo libsqlite3 ;;
    GnuTLS) echo libgnutls ;;
    lib*) echo "$1" ;;
    *) echo "lib$1" ;;
    esac
}

# library_path NAME: where the loader finds it
library_path() {
    sed -n "s,^[[:space:]]*$(stem "$1")\.so[.0-9]* => \([^ ]*\) .*,\1,p" "$work/loaded" | head -1
}

# places PATH: the names that a package may have for it; the loader may name /lib where the package
# has /usr/lib, and the other way round
places() { printf '%s\n' "$1" "/usr$1" "${1#/usr}" "$(realpath "$1")"; }

# find_owners: "PACKAGE: PATH" of every library that is loaded, by one search, as each takes long
find_owners() {
    : >"$work/owners"
    command -v dpkg-query >/dev/null || return 0
    sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' "$work/loaded" | while read -r path; do
        places "$path"
    done | sort -u | xargs dpkg-query -S >"$work/owners" 2>/dev/null || true
}

# debian_package NAME: the Debian package of the library that the program loads, or nothing
debian_package() {
    path=$(library_path "$1")
    [ -n "$path" ] || return 0
    places "$path" | while read -r place; do
        awk -v place="$place" '$NF == place { sub(/[:,].*/, ""); print; exit }' "$work/owners"
    done | head -1
}

# spdx NAME: the identifier of SPDX for a short name of a Debian copyright file, or nothing
spdx() {
    case $1 in
    Apache-2.0 | curl | ISC | MIT | PostgreSQL | Zlib) echo "$1" ;;
    BSD-[23]-[Cc]lause) echo "$1" | sed 's/c/C/' ;;
    Expat) echo MIT ;;
    LGPL-2.1+) echo LGPL-2.1-or-later ;;
    LGPL-2.1) echo LGPL-2.1-only ;;
    esac
}

# json_text FILE: its text as the inside of a JSON string
json_text() {
    tab=$(printf '\t')
    iconv -c -f UTF-8 -t UTF-8 "$1" | sed "s/\\\\/\\\\\\\\/g; s/\"/\\\\\"/g; s/$tab/\\\\t/g" |
        tr -d '\001-\011\013-\037' | awk '{ printf "%s\\n", $0 }'
}

# licence PACKAGE: that of most files, as the package's own copyright file says. If it has no name
# in SPDX, it is a reference to the text of that file.
licence() {
    file=/usr/share/doc/$1/copyright
    if [ -z "$1" ] || [ ! -s "$file" ]; then
        echo NOASSERTION
        return
    fi
    name=$(awk '/^Files:[ \t]*\*[ \t]*$/ { here = 1 }
                here && /^License:/ { print $2; exit }
                here && /^$/ { exit }' "$file")
    name=$(spdx "$name")
    [ -n "$name" ] || {
        name=LicenseRef-$(printf %s "$1" | tr -c 'A-Za-z0-9.-' -)
        echo "$1" >>"$work/texts"
    }
    echo "$name"
}

# package_url PACKAGE: its name for databases of vulnerabilities
package_url() {
    system=$(sed -n 's/^ID=//p' /etc/os-release | tr -d '"')
    release=$(sed -n 's/^VERSION_ID=//p' /etc/os-release | tr -d '"')
    dpkg-query -W -f '${Package} ${Version} ${Architecture}\n' "$1" | head -1 |
        sed 's/+/%2B/g; s/:/%3A/g' | {
        read -r name number architecture
        echo "pkg:deb/$system/$name@$number?arch=$architecture&distro=$system-$release"
    }
}

# The libraries, NAME=VERSION, one a line.
libraries() {
    "$program" version --json | sed 's/.*"libraries": {//; s/}.*//; s/", "/"\n"/g' |
        sed 's/^"\([^"]*\)": "\([^"]*\)"*$/\1=\2/'
    [ $# -eq 0 ] || printf '%s\n' "$@"
}

# locked KEY: of preact, the only one of npm's packages in the pages; the others build them
locked() {
    awk -v key="\"$1\":" '/"node_modules\/preact": / { found = 1 }
        found && $1 == key { split($2, part, "\""); print part[2]; exit }' "$lock"
}

# package ID NAME VERSION LICENCE COMMENT URL
package() {
    printf '    {"SPDXID": "SPDXRef-%s", "name": "%s", "versionInfo": "%s",\n' "$1" "$2" "$3"
    printf '     "downloadLocation": "NOASSERTION", "filesAnalyzed": false,\n'
    [ -z "$5" ] || printf '     "licenseComments": "%s",\n' "$5"
    [ -z "$6" ] || {
        printf '     "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER",\n'
        printf '       "referenceType": "purl", "referenceLocator": "%s"}],\n' "$6"
    }
    printf '     "licenseConcluded": "NOASSERTION", "licenseDeclared": "%s",\n' "$4"
    printf '     "copyrightText": "NOASSERTION"}'
}

id() { printf %s "$1" | tr -c 'A-Za-z0-9.-' -; }

packages() {
    package spinexr spinexr "$version${commit:+ ($commit)}" Apache-2.0 '' ''
    while IFS='=' read -r name number; do
        printf ',\n'
        owner=$(debian_package "$name")
        package "$(id "$name")" "$name" "$number" "$(licence "$owner")" \
            "${owner:+from /usr/share/doc/$owner/copyright}" \
            "${owner:+$(package_url "$owner")}"
    done <"$work/libraries"
    number=$(locked version)
    printf ',\n'
    package preact preact "$number" "$(locked license)" 'from package-lock.json' \
        "pkg:npm/preact@$number"
}

relationships() {
    printf '    {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",\n'
    printf '     "relatedSpdxElement": "SPDXRef-spinexr"}'
    { cat "$work/libraries"; echo 'preact='; } | while IFS='=' read -r name number; do
        printf ',\n    {"spdxElementId": "SPDXRef-spinexr", "relationshipType": "DEPENDS_ON",\n'
        printf '     "relatedSpdxElement": "SPDXRef-%s"}' "$(id "$name")"
    done
}

# the licences without a name in SPDX
texts() {
    separator=''
    sort -u "$work/texts" | while read -r owner; do
        printf '%b    {"licenseId": "LicenseRef-%s", "name": "licences of the package %s",\n' \
            "$separator" "$(id "$owner")" "$owner"
        printf '     "extractedText": "%s"}' "$(json_text "/usr/share/doc/$owner/copyright")"
        separator=',\n'
    done
}

version=$("$program" --version | cut -d' ' -f2)
commit=$("$program" version --json | sed -n 's/.*"commit": "\([^"]*\)".*/\1/p')
date=$("$program" help --man | sed -n 's/^\.TH [^"]*"\([0-9-]*\)".*/\1T00:00:00Z/p')
[ -z "${SOURCE_DATE_EPOCH:-}" ] || date=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
libraries "$@" >"$work/libraries"
ldd "$program" >"$work/loaded"
find_owners
: >"$work/texts"
packages >"$work/packages"
texts >"$work/licences"
# the same contents have the same name
digest=$({ echo "$version $commit $date"; cat "$work/packages" "$work/licences"; } | sha256sum |
    cut -c1-32)
{
    printf '{\n  "spdxVersion": "SPDX-2.3",\n  "dataLicense": "CC0-1.0",\n'
    printf '  "SPDXID": "SPDXRef-DOCUMENT",\n  "name": "spinexr-%s",\n' "$version"
    printf '  "documentNamespace": "https://spdx.org/spdxdocs/spinexr-%s-%s",\n' \
        "$version" "$digest"
    printf '  "creationInfo": {"created": "%s", "creators": ["Tool: spinexr-%s"]},\n' \
        "$date" "$version"
    printf '  "packages": [\n'
    cat "$work/packages"
    printf '\n  ],\n  "hasExtractedLicensingInfos": [\n'
    cat "$work/licences"
    printf '\n  ],\n  "relationships": [\n'
    relationships
    printf '\n  ]\n}\n'
} >"$out"
