#!/bin/sh
# bill_of_materials.sh SPDX SPINEXR: the software bill of materials is a document of SPDX 2.3, names
# every shared library that the program loads, except the system's and those that such a library
# loads, and every relationship leads to a package. Exit status 77 without python3, which reads
# JSON.
set -eu
command -v python3 >/dev/null || exit 77
readelf -d "$2" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' >"${TMPDIR:-/tmp}/needed.$$"
trap 'rm -f "${TMPDIR:-/tmp}/needed.$$"' EXIT
python3 - "$1" "${TMPDIR:-/tmp}/needed.$$" <<'END'
import json
import re
import sys

document = json.load(open(sys.argv[1]))
assert document["spdxVersion"] == "SPDX-2.3" and document["dataLicense"] == "CC0-1.0"
assert document["SPDXID"] == "SPDXRef-DOCUMENT"
assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["creationInfo"]["created"])
packages = {p["SPDXID"]: p for p in document["packages"]}
assert len(packages) == len(document["packages"]), "an identifier occurs twice"
for p in packages.values():
    assert re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", p["SPDXID"]), p
    assert p["name"] and p["versionInfo"] and p["downloadLocation"] and p["licenseDeclared"], p
for r in document["relationships"]:
    assert r["relatedSpdxElement"] in packages, r
related = {r["relatedSpdxElement"] for r in document["relationships"]}
assert related == set(packages), "a package has no relationship"
names = {p["name"] for p in packages.values()}
libraries = {
    "dnnl": "oneDNN", "dcm": "DCMTK", "ofstd": "DCMTK", "oflog": "DCMTK", "openjp2": "OpenJPEG",
    "charls": "CharLS", "jxl": "libjxl", "jpeg": "libjpeg-turbo", "png": "libpng", "z": "zlib",
    "cairo": "cairo", "jansson": "Jansson", "expat": "Expat", "yaml": "libyaml",
    "crypto": "OpenSSL", "ssl": "OpenSSL", "gomp": "OpenMP", "omp": "OpenMP", "mpi": "MPI",
    "sqlite3": "SQLite", "microhttpd": "libmicrohttpd", "gnutls": "GnuTLS", "sodium": "libsodium",
    "curl": "libcurl", "seccomp": "libseccomp", "pq": "libpq",
}
system = r"lib(c|m|stdc\+\+|gcc_s|dl|pthread|rt)\.so|ld-linux"
for line in open(sys.argv[2]):
    name = line.strip()
    if re.match(system, name):
        continue
    found = [v for k, v in libraries.items()
             if re.match(r"lib%s([^a-z]|$)" % k, name) or (len(k) > 2 and name[3:].startswith(k))]
    assert found and found[0] in names, "%s is not in the list" % name
print(len(packages), "packages")
END
