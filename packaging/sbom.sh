#!/bin/sh
# sbom.sh SPINEXR PACKAGE-LOCK OUT NAME=VERSION...: writes the software bill of materials (SPDX 2.3,
# JSON): the program, the libraries that `spinexr version` names, those of the service, which are
# given as NAME=VERSION, and the packages from npm that are in its pages. SOURCE_DATE_EPOCH or the
# release's date is the date.
set -eu
program=$1 lock=$2 out=$3
shift 3

# the licence of a library, as it declares it
licence() {
    case $1 in
    oneDNN | OpenSSL) echo Apache-2.0 ;;
    OpenJPEG) echo BSD-2-Clause ;;
    CharLS | DCMTK | libjxl) echo BSD-3-Clause ;;
    libjpeg*) echo 'IJG AND BSD-3-Clause AND Zlib' ;;
    libpng) echo libpng-2.0 ;;
    zlib) echo Zlib ;;
    cairo) echo 'LGPL-2.1-only OR MPL-1.1' ;;
    Jansson | Expat | libyaml | preact) echo MIT ;;
    SQLite) echo blessing ;;
    libcurl) echo curl ;;
    libsodium) echo ISC ;;
    GnuTLS | libmicrohttpd) echo LGPL-2.1-or-later ;;
    libseccomp) echo LGPL-2.1-only ;;
    libpq) echo PostgreSQL ;;
    *) echo NOASSERTION ;;
    esac
}

# The libraries, NAME=VERSION, one a line.
libraries() {
    "$program" version --json | sed 's/.*"libraries": {//; s/}.*//; s/", "/"\n"/g' |
        sed 's/^"\([^"]*\)": "\([^"]*\)"*$/\1=\2/'
    [ $# -eq 0 ] || printf '%s\n' "$@"
    # of npm's packages, only this one is in the pages; the others build them
    awk '/"node_modules\/preact": / { found = 1 }
         found && /"version":/ { split($2, part, "\""); print "preact=" part[2]; exit }' "$lock"
}

# package ID NAME VERSION LICENCE
package() {
    printf '    {"SPDXID": "SPDXRef-%s", "name": "%s", "versionInfo": "%s",\n' "$1" "$2" "$3"
    printf '     "downloadLocation": "NOASSERTION", "filesAnalyzed": false,\n'
    printf '     "licenseConcluded": "NOASSERTION", "licenseDeclared": "%s",\n' "$4"
    printf '     "copyrightText": "NOASSERTION"}'
}

version=$("$program" --version | cut -d' ' -f2)
commit=$("$program" version --json | sed -n 's/.*"commit": "\([^"]*\)".*/\1/p')
date=$("$program" help --man | sed -n 's/^\.TH [^"]*"\([0-9-]*\)".*/\1T00:00:00Z/p')
[ -z "${SOURCE_DATE_EPOCH:-}" ] || date=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
list=$(libraries "$@")
# the same contents have the same name
digest=$(printf '%s\n' "$version" "$commit" "$date" "$list" | sha256sum | cut -c1-32)
{
    printf '{\n  "spdxVersion": "SPDX-2.3",\n  "dataLicense": "CC0-1.0",\n'
    printf '  "SPDXID": "SPDXRef-DOCUMENT",\n  "name": "spinexr-%s",\n' "$version"
    printf '  "documentNamespace": "https://spdx.org/spdxdocs/spinexr-%s-%s",\n' \
        "$version" "$digest"
    printf '  "creationInfo": {"created": "%s", "creators": ["Tool: spinexr-%s"]},\n' \
        "$date" "$version"
    printf '  "packages": [\n'
    package spinexr spinexr "$version${commit:+ ($commit)}" Apache-2.0
    printf '%s\n' "$list" | while IFS='=' read -r name number; do
        printf ',\n'
        package "$(printf %s "$name" | tr -c 'A-Za-z0-9.-' -)" "$name" "$number" \
            "$(licence "$name")"
    done
    printf '\n  ],\n  "relationships": [\n'
    printf '    {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",\n'
    printf '     "relatedSpdxElement": "SPDXRef-spinexr"}'
    printf '%s\n' "$list" | while IFS='=' read -r name number; do
        printf ',\n    {"spdxElementId": "SPDXRef-spinexr", "relationshipType": "DEPENDS_ON",\n'
        printf '     "relatedSpdxElement": "SPDXRef-%s"}' \
            "$(printf %s "$name" | tr -c 'A-Za-z0-9.-' -)"
    done
    printf '\n  ]\n}\n'
} >"$out"
