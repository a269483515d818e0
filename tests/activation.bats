#!/usr/bin/env bats
# How skt is started, and what it gives up then: sockets from a service manager or inetd, telling that it listens,
# --user, --group, --chroot, --pid-file and --netns.

load helpers

setup() {
    skt_setup
    # for nobody, who may not look into the test's own folder
    public=$(mktemp -d "/tmp/skt-activation.XXXXXX")
    chmod 755 "$public"
}

teardown() {
    rm -rf "$public"
    skt_teardown
}

# ARGUMENTS of manager.py. Sets $manager_pid $manager_out $manager_err, and waits until the sockets are there.
start_manager() {
    need python3
    rm -f where
    start_background python3 "$SKT_SRCDIR/tests/peers/manager.py" "$@"
    manager_pid=$started_pid manager_out=$started_out manager_err=$started_err
    wait_until test -s where
}

# TEXT NC-ARGUMENTS: what comes back for a line of text.
ask() { echo "$1" | timeout 10 nc -N "${@:2}"; }

@test "fd:systemd takes clients at a socket that a service manager has passed" {
    need nc
    need systemd-socket-activate
    local port
    port=$(free_port tcp)
    start_background systemd-socket-activate -l "127.0.0.1:$port" "$SKT" -l -k --echo fd:systemd
    wait_listening tcp "$port"
    assert_equal "$(ask one 127.0.0.1 "$port")" one
    assert_equal "$(ask two 127.0.0.1 "$port")" two
    stop "$started_pid"
}

@test "fd:systemd without -l is the one connection of a service for each client" {
    need nc
    need systemd-socket-activate
    local port
    port=$(free_port tcp)
    start_background systemd-socket-activate -a -l "127.0.0.1:$port" "$SKT" --echo fd:systemd
    wait_listening tcp "$port"
    assert_equal "$(ask one 127.0.0.1 "$port")" one
    assert_equal "$(ask two 127.0.0.1 "$port")" two
    stop "$started_pid"
}

@test "fd:systemd:NAME takes the sockets of that name" {
    need nc
    start_manager --names a:b:a tcp tcp tcp -- "$SKT" -l -k --echo fd:systemd:a
    mapfile -t ports <where
    assert_equal "$(ask one 127.0.0.1 "${ports[0]}")" one
    assert_equal "$(ask two 127.0.0.1 "${ports[2]}")" two
    run -124 timeout 0.5 nc -N 127.0.0.1 "${ports[1]}" </dev/null # nobody accepts
}

@test "a relay at a socket that was passed waits with its clients for a service that is not up yet" {
    need nc socat
    local service
    service=$(free_port tcp)
    start_manager tcp -- "$SKT" -l -k -v --retry forever --retry-delay 50ms --relay "127.0.0.1:$service" fd:systemd
    mapfile -t ports <where
    echo early >words
    background_input=words start_background nc -N 127.0.0.1 "${ports[0]}"
    local client=$started_pid client_out=$started_out
    wait_for_text "$manager_err" "again in 0.1 s"
    start_foreign socat -t 10 "TCP-LISTEN:$service,bind=127.0.0.1,fork" PIPE
    end_status "$client"
    assert_equal "$status $(<"$client_out")" "0 early"
}

@test "sockets of IPv4 and IPv6 are one listener" {
    need nc
    need_ipv6
    start_manager tcp tcp6 tcp -- "$SKT" -l -k --echo -v fd:systemd
    mapfile -t ports <where
    assert_equal "$(ask one 127.0.0.1 "${ports[0]}")" one
    assert_equal "$(ask two ::1 "${ports[1]}")" two
    assert_equal "$(ask three 127.0.0.1 "${ports[2]}")" three
    assert_contains "$(<"$manager_err")" "Listening on ::1 ${ports[1]}"
}

