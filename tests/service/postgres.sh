#!/bin/sh
# postgres.sh PROGRAM...: runs a program with a PostgreSQL server of its own, whose address is in
# STORE. The server listens on a socket in a new folder and ends with the program. Exit status 77,
# a skipped test, if no server is installed.
set -u
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] && [ -x "$bin/initdb" ] || {
    echo "PostgreSQL is not installed"
    exit 77
}
program=$(realpath "$1")
shift
dir=$(mktemp -d) || exit 1
# the server does not run as root
as=""
if [ "$(id -u)" = 0 ]; then
    as="runuser -u postgres --"
    chown postgres "$dir"
fi
cd "$dir" || exit 1
trap '$as "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
# nothing is synced to the disk: no test cuts the power
$as "$bin/initdb" -N -D "$dir/data" -A trust -U spinexr -E UTF8 --no-locale >"$dir/log" 2>&1 &&
    $as "$bin/pg_ctl" -D "$dir/data" -w -l "$dir/server.log" \
        -o "-F -c listen_addresses='' -k '$dir'" start >>"$dir/log" 2>&1 || {
    cat "$dir/log" "$dir/server.log"
    exit 1
}
STORE="postgresql:///postgres?host=$dir&user=spinexr" "$program" "$@"
