# RDS over its own loopback.
# modules: rds rds_tcp

@test "messages go both ways" {
    listener_input=$(lines 1 500) connector_input=$(lines 20000 3) \
        exchange --domain rds --records line -W 2 127.0.0.1 4000 -- --records line -W 2 rds://127.0.0.1:4000
}

@test "a port is chosen, and a source is used" {
    exchange --domain rds -W 1 127.0.0.1 0 -- --domain rds -W 1 -s 127.0.0.1 -p 4001 {}
}

@test "a foreign end gets our message and answers" {
    start_python <<'END'
from foreign import *
end = Socket(21, socket.SOCK_SEQPACKET)
end.bind(address(socket.AF_INET, "2s4s8x", struct.pack("!H", 4002), bytes([127, 0, 0, 1])))
ready()
data, sender = end.recvfrom(100)
expect(data, b"question\n")
end.sendto(b"answer\n", sender)
END
    run -0 timeout 10 "$SKT" --domain rds -W 1 127.0.0.1 4002 <<<"question"
    assert_equal "$output" "answer"
    python_succeeds
}

@test "mistakes are said before a socket is opened" {
    refuses 2 "RDS is bound to one address" -l --domain rds 4000
    refuses 2 "domain rds has no type stream: it has seqpacket" --domain rds --type stream 127.0.0.1 4000
    refuses 2 "host ::1: not an IPv4 address" --domain rds ::1 4000
}
