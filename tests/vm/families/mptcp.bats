# Multipath TCP over IPv4 and IPv6.
# modules: inet_diag mptcp_diag

# Of the connections of the kernel, how many were agreed to be MPTCP; by the answer of the last handshake.
agreed() { awk '$1 == "MPTcpExt:" && !n { split($0, names); n = NF; next }
    $1 == "MPTcpExt:" { for (i = 2; i <= n; i++) if (names[i] == "MPCapableACKRX") print $i }' /proc/net/netstat; }

@test "a connection carries both ways, as MPTCP" {
    local before
    before=$(agreed)
    listener_input=$(random_file 300K) connector_input=$(random_file 300K) exchange --mptcp 127.0.0.1 0 -- {}
    assert_contains "$address" "mptcp://127.0.0.1:"
    assert_equal "$(agreed)" $((before + 1))
}

@test "a connection over IPv6 carries both ways" {
    exchange --mptcp ::1 0 -- --mptcp {}
}

@test "an answer still arrives after our input has ended" {
    start_python <<'END'
from foreign import *
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
listener.bind(("127.0.0.1", 0))
listener.listen()
ready(listener.getsockname()[1])
client, _ = listener.accept()
expect(client.recv(100), b"question\n")
expect(client.recv(100), b"")
client.send(b"answer\n")
END
    run -0 timeout 10 "$SKT" --mptcp 127.0.0.1 "$ready" <<<"question"
    assert_equal "$output" answer
    python_succeeds
}

@test "TCP at either end will do" {
    start_skt_listener --mptcp 127.0.0.1 0
    run -0 timeout 10 "$SKT" 127.0.0.1 "$port" <<<"plain"
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_out")" "0 plain"
    start_skt_listener 127.0.0.1 0
    run -0 timeout 10 "$SKT" --mptcp 127.0.0.1 "$port" <<<"plain again"
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_out")" "0 plain again"
}

@test "where it is switched off that is said, with what to do" {
    echo 0 >/proc/sys/net/mptcp/enabled
    refuses 4 "Protocol not available; switched off: sysctl net.mptcp.enabled=1" --mptcp 127.0.0.1 9
    refuses 5 "switched off: sysctl net.mptcp.enabled=1" --mptcp -l 127.0.0.1 0
    echo 1 >/proc/sys/net/mptcp/enabled
}

@test "ss shows that both ends are MPTCP's, with socat at the other" {
    hold_input
    listener_input=$held_input start_skt_listener --mptcp 127.0.0.1 0
    ss_shows " 127.0.0.1:$port " --mptcp -l
    hold_input
    background_input=$held_input start_background socat - "SOCKET-CONNECT:2:262:x$(printf %04x "$port")7f000001x0000000000000000"
    say 'from socat\n'
    wait_for_text "$listener_out" "from socat"
    ss_shows "^ESTAB.* 127.0.0.1:$port +127.0.0.1:" --mptcp
}
