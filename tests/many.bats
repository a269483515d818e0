#!/usr/bin/env bats
# Many clients at once: -k with a local end that each of them has for itself.

load helpers

# many CLIENTS WHAT...: tests/peers/many.py against the listener
many() { foreign many.py "$listener_pid" "$port" "$@"; }

@test "--echo sends back what comes in, to a client and to a server" {
    much=$(random_file 3M)
    start_skt_listener --echo 127.0.0.1 0
    run -0 bash -c 'socat -t 20 - "TCP:127.0.0.1:$1" <"$2" | cmp - "$2"' - "$port" "$much"
    end_status "$listener_pid"
    assert_equal "$status $(<"$listener_err")" "0 "
    start_peer listen:tcp accept sendfile:"$much" halfclose drain digest
    run -0 timeout 20 "$SKT" --echo 127.0.0.1 "$port"
    peer_succeeds
    assert_equal "$(tail -n 1 "$peer_out")" "received $(wc -c <"$much") $(digest "$much")"
}

@test "--echo keeps records apart, also empty ones" {
    start_skt_listener -k --echo --seqpacket -U s
    start_peer connect:seqpacket:s send:one datagram:0 send:three expect:one recv:0 expect:three halfclose drain close
    peer_succeeds
}

@test "--echo sends back the last message that --recv-limit takes, too" {
    for words in "" -u "-k -u" -k; do
        # shellcheck disable=SC2086  # words
        start_skt_listener --echo -W 2 $words 127.0.0.1 0
        case $words in
        *-u) start_peer "connect:udp:$port" send:one expect:one send:two expect:two close ;;
        *) start_peer "connect:tcp:$port" send:one expect:one send:two expect:two drain close ;;
        esac
        peer_succeeds
        case $words in
        -k*) kill_by_term "$listener_pid" ;;
        *)
            end_status "$listener_pid"
            assert_equal "$status $(<"$listener_err")" "0 "
            ;;
        esac
    done
    start_skt_listener -k --echo -W 2 --seqpacket -U s
    start_peer connect:seqpacket:s send:one expect:one datagram:0 recv:0 drain close
    peer_succeeds
}

@test "--discard throws away what comes in and answers the end with its own" {
    start_skt_listener -k --discard 127.0.0.1 0
    start_peer "connect:tcp:$port" sendbytes:3000000 halfclose drain digest
    peer_succeeds
    assert_contains "$(tail -n 1 "$peer_out")" "received 0 "
}

@test "--chargen sends lines without end, until the client has heard enough" {
    start_skt_listener -k --chargen 127.0.0.1 0
    run -0 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1"; head -c 148000 <&3 >pattern' - "$port"
    assert_equal "$(head -n 1 pattern)" "$(printf ' !"#$%%&%s()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefg\r' "'")"
    assert_equal "$(sed -n 2p pattern | cut -c 1-3)" '!"#'
    assert_equal "$(wc -l <pattern)" 2000
    assert_equal "$(awk '{ print length($0) }' pattern | sort -u)" 73
    start_peer "connect:tcp:$port" recv:1000 halfclose drain close
    peer_succeeds
}

@test "--send-file gives each client the whole file, also those that come at the same time" {
    need nc.openbsd ncat
    much=$(random_file 5M)
    start_skt_listener -k --send-file "$much" 127.0.0.1 0
    clients=()
    for words in "nc.openbsd -d" "ncat --recv-only" "socat -u -" ; do
        case $words in
        socat*) words="socat -u TCP:127.0.0.1:$port -" ;;
        *) words="$words 127.0.0.1 $port" ;;
        esac
        # shellcheck disable=SC2086  # words
        start_background $words
        clients+=("$started_pid $started_out")
    done
    for client in "${clients[@]}"; do
        end_status "${client%% *}" 20
        assert_equal "$status" 0
        assert_same_file "${client#* }" "$much"
    done
}

@test "--send-file of a file that is not there is status 9, before anybody has come" {
    run -9 --separate-stderr timeout 10 "$SKT" -l -k --send-file nowhere 127.0.0.1 0
    assert_one_line "$stderr" "skt: nowhere: No such file or directory"
}