@test "a listener that was passed stays as it was, and serves again" {
    need nc
    start_manager --times 2 tcp unix:path -- "$SKT" -l --echo fd:systemd:x
    end_status "$manager_pid"
    assert_file_is "$manager_out" 'status 2 listens listens\nstatus 2 listens listens\n'
    start_manager --times 2 tcp -- "$SKT" -l --echo fd:systemd
    mapfile -t ports <where
    assert_equal "$(ask one 127.0.0.1 "${ports[0]}")" one
    wait_for_text "$manager_out" "status 0 listens"
    assert_equal "$(ask two 127.0.0.1 "${ports[0]}")" two
    end_status "$manager_pid"
    assert_file_is "$manager_out" 'status 0 listens\nstatus 0 listens\n'
    rm path
    start_manager unix:path -- "$SKT" -l --echo fd:systemd
    assert_equal "$(ask one -U path)" one
    end_status "$manager_pid"
    assert_file_is "$manager_out" 'status 0 listens\n'
}

@test "a datagram socket that was passed hears everybody afterwards" {
    need nc
    start_manager udp -- "$SKT" -l -W 1 -d fd:systemd
    mapfile -t ports <where
    echo one | timeout 10 nc -u -w 1 127.0.0.1 "${ports[0]}"
    end_status "$manager_pid"
    assert_file_is "$manager_out" 'one\nstatus 0 bound\n'
}

@test "no program that is started gets a socket that was passed, not even one that is not used" {
    need nc
    start_manager --names other:http tcp tcp -- "$SKT" -l -k --echo fd:systemd:http
    mapfile -t ports <where
    assert_equal "$(ask one 127.0.0.1 "${ports[1]}")" one
    local pid fd
    pid=$(pgrep -P "$manager_pid")
    for fd in 3 4; do # O_CLOEXEC is 02000000
        assert_contains "$(grep flags: "/proc/$pid/fdinfo/$fd")" "0200"
    done
}

@test "fd:systemd says what is wrong" {
    run -2 --separate-stderr timeout 20 "$SKT" -l fd:systemd
    assert_equal "$stderr" "skt: fd:systemd: no socket was passed: LISTEN_FDS or LISTEN_PID is not set"
    LISTEN_FDS=1 LISTEN_PID=1 run -2 --separate-stderr timeout 20 "$SKT" -l fd:systemd
    assert_one_line "$stderr" "skt: fd:systemd: what was passed is for process 1 (LISTEN_PID), and this is "
    local count
    for count in 0 x -1 '' 99999999999; do
        run -2 --separate-stderr timeout 20 bash -c 'LISTEN_FDS=$2 LISTEN_PID=$$ exec "$1" -l fd:systemd' - "$SKT" "$count"
        assert_equal "$stderr" "skt: fd:systemd: no socket was passed: LISTEN_FDS is no number of some"
    done
    start_manager --names a:b tcp unix:path -- "$SKT" -l fd:systemd
    end_status "$manager_pid"
    assert_file_is "$manager_err" \
        'skt: fd:systemd: are sockets of several kinds: choose those of one name, fd:systemd:NAME\n'
    start_manager --names a:b tcp tcp -- "$SKT" -l fd:systemd:c
    end_status "$manager_pid"
    assert_file_is "$manager_err" 'skt: fd:systemd:c: no socket of that name was passed; there are a:b\n'
    start_manager tcp -- "$SKT" fd:systemd
    end_status "$manager_pid"
    assert_file_is "$manager_err" 'skt: fd:systemd: is a socket that listens: that needs -l\n'
    start_manager tcp tcp -- "$SKT" fd:systemd
    end_status "$manager_pid"
    assert_file_is "$manager_err" 'skt: fd:systemd: more than 1 sockets were passed\n'
    start_manager tcp -- "$SKT" -l --backlog 3 fd:systemd
    end_status "$manager_pid"
    assert_file_is "$manager_err" 'skt: --backlog and fd:systemd: the socket is open already\n'
}

