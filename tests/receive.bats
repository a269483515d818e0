#!/usr/bin/env bats
# --receive-dir: what a client sends becomes a file, which is there whole or not at all, and the client is told which.

load helpers

setup() {
    skt_setup
    mkdir in
}

# The names in the folder, one a line, also those that begin with a dot.
files() { find in -mindepth 1 -printf '%P\n' | LC_ALL=C sort; }

count_is() { [ "$(files | wc -l)" -eq "$1" ]; }

only_file() {
    count_is 1 || fail "there are: $(files)"
    only=in/$(files)
}

# The sender is told that it is not kept, and nothing of it is left.
not_kept() { # FILE [STATUS]
    run -1 --separate-stderr timeout 20 "$SKT" 127.0.0.1 "$port" <"$1"
    [[ $stderr == *"reset by peer"* || $stderr == *"Broken pipe"* ]] || fail "$stderr" # as it was reading, or writing
    assert_equal "$(files)" ""
}

# --- what arrives ----------------------------------------------------------------------------------------------------

@test "what each foreign program sends becomes a file" {
    need nc.openbsd ncat socat python3
    local sent
    sent=$(random_file 3M)
    start_skt_listener -k -v --receive-dir in --receive-name 'from-%p.%n' 127.0.0.1 0
    nc.openbsd -N 127.0.0.1 "$port" <"$sent"
    ncat 127.0.0.1 "$port" <"$sent"
    socat -t 20 - "TCP:127.0.0.1:$port" <"$sent"
    start_peer "connect:tcp:$port" sendfile:"$sent" halfclose drain close
    peer_succeeds
    run -0 timeout 20 "$SKT" 127.0.0.1 "$port" <"$sent"
    # each of them has waited for its end, so all is there
    count_is 5 || fail "$(files)"
    local file
    for file in in/*; do
        assert_same_file "$file" "$sent"
        [[ $file =~ ^in/from-127\.0\.0\.1-[0-9]+\.[1-5]$ ]] || fail "$file"
        assert_contains "$(<"$listener_err")" "Received ${file#in/}, 3145728 bytes"
    done
}

@test "one connection is one file, and the status is 0" {
    start_skt_listener --receive-dir in --receive-name one 127.0.0.1 0
    run -0 timeout 20 "$SKT" 127.0.0.1 "$port" <<<"hello"
    end_status "$listener_pid"
    assert_equal "$status $(<"$listener_err")" "0 "
    assert_file_is in/one 'hello\n'
}

@test "files have the usual permissions, by umask" {
    umask 027
    start_skt_listener --receive-dir in --receive-name one 127.0.0.1 0
    run -0 timeout 20 "$SKT" 127.0.0.1 "$port" <<<"hello"
    end_status "$listener_pid"
    assert_equal "$(stat -c %a in/one)" 640
}

@test "the usual name has the time, the peer and a number" {
    start_skt_listener --receive-dir in 127.0.0.1 0
    run -0 timeout 20 "$SKT" 127.0.0.1 "$port" <<<"hello"
    end_status "$listener_pid"
    [[ $(files) =~ ^$(date -u +%Y%m)[0-9]{2}T[0-9]{6}Z-127\.0\.0\.1-[0-9]+-1$ ]] || fail "$(files)"
}

@test "a name that is taken is never written over" {
    echo mine >in/same
    ln -s nowhere in/same.1
    start_skt_listener -k --receive-dir in --receive-name same 127.0.0.1 0
    for word in first second; do
        run -0 timeout 20 "$SKT" 127.0.0.1 "$port" <<<"$word"
    done
    assert_file_is in/same 'mine\n'
    assert_file_is in/same.2 'first\n'
    assert_file_is in/same.3 'second\n'
    [ -L in/same.1 ]
    count_is 4
}

@test "a name that is taken with more than a thousand numbers behind it gets the next one" {
    (cd in && touch same && seq -f 'same.%.0f' 1500 | xargs touch)
    start_skt_listener -k --receive-dir in --receive-name same 127.0.0.1 0
    run -0 timeout 20 "$SKT" 127.0.0.1 "$port" <<<"late"
    assert_file_is in/same.1501 'late\n'
}

@test "whatever a peer is called, its name leads nowhere" {
    start_skt_listener -k --receive-dir in --receive-name '%p' -U s
    mkdir -p here/there
    start_peer bind:unix:./here/there/../x connect:unix:s send:hello halfclose drain close
    peer_succeeds
    assert_equal "$(files)" "__here_there_.._x"
    start_peer connect:unix:s send:hello halfclose drain close
    peer_succeeds
    assert_equal "$(files)" "__here_there_.._x"$'\n'"client"
}

@test "a client without a byte leaves nothing, and one is waited for still" {
    start_skt_listener --receive-dir in --receive-name one 127.0.0.1 0
    run -0 timeout 20 "$SKT" -z 127.0.0.1 "$port"
    start_peer "connect:tcp:$port" halfclose drain close
    peer_succeeds
    run -0 timeout 20 "$SKT" 127.0.0.1 "$port" <<<"hello"
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_equal "$(files)" one
}

@test "messages become a file of records" {
    start_skt_listener -k --receive-dir in --receive-name '%n' --records u16 --seqpacket -U s
    start_peer connect:seqpacket:s send:one datagram:0 send:three halfclose drain close
    peer_succeeds
    assert_file_is in/1 '\0\003one\0\0\0\005three'
    kill_by_term "$listener_pid"
    start_skt_listener -k --receive-dir in --receive-name 'plain' --seqpacket -U s
    start_peer connect:seqpacket:s send:one send:three halfclose drain close
    peer_succeeds
    assert_file_is in/plain 'onethree'
}

@test "a file whose records cannot be told apart is not kept" {
    start_skt_listener --receive-dir in --records line --seqpacket -U s
    start_peer connect:seqpacket:s 'send:two\nlines' halfclose drain close
    end_status "$listener_pid"
    assert_equal "$status" 1
    assert_contains "$(<"$listener_err")" "cannot show where such a message ends"
    assert_equal "$(files)" ""
}

@test "--receive-dir takes what a server sends" {
    local sent
    sent=$(random_file 1M)
    start_peer listen:tcp accept sendfile:"$sent" halfclose drain close
    run -0 timeout 20 "$SKT" --receive-dir in --receive-name got 127.0.0.1 "$port"
    peer_succeeds
    assert_same_file in/got "$sent"
}

@test "100 clients at once have a file each" {
    need python3
    start_skt_listener -k --receive-dir in --receive-name '%n' 127.0.0.1 0
    cat >senders.py <<'PYTHON'
import socket, sys

clients = [socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=30) for _ in range(100)]
for part in range(10):
    for number, client in enumerate(clients):
        client.sendall(b"%03d%d" % (number, part) * 5000)
for client in clients:
    client.shutdown(socket.SHUT_WR)
for client in clients:
    assert client.recv(1) == b""
PYTHON
    run -0 timeout 60 python3 senders.py "$port"
    count_is 100
    python3 - <<'PYTHON'
import os
found = set()
for name in os.listdir("in"):
    data = open("in/" + name, "rb").read()
    number = int(data[:3])
    assert data == b"".join(b"%03d%d" % (number, part) * 5000 for part in range(10)), name
    found.add(number)
assert found == set(range(100))
PYTHON
}

@test "where descriptors are few, clients wait for their turn, and each has its file" {
    need python3
    local limit
    for limit in 20 21 23; do
        background_input=/dev/null start_background bash -c 'ulimit -n "$0"; exec "$@"' "$limit" \
            "$SKT" -l -k --announce="where-$limit" --receive-dir in 127.0.0.1 0
        listener_pid=$started_pid
        wait_until test -s "where-$limit"
        port_of "$(<"where-$limit")"
        run -0 timeout 60 python3 - "$port" <<'PYTHON'
import socket, sys
clients = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(30)]
for client in clients:
    client.sendall(b"all of it")
    client.shutdown(socket.SHUT_WR)
for client in clients:
    assert client.recv(1) == b""
PYTHON
        assert_equal "$(files | wc -l)" 30
        stop "$listener_pid"
        assert_equal "$(<"$started_err")" ""
        rm in/*
    done
}

@test "a client ends when others have left and their descriptors are used again" {
    need python3
    start_skt_listener -k --receive-dir in --receive-name '%n' 127.0.0.1 0
    cat >clients.py <<'PYTHON'
import os, socket, sys, time

pid, port = sys.argv[1:]
def connect():
    before = len(os.listdir(f"/proc/{pid}/fd"))
    client = socket.create_connection(("127.0.0.1", int(port)), timeout=10)
    while len(os.listdir(f"/proc/{pid}/fd")) < before + 2:
        time.sleep(0.01)
    return client

early = [connect() for _ in range(10)]
late = [connect() for _ in range(10)]
before = len(os.listdir(f"/proc/{pid}/fd"))
for client in early:
    client.close()
while len(os.listdir(f"/proc/{pid}/fd")) > before - 20:
    time.sleep(0.01)
for client in late:
    client.sendall(b"hello")
    client.shutdown(socket.SHUT_WR)
    assert client.recv(1) == b""
PYTHON
    run -0 timeout 60 python3 clients.py "$listener_pid" "$port"
    count_is 10
}

# --- what does not ---------------------------------------------------------------------------------------------------

@test "of a connection that breaks nothing is left, and the server goes on" {
    start_skt_listener -k --receive-dir in --receive-name '%n' 127.0.0.1 0
    start_peer "connect:tcp:$port" sendbytes:3000000 reset
    peer_succeeds
    wait_for_text "$listener_err" "Connection reset by peer"
    assert_equal "$(files)" ""
    run -0 timeout 20 "$SKT" 127.0.0.1 "$port" <<<"hello"
    assert_file_is in/2 'hello\n'
    end_status "$peer_pid"
}

@test "without -k a connection that breaks is status 1" {
    start_skt_listener --receive-dir in 127.0.0.1 0
    start_peer "connect:tcp:$port" sendbytes:3000000 reset
    end_status "$listener_pid"
    assert_equal "$status" 1
    assert_equal "$(files)" ""
}

@test "a client that is idle for too long leaves nothing" {
    start_skt_listener -k --receive-dir in --idle-timeout 0.3 127.0.0.1 0
    start_peer "connect:tcp:$port" send:x stall
    wait_for_text "$listener_err" "idle for 0.3 s"
    assert_equal "$(files)" ""
}

@test "--receive-max is kept to the byte, and the sender of more is told" {
    local option
    head -c 1000000 /dev/zero >just
    head -c 1000001 /dev/zero >larger
    head -c 30000000 /dev/zero >much
    for option in "" --no-splice; do
        start_skt_listener -k --receive-dir in --receive-max 1000000 --receive-name '%n' ${option:+"$option"} 127.0.0.1 0
        not_kept larger
        not_kept much
        not_kept /dev/zero # it has no end to be waited for
        assert_contains "$(<"$listener_err")" "skt: in/1: more than 1000000 bytes came"
        run -0 timeout 20 "$SKT" 127.0.0.1 "$port" <just
        only_file
        assert_same_file "$only" just
        rm "$only"
        kill_by_term "$listener_pid"
    done
    start_skt_listener --receive-dir in --receive-max 1000000 127.0.0.1 0
    not_kept larger
    end_status "$listener_pid"
    assert_equal "$status" 1
}

full_disk() {
    mount -t tmpfs -o size=1m none in
    head -c 5000000 /dev/zero >much
    local option
    for option in "" --no-splice; do
        start_skt_listener -k --receive-dir in --receive-name '%n' ${option:+"$option"} 127.0.0.1 0
        not_kept much
        assert_contains "$(<"$listener_err")" "skt: in/1: No space left on device"
        run -0 timeout 20 "$SKT" 127.0.0.1 "$port" <<<"hello"
        assert_file_is in/2 'hello\n'
        rm in/2
        stop "$listener_pid"
    done
    start_skt_listener --receive-dir in 127.0.0.1 0
    not_kept much
    end_status "$listener_pid"
    assert_equal "$status" 9
}

@test "on a full disk nothing is left, the sender is told, and the server goes on" {
    in_netns full_disk
}

@test "a file larger than the limit of files is that client's failure alone" {
    head -c 5000000 /dev/zero >much
    start_background bash -c 'ulimit -f 1000; exec "$@"' - "$SKT" -l -k --receive-dir in --announce=where 127.0.0.1 0
    listener_pid=$started_pid listener_err=$started_err
    wait_until test -s where
    port_of "$(<where)"
    not_kept much
    assert_contains "$(<"$listener_err")" "File too large"
    run -0 timeout 20 "$SKT" 127.0.0.1 "$port" <<<"hello"
    only_file
}

@test "-W, which would end a file within it, is refused" {
    run -2 --separate-stderr timeout 10 "$SKT" -l --receive-dir in -W 1 127.0.0.1 0
    assert_equal "$stderr" "skt: -W and --receive-dir: exclude each other"
}

# ended_by SIGNAL: of what has begun nothing is left, and its sender knows.
ended_by() {
    start_skt_listener "${options[@]}" --receive-dir in --receive-name '%n' 127.0.0.1 0
    hold_input
    background_input=$held_input start_background "$SKT" -v 127.0.0.1 "$port"
    local sender=$started_pid
    wait_for_text "$started_err" succeeded
    say hello
    has_come() { ss -tinH "sport = :$port" | grep -q 'bytes_received:5'; }
    wait_until has_come
    reads_all() { grep -q ":$(printf %04X "$port") [0-9A-F:]* 01 00000000:00000000" /proc/net/tcp; }
    wait_until reads_all
    kill "-$1" "$listener_pid"
    end_status "$listener_pid"
    end_status "$sender"
    assert_equal "$1 $status" "$1 1"
    assert_equal "$(files)" ""
    release_input
}

@test "when skt is ended, also by force, nothing is left and the sender knows" {
    need ss
    options=(-k)
    ended_by TERM
    ended_by KILL
    options=()
    ended_by TERM
    ended_by KILL
}

# --- when ------------------------------------------------------------------------------------------------------------

# The calls about files, and the end of the connection, in their order.
calls() { grep -oE '(fsync|linkat|renameat2|unlinkat|shutdown)\(' trace | tr -d '(' | tr '\n' ' '; }

@test "the sender is told when the file is on the disk under its name, not before" {
    need_tracer
    start_background strace -f -o trace -e trace=fsync,linkat,renameat2,unlinkat,shutdown,close "$SKT" -l \
        --receive-dir in --receive-name one --announce=where 127.0.0.1 0
    wait_until test -s where
    port_of "$(<where)"
    run -0 timeout 20 "$SKT" 127.0.0.1 "$port" <<<"hello"
    end_status "$started_pid"
    assert_equal "$(calls)" "fsync linkat fsync "
    # the socket, which was accepted first, is closed after all of that
    local socket
    socket=$(grep -n 'close(' trace | tail -n 20)
    [ "$(grep -n 'fsync(' trace | tail -n 1 | cut -d : -f 1)" -lt "$(cut -d : -f 1 <<<"$socket" | tail -n 1)" ]
}

# start_traced WORD...: a server some of whose calls fail, or take long, as the words of strace say.
start_traced() {
    need_tracer
    start_background strace -f -o trace -e trace=fsync,linkat,renameat2,unlinkat "$@" "$SKT" -l -k \
        --receive-dir in --receive-name '%n' --announce=where 127.0.0.1 0
    listener_err=$started_err
    wait_until test -s where
    port_of "$(<where)"
}

@test "a file that cannot be synced is not kept" {
    start_traced -e inject=fsync:error=EIO
    echo hello >hello
    not_kept hello
    assert_contains "$(<"$listener_err")" "skt: in/1: Input/output error"
    assert_equal "$(calls)" "fsync "
    not_kept hello
}

@test "a file whose folder cannot be synced is not kept" {
    start_traced -P in -e inject=fsync:error=EIO # of the folder alone
    echo hello >hello
    not_kept hello
    assert_equal "$(calls)" "linkat fsync unlinkat "
}

@test "a file that is on its way to the disk when skt is ended is not kept" {
    local call
    for call in '' in; do # of the file, and of the folder, when it has its name
        rm -f where trace
        start_traced ${call:+-P "$call"} -e inject=fsync:delay_enter=2000000
        background_input=/dev/null start_background bash -c 'exec "$@" <<<hello' - "$SKT" 127.0.0.1 "$port"
        wait_until grep -q fsync trace
        assert_equal "$(files)" "${call:+1}"
        kill -TERM "$(families "${job_pids[-2]}" | tail -n 1)"
        end_status "$started_pid"
        assert_equal "$status" 1
        assert_equal "$(files)" ""
    done
}

@test "a slow disk holds up only those who wait for it" {
    start_traced -e inject=fsync:delay_enter=4000000
    start_peer "connect:tcp:$port" send:x print:sent halfclose drain touch:first
    local first=$peer_pid first_err=$peer_err
    wait_until grep -q fsync trace
    start_peer "connect:tcp:$port" sendbytes:8000000 touch:second halfclose drain close
    wait_until test -e second
    [ ! -e first ] || fail "the disk was not slow"
    peer_succeeds "$first" "$first_err"
    peer_succeeds
    count_is 2
}

# --- where a file cannot be without a name ---------------------------------------------------------------------------

@test "where files cannot be without a name they stand beside, and nothing is left either" {
    without_tmpfile() { # chroot(2) leaves no /proc to name them by
        mkdir -p root
        start_skt_listener -k --receive-dir in --receive-name '%n' --chroot root 127.0.0.1 0
        start_peer "connect:tcp:$port" send:hello waitfile:go halfclose drain close
        local first=$peer_pid first_err=$peer_err
        wait_until count_is 1
        [[ $(files) =~ ^\.skt-[0-9a-f]{16}$ ]] || fail "$(files)"
        touch go
        peer_succeeds "$first" "$first_err"
        assert_equal "$(files)" 1
        echo mine >in/2
        run -0 timeout 20 "$SKT" 127.0.0.1 "$port" <<<"more"
        assert_file_is in/2 'mine\n'
        assert_file_is in/2.1 'more\n'
        start_peer "connect:tcp:$port" sendbytes:100000 reset
        wait_for_text "$listener_err" "reset by peer"
        wait_until count_is 3
        start_peer "connect:tcp:$port" send:hello stall
        wait_until count_is 4
        kill_by_term "$listener_pid"
        count_is 3
    }
    in_netns without_tmpfile
}

# --- what is refused -------------------------------------------------------------------------------------------------

@test "a folder that is not there, or is none, is status 9 before anybody has come" {
    touch file
    run -9 --separate-stderr timeout 10 "$SKT" -l --receive-dir nowhere 127.0.0.1 0
    assert_one_line "$stderr" "skt: nowhere: No such file or directory"
    run -9 --separate-stderr timeout 10 "$SKT" -l --receive-dir file 127.0.0.1 0
    assert_one_line "$stderr" "skt: file: Not a directory"
}

@test "templates that lead elsewhere, or mean nothing, are refused" {
    declare -A wrong=(
        ["-l --receive-dir in --receive-name ../x 0"]="--receive-name ../x: begins with a dot"
        ["-l --receive-dir in --receive-name a/x 0"]="--receive-name a/x: names a file, not a path"
        ["-l --receive-dir in --receive-name a%x 0"]="--receive-name a%x: % is followed by"
        ["-l --receive-dir in --receive-name a% 0"]="--receive-name a%: % is followed by"
        ["-l --receive-max 5 0"]="--receive-max: needs --receive-dir"
        ["-l -u --receive-dir in 0"]="needs a type that accepts connections"
        ["-l --receive-dir in --echo 0"]="exclude each other"
    )
    refuses_each wrong
}
