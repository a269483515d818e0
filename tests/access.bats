#!/usr/bin/env bats
# Who may connect: --allow, --deny, --allowfile, --denyfile.

load helpers

# ADDRESS PORT FROM: a client that comes from an address of its own. Prints "in" if its session ends in order, and "out"
# if it is cut off.
come_from() {
    timeout 20 python3 -c '
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
with socket.socket(family, socket.SOCK_STREAM) as s:
    s.bind((sys.argv[3], 0))
    try:
        s.connect((sys.argv[1], int(sys.argv[2])))
        s.shutdown(socket.SHUT_WR)
        while s.recv(4096):
            pass
        print("in")
    except (ConnectionResetError, BrokenPipeError) as e:
        print("out")
    except OSError as e:
        print("out" if e.errno == 107 else e) # shutdown(2) after the reset
' "$@"
}

# Whether a client at 127.0.0.1 gets into `skt -l OPTIONS...`; sets $result.
tries() {
    start_skt_listener -k "$@" 127.0.0.1 0
    result=$(come_from 127.0.0.1 "$port" 127.0.0.1)
    stop "$listener_pid"
}

# RESULT OPTIONS...
assert_tries() {
    tries "${@:2}"
    assert_equal "${*:2}: $result" "${*:2}: $1"
}

# The same of Ncat, which says so.
ncat_tries() {
    local port
    port=$(free_port tcp)
    start_background ncat -l -v "$@" --sh-exec true 127.0.0.1 "$port"
    wait_listening tcp "$port"
    timeout 10 nc -N 127.0.0.1 "$port" </dev/null || true # an end or a reset, which it may see or not
    wait_until grep -qE 'denied: not allowed|Connection from 127\.0\.0\.1:[0-9]' "$started_err"
    stop "$started_pid"
    result=in
    if grep -q 'denied: not allowed' "$started_err"; then
        result=out
    fi
}

@test "who is allowed and not denied gets in, as with Ncat" {
    need nc ncat python3
    local options
    for options in "--allow 127.0.0.1" "--allow 10.0.0.1" "--deny 127.0.0.1" "--deny 10.0.0.1" \
        "--allow 127.0.0.1 --deny 127.0.0.1" "--allow 127.0.0.0/8 --deny 127.0.0.1" \
        "--allow 127.0.0.1 --deny 127.0.0.0/8" "--allow 10.0.0.1 --deny 127.0.0.1" \
        "--allow 10.0.0.1 --deny 10.0.0.1" "--allow 127.0.0.1 --deny 10.0.0.1" "--allow 10.0.0.1,127.0.0.1" \
        "--allow 10.0.0.1 --allow 127.0.0.1" "--allow 127.0-1.*.1"; do
        # shellcheck disable=SC2086  # words
        ncat_tries $options
        # shellcheck disable=SC2086
        assert_tries "$result" $options
    done
}

@test "a list of those who may that names nobody keeps everybody out" {
    need nc
    echo "# nobody yet" >nobody
    assert_tries out --allowfile nobody
    assert_tries in --denyfile nobody
}

@test "files and words on the command line are one list" {
    need nc
    echo 127.0.0.1 >me
    echo 10.0.0.1 >other
    assert_tries in --allowfile me --allow 10.0.0.1
    assert_tries in --allowfile other --allow 127.0.0.1
    assert_tries out --allowfile other --allow 10.0.0.2
    assert_tries in --allowfile me --denyfile other
    assert_tries out --allowfile me --denyfile me
}

@test "a client that may not connect is cut off, and the one that may is still waited for" {
    need python3
    echo hello >greeting
    listener_input=greeting start_skt_listener -v --deny 127.0.0.2 127.0.0.1 0
    assert_equal "$(come_from 127.0.0.1 "$port" 127.0.0.2)" out
    assert_equal "$(come_from 127.0.0.1 "$port" 127.0.0.2)" out
    assert_equal "$(come_from 127.0.0.1 "$port" 127.0.0.3)" in
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_equal "$(grep -c '^Connection from 127\.0\.0\.2 port [0-9]* denied$' "$listener_err")" 2
    assert_equal "$(grep -c '^Connection received on ' "$listener_err")" 1
}

