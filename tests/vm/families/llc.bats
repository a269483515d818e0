# LLC between two interfaces that are wired to each other.
# modules: llc2 sch_netem
# network: veth
# namespace: first

@test "a stream carries both ways" {
    listener_input=$(random_file 20K) connector_input=$(random_file 20K) \
        exchange --domain llc vb/0x42 -- --domain llc -s va/0x44 {}
    assert_equal "$address" "llc:02:00:00:00:00:0b/0x42"
}

@test "a wire that takes its time carries as well" {
    tc qdisc add dev va root netem delay 20ms
    tc qdisc add dev vb root netem delay 20ms
    exchange --domain llc vb/0x42 -- --domain llc -s va/0x44 {}
    tc qdisc del dev va root
    tc qdisc del dev vb root
}

@test "messages go both ways" {
    listener_input=$(lines 1 500) connector_input=$(lines 1497 3) \
        exchange --domain llc -u --records line -W 2 vb/0x42 -- \
        -u --records line -W 2 -s 02:00:00:00:00:0a/0x44 llc:02:00:00:00:00:0b/0x42
}

@test "a foreign end gets our bytes, answers, and reads an orderly end" {
    start_python <<'END'
from foreign import *
listener = Socket(26, socket.SOCK_STREAM)
listener.bind(address(26, "HBBBB6sxx", 1, 0, 0, 0, 0x46, bytes.fromhex("02000000000b")))
listener.listen()
ready()
client, _ = listener.accept()
expect(client.recv(9), b"question\n")
client.send(b"answer\n")
expect(client.recv(100), b"")
END
    run -0 timeout 10 "$SKT" --domain llc -s va/0x44 02:00:00:00:00:0b/0x46 <<<"question"
    assert_equal "$output" "answer"
    python_succeeds
}

@test "nobody at a SAP, a message too large and mistakes are said" {
    refuses 6 "timed out" -w 1 --domain llc -s va/0x44 02:00:00:00:00:0b/0x50
    run -9 timeout 10 "$SKT" --domain llc -u --records line -s va/0x44 02:00:00:00:00:0b/0x42 <"$(lines 1500)"
    assert_one_line "$output" "1500 bytes is too large: a message takes at most 1497"
    refuses 3 "interface lo: not an Ethernet" -l --domain llc lo/0x42
    refuses 2 "connecting needs an address of our own" --domain llc -u 02:00:00:00:00:0b/0x42
    refuses 2 "address vb/0x42: the other end is MAC/SAP" --domain llc vb/0x42
    refuses 2 "address vb: an address is MAC/SAP" -l --domain llc vb
}
