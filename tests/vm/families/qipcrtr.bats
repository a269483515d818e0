# QIPCRTR within one node, whose number is 1.
# modules: qrtr
# namespace: first

@test "messages go both ways" {
    listener_input=$(lines 1 0 500) connector_input=$(lines 20000 3) \
        exchange --domain qipcrtr --records line -W 2 20000 -- --records line -W 3 qipcrtr:1:20000
    assert_equal "$address" "qipcrtr:1:20000"
}

@test "a port of the kernel's choice, as one word" {
    exchange --domain qrtr -W 1 1 0 -- -W 1 {}
}

@test "a foreign end gets our message and answers" {
    start_python <<'END'
from foreign import *
end = Socket(42, socket.SOCK_DGRAM)
end.bind(address(42, "xxII", 1, 20001))
ready()
data, sender = end.recvfrom(100)
expect(data, b"question\n")
end.sendto(b"answer\n", sender)
END
    run -0 timeout 10 "$SKT" --domain qipcrtr -W 1 1 20001 <<<"question"
    assert_equal "$output" "answer"
    python_succeeds
}

@test "nobody at a port, another node's port and mistakes are said" {
    run -1 timeout 10 "$SKT" --domain qipcrtr 1 20002 <<<"x"
    assert_one_line "$output" "1 port 20002"
    refuses 5 "bind to 7 port 20000" -l --domain qipcrtr 7 20000
    refuses 2 "node x: a node is 0 to 4294967295" --domain qipcrtr x 1
    refuses 2 "port 0: can only be listened on" --domain qipcrtr 1 0
    refuses 2 "port 4294967296: a port is" --domain qipcrtr 1 4294967296
}