@test "who may connect is said for a client that is handed over, too" {
    need nc
    need systemd-socket-activate
    local port
    port=$(free_port tcp)
    start_background systemd-socket-activate -a -l "127.0.0.1:$port" "$SKT" -v --echo --deny 127.0.0.2 fd:systemd
    wait_listening tcp "$port"
    assert_equal "$(ask one 127.0.0.1 "$port")" one
    # what nc is told, an end or a reset, depends on when it looks
    assert_equal "$(ask two -s 127.0.0.2 127.0.0.1 "$port" 2>/dev/null || true)" ""
    wait_for_text "$started_err" "Connection from 127.0.0.2 port "
    both_are_done() { [ "$(grep -c 'died with code 0' "$started_err")" -eq 2 ]; }
    wait_until both_are_done
    stop "$started_pid"
}

@test "inetd hands over the connection as fd:0, and the listening socket" {
    need nc
    need_root
    need inetd
    local nowait wait
    nowait=$(free_port tcp)
    wait=$(free_port tcp)
    printf '%s stream tcp nowait root %s skt --echo fd:0\n' "127.0.0.1:$nowait" "$SKT" >inetd.conf
    printf '%s stream tcp wait root %s skt -l -k --echo --accept-timeout 2s fd:0\n' "127.0.0.1:$wait" "$SKT" >>inetd.conf
    inetd_alone() {
        start_background inetd -d "$PWD/inetd.conf"
        wait_listening tcp "$nowait"
        wait_listening tcp "$wait"
        assert_equal "$(ask one 127.0.0.1 "$nowait")" one
        assert_equal "$(ask two 127.0.0.1 "$nowait")" two
        assert_equal "$(ask three 127.0.0.1 "$wait")" three
        assert_equal "$(ask four 127.0.0.1 "$wait")" four
        stop "$started_pid"
    }
    inetd_alone
}

@test "--notify tells the service manager once clients can come" {
    need python3
    local name
    for name in "$PWD/socket" "@skt-notify-$$"; do
        rm -f socket ready
        start_background python3 -c '
import re, socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
    s.bind(sys.argv[1].replace("@", "\0", 1) if sys.argv[1][0] == "@" else sys.argv[1])
    s.settimeout(20)
    open("ready", "w").close()
    first = s.recv(4096).decode()
    lines = first.split("\n")
    assert lines[0] == "READY=1", first
    host, port = re.fullmatch(r"STATUS=Listening on (\S+) (\d+)", lines[1]).groups()
    with socket.create_connection((host, int(port)), 10) as client:
        client.sendall(b"hello\n")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b"hello\n"
    print(s.recv(4096).decode())
' "$name"
        local receiver=$started_pid receiver_out=$started_out
        wait_until test -e ready
        NOTIFY_SOCKET=$name run -0 timeout 20 "$SKT" -l --echo --notify 127.0.0.1 0
        end_status "$receiver"
        assert_equal "$status" 0
        assert_file_is "$receiver_out" 'STOPPING=1\n'
    done
}

@test "--notify with nobody to tell, and with somebody who cannot be reached" {
    need nc
    start_skt_listener --notify --echo 127.0.0.1 0
    assert_equal "$(ask one 127.0.0.1 "$port")" one
    NOTIFY_SOCKET=$PWD/nobody run -9 --separate-stderr timeout 20 "$SKT" -l --notify 127.0.0.1 0
    assert_equal "$stderr" "skt: NOTIFY_SOCKET $PWD/nobody: No such file or directory"
    NOTIFY_SOCKET=nobody run -9 --separate-stderr timeout 20 "$SKT" -l --notify 127.0.0.1 0
    assert_equal "$stderr" "skt: NOTIFY_SOCKET nobody: neither a path from / on nor @NAME"
}

@test "without --notify nobody is told, though the variable is there" {
    need_tracer
    NOTIFY_SOCKET=$PWD/nobody run -6 timeout 20 strace -qq -e trace=sendto,sendmsg,connect -o trace \
        "$SKT" -l --accept-timeout 10ms 127.0.0.1 0
    assert_file_is trace ''
}

