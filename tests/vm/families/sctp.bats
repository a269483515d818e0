# SCTP over IPv4 and IPv6: one-to-one sockets carry bytes, one-to-many sockets messages of many peers.
# modules: crc32c_generic libcrc32c sctp inet_diag sctp_diag

@test "a connection carries both ways, and each end knows when it has all" {
    # the connector cannot be told of the listener's end: it waits, longer than a machine under load may stall
    listener_input=$(random_file 600K) connector_input=$(random_file 1M) exchange --sctp 127.0.0.1 0 -- -q 3 {}
    assert_contains "$address" "sctp://127.0.0.1:"
}

@test "a connection over IPv6 carries both ways" {
    listener_input=$(random_file 100K) connector_input=$(random_file 10K) exchange --sctp ::1 0 -- {}
    assert_contains "$address" "sctp://[::1]:"
}

@test "a small send buffer and a reader that is slow lose nothing" {
    listener_input=/dev/null start_skt_listener --sctp -I 16K 127.0.0.1 0
    background_input=$(random_file 100K) start_background "$SKT" -O 16K "$address"
    kill -STOP "$listener_pid"
    sleep 0.3
    kill -CONT "$listener_pid"
    end_status "$started_pid" 20
    assert_equal "$status $(cat "$started_err")" "0 "
    end_status "$listener_pid" 20
    assert_equal "$status $(cat "$listener_err")" "0 "
    assert_equal "$(wc -c <"$listener_out")" 102400
}

@test "the end of a connection ends both ways, and input that is open does not hold it" {
    hold_input
    listener_input=$held_input start_skt_listener --sctp 127.0.0.1 0
    run -0 timeout 10 "$SKT" -q 0 "$address" <<<"last words"
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_out")" "0 last words"
}

@test "the listener may end first, and the last bytes still arrive" {
    listener_input=$(random_file 300K) start_skt_listener --sctp -q 0 127.0.0.1 0
    timeout 10 "$SKT" -d "$address" >copy
    assert_equal "$(wc -c <copy)" 307200
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_err")" "0 "
}

@test "with -k one client after the other is served" {
    start_skt_listener --sctp -k 127.0.0.1 0
    run -0 timeout 10 "$SKT" -q 0 "$address" <<<"first"
    run -0 timeout 10 "$SKT" -q 0 "$address" <<<"second"
    wait_for_text "$listener_out" second
    assert_file_is "$listener_out" 'first\nsecond\n'
    assert_file_is "$listener_err" ''
}

@test "an answer is waited for, for a second after our input has ended" {
    start_python <<'END'
from foreign import *
import time
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132)
listener.bind(("127.0.0.1", 0))
listener.listen()
ready(listener.getsockname()[1])
client, _ = listener.accept()
expect(client.recv(100), b"question\n")
time.sleep(0.4)
client.send(b"answer\n")
expect(client.recv(100), b"")
END
    run -0 timeout 10 "$SKT" --sctp 127.0.0.1 "$ready" <<<"question"
    assert_equal "$output" answer
    python_succeeds
}

@test "a connection that is aborted is status 1" {
    start_python <<'END'
from foreign import *
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132)
listener.bind(("127.0.0.1", 0))
listener.listen()
ready(listener.getsockname()[1])
client, _ = listener.accept()
expect(client.recv(100), b"hello\n")
client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
client.close()
END
    hold_input
    background_input=$held_input start_background "$SKT" --sctp 127.0.0.1 "$ready"
    say 'hello\n'
    end_status "$started_pid"
    assert_equal "$status" 1
    assert_one_line "$(cat "$started_err")" "127.0.0.1 port $ready: Connection reset by peer"
}

@test "the list of domains has both kinds" {
    "$SKT" --domain list >list
    grep -qE '^inet +2  stream dgram seqpacket raw .*[^-]stream/sctp ' list
}

@test "nobody at a port is status 4, of both kinds of sockets" {
    refuses 4 "connect to 127.0.0.1 port 9 (sctp) failed: Connection refused" --sctp 127.0.0.1 9
    refuses 4 "connect to 127.0.0.1 port 9 (sctp) failed: Connection refused" --sctp --seqpacket 127.0.0.1 9
}

