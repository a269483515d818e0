#!/usr/bin/env bats
# The main job on real input: the release tarball and a big file, between skt and skt, and between skt and others.
#
# The big file has 1 GiB; SKT_TEST_BIG=SIZE in the environment makes it smaller (64M) or larger. With each foreign
# program it goes both ways over one family of addresses, and 64 MiB do over the others.

load helpers
load foreign

# --- the files, made once --------------------------------------------------------------------------------

setup_file() {
    local big_bytes middle_bytes
    big_bytes=$(numfmt --from=iec "${SKT_TEST_BIG:-1G}")
    middle_bytes=$((big_bytes < 64 << 20 ? big_bytes : 64 << 20))
    files=$(place_for $(((big_bytes + middle_bytes) * 2 + (64 << 20))))
    export files
    [ -n "$files" ] || return 0
    for way in there back; do
        head -c "$middle_bytes" /dev/urandom >"$files/$way"
        repeat_to "$big_bytes" "$files/$way" >"$files/$way.big"
    done
    make_tarball >"$files/tarball"
    : >"$files/nothing"
}

teardown_file() {
    [ -z "$files" ] || rm -rf "$files"
}

# A new folder where that many bytes have room: in memory if there is plenty, or where temporary files are.
place_for() {
    local needed=$1 memory
    memory=$(awk '/^MemAvailable:/ { printf "%.0f", $2 * 1024 }' /proc/meminfo)
    if [ -w /dev/shm ] && [ "$memory" -gt $((needed * 2)) ] && [ "$(room_in /dev/shm)" -gt "$needed" ]; then
        mktemp -d /dev/shm/skt-XXXXXX
    elif [ "$(room_in "$BATS_FILE_TMPDIR")" -gt "$needed" ]; then
        mktemp -d "$BATS_FILE_TMPDIR/files-XXXXXX"
    fi
}

room_in() { df --output=avail -B1 "$1" | tail -n 1; }

# SIZE FILE: the file again and again, up to that size.
repeat_to() {
    local left=$1 size
    size=$(wc -c <"$2")
    for (( ; left > size; left -= size)); do
        cat "$2"
    done
    head -c "$left" "$2"
}

# What `make dist` would pack. It is put together here, as others may use the build folder at the same time.
make_tarball() {
    local tree=$BATS_FILE_TMPDIR/skt
    if [ -e "$SKT_BUILDDIR/Makefile" ] &&
        MAKEFLAGS='' MAKELEVEL='' make -C "$SKT_BUILDDIR" distdir distdir="$tree" >"$tree.log" 2>&1; then
        tar -C "$BATS_FILE_TMPDIR" -cz skt
    else
        echo "# no release tarball can be made here: a tarball of the source folder takes its place" >&3
        tar -C "$SKT_SRCDIR" -cz src tests
    fi
}

setup() {
    skt_setup
    [ -n "$files" ] || skip "needs more room for its files, in /dev/shm or \$TMPDIR, or a smaller SKT_TEST_BIG"
}

# NAME INPUT WANTED: start $words. Their output goes through cmp, which is quicker than a digest and says where it
# differs from the file WANTED, in NAME.differs; their status is that of the job.
start_side() {
    background_input=$2 start_background \
        bash -c '"${@:3}" | cmp - "$1" >"$2.differs" 2>&1; exit "${PIPESTATUS[0]}"' - "$3" "$1" "${words[@]}"
}

# NAME PID: the side has ended well, and what it has written is what was sent to it.
check_side() {
    end_status "$2" 120
    assert_equal "$1 ended with $status, $(cat "$1.differs")" "$1 ended with 0, "
}

# LISTENER CONNECTOR FAMILY THERE BACK: THERE goes from the connector to the listener, BACK the other way, at once.
exchange() {
    local listener connector
    choose_address "$3"
    words_of "$1" listens
    start_side listener "$files/$5" "$files/$4"
    listener=$started_pid
    wait_for_listener
    words_of "$2" connects
    start_side connector "$files/$4" "$files/$5"
    connector=$started_pid
    check_side connector "$connector"
    check_side listener "$listener"
}

skt_with_skt() {
    exchange skt skt "$1" tarball tarball
    exchange skt skt "$1" there.big back.big
}

# PEER FAMILY: the tarball goes to a listening PEER and from a connecting one, which gets another file meanwhile. From
# a listening PEER skt only receives: a netcat that listens ends with its client, whatever it has still to send.
skt_with() {
    exchange "$1" skt "$2" tarball nothing
    exchange "$1" receiving_skt "$2" nothing back
    exchange skt "$1" "$2" tarball there
}

# The same, and a big file from skt, and one to it.
skt_with_big() {
    skt_with "$@"
    exchange "$1" skt "$2" there.big nothing
    exchange skt "$1" "$2" back.big nothing
}

@test "the release tarball and a big file go both ways at once between skt and skt over TCP on IPv4" {
    skt_with_skt tcp4
}

@test "the release tarball and a big file go both ways at once between skt and skt over TCP on IPv6" {
    skt_with_skt tcp6
}

@test "the release tarball and a big file go both ways at once between skt and skt over Unix sockets" {
    skt_with_skt unix
}

@test "the release tarball and a big file go both ways between skt and nc.openbsd over TCP on IPv4" {
    skt_with_big nc.openbsd tcp4
}

@test "the release tarball goes both ways between skt and nc.openbsd over TCP on IPv6" {
    skt_with nc.openbsd tcp6
}

@test "the release tarball goes both ways between skt and nc.openbsd over Unix sockets" {
    skt_with nc.openbsd unix
}

@test "the release tarball goes both ways between skt and ncat over TCP on IPv4" {
    skt_with ncat tcp4
}

@test "the release tarball and a big file go both ways between skt and ncat over TCP on IPv6" {
    skt_with_big ncat tcp6
}

@test "the release tarball goes both ways between skt and ncat over Unix sockets" {
    skt_with ncat unix
}

@test "the release tarball goes both ways between skt and socat over TCP on IPv4" {
    skt_with socat tcp4
}

@test "the release tarball goes both ways between skt and socat over TCP on IPv6" {
    skt_with socat tcp6
}

@test "the release tarball and a big file go both ways between skt and socat over Unix sockets" {
    skt_with_big socat unix
}

@test "the release tarball and a big file go both ways between skt and python3 over TCP on IPv4" {
    skt_with_big python3 tcp4
}

@test "the release tarball goes both ways between skt and python3 over TCP on IPv6" {
    skt_with python3 tcp6
}

@test "the release tarball goes both ways between skt and python3 over Unix sockets" {
    skt_with python3 unix
}