@test "--send-file of what has no start, or of a folder, is status 9, before anybody has come" {
    mkdir folder
    mkfifo fifo
    for file in folder fifo /dev/stdin; do
        echo text | timeout 10 "$SKT" -l -k --send-file "$file" 127.0.0.1 0 2>err && fail "$file was taken"
        [[ $file = folder ]] && words="skt: folder: Is a directory" || words="skt: $file: can be read only once"
        assert_one_line "$(<err)" "$words"
    done
}

@test "--send-file of a file that has gone since is said, and the server goes on" {
    echo text >file
    start_skt_listener -k --send-file file 127.0.0.1 0
    mv file elsewhere
    start_peer "connect:tcp:$port" drain close
    peer_succeeds
    wait_for_text "$listener_err" "file: No such file or directory"
    mkdir file
    start_peer "connect:tcp:$port" drain close
    peer_succeeds
    wait_for_text "$listener_err" "file: Is a directory"
    rmdir file
    mv elsewhere file
    start_peer "connect:tcp:$port" expect:text\\n drain close
    peer_succeeds
}

@test "a copy of the traffic that cannot be written ends a server of many with status 9" {
    for end in "-k --echo" --broker; do
        # shellcheck disable=SC2086  # words
        start_skt_listener $end -o /dev/full 127.0.0.1 0
        kill -STOP "$listener_pid"
        start_peer "connect:tcp:$port" send:hello print:sent drain close
        wait_for_text "$peer_out" sent # it is there when the client is let in
        kill -CONT "$listener_pid"
        end_status "$listener_pid"
        assert_equal "$status" 9
        assert_one_line "$(<"$listener_err")" "/dev/full: No space left on device"
        start_skt_listener $end -o /dev/full 127.0.0.1 0
        start_peer "connect:tcp:$port" print:there waitfile:go send:hello drain close
        wait_for_text "$peer_out" there
        touch go
        end_status "$listener_pid"
        assert_equal "$status" 9
    done
}

@test "a silent client, or one that reads nothing, keeps nobody waiting" {
    start_skt_listener -k --echo 127.0.0.1 0
    start_peer "connect:tcp:$port" print:connected stall
    wait_for_text "$peer_out" connected
    start_peer rcvbuf:4096 "connect:tcp:$port" print:connected sendbytes:30000000
    wait_for_text "$peer_out" connected
    start_peer "connect:tcp:$port" send:hello expect:hello halfclose drain close
    peer_succeeds
}

@test "what goes wrong with one client is said, and the others go on" {
    start_skt_listener -k --echo 127.0.0.1 0
    start_peer "connect:tcp:$port" send:x expect:x print:there waitfile:go send:hello expect:hello halfclose drain close
    first=$peer_pid first_err=$peer_err
    wait_for_text "$peer_out" there
    start_peer "connect:tcp:$port" sendbytes:1000 recv:1000 reset
    peer_succeeds
    wait_for_text "$listener_err" "Connection reset by peer"
    touch go
    peer_succeeds "$first" "$first_err"
    assert_equal "$(wc -l <"$listener_err")" 1
}

@test "a client that resets while more of it waits for an echo leaves nothing behind" {
    need python3
    start_skt_listener -k --echo 127.0.0.1 0
    before=$(open_fds "$listener_pid")
    run -0 timeout 20 python3 - "$port" <<'PYTHON'
import select, socket, struct, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.setblocking(False)
while select.select([], [s], [], 0.3)[1]:  # until skt takes no more
    s.send(bytes(65536))
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
PYTHON
    wait_for_text "$listener_err" "Connection reset by peer"
    wait_until has_fds "$listener_pid" "$before"
}

@test "1,000 clients at once are all answered, and take nothing while they are idle" {
    need python3
    start_skt_listener -k --echo 127.0.0.1 0
    run -0 many 1000
    assert_contains "$output" "1000 answered, 0 ticks idle"
}