@test "what a client sends that may not connect is seen by nobody" {
    need nc
    start_skt_listener --deny 127.0.0.2 127.0.0.1 0
    echo secret | timeout 10 nc -s 127.0.0.2 -N 127.0.0.1 "$port" || true # an end or a reset, which it may see or not
    echo open | timeout 10 nc -s 127.0.0.1 -N 127.0.0.1 "$port"
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'open\n'
    assert_file_is "$listener_err" ''
}

@test "an IPv4 client is the same at a socket that takes IPv6 too" {
    need python3
    need_ipv6
    start_skt_listener -k --deny 127.0.0.2 --allow 127.0.0.0/8 0
    assert_equal "$(come_from 127.0.0.1 "$port" 127.0.0.2)" out
    assert_equal "$(come_from ::ffff:127.0.0.1 "$port" ::ffff:127.0.0.2)" out
    assert_equal "$(come_from ::1 "$port" ::1)" out
    assert_equal "$(come_from ::ffff:127.0.0.1 "$port" ::ffff:127.0.0.3)" in
}

@test "the patterns for IPv4 inside IPv6 mean IPv4 clients" {
    need python3
    start_skt_listener --allow ::ffff:127.0.0.1 127.0.0.1 0
    assert_equal "$(come_from 127.0.0.1 "$port" 127.0.0.2)" out
    assert_equal "$(come_from 127.0.0.1 "$port" 127.0.0.1)" in
}

@test "names are looked up before anybody is let in" {
    need python3
    named() {
        use_hosts '127.0.0.7 friend.example' '::1 friend.example' '127.0.0.8 foe.example'
        start_skt_listener -k --allow friend.example,127.0.0.8 --deny foe.example 0
        assert_equal "$(come_from 127.0.0.1 "$port" 127.0.0.7)" in
        assert_equal "$(come_from ::1 "$port" ::1)" in
        assert_equal "$(come_from 127.0.0.1 "$port" 127.0.0.8)" out
        assert_equal "$(come_from 127.0.0.1 "$port" 127.0.0.1)" out
        run -3 --separate-stderr timeout 20 "$SKT" -l --allow nobody.example 127.0.0.1 0
        assert_contains "$stderr" "skt: --allow nobody.example: "
        echo nobody.example >list
        run -3 --separate-stderr timeout 20 "$SKT" -l --denyfile list 127.0.0.1 0
        assert_contains "$stderr" "skt: list line 1: nobody.example: "
    }
    export -f come_from
    in_netns named
}

@test "a bad pattern is a mistake of usage, found before any socket is opened" {
    need_tracer
    local word
    for word in 010.0.0.1 0x7f000001 2130706433 127.1 10.0.0.0/33 fd00::/129 10.0.0.9-1 '' ',' unix:uid=x vsock:any; do
        run -2 --separate-stderr timeout 20 strace -f -qq -e trace=socket,openat -o trace "$SKT" -l --allow "$word" 127.0.0.1 0
        assert_one_line "$stderr" "skt: --allow ${word%,}"
        refute_contains "$(<trace)" "socket("
    done
}

@test "a bad line is named with its file, and nothing starts" {
    need_tracer
    printf '# ours\n10.0.0.0/8\n\n127.0.0.1 10.0.0.256 # one too many\n' >list
    run -2 --separate-stderr timeout 20 strace -f -qq -e trace=socket,bind -o trace "$SKT" -l --announce --denyfile list 127.0.0.1 0
    assert_one_line "$stderr" "skt: list line 4: 10.0.0.256: not an IPv4 address"
    refute_contains "$(<trace)" "AF_INET"
    run -9 --separate-stderr timeout 20 "$SKT" -l --allowfile missing 127.0.0.1 0
    assert_equal "$stderr" "skt: missing: No such file or directory"
    mkdir folder
    run -9 --separate-stderr timeout 20 "$SKT" -l --allowfile folder 127.0.0.1 0
    assert_equal "$stderr" "skt: folder: Is a directory"
    head -c 9000 /dev/zero >zeros
    run -2 --separate-stderr timeout 20 "$SKT" -l --allowfile zeros 127.0.0.1 0
    assert_one_line "$stderr" "skt: zeros line 1: not a line of text"
}

