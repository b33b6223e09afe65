#!/bin/sh
# bill_of_materials.sh SPDX SPINEXR: the software bill of materials is a document of SPDX 2.3, names
# every shared library that the program loads, except the system's and those that such a library
# loads, and every relationship leads to a package. On Debian each library has the version and the
# licence of the package that owns it. Exit status 77 without python3, which reads JSON.
set -eu
command -v python3 >/dev/null || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
readelf -d "$2" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' >"$work/needed"
ldd "$2" >"$work/loaded"
python3 - "$1" "$work" <<'END'
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.parse

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
names = {p["name"]: p for p in packages.values()}
texts = {t["licenseId"]: t["extractedText"] for t in document["hasExtractedLicensingInfos"]}
used = {p["licenseDeclared"] for p in packages.values()}
assert {u for u in used if u.startswith("LicenseRef-")} == set(texts), "licences without a text"
loaded = dict(re.findall(r"^\s*(\S+) => (/\S+)", open(sys.argv[2] + "/loaded").read(), re.M))


def places(path):
    """The names that a package may have for a file, whether it is below / or /usr."""
    return (path, "/usr" + path, path.replace("/usr", "", 1), os.path.realpath(path))


owners = {}
if shutil.which("dpkg-query"):
    search = ["dpkg-query", "-S"] + sorted({p for path in loaded.values() for p in places(path)})
    for line in subprocess.run(search, capture_output=True, text=True).stdout.splitlines():
        package, path = line.rsplit(": ", 1)
        owners[path] = re.split("[:,]", package)[0]


def check_owner(package, path):
    """The version and the licence are those of the Debian package of the file."""
    name = next((owners[p] for p in places(path) if p in owners), None)
    assert name, path
    version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name],
                             capture_output=True, text=True, check=True).stdout
    url = package["externalRefs"][0]["referenceLocator"]
    said = urllib.parse.unquote(url.split("/", 2)[2].split("?")[0])
    assert said == "%s@%s" % (name, version), (url, name, version)
    copyright = "/usr/share/doc/%s/copyright" % name
    assert package["licenseComments"].endswith(copyright), package
    licence = package["licenseDeclared"]
    assert licence != "NOASSERTION", package
    text = open(copyright, encoding="utf-8", errors="ignore").read()
    if licence in texts:
        assert texts[licence].split() == text.split(), name
    elif licence != "MIT":  # Debian's Expat
        short = licence.replace("-or-later", "+").replace("-only", "")
        assert re.search("^License: *%s" % re.escape(short), text, re.M | re.I), (name, licence)


libraries = {
    "dnnl": "oneDNN", "dcm": "DCMTK", "ofstd": "DCMTK", "oflog": "DCMTK", "openjp2": "OpenJPEG",
    "charls": "CharLS", "jxl": "libjxl", "jpeg": "libjpeg-turbo", "png": "libpng", "z": "zlib",
    "cairo": "cairo", "jansson": "Jansson", "expat": "Expat", "yaml": "libyaml",
    "crypto": "OpenSSL", "ssl": "OpenSSL", "gomp": "OpenMP", "omp": "OpenMP", "mpi": "MPI",
    "sqlite3": "SQLite", "microhttpd": "libmicrohttpd", "gnutls": "GnuTLS", "sodium": "libsodium",
    "curl": "libcurl", "seccomp": "libseccomp", "pq": "libpq",
}
system = r"lib(c|m|stdc\+\+|gcc_s|dl|pthread|rt)\.so|ld-linux"
checked = set()
for line in open(sys.argv[2] + "/needed"):
    name = line.strip()
    if re.match(system, name):
        continue
    found = [v for k, v in libraries.items()
             if re.match(r"lib%s([^a-z]|$)" % k, name) or (len(k) > 2 and name[3:].startswith(k))]
    assert found and found[0] in names, "%s is not in the list" % name
    if shutil.which("dpkg-query"):
        check_owner(names[found[0]], loaded[name])
        checked.add(found[0])
assert not shutil.which("dpkg-query") or len(checked) > 15, checked
print(len(packages), "packages,", len(checked), "compared with Debian's")
END
