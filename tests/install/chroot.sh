# shellcheck shell=sh
# chroot.sh: for scripts that test a root file system in a chroot. Before they read this file they
# set `test` (their name), `work` (a temporary folder, removed at the end) and `root` (the file
# system, in `work`). `identity` is the user and the group, and `environment` what commands get.
identity=0:0
environment='PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8'
log=$work/log # of the last command
service=""

end_chroot() {
    [ -z "$service" ] || kill "$service" 2>/dev/null || true
    for place in proc dev; do
        ! mountpoint -q "$root/$place" || umount -l "$root/$place"
    done
    rm -rf --one-file-system "$work"
}
trap end_chroot EXIT
trap 'exit 1' HUP INT TERM

begin_chroot() {
    mkdir -p "$root/proc" "$root/dev"
    mount -t proc proc "$root/proc"
    mount --bind /dev "$root/dev"
}
fail() {
    echo "$test: $1"
    [ ! -s "$log" ] || tail -30 "$log"
    exit 1
}
inside() { # inside COMMAND...
    # shellcheck disable=SC2086
    chroot --userspec="$identity" "$root" /usr/bin/env -i -C / $environment "$@" >"$log" 2>&1
}
says() { # says TEXT COMMAND...
    wanted=$1
    shift
    inside "$@" || fail "$*: status $?"
    grep -qF -- "$wanted" "$log" || fail "$*: does not say '$wanted'"
}
# starts COMMAND...: runs the service in the background until it says that it has started
starts() {
    : >"$work/service"
    # shellcheck disable=SC2086
    chroot --userspec="$identity" "$root" /usr/bin/env -i -C / $environment "$@" \
        >"$work/service" 2>&1 &
    service=$!
    tries=0
    until grep -q ' started ' "$work/service"; do
        tries=$((tries + 1))
        if [ $tries -gt 60 ] || ! kill -0 $service 2>/dev/null; then
            cat "$work/service"
            fail "the service does not start"
        fi
        sleep 1
    done
}
# ends: the service ends when it is told to, without an error
ends() {
    kill "$service"
    wait "$service" || {
        cat "$work/service"
        fail "the service ends with an error"
    }
    service=""
}