@test "a list that does not come is not waited for longer than --max-time" {
    mkfifo list
    run -6 --separate-stderr timeout 10 "$SKT" -l --max-time 200ms --allowfile list 127.0.0.1 0
    assert_equal "$stderr" "skt: access lists: timed out"
}

@test "the lists need a listener, peers that have a pattern, and names that -n allows" {
    run -2 --separate-stderr timeout 20 "$SKT" --allow 127.0.0.1 127.0.0.1 80
    assert_equal "$stderr" "skt: access lists: need -l, or a client that is there already: fd:N"
    run -2 --separate-stderr timeout 20 "$SKT" -l -n --deny a.name 127.0.0.1 0
    assert_equal "$stderr" "skt: --deny a.name: not a numeric address, and -n forbids names"
    run -2 --separate-stderr timeout 20 "$SKT" -l --domain tipc --allow 127.0.0.1 1000:1
    assert_one_line "$stderr" "skt: --allow: needs peers that patterns can name"
    run -2 --separate-stderr timeout 20 "$SKT" -l -u -U --allow unix:uid=0 path
    assert_one_line "$stderr" "skt: access lists with domain unix, type dgram: "
}

@test "datagrams of those who may not write are not heard" {
    need python3
    start_skt_listener -u -v -k --deny 127.0.0.2 127.0.0.1 0
    python3 -c '
import socket, sys
for sender, text in ("127.0.0.2", b"no\n"), ("127.0.0.2", b"no\n"), ("127.0.0.3", b"yes\n"), ("127.0.0.2", b"no\n"):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((sender, int(sys.argv[2])))
        s.sendto(text, ("127.0.0.1", int(sys.argv[1])))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.bind(("127.0.0.4", 0))
    s.sendto(b"last\n", ("127.0.0.1", int(sys.argv[1])))
' "$port" "$(free_port udp)"
    wait_for_text "$listener_out" last
    assert_file_is "$listener_out" 'yes\nlast\n'
    assert_equal "$(grep -c '^Datagrams from 127\.0\.0\.2 port [0-9]* denied$' "$listener_err")" 1
}

@test "who may not write is not taken for the only sender" {
    need python3
    hold_input
    listener_input=$held_input start_skt_listener -u --allow 127.0.0.3 127.0.0.1 0
    python3 -c '
import socket, sys
def end(address):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, 0))
    s.settimeout(10)
    s.connect(("127.0.0.1", int(sys.argv[1])))
    return s
foe, friend = end("127.0.0.2"), end("127.0.0.3")
foe.send(b"foe\n")
friend.send(b"friend\n")
open("sent", "w").close()
assert friend.recv(100) == b"answer\n"
' "$port" 3>&- &
    local peer=$!
    wait_for_text "$listener_out" friend
    say 'answer\n'
    wait "$peer"
    assert_file_is "$listener_out" 'friend\n'
}

# PATH UID GID GROUPS: a client of a Unix socket with these ids, which it sends. To be cut off is no failure.
come_as() {
    timeout 20 python3 -c '
import os, socket, sys
path, uid, gid, groups = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
os.setgroups([int(g) for g in groups.split()]), os.setgid(gid), os.setuid(uid)
with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
    s.connect(path)
    try:
        s.sendall(b"%d %d %s\n" % (uid, gid, groups.encode()))
        s.shutdown(socket.SHUT_WR)
        while s.recv(4096):
            pass
    except (ConnectionResetError, BrokenPipeError):
        pass
' "$@"
}

@test "peers of a Unix socket are known by their user and groups" {
    need python3
    need_root
    local path=/tmp/skt-access-$$-$BATS_TEST_NUMBER daemon nobody
    daemon=$(getent group daemon | cut -d: -f3)
    nobody=$(id -u nobody)
    start_skt_listener -k -v --allow unix:uid=1000-1999,unix:gid=50,unix:user=nobody,unix:group=daemon \
        --deny unix:uid=1500 -U --mode 666 "$path"
    come_as "$path" 1000 7 7
    come_as "$path" 1999 7 7
    come_as "$path" 2000 7 7
    come_as "$path" 1500 50 7
    come_as "$path" 7 50 7
    come_as "$path" 7 7 "7 50"
    come_as "$path" 7 7 "7 51"
    come_as "$path" "$nobody" 7 7
    come_as "$path" 7 "$daemon" 7
    come_as "$path" 0 0 ""
    come_as "$path" 7 50 99
    wait_for_text "$listener_out" "7 50 99"
    assert_file_is "$listener_out" "1000 7 7\n1999 7 7\n7 50 7\n7 7 7 50\n$nobody 7 7\n7 $daemon 7\n7 50 99\n"
    assert_equal "$(grep -c "^Connection from client denied$" "$listener_err")" 4
    assert_contains "$(<"$listener_err")" "uid 2000, gid 7"
    run -3 --separate-stderr timeout 20 "$SKT" -l -U --allow unix:user=no-such-user path
    assert_equal "$stderr" "skt: --allow unix:user=no-such-user: no such user"
}

