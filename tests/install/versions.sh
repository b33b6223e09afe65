#!/bin/sh
# versions.sh SOURCE: the version and the date of a release are the same wherever they are written.
set -eu
cd "$1"
version=$(sed -n "s/^  version: '\(.*\)',/\1/p" meson.build)
date=$(sed -n "s/^release_date = '\([0-9-]*\)'.*/\1/p" meson.build)
bad=0
same() { # same FILE FOUND WANTED
    [ "$2" = "$3" ] || { echo "$1: '$2', not '$3'"; bad=1; }
}
header=include/spinexr/version.h
same $header "$(sed -n 's/^#define SPINEXR_VERSION  *"\(.*\)"/\1/p' $header)" "$version"
numbers=$(sed -n 's/^#define SPINEXR_VERSION_[MP][A-Z]* //p' $header | tr '\n' '.')
same "$header, numbers" "${numbers%.}" "$version"
same CHANGELOG.md "$(sed -n '/^## /{s/^## //p;q}' CHANGELOG.md)" "$version ($date)"
same debian/changelog "$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)" "$version"
debian=$(sed -n '/^ -- /{s/^.*>  //p;q}' debian/changelog)
same 'debian/changelog, date' "$(date -u -d "$debian" +%F)" "$date"
exit $bad
