# DCCP over IPv4 and IPv6: connections that carry messages, with codes of services.
# modules: dccp dccp_ipv4 dccp_ipv6 inet_diag dccp_diag

@test "a connection carries messages both ways" {
    listener_input=$(lines 1 500 1400) connector_input=$(lines 500 3 60000 7) \
        exchange --dccp --records line 127.0.0.1 0 -- --records line {}
    assert_contains "$address" "dccp://127.0.0.1:"
}

@test "a connection over IPv6 carries messages both ways" {
    exchange -Z ::1 0 -- -Z {}
}

@test "both ends name a service, in any spelling of its code" {
    exchange --dccp-service SC:fdpz -Z 127.0.0.1 0 -- --dccp-service SC=x6664707A {}
    exchange --dccp-service fdpz -Z 127.0.0.1 0 -- --dccp-service SC=1717858426 {}
    exchange --dccp-service 7 -Z ::1 0 -- --dccp-service SC=7 {}
}

@test "the code goes out as RFC 4340 has it, to a foreign end" {
    start_python <<'END'
from foreign import *
listener = socket.socket(socket.AF_INET, 6, 33)
listener.setsockopt(269, 2, b"fdpz")
listener.bind(("127.0.0.1", 0))
listener.listen()
ready(listener.getsockname()[1])
client, _ = listener.accept()
expect(client.recv(100), b"question")
client.send(b"answer")
expect(client.recv(100), b"")
END
    run -0 timeout 10 "$SKT" -Z --dccp-service SC:fdpz --records line 127.0.0.1 "$ready" <<<"question"
    assert_equal "$output" answer
    python_succeeds
}

@test "another service is refused with status 4" {
    start_skt_listener -Z --dccp-service SC:fdpz 127.0.0.1 0
    refuses 4 "Invalid request code" --dccp-service SC:fdpq "$address"
    refuses 4 "Invalid request code" "$address"
}

@test "nobody at a port is status 4" {
    refuses 4 "connect to 127.0.0.1 port 9 (dccp) failed: Connection refused" -Z 127.0.0.1 9
}

@test "a message that is too large is refused with both sizes" {
    start_skt_listener -Z --records u32 127.0.0.1 0
    status=0
    timeout 10 "$SKT" --records size:70000 "$address" <"$(random_file 70000)" 2>err || status=$?
    assert_equal "$status" 9
    assert_one_line "$(cat err)" a record of 70000 bytes is too large: a message takes at most 65475
}

@test "the listener may end first, and the last message still arrives" {
    echo "last words" >last
    listener_input=last start_skt_listener -Z -q 0 127.0.0.1 0
    run -0 timeout 10 "$SKT" -d "$address"
    assert_equal "$output" "last words"
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_err")" "0 "
}

@test "with -k one client after the other is served" {
    start_skt_listener -Z -k --records line 127.0.0.1 0
    run -0 timeout 10 "$SKT" -q 0 --records line "$address" <<<"first"
    run -0 timeout 10 "$SKT" -q 0 --records line "$address" <<<"second"
    wait_for_text "$listener_out" second
    assert_file_is "$listener_out" 'first\nsecond\n'
    assert_file_is "$listener_err" ''
}

@test "an empty message of a foreign end is a message, not the end" {
    start_python <<'END'
from foreign import *
import time
listener = socket.socket(socket.AF_INET, 6, 33)
listener.bind(("127.0.0.1", 0))
listener.listen()
ready(listener.getsockname()[1])
client, _ = listener.accept()
for message in b"one", b"", b"three":
    client.send(message)
    time.sleep(0.3)
END
    run -0 timeout 10 "$SKT" -Z -d --records line 127.0.0.1 "$ready"
    assert_equal "$output" $'one\n\nthree'
    python_succeeds
}

@test "an empty message is refused, as it would read as the end" {
    start_skt_listener -Z --records line 127.0.0.1 0
    status=0
    timeout 10 "$SKT" --records line "$address" <<<"" 2>err || status=$?
    assert_equal "$status" 9
    assert_contains "$(cat err)" 0 bytes, at least 1: message too small
}

@test "a queue that is full is waited for without spinning, and the last message has left before the end" {
    start_skt_listener -Z --records line 127.0.0.1 0
    seq 1000 1999 >input
    background_input=input start_background "$SKT" --records line "$address"
    end_status "$started_pid" 30
    assert_equal "$status $(cat "$started_err")" "0 "
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_equal "$(tail -n 1 "$listener_out")" 1999
    assert_at_least "$(wc -l <"$listener_out")" 500
}

@test "the end of a connection ends both ways, and input that is open does not hold it" {
    hold_input
    listener_input=$held_input start_skt_listener -Z 127.0.0.1 0
    run -0 timeout 10 "$SKT" -q 0 "$address" <<<"last words"
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_out")" "0 last words"
}

# socat has no word for DCCP, but takes numbers.
@test "ss shows where we listen, and socat gets there" {
    echo answer >answer
    listener_input=answer start_skt_listener -Z 127.0.0.1 0
    ss_shows " 127.0.0.1:$port " --dccp -l
    run -0 timeout 10 socat -t 5 - "SOCKET-CONNECT:2:33:x$(printf %04x "$port")7f000001x0000000000000000,socktype=6,shut-none" \
        <<<"from socat"
    assert_equal "$output" answer
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_out")" "0 from socat"
}

@test "socat listens, and we get there" {
    background_input=/dev/null start_background socat -u SOCKET-LISTEN:2:33:x13887f000001x0000000000000000,socktype=6 -
    wait_until ss_shows ' 127.0.0.1:5000 ' --dccp -l
    run -0 timeout 10 "$SKT" -Z -q 0 127.0.0.1 5000 <<<"to socat"
    end_status "$started_pid"
    assert_equal "$status $(cat "$started_out")" "0 to socat"
}
