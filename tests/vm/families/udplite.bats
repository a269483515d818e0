# UDP-Lite over IPv4 and IPv6.

@test "datagrams go both ways" {
    listener_input=$(lines 1 0 1400) connector_input=$(lines 500 3 60000) \
        exchange --udplite -W 3 --records line 127.0.0.1 0 -- -W 3 --records line {}
    assert_contains "$address" "udplite://127.0.0.1:"
}

@test "datagrams over IPv6 go both ways" {
    exchange --udplite -W 1 ::1 0 -- -u --udplite -W 1 {}
}

@test "UDP at the same port is not heard" {
    start_skt_listener --udplite -W 1 127.0.0.1 0
    run -4 timeout 10 "$SKT" -u -q 1 127.0.0.1 "$port" <<<"UDP"
    run -0 timeout 10 "$SKT" -q 0 "$address" <<<"UDP-Lite"
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_out")" "0 UDP-Lite"
}

@test "a foreign end is answered" {
    start_python <<'END'
from foreign import *
end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 136)
end.bind(("127.0.0.1", 0))
ready(end.getsockname()[1])
data, client = end.recvfrom(100)
expect(data, b"question\n")
end.sendto(b"answer\n", client)
END
    run -0 timeout 10 "$SKT" --udplite -W 1 127.0.0.1 "$ready" <<<"question"
    assert_equal "$output" answer
    python_succeeds
}

@test "nobody at a port is status 4" {
    status=0
    timeout 10 "$SKT" --udplite 127.0.0.1 9 <<<"anybody?" 2>err || status=$?
    assert_equal "$status" 4
    assert_one_line "$(cat err)" "127.0.0.1 port 9: Connection refused"
}

# socat has no word for UDP-Lite, but takes numbers.
@test "socat's datagrams are answered, and socat answers ours" {
    echo answer >answer
    listener_input=answer start_skt_listener --udplite -W 1 127.0.0.1 0
    run -0 timeout 10 socat -t 1 - "SOCKET-SENDTO:2:2:136:x$(printf %04x "$port")7f000001x0000000000000000" <<<"from socat"
    assert_equal "$output" answer
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_out")" "0 from socat"
    start_background socat SOCKET-RECVFROM:2:2:136:x13887f000001x0000000000000000 EXEC:'tr a-z A-Z'
    wait_until grep -q 0100007F:1388 /proc/net/udplite
    run -0 timeout 10 "$SKT" --udplite -W 1 127.0.0.1 5000 <<<"to socat"
    assert_equal "$output" "TO SOCAT"
}
