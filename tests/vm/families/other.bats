# Families without a row, with addresses as bytes: SMC, which without hardware for it goes by TCP, and takes the addresses
# of IPv4, and by protocol 1 those of IPv6; NET/ROM between two devices of one kernel; IEEE 802.15.4 between two radios
# that are simulated; Phonet on one node.
# modules: smc kcm af_alg algif_hash phonet netrom ieee802154_socket mac802154 mac802154_hwsim
# network: netrom ieee802154 phonet
# namespace: first

@test "a stream of a family without a row carries both ways" {
    listener_input=$(random_file 100K) connector_input=$(random_file 100K) \
        exchange --domain 43 'hex:2/0000 7f000001 0000000000000000' -- --domain smc {}
    [[ $address =~ ^hex:2/[0-9a-f]{4}7f0000010000000000000000$ ]] || fail "$address"
}

@test "with a protocol and a longer address, too" {
    exchange --domain AF_SMC --type stream --protocol 1 'hex:10/0000 00000000 00000000000000000000000000000001 00000000' \
        -- --domain pf_smc --protocol 1 {}
}

@test "an answer still arrives after our input has ended" {
    start_python <<'END'
from foreign import *
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
ready("%04x" % listener.getsockname()[1])
client, _ = listener.accept()
expect(client.recv(100), b"question\n")
expect(client.recv(100), b"")
client.send(b"answer\n")
END
    run -0 timeout 10 "$SKT" --domain smc "hex:2/$ready 7f000001 0000000000000000" <<<"question"
    assert_equal "$output" answer
    python_succeeds
}

@test "nobody there is status 4, and a family that the kernel lacks is told" {
    refuses 4 "Connection refused" --domain smc "hex:2/0009 7f000001 0000000000000000"
    refuses 4 "socket (domain 19, stream): Address family not supported by protocol; this kernel lacks it" \
        --domain 19 hex:00
    refuses 5 "socket (caif, stream): Address family not supported by protocol; needs a kernel with CONFIG_CAIF" \
        --domain caif -l hex:00
}

@test "an address that the family does not take is refused with the address" {
    refuses 4 "connect to hex:00 failed: " --domain smc hex:00
}

@test "a hash of the kernel has no connections to listen for" {
    # struct sockaddr_alg: type[14], features, mask, name[64]
    local alg
    alg=$(printf '68617368%036d736861323536%0116d' 0 0)
    refuses 5 "Operation not supported" --domain alg --type seqpacket -l "hex:$alg"
}

@test "the list of domains names them, and tells what this kernel has" {
    "$SKT" --domain list >list
    grep -q 'smc 43' list
    grep -qE '^unix +1  stream dgram seqpacket$' list
}

# struct sockaddr_ax25 of linux/ax25.h: a callsign, shifted by one bit, and no digipeaters. There is no half-close.
@test "NET/ROM: records go both ways" {
    listener_input=$(lines 1 200) connector_input=$(lines 3 200 1) exchange --domain netrom --type seqpacket --records line \
        --no-shutdown -W 3 'hex:9c9ea8848888 00 000000 00000000' -- --domain 6 --type 5 --records line --no-shutdown -W 2 \
        'hex:9c9ea8848888 00 000000 00000000'
}

# struct sockaddr_ieee802154: two bytes of padding, a short address (2), the PAN, the address, and eight bytes that only
# a long one has.
@test "IEEE 802.15.4: messages go both ways" {
    listener_input=$(lines 1 50) connector_input=$(lines 3 100) exchange --domain ieee802154 --type dgram --records line \
        -W 2 'hex:0000 02000000 efbe 0200 000000000000 0000' -- --domain 36 --type 2 --records line -W 2 \
        -s 'hex:0000 02000000 efbe 0100 000000000000 0000' 'hex:0000 02000000 efbe 0200 000000000000 0000'
}

# struct sockaddr_pn: object, device, resource, eleven bytes of nothing. It has no connect(2).
@test "Phonet: a foreign sender's messages come in, and are answered" {
    echo answer >answer
    listener_input=answer start_skt_listener --domain phonet --type dgram -W 1 'hex:50 6c 00 0000000000000000000000'
    run_python <<'END'
from foreign import *
here = Socket(35, socket.SOCK_DGRAM)
here.bind(address(35, "BBB11x", 0x51, 0x6C, 0))
here.sendto(b"question", address(35, "BBB11x", 0x50, 0x6C, 0))
data, sender = here.recvfrom(100)
expect((data, sender[2:4]), (b"answer\n", b"\x50\x6c"))
END
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_out")" "0 question"
    refuses 4 "Operation not supported" --domain phonet --type dgram 'hex:50 6c 00 0000000000000000000000'
}

@test "families that take other calls than bind and connect say so" {
    refuses 4 "Operation not supported" --domain kcm --type seqpacket hex:00
    refuses 5 "Operation not supported" -l --domain kcm --type dgram hex:00
    # struct sockaddr_xdp: no socket is bound before it has memory of its own
    refuses 5 "Invalid argument" -l --domain xdp --type raw 'hex:0000 01000000 00000000 00000000'
}

# Who waits for poll(2) there, as skt does, waits for ever.
@test "a hash of the kernel is never said to be readable or writable" {
    run_python <<'END'
from foreign import *
import select
hash = socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)
hash.bind(("hash", "sha256"))
operation, _ = hash.accept()
poll = select.poll()
poll.register(operation, select.POLLIN | select.POLLOUT)
expect(poll.poll(100), [])
operation.send(b"text")
expect(poll.poll(100), [])
expect(len(operation.recv(100)), 32)
END
}