@test "SIGHUP has the files read again, and sessions that are on stay" {
    need python3
    echo 127.0.0.1 >list
    hold_input
    listener_input=$held_input start_skt_listener -v -k --allowfile list 127.0.0.1 0
    mkfifo to
    background_input=to start_background nc 127.0.0.1 "$port"
    local client=$started_pid client_out=$started_out
    exec 8>to
    echo first >&8
    wait_for_text "$listener_out" first
    echo 127.0.0.2 >list
    kill -HUP "$listener_pid"
    wait_for_text "$listener_err" "Access lists read again"
    echo second >&8
    wait_for_text "$listener_out" second
    say 'answer\n'
    wait_for_text "$client_out" answer
    exec 8>&-
    release_input
    end_status "$client"
    assert_equal "$(come_from 127.0.0.1 "$port" 127.0.0.1)" out
    assert_equal "$(come_from 127.0.0.1 "$port" 127.0.0.2)" in
}

@test "so it is with many clients at once" {
    need python3
    echo 127.0.0.0/8 >list
    start_skt_listener -v -k --echo --allowfile list --deny 127.0.0.2 127.0.0.1 0
    assert_equal "$(come_from 127.0.0.1 "$port" 127.0.0.2)" out
    assert_equal "$(come_from 127.0.0.1 "$port" 127.0.0.3)" in
    hold_input
    background_input=$held_input start_background nc 127.0.0.1 "$port"
    say 'one\n'
    wait_for_text "$started_out" one
    echo 10.0.0.1 >list
    kill -HUP "$listener_pid"
    wait_for_text "$listener_err" "Access lists read again"
    assert_equal "$(come_from 127.0.0.1 "$port" 127.0.0.3)" out
    say 'two\n'
    wait_for_text "$started_out" two
}

@test "lists that are bad when they are read again change nothing" {
    need python3
    echo 127.0.0.1 >list
    start_skt_listener -v -k --allowfile list 127.0.0.1 0
    echo 127.0.0.2 127.0.0.300 >list
    kill -HUP "$listener_pid"
    wait_for_text "$listener_err" "skt: list line 1: 127.0.0.300: "
    assert_contains "$(<"$listener_err")" "; the lists stay as they were"
    assert_equal "$(come_from 127.0.0.1 "$port" 127.0.0.1)" in
    assert_equal "$(come_from 127.0.0.1 "$port" 127.0.0.2)" out
    rm list
    kill -HUP "$listener_pid"
    wait_for_text "$listener_err" "skt: list: No such file or directory"
    assert_equal "$(come_from 127.0.0.1 "$port" 127.0.0.1)" in
}

@test "a name server that does not answer holds up no session while the lists are read again" {
    deaf() {
        use_hosts '127.0.0.5 friend.example'
        echo friend.example >list
        start_skt_listener -v -k --allowfile list 127.0.0.1 0
        rm list && mkfifo list # nobody writes to it
        kill -HUP "$listener_pid"
        assert_equal "$(come_from 127.0.0.1 "$port" 127.0.0.5)" in
        assert_equal "$(come_from 127.0.0.1 "$port" 127.0.0.1)" out
        kill -TERM "$listener_pid"
        end_status "$listener_pid"
        assert_equal "$status" 143
    }
    need python3
    export -f come_from
    in_netns deaf
}

@test "without files SIGHUP ends it as ever" {
    start_skt_listener --allow 127.0.0.1 127.0.0.1 0
    kill -HUP "$listener_pid"
    end_status "$listener_pid"
    assert_equal "$status" 129
}