# PID: its user ids, group ids, other groups and capabilities, of all threads
identity() { cat "/proc/$1/task/"*/status | grep -E '^(Uid|Gid|Groups|CapPrm|CapEff):' | sort -u | tr -s '\t ' ' ' | sed 's/ $//'; }

@test "--user gives up root once the socket is bound, with all groups" {
    need_root
    need nc
    start_skt_listener -k --echo --user daemon 127.0.0.1 0
    assert_equal "$(ask one 127.0.0.1 "$port")" one
    local uid gid
    uid=$(id -u daemon) gid=$(id -g daemon)
    assert_equal "$(identity "$listener_pid")" "CapEff: 0000000000000000
CapPrm: 0000000000000000
Gid: $gid $gid $gid $gid
Groups: $(id -G daemon)
Uid: $uid $uid $uid $uid"
}

@test "--group and a user without a name" {
    need_root
    need nc
    start_skt_listener -k --echo --user 54321 --group nogroup 127.0.0.1 0
    assert_equal "$(ask one 127.0.0.1 "$port")" one
    local gid
    gid=$(getent group nogroup | cut -d: -f3)
    assert_contains "$(identity "$listener_pid")" "Gid: $gid $gid $gid $gid
Groups: $gid
Uid: 54321 54321 54321 54321"
    run -3 --separate-stderr timeout 20 "$SKT" -l --user 54321 127.0.0.1 0
    assert_equal "$stderr" "skt: --user 54321: nobody has that number, so --group is needed as well"
    run -3 --separate-stderr timeout 20 "$SKT" -l --user no-such-user 127.0.0.1 0
    assert_equal "$stderr" "skt: --user no-such-user: no such user"
    run -3 --separate-stderr timeout 20 "$SKT" -l --user daemon --group no-such-group 127.0.0.1 0
    assert_equal "$stderr" "skt: --group no-such-group: no such group"
    run -2 --separate-stderr timeout 20 "$SKT" -l --group daemon 127.0.0.1 0
    assert_equal "$stderr" "skt: --group: needs --user"
}

@test "a connecting side gives up root, too" {
    need_root
    start_skt_listener -k --echo 127.0.0.1 0
    hold_input
    background_input=$held_input start_background "$SKT" --user nobody "$address"
    local pid=$started_pid out=$started_out
    say 'hello\n'
    wait_for_text "$out" hello
    assert_contains "$(identity "$pid")" "Uid: $(id -u nobody) "
}

@test "a capability that would bring root back is noticed" {
    need_root
    need setpriv
    run -9 --separate-stderr timeout 20 setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps +setuid,+setgid \
        --ambient-caps +setuid,+setgid "$SKT" -l --user nobody 127.0.0.1 0
    assert_equal "$stderr" "skt: privileges: not given up for good"
}

@test "giving up what one does not have is a failure" {
    need_root
    need setpriv
    run -9 --separate-stderr timeout 20 setpriv --reuid 1000 --regid 1000 --clear-groups "$SKT" -l --user nobody 127.0.0.1 0
    assert_equal "$stderr" "skt: groups: Operation not permitted; needs root"
    run -9 --separate-stderr timeout 20 setpriv --reuid 1000 --regid 1000 --clear-groups "$SKT" -l --chroot / 127.0.0.1 0
    assert_equal "$stderr" "skt: --chroot /: Operation not permitted; needs root"
    run -9 --separate-stderr timeout 20 "$SKT" -l --chroot "$PWD/missing" 127.0.0.1 0
    assert_equal "$stderr" "skt: --chroot $PWD/missing: No such file or directory"
}