@test "10,000 clients come, are answered and go, and nothing is left of them" {
    need python3
    need_plain_build
    [ "$(ulimit -H -n)" = unlimited ] || [ "$(ulimit -H -n)" -ge 10100 ] || skip "the limit of descriptors is $(ulimit -H -n)"
    start_skt_listener -k --echo --max-conns 20000 127.0.0.1 0
    before=$(open_fds "$listener_pid")
    run -0 many 10000
    assert_contains "$output" "10000 answered, 0 ticks idle"
    [[ $output =~ ([0-9]+)\ KiB\ more,\ ([0-9]+)\ KiB\ silent ]]
    assert_at_most "${BASH_REMATCH[1]}" 20480
    assert_at_most "${BASH_REMATCH[2]}" 6144 # who says nothing has no session
    wait_until has_fds "$listener_pid" "$before"
    assert_equal "$(children_of "$listener_pid")" ""
    # what 10,000 have needed is enough for the next ones
    rss=$(rss_kib "$listener_pid")
    run -0 many 10000
    wait_until has_fds "$listener_pid" "$before"
    assert_at_most $(($(rss_kib "$listener_pid") - rss)) 512
    assert_equal "$(children_of "$listener_pid")" ""
}

children_of() { cat "/proc/$1/task/"*/children; }

@test "with --max-conns more clients wait until one leaves, and with --when-full refuse they do not" {
    start_skt_listener -k --echo --max-conns 1 127.0.0.1 0
    start_peer "connect:tcp:$port" send:x expect:x print:there waitfile:go halfclose drain close
    first=$peer_pid first_err=$peer_err
    wait_for_text "$peer_out" there
    start_peer "connect:tcp:$port" send:hello refuses:0.3 touch:go expect:hello halfclose drain close
    peer_succeeds
    peer_succeeds "$first" "$first_err"

    start_skt_listener -k -v --echo --max-conns 1 --when-full refuse 127.0.0.1 0
    start_peer "connect:tcp:$port" send:x expect:x print:there waitfile:leave halfclose drain close
    first=$peer_pid first_err=$peer_err
    wait_for_text "$peer_out" there
    start_peer "connect:tcp:$port" drain close
    peer_succeeds
    assert_contains "$(<"$listener_err")" "Connection refused: there are 1 already"
    touch leave
    peer_succeeds "$first" "$first_err"
}

@test "who has gone before the next one is let in takes nobody's place, while others have their turn, too" {
    start_skt_listener -k -v --discard --max-conns 2 --when-full refuse 127.0.0.1 0
    exec {stays}<>"/dev/tcp/127.0.0.1/$port"
    printf x >&"$stays"
    wait_until 10 is_still "$listener_pid"
    kill -STOP "$listener_pid"
    for _ in 1 2 3 4 5; do
        exec {goes}<>"/dev/tcp/127.0.0.1/$port"
        printf x >&"$goes"
        exec {goes}>&-
    done
    printf x >&"$stays" # it is busy when they come in
    kill -CONT "$listener_pid"
    came() { [ "$(grep -c "Connection received" "$listener_err")" = 6 ]; }
    wait_until 10 came
    refute_contains "$(<"$listener_err")" refused
    exec {stays}>&-
}

@test "--max-per-peer bounds the clients of one address, and another has its own" {
    need_ipv6
    start_skt_listener -k -v --echo --max-per-peer 2 0
    held=()
    for where in "tcp:$port" "tcp:$port" "tcp6:$port"; do
        start_peer "connect:$where" send:x expect:x print:there waitfile:leave halfclose drain close
        wait_for_text "$peer_out" there
        held+=("$peer_pid $peer_err")
    done
    start_peer "connect:tcp:$port" drain close
    peer_succeeds
    wait_for_text "$listener_err" "Connection refused: it has 2 already"
    start_peer bind:tcp:127.0.0.2:0 "connect:tcp:$port" send:x expect:x halfclose drain close
    peer_succeeds
    touch leave
    for one in "${held[@]}"; do peer_succeeds "${one% *}" "${one#* }"; done
    start_peer "connect:tcp:$port" send:x expect:x halfclose drain close
    peer_succeeds
    assert_equal "$(grep -c refused "$listener_err")" 1
}

