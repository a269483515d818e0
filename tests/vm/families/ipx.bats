# IPX, against a stand-in: no kernel that can be had has IPX. ipxstub.c has the system calls and the address of the old
# family, between sockets of one node, and nothing of its protocol.
# modules: ipxstub
# namespace: first
#
# shellcheck disable=SC2154  # ready, address, output: set by the harness

ipx='
from foreign import *
AF_IPX = 4
def node(port, kind=0, network=0x1234):
    return struct.pack("=H", AF_IPX) + struct.pack("!HI6sBx", port, network, bytes([0, 0, 0, 0, 0, 1]), kind)
'

@test "stand-in: messages go both ways, with their borders" {
    listener_input=$(lines 1 0 500) connector_input=$(lines 546 3 20000) \
        exchange --domain ipx -W 3 --records line 1234:1:5001 -- --domain ipx -W 3 --records line {}
    assert_equal "$address" "ipx:00001234:000000000001:5001"
}

@test "stand-in: a listener without an address gets a port" {
    start_skt_listener --domain ipx -W 1
    [[ $address =~ ^ipx:00001234:000000000001:4[0-9A-F]{3}$ ]] || fail "$address"
    timeout 10 "$SKT" --domain ipx -q 0 "1234:1/${address##*:}" <<<"hello"
    end_status "$listener_pid" 10
    assert_equal "$status $(cat "$listener_out")" "0 hello"
}

@test "stand-in: a foreign socket sees our port and the type that --protocol says, and answers" {
    start_python <<END
$ipx
here = Socket(AF_IPX, socket.SOCK_DGRAM)
here.bind(node(0x5002))
ready()
question, sender = here.recvfrom(600)
expect(question, b"question")
expect(sender, node(0x5150, 4))
here.sendto(b"answer", sender)
END
    printf question >input
    run -0 timeout 10 "$SKT" --domain ipx --protocol 4 -s 5150 -W 1 -w 10 00001234.000000000001.5002 <input
    assert_equal "$output" answer
    python_succeeds
}

@test "stand-in: a foreign sender is answered, and nobody else heard" {
    listener_input=$(lines 20) start_skt_listener --domain ipx --records line -W 2 5003
    run_python <<END
$ipx
here, other = (Socket(AF_IPX, socket.SOCK_DGRAM) for _ in range(2))
here.bind(node(0x5151))
other.bind(node(0x5152))
here.sendto(b"one", node(0x5003))
expect(len(here.recv(600)), 20)
other.sendto(b"not this", node(0x5003))
here.sendto(b"", node(0x5003))
END
    end_status "$listener_pid" 10
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'one\n\n'
}

@test "stand-in: an unknown network, a foreign address and a port in use are said" {
    refuses 4 "connect to 99:1:5004 failed: Network is unreachable" --domain ipx 99:1:5004
    refuses 5 "bind to 99:1:5004: Cannot assign requested address" --domain ipx -l 99:1:5004
    listener_input=/dev/null start_skt_listener --domain ipx 5005
    refuses 5 "bind to 5005: Address already in use" --domain ipx -l 5005
}