@test "variables of a service manager that nobody has looked at stay for programs" {
    LISTEN_FDS=1 NOTIFY_SOCKET=/nobody start_skt_listener -c 'echo "$LISTEN_FDS $NOTIFY_SOCKET"' 127.0.0.1 0
    run -0 timeout 10 "$SKT" "$address" </dev/null
    assert_equal "$output" "1 /nobody"
}

@test "a --chroot that is no folder is told before anything is opened" {
    local folder why
    need_tracer
    touch file
    for folder in missing file; do
        why="Not a directory"
        [ "$folder" = file ] || why="No such file or directory"
        run -9 --separate-stderr timeout 20 "$SKT" -l --announce --chroot "$PWD/$folder" 127.0.0.1 0
        assert_equal "$stderr" "skt: --chroot $PWD/$folder: $why"
        run -9 --separate-stderr timeout 20 strace -f -qq -e trace=socket -o calls "$SKT" --chroot "$PWD/$folder" 127.0.0.1 1
        assert_equal "$stderr" "skt: --chroot $PWD/$folder: $why"
        assert_file_is calls ''
    done
}

@test "who has given up root goes on listening where it could not listen anew" {
    need_root
    need nc
    start_skt_listener -v --user nobody -U "$public/path"
    timeout 10 nc -N -U "$public/path" </dev/null
    wait_for_text "$listener_err" "Connection closed without a byte"
    ask hello -U "$public/path"
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'hello\n'
}

@test "--chroot shuts in, after names were looked up and lists were read" {
    need_root
    need nc
    mkdir "$public/empty"
    echo localhost >list
    start_skt_listener -k --echo --user daemon --chroot "$public/empty" --allowfile list localhost 0
    assert_equal "$(readlink "/proc/$listener_pid/root")" "$public/empty"
    assert_equal "$(readlink "/proc/$listener_pid/cwd")" "$public/empty"
    assert_contains "$(identity "$listener_pid")" "Uid: $(id -u daemon) "
    assert_equal "$(ask one localhost "$port")" one
}

@test "a session within an empty --chroot ends in order, on both sides" {
    need_root
    need nc
    need socat
    mkdir "$public/empty"
    export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" # that reads /proc, which is not there
    start_skt_listener --chroot "$public/empty" 127.0.0.1 0
    echo one | timeout 10 nc -N 127.0.0.1 "$port"
    end_status "$listener_pid"
    assert_equal "$status: $(cat "$listener_out" "$listener_err")" "0: one"
    local free
    free=$(free_port tcp)
    start_background socat SYSTEM:'echo answer; cat >question' "TCP-LISTEN:$free,bind=127.0.0.1"
    wait_listening tcp "$free"
    run -0 --separate-stderr timeout 10 "$SKT" --chroot "$public/empty" 127.0.0.1 "$free" <<<question
    assert_equal "$output$stderr" answer
}

@test "--pid-file is there as long as the listener" {
    need nc
    start_skt_listener --echo --pid-file pid 127.0.0.1 0
    assert_file_is pid "$listener_pid\n"
    assert_equal "$(stat -c %a pid)" 600
    assert_equal "$(ask one 127.0.0.1 "$port")" one
    end_status "$listener_pid"
    [ ! -e pid ]
    start_skt_listener --echo --pid-file pid 127.0.0.1 0
    kill -TERM "$listener_pid"
    end_status "$listener_pid"
    [ ! -e pid ]
}

@test "--pid-file removes no other file, follows no link, and is not written where nothing listens" {
    start_skt_listener --pid-file pid 127.0.0.1 0
    echo other >new
    mv new pid
    kill -TERM "$listener_pid"
    end_status "$listener_pid"
    assert_file_is pid 'other\n'
    ln -s target link
    run -9 --separate-stderr timeout 20 "$SKT" -l --pid-file link 127.0.0.1 0
    assert_equal "$stderr" "skt: link: is a symbolic link, and those are not followed"
    [ ! -e target ]
    start_skt_listener 127.0.0.1 0
    run -5 timeout 20 "$SKT" -l --pid-file none 127.0.0.1 "$port"
    [ ! -e none ]
}

