# Families without a row, with addresses as bytes. SMC stands for them: without hardware for it, it goes by TCP, and
# takes the addresses of IPv4, and by protocol 1 those of IPv6.
# modules: smc kcm af_alg algif_hash phonet

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