@test "--max-per-peer of a local socket is about users" {
    need setpriv
    need_root
    chmod 755 .
    start_skt_listener -k -v --echo --mode 666 --max-per-peer 1 -U sock
    start_peer connect:unix:sock send:x expect:x print:there stall
    wait_for_text "$peer_out" there
    start_peer connect:unix:sock drain close
    peer_succeeds
    assert_contains "$(<"$listener_err")" "Connection refused: it has 1 already"
    run -0 bash -c 'printf hello | timeout 10 setpriv --reuid nobody --clear-groups socat -t 5 - UNIX-CONNECT:sock'
    assert_equal "$output" hello
}

@test "--rate-conns lets so many come at once, and the others in their turn" {
    need python3
    start_skt_listener -k --echo --rate-conns 5 127.0.0.1 0
    run -0 timeout 30 python3 - "$port" <<'PYTHON'
import socket, sys, threading, time
started, times = time.monotonic(), []
def client():
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20) as s:
        s.sendall(b"x")
        assert s.recv(1) == b"x"
        times.append(time.monotonic() - started)
threads = [threading.Thread(target=client) for _ in range(12)]
for t in threads:
    t.start()
for t in threads:
    t.join()
times.sort()
assert len(times) == 12
for i, at in enumerate(times):  # the first five at once, then one in 200 ms
    assert at >= (i - 4) * 0.2 - 0.02, times
assert times[11] < 10, times
PYTHON
    assert_idle "$listener_pid"
    kill_by_term "$listener_pid"
}

@test "--rate-conns with --when-full refuse closes those that come too soon, and denied ones do not count" {
    start_skt_listener -k -v --echo --rate-conns 1/m --when-full refuse --deny 127.0.0.2 127.0.0.1 0
    start_peer bind:tcp:127.0.0.2:0 "connect:tcp:$port" stall # or it is told of the reset while it connects
    wait_for_text "$listener_err" denied
    start_peer "connect:tcp:$port" send:x expect:x halfclose drain close
    peer_succeeds
    start_peer "connect:tcp:$port" drain close
    peer_succeeds
    wait_for_text "$listener_err" "Connection refused: too many in a short time"
}

@test "whom --rate-conns lets wait is no client that has not come in time (--accept-timeout)" {
    start_skt_listener -k --echo --rate-conns 0.4 --accept-timeout 1 127.0.0.1 0
    for client in one two; do
        start_peer "connect:tcp:$port" "send:$client" "expect:$client" halfclose drain close
        peer_succeeds
    done
    end_status "$listener_pid"
    assert_equal "$status" 6
    assert_file_is "$listener_err" 'skt: accept: timed out: no client came\n'
}

@test "a rate is a number, with a fraction or the time that is meant" {
    for rate in 1 0.5 10/m 2.5/h 1000000/s; do
        start_skt_listener -k --echo --rate-conns "$rate" 127.0.0.1 0
        start_peer "connect:tcp:$port" send:x expect:x halfclose drain close
        peer_succeeds
        kill_by_term "$listener_pid"
    done
    for rate in '' 0 x -1 1/ /m 1/d 1e3 1000001 1/s/s; do
        run -2 --separate-stderr "$SKT" -l -k --echo --rate-conns "$rate" 127.0.0.1 0
        assert_one_line "$stderr" "skt: --rate-conns"
    done
}

@test "limits of many clients are refused where there is one at a time" {
    for words in "--serial --max-conns 5" "--serial --rate-conns 5" "--block 4 --when-full refuse" "--oob x --max-per-peer 1"; do
        # shellcheck disable=SC2086  # words
        run -2 --separate-stderr "$SKT" -l -k $words 127.0.0.1 0
        assert_one_line "$stderr" "exclude each other"
    done
}