@test "a pid file that can no longer be removed is emptied" {
    need_root
    start_skt_listener --user nobody --pid-file "$public/pid" 127.0.0.1 0
    assert_file_is "$public/pid" "$listener_pid\n"
    kill -TERM "$listener_pid"
    end_status "$listener_pid"
    assert_file_is "$public/pid" ''
}

# Within in_netns: one more network namespace, named blue, whose loopback is up.
add_blue() {
    mount -t tmpfs none /run
    mkdir /run/netns
    touch /run/netns/blue
    unshare --net=/run/netns/blue ip link set lo up
}

@test "--netns opens the socket in another network namespace" {
    need ip
    blue() {
        add_blue
        start_skt_listener -k --echo --netns blue 127.0.0.1 0
        nsenter --net=/run/netns/blue timeout 10 nc -N 127.0.0.1 "$port" <<<inside >there
        assert_file_is there 'inside\n'
        run -4 timeout 10 "$SKT" 127.0.0.1 "$port" <<<outside
        run -0 timeout 10 "$SKT" --netns /run/netns/blue 127.0.0.1 "$port" <<<path
        assert_equal "$output" path
        run -0 timeout 10 "$SKT" -z --netns blue 127.0.0.1 "$port"
        assert_equal "$(readlink "/proc/$listener_pid/ns/net")" "$(readlink /proc/self/ns/net)"
        listener_input=$(random_file 100) start_skt_listener --netns blue -U "@skt-blue"
        run -4 timeout 10 "$SKT" -U @skt-blue
        run -0 timeout 10 "$SKT" --netns blue -d -U @skt-blue
        start_skt_listener -u --netns blue 127.0.0.1 0
        "$SKT" --netns blue -u 127.0.0.1 "$port" <<<datagram
        wait_for_text "$listener_out" datagram
    }
    need nc
    export -f add_blue
    in_netns blue
}

# start_link_local_netns - as start_other_netns, and "there" has the address fe80::77 too. Sets $there, the file of that
# namespace.
start_link_local_netns() {
    start_other_netns
    there=/proc/$other_pid/ns/net
    in_other ip address add fe80::77/64 dev there nodad
}

@test "--netns: names are looked up here, interfaces there" {
    need ip
    mixed() {
        local there
        start_link_local_netns
        use_hosts '127.0.0.77 only.here'
        start_skt_listener -k --echo --netns "$there" only.here 0
        run -0 timeout 10 "$SKT" --netns "$there" only.here "$port" <<<name
        assert_equal "$output" name
        start_skt_listener -k --echo --netns "$there" fe80::77%there 0
        run -0 timeout 10 "$SKT" --netns "$there" fe80::77%there "$port" <<<scope
        assert_equal "$output" scope
        run -0 timeout 10 "$SKT" fe80::77%here "$port" <<<across
        assert_equal "$output" across
        run -3 timeout 10 "$SKT" fe80::77%there "$port"
        start_skt_listener -u --netns "$there" --join 239.1.2.3@there 0
        "$SKT" -u --netns "$there" --sockopt multicast-if=there 239.1.2.3 "$port" <<<group
        wait_for_text "$listener_out" group
    }
    need_ipv6
    in_netns mixed
}

@test "--netns: interfaces are told by the names that they have there" {
    need ip
    names() {
        local there
        start_link_local_netns
        start_skt_listener -k --echo --netns "$there" fe80::77%there 0
        assert_equal "$address" "tcp://[fe80::77%there]:$port"
        run -0 timeout 10 "$SKT" --netns "$there" "$address" <<<scope
        assert_equal "$output" scope
        start_skt_listener -v --max-time 0.1 --netns "$there" --domain packet there
        end_status "$listener_pid"
        assert_equal "$address $(head -n 1 "$listener_err")" "packet:there Bound on there"
    }
    need_ipv6
    in_netns names
}