@test "a one-to-many socket carries messages both ways, whole" {
    listener_input=$(lines 1 500 1400) connector_input=$(lines 500 3 60000 150000 7) \
        exchange --sctp --seqpacket --records line 127.0.0.1 0 -- --seqpacket --records line {}
    assert_contains "$address" "sctp://127.0.0.1:"
}

@test "a one-to-many socket over IPv6 carries messages both ways" {
    exchange --sctp --seqpacket ::1 0 -- --seqpacket {}
}

# A large message can come in pieces. Those of two sockets must not be joined.
@test "large messages that come in at two addresses at once stay whole" {
    echo 'multi on' >/etc/host.conf
    printf '%s two-addresses\n' 127.0.0.1 127.0.0.2 >>/etc/hosts
    start_skt_listener --sctp --seqpacket -k --sockopt sctp.partial-delivery-point=1000 \
        --records line two-addresses 0
    assert_equal "$(sed 's/.*://' "$announced" | sort -u)" "$port"
    assert_equal "$(wc -l <"$announced")" 2
    kill -STOP "$listener_pid"
    tr '0-9a-z' a <"$(lines 100000)" >first
    tr '0-9a-z' b <"$(lines 100000)" >second
    background_input=first start_background "$SKT" --seqpacket --records line "sctp://127.0.0.1:$port"
    first=$started_pid
    background_input=second start_background "$SKT" --seqpacket --records line "sctp://127.0.0.2:$port"
    two_wait() { [ "$(ss -nH --sctp | grep -c ":$port .*[1-9][0-9]* .*ESTAB\|ESTAB *[1-9][0-9]* ")" -ge 2 ]; }
    wait_until two_wait
    kill -CONT "$listener_pid"
    end_status "$first" 20
    assert_equal "$status" 0
    end_status "$started_pid" 20
    assert_equal "$status" 0
    both_came() { [ "$(wc -l <"$listener_out")" -eq 2 ]; }
    wait_until both_came
    sort "$listener_out" >got
    cat first second >wanted
    assert_same_file got wanted
}

@test "many peers are heard on one socket, and the last one is answered" {
    hold_input
    listener_input=$held_input start_skt_listener --sctp --seqpacket -k --records line 127.0.0.1 0
    hold_input
    first_input=$held_input
    background_input=$held_input start_background "$SKT" --seqpacket --records line "$address"
    first=$started_pid
    echo one >"$first_input"
    wait_for_text "$listener_out" one
    printf 'two\nthree\n' >second
    background_input=second start_background "$SKT" --seqpacket --records line "$address"
    wait_for_text "$listener_out" three
    end_status "$started_pid"
    assert_equal "$status" 0
    echo four >"$first_input"
    wait_for_text "$listener_out" four
    assert_file_is "$listener_out" 'one\ntwo\nthree\nfour\n'
    alive "$first"
}

@test "without -k the first peer is the only one, and others are refused" {
    hold_input
    start_skt_listener --sctp --seqpacket --records line 127.0.0.1 0
    background_input=$held_input start_background "$SKT" --seqpacket --records line "$address"
    say 'one\n'
    wait_for_text "$listener_out" one
    refuses 4 "Connection refused" --seqpacket "$address"
    stop "$started_pid"
}

@test "an empty message is refused, as SCTP has none" {
    start_skt_listener --sctp --seqpacket --records line 127.0.0.1 0
    printf 'one\n\n' >input
    status=0
    timeout 10 "$SKT" --seqpacket --records line "$address" <input 2>err || status=$?
    assert_equal "$status" 9
    assert_contains "$(cat err)" 0 bytes, at least 1: message too small
}

@test "a foreign one-to-many peer is answered, and its end is an end" {
    echo answer >answer
    listener_input=answer start_skt_listener --sctp --seqpacket --records line 127.0.0.1 0
    run_python "$port" <<'END'
from foreign import *
peer = socket.socket(socket.AF_INET, socket.SOCK_SEQPACKET, 132)
peer.sendto(b"question", ("127.0.0.1", int(sys.argv[1])))
expect(peer.recv(100), b"answer")
END
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_out")" "0 question"
}

