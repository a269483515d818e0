# AppleTalk: datagrams between sockets of one node, 1000.42.
# modules: appletalk
# network: appletalk
# namespace: first
#
# shellcheck disable=SC2154  # ready, address, output: set by the harness

appletalk='
from foreign import *
AF_APPLETALK = 5
def at(net, node, port):
    return struct.pack("=HBxHBx8x", AF_APPLETALK, port, socket.htons(net), node)
'

@test "messages go both ways, with their borders" {
    listener_input=$(lines 1 586) connector_input=$(lines 500 586 3) \
        exchange --domain appletalk -W 3 --records line 1000.42:140 -- --domain appletalk -W 2 --records line {}
    assert_equal "$address" "appletalk:1000.42:140"
}

@test "a listener without an address gets one, which another side can name in hexadecimal" {
    start_skt_listener --domain appletalk -W 1
    assert_contains "$address" "appletalk:1000.42:1"
    timeout 10 "$SKT" --domain appletalk -q 0 "0x3e8.0x2a:${address##*:}" <<<"hello"
    end_status "$listener_pid" 10
    assert_equal "$status $(cat "$listener_out")" "0 hello"
}

@test "a foreign socket gets the type that --protocol says, and its answer comes without one" {
    start_python <<END
$appletalk
here = Socket(AF_APPLETALK, socket.SOCK_DGRAM)
here.bind(at(1000, 42, 141))
ready()
question, sender = here.recvfrom(600)
expect(question, b"\x04question")
expect(sender[2:7], at(1000, 42, 150)[2:7])
here.sendto(b"\x63answer", sender)
question, sender = here.recvfrom(600)
expect(question, b"\x10usual")
END
    printf question >input
    run -0 timeout 10 "$SKT" --domain appletalk --protocol aep -s :150 -W 1 -w 10 3.232.42:141 <input
    assert_equal "$output" answer
    printf usual >input
    timeout 10 "$SKT" --domain appletalk -q 0 1000.42:141 <input
    python_succeeds
}

@test "raw messages begin with the type" {
    listener_input=$(lines 500) connector_input=$(lines 587) \
        exchange --domain appletalk --type raw -W 1 --records line 1000.42:142 -- \
        --domain appletalk --type raw -W 1 --records line {}
}

@test "raw and dgram understand each other" {
    start_skt_listener --domain appletalk --type raw -W 1 --records none 1000.42:143
    printf hello >input
    timeout 10 "$SKT" --domain appletalk --protocol 99 -q 0 1000.42:143 <input
    end_status "$listener_pid" 10
    assert_file_is "$listener_out" 'chello'
}

@test "a foreign sender is answered, and nobody else heard" {
    listener_input=$(lines 20) start_skt_listener --domain appletalk --records line -W 2 1000.42:144
    run_python <<END
$appletalk
here, other = (Socket(AF_APPLETALK, socket.SOCK_DGRAM) for _ in range(2))
here.bind(at(1000, 42, 151))
other.bind(at(1000, 42, 152))
here.sendto(b"\x10one", at(1000, 42, 144))
expect(len(here.recv(600)), 21)
other.sendto(b"\x10not this", at(1000, 42, 144))
here.sendto(b"\x10", at(1000, 42, 144))
END
    end_status "$listener_pid" 10
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'one\n\n'
}

@test "a network without a way to it is said with status 4, a foreign address with 5" {
    refuses 4 "connect to 2000.1:140 failed: Network is unreachable" --domain appletalk 2000.1:140
    refuses 5 "bind to 2000.1:140: Cannot assign requested address" --domain appletalk -l 2000.1:140
}

@test "a message larger than a datagram is refused" {
    head -c 587 /dev/zero | tr '\0' x >large
    status=0
    timeout 10 "$SKT" --domain appletalk --records line 1000.42:145 <large 2>err || status=$?
    assert_equal "$status" 9
    assert_one_line "$(cat err)" "at most 586"
}