@test "--netns: interfaces of who may connect are those there" {
    need ip
    allowed() {
        local there
        start_link_local_netns
        use_hosts '192.0.2.7 only.here'
        start_skt_listener -k --echo --netns "$there" --allow only.here,fe80::77%there fe80::77%there 0
        run -0 timeout 10 "$SKT" --netns "$there" fe80::77%there "$port" <<<in
        assert_equal "$output" in
        run ! timeout 10 "$SKT" fe80::77%here "$port" <<<out # reset at once, before or after it was connected
        echo fe80::77%here >file
        run -3 --separate-stderr timeout 10 "$SKT" -l --netns "$there" --allowfile file fe80::77%there 0
        assert_equal "$stderr" "skt: file line 1: fe80::77%here: No such device"
    }
    need_ipv6
    in_netns allowed
}

@test "--netns: the interface of a socket option is one there, for each client too" {
    need ip
    options() {
        start_other_netns
        start_skt_listener -k --echo --netns "/proc/$other_pid/ns/net" --sockopt unicast-interface=there 10.9.0.2 0
        run -0 timeout 10 "$SKT" 10.9.0.2 "$port" <<<first
        assert_equal "$output" first
        run -0 timeout 10 "$SKT" 10.9.0.2 "$port" <<<second
        assert_equal "$output" second
    }
    in_netns options
}

@test "--netns: how large a frame may be says the interface there" {
    need ip
    frames() {
        start_other_netns
        run -9 --separate-stderr timeout 10 "$SKT" --netns "/proc/$other_pid/ns/net" --domain packet --type dgram \
            --protocol 0x88b5 --records size:1501 there < <(head -c 1501 /dev/zero)
        assert_contains "$stderr" "a record of 1501 bytes is too large: a message takes at most 1500"
    }
    in_netns frames
}

@test "--netns says what is wrong" {
    in_netns true
    run -9 --separate-stderr in_netns timeout 20 "$SKT" --netns no-such-namespace 127.0.0.1 1
    assert_equal "$stderr" "skt: --netns no-such-namespace: No such file or directory"
    run -9 --separate-stderr in_netns timeout 20 "$SKT" -l --netns /etc/passwd 127.0.0.1 0
    assert_equal "$stderr" "skt: --netns /etc/passwd: is no network namespace"
    run -2 --separate-stderr timeout 20 "$SKT" --netns .. 127.0.0.1 1
    assert_equal "$stderr" "skt: --netns ..: no name of a network namespace; a path has a slash"
    run -2 --separate-stderr timeout 20 "$SKT" --netns '' 127.0.0.1 1
    assert_equal "$stderr" "skt: --netns '': empty; a name as ip-netns(8) has it, or a path"
    run -2 --separate-stderr timeout 20 "$SKT" --netns blue fd:0
    assert_equal "$stderr" "skt: --netns and fd:0: the socket is open already"
}

@test "the example units are what systemd takes" {
    need systemd-analyze
    mkdir units
    cp "$SKT_SRCDIR"/packaging/skt.socket units/
    sed "s|/usr/bin/skt|$SKT|" "$SKT_SRCDIR"/packaging/skt@.service >units/skt@.service
    cp units/skt@.service units/skt@one.service
    run -0 systemd-analyze verify --man=no units/skt.socket units/skt@one.service
    assert_equal "$output" ""
}

@test "the command of the example service does what it is there for" {
    need nc
    need systemd-socket-activate
    local port words
    port=$(free_port tcp)
    read -ra words < <(sed -n 's|^ExecStart=/usr/bin/skt ||p' "$SKT_SRCDIR"/packaging/skt@.service)
    start_background systemd-socket-activate -a -l "127.0.0.1:$port" "$SKT" "${words[@]}"
    wait_listening tcp "$port"
    assert_equal "$(ask one 127.0.0.1 "$port")" one
    stop "$started_pid"
}