@test "an answer to a peer that is gone is told, and the listener goes on" {
    hold_input
    listener_input=$held_input start_skt_listener --sctp --seqpacket -k --records line 127.0.0.1 0
    run -0 timeout 10 "$SKT" --seqpacket -q 0 --records line "$address" <<<"gone"
    wait_for_text "$listener_out" gone
    say 'too late\n'
    wait_for_text "$listener_err" "answer to 127.0.0.1 port "
    run -0 timeout 10 "$SKT" --seqpacket -q 0 --records line "$address" <<<"next"
    wait_for_text "$listener_out" next
}

@test "-z tells open ports from closed ones, for both kinds of sockets" {
    local kind open
    for kind in "" --seqpacket; do
        # shellcheck disable=SC2086  # none or one
        listener_input=/dev/null start_skt_listener --sctp $kind -k -d 127.0.0.1 0
        open=$port
        # shellcheck disable=SC2086
        run -0 timeout 20 "$SKT" -zv --parallel 1 --sctp $kind -w 5 127.0.0.1 "1,$open,2"
        assert_equal "$output" "skt: connect to 127.0.0.1 port 1 (sctp) failed: Connection refused
Connection to 127.0.0.1 $open port [sctp/*] succeeded!
skt: connect to 127.0.0.1 port 2 (sctp) failed: Connection refused"
        # shellcheck disable=SC2086
        run -4 timeout 20 "$SKT" -z --sctp $kind -w 5 127.0.0.1 1-100
        stop "$listener_pid"
    done
}

@test "ss shows where we listen, and socat and ncat get there" {
    echo answer >answer
    listener_input=answer start_skt_listener --sctp 127.0.0.1 0
    ss_shows " 127.0.0.1:$port " --sctp -l
    run -0 timeout 10 socat -t 5 - "SCTP-CONNECT:127.0.0.1:$port,shut-none" <<<"from socat"
    assert_equal "$output" answer
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_out")" "0 from socat"
    start_skt_listener --sctp ::1 0
    ss_shows " \[::1\]:$port " --sctp -l
    timeout 10 ncat --sctp --send-only ::1 "$port" <<<"from ncat" 2>/dev/null # it complains about its libraries
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_out")" "0 from ncat"
}

@test "socat and ncat listen, and we get there" {
    echo answer >answer
    background_input=answer start_background socat -t 5 - SCTP-LISTEN:5000,bind=127.0.0.1,shut-none
    wait_until ss_shows ' 127.0.0.1:5000 ' --sctp -l
    run -0 timeout 10 "$SKT" --sctp 127.0.0.1 5000 <<<"to socat"
    assert_equal "$output" answer
    end_status "$started_pid"
    assert_equal "$status $(cat "$started_out")" "0 to socat"
    hold_input
    background_input=$held_input start_background ncat -l --sctp 127.0.0.1 5001
    wait_until ss_shows ' 127.0.0.1:5001 ' --sctp -l
    run -0 timeout 10 "$SKT" --sctp 127.0.0.1 5001 <<<"to ncat"
    end_status "$started_pid"
    assert_equal "$status $(cat "$started_out")" "0 to ncat"
}

@test "sctp_darn sends us a message and gets one, from one-to-many to one-to-many" {
    start_skt_listener --sctp --seqpacket -W 1 127.0.0.1 0
    timeout 10 sctp_darn -H 127.0.0.1 -P 0 -h 127.0.0.1 -p "$port" -s <<<"from darn" >said || true # our end is none of its own
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'from darn\n\0'
    on_terminal sctp_darn -H 127.0.0.1 -P 5002 -l
    wait_until ss_shows ' 127.0.0.1:5002 ' --sctp -l
    run -0 timeout 10 "$SKT" --sctp --seqpacket --records line 127.0.0.1 5002 <<<"to darn"
    wait_for_text "$started_out" "to dar" # it takes the last byte for a byte 0
}