@test "without descriptors for more clients a server waits and does not spin, and goes on when one leaves" {
    need python3
    background_input=/dev/null start_background bash -c 'ulimit -n 20; exec "$@"' - "$SKT" -l -k --echo --announce=where 127.0.0.1 0
    listener_pid=$started_pid
    wait_until test -s where
    port_of "$(<where)"
    run -0 many 40 few
    # it looks again now and then whether there are descriptors, which a slow build can be seen at; spinning is 100
    [[ $output =~ ^40\ answered,\ ([0-9]+)\ ticks\ idle ]] || fail "$output"
    assert_at_most "${BASH_REMATCH[1]}" 5
}

@test "where a client needs several descriptors, none is let in for whom there are too few" {
    need python3
    start_skt_listener -k --echo 127.0.0.1 0
    local far=$port limit words
    for words in "--relay 127.0.0.1:$far" "-e cat" "--no-splice -e cat" "--pty=raw -e cat"; do
        for limit in 20 21; do
            # shellcheck disable=SC2086  # words
            background_input=/dev/null start_background bash -c 'ulimit -n "$0"; exec "$@"' "$limit" \
                "$SKT" -l -k --announce="where-$limit" $words 127.0.0.1 0
            listener_pid=$started_pid
            wait_until test -s "where-$limit"
            port_of "$(<"where-$limit")"
            rm "where-$limit"
            run -0 many 30 few
            [[ $output =~ ^30\ answered,\ ([0-9]+)\ ticks\ idle ]] || fail "$words, $limit: $output"
            assert_at_most "${BASH_REMATCH[1]}" 5
            stop "$listener_pid"
            assert_equal "$(<"$started_err")" ""
        done
    done
}

@test "no relayed client is let in for whom those that move much have left too few descriptors" {
    need python3
    start_skt_listener -k --echo 127.0.0.1 0
    local far=$port limit
    for limit in 20 21; do
        background_input=/dev/null start_background bash -c 'ulimit -n "$0"; exec "$@"' "$limit" \
            "$SKT" -l -k --announce="where-$limit" --relay "127.0.0.1:$far" 127.0.0.1 0
        listener_pid=$started_pid
        wait_until test -s "where-$limit"
        port_of "$(<"where-$limit")"
        run -0 timeout 60 python3 - "$port" <<'PYTHON'
import socket, sys, threading

def connected():
    return socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=30)

def has_echo(client, size):
    sender = threading.Thread(target=client.sendall, args=[bytes(size)])
    sender.start()
    while size > 0:
        got = len(client.recv(65536))
        assert got > 0, size
        size -= got
    sender.join()

busy = [connected() for _ in range(2)]
for client in busy:
    has_echo(client, 3000000)
others = [connected() for _ in range(10)]
for client in busy:
    has_echo(client, 1)
    client.close()
for client in others:
    has_echo(client, 1)
    client.close()
PYTHON
        stop "$listener_pid"
        assert_equal "$(<"$started_err")" ""
    done
}

@test "-w ends a client that is idle, and the server goes on" {
    start_skt_listener -k --echo --idle-timeout 1.5 127.0.0.1 0
    start_peer "connect:tcp:$port" send:x expect:x drain close
    peer_succeeds
    assert_contains "$(<"$listener_err")" "timed out: idle for 1.5 s"
    start_peer "connect:tcp:$port" send:y expect:y halfclose drain close
    peer_succeeds
}

@test "--accept-timeout and --max-time end a server of many" {
    run -6 --separate-stderr timeout 10 "$SKT" -l -k --echo --accept-timeout 0.2 127.0.0.1 0
    assert_contains "$stderr" "no client came"
    run -6 --separate-stderr timeout 10 "$SKT" -l -k --echo --max-time 0.2 127.0.0.1 0
    assert_contains "$stderr" "the time for all of it is over"
}

@test "a signal ends a server with all of its clients" {
    start_skt_listener -k --echo 127.0.0.1 0
    start_peer "connect:tcp:$port" send:x expect:x print:there drain close
    wait_for_text "$peer_out" there
    kill -TERM "$listener_pid"
    end_status "$listener_pid"
    assert_equal "$status" 143
    end_status "$peer_pid"
}
