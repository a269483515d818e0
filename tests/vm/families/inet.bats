# TCP and UDP over IPv4 and IPv6: what every machine has, so that a fault of the virtual one shows.
# modules: inet_diag tcp_diag udp_diag

@test "TCP carries both ways" {
    listener_input=$(random_file 300K) connector_input=$(random_file 300K) exchange 127.0.0.1 0 -- {}
}

@test "TCP over IPv6 carries both ways" {
    listener_input=$(random_file 64K) connector_input=$(random_file 64K) exchange ::1 0 -- {}
}

@test "UDP carries messages both ways" {
    listener_input=$(lines 1 0 1400) connector_input=$(lines 500 3 60000) \
        exchange -u -W 3 --records line 127.0.0.1 0 -- -u -W 3 --records line {}
}

@test "UDP over IPv6 carries messages both ways" {
    exchange -u -W 1 ::1 0 -- -u -W 1 {}
}

@test "a foreign end over TCP gets our bytes and answers" {
    start_python <<'END'
from foreign import *
listener = Socket(socket.AF_INET, socket.SOCK_STREAM)
listener.bind(address(socket.AF_INET, "2s4s8x", b"\0\0", bytes([127, 0, 0, 1])))
listener.listen()
ready(struct.unpack("!xxH", listener.getsockname()[:4])[0])
client, _ = listener.accept()
expect(client.recv(100), b"question\n")
expect(client.recv(100), b"")
client.send(b"answer\n")
END
    run -0 timeout 10 "$SKT" 127.0.0.1 "$ready" <<<"question"
    assert_equal "$output" "answer"
    python_succeeds
}

@test "nobody at a port is said with status 4" {
    refuses 4 "127.0.0.1" 127.0.0.1 9
}

@test "ss shows where we listen" {
    start_skt_listener 127.0.0.1 0
    ss_shows " 127.0.0.1:$port " --tcp -l
    start_skt_listener -u ::1 0
    ss_shows " \[::1\]:$port " --udp -a
}
