#!/bin/sh
# debian-sources.sh: prints apt's sources of Debian 12 as this machine has them, one a line, without
# those of others; if it has none, Debian's own servers.
set -eu
lists=$(ls /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null) || true
stanzas=$(ls /etc/apt/sources.list.d/*.sources 2>/dev/null) || true
{
    # shellcheck disable=SC2086
    [ -z "$lists" ] || sed -n 's,^deb \(\[[^]]*\] \)*\([^ ]*\) \([^ ]*\) \(.*\),\2 \3 \4,p' $lists
    # a stanza names several addresses and suites
    # shellcheck disable=SC2086
    [ -z "$stanzas" ] || awk '
        function finish(i, j, place, suite) {
            if (used)
                for (i = split(places, place); i > 0; i--)
                    for (j = split(suites, suite); j > 0; j--) print place[i], suite[j], components
            used = 1
            places = suites = components = ""
        }
        FNR == 1 || /^[ \t]*$/ { finish() }
        /^Types:/ && !/ deb( |$)/ || /^Enabled: *no/ { used = 0 }
        /^URIs:/ { places = substr($0, 6) }
        /^Suites:/ { suites = substr($0, 8) }
        /^Components:/ { components = substr($0, 12) }
        END { finish() }' $stanzas
} | awk '$2 ~ /^bookworm(-updates|-security)?$/ {
        for (i = 3; i <= NF; i++) if ($i == "main") print "deb", $1, $2, "main" }' |
    sort -u | grep . || {
    echo 'deb http://deb.debian.org/debian bookworm main'
    echo 'deb http://deb.debian.org/debian bookworm-updates main'
    echo 'deb http://deb.debian.org/debian-security bookworm-security main'
}
