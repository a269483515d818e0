#!/usr/bin/env bats
# Families that a kernel may lack. In a network namespace of its own these six are not there on any kernel, as they are
# only in the first one; with them tests/vm is.

# shellcheck disable=SC2154  # stderr: set by run

load helpers

# skt WORDS... ends with this status, and with one line that names the family and what it needs.
lacks() {
    local wanted=$1 part=$2
    shift 2
    run "-$wanted" --separate-stderr in_netns timeout 10 "$SKT" "$@"
    assert_equal "$output" ""
    assert_one_line "$stderr" "$part"
}

@test "a family that is not there is named, with the option and the module that a kernel needs" {
    in_netns true
    bats_require_minimum_version 1.5.0
    local why="Address family not supported by protocol; needs a kernel with"
    lacks 4 "skt: socket (x25, seqpacket): $why CONFIG_X25, module x25" --domain x25 21
    lacks 5 "skt: socket (x25, seqpacket): $why CONFIG_X25, module x25" -l --domain x25
    lacks 4 "skt: socket (ax25, dgram): $why CONFIG_AX25, module ax25" --domain ax25 --type dgram -s a b
    lacks 5 "skt: socket (ax25, seqpacket): $why CONFIG_AX25, module ax25" -l ax25:N0CALL
    lacks 4 "skt: socket (atmpvc, dgram): $why CONFIG_ATM, module atm" --domain atmpvc 0.100
    lacks 5 "skt: socket (appletalk, raw): $why CONFIG_ATALK, module appletalk" -l --type raw --domain appletalk
    lacks 4 "skt: socket (appletalk, dgram): $why CONFIG_ATALK, module appletalk" appletalk:1.2:3
    lacks 4 "skt: socket (llc, stream): $why CONFIG_LLC2, module llc2" --domain llc -s eth9/0x44 02:00:00:00:00:0b/0x46
    lacks 4 "skt: socket (qipcrtr, dgram): $why CONFIG_QRTR, module qrtr, in the first network namespace" \
        --domain qipcrtr 1 20000
    lacks 4 "skt: socket (netlink, raw, protocol nflog): Protocol not supported; no kernel since 3.17 has it" \
        --domain netlink --protocol nflog
    lacks 4 "skt: socket (netlink, raw, protocol smc): Protocol not supported; no kernel has it: use sock-diag, or generic" \
        --domain netlink --protocol smc
    lacks 4 "skt: socket (ipx, dgram): $why CONFIG_IPX, module ipx (Linux had it up to 4.17)" --domain ipx 1:2:3
}

@test "a way that vsock lacks is named, with the option and the module for it" {
    need python3
    in_netns true
    has_cid() { python3 -c 'import socket, sys; socket.socket(socket.AF_VSOCK).bind((int(sys.argv[1]), 2**32 - 1))' "$1"; }
    local loop="CID 1 needs a kernel with CONFIG_VSOCKETS_LOOPBACK, module vsock_loopback"
    python3 -c 'import socket; socket.socket(socket.AF_VSOCK)' 2>/dev/null || skip "this kernel has no vsock"
    ! has_cid 1 2>/dev/null || skip "this kernel has vsock_loopback"
    lacks 4 "skt: connect to 1 port 1024 (vsock) failed: No such device; $loop" --vsock 1 1024
    lacks 4 "skt: bind to 1 port 0: Cannot assign requested address; $loop" --vsock -s 1 local 1024
    lacks 5 "skt: listen on 1 port 1024 (vsock): Cannot assign requested address; $loop" -l --vsock 1 1024
    ! has_cid 2 2>/dev/null || skip "this kernel has vhost_vsock"
    lacks 5 "Cannot assign requested address; CID 2 is a host's, which needs a kernel with CONFIG_VHOST_VSOCK, module vhost_vsock" \
        -l --vsock host 1024
    run --separate-stderr timeout 10 "$SKT" -w 0.1 --vsock 77 1024
    assert_one_line "$stderr" "; to reach a guest a kernel needs CONFIG_VHOST_VSOCK, module vhost_vsock"
}

@test "their addresses are read before any socket is opened" {
    refused() {
        run -2 --separate-stderr timeout 10 "$SKT" "${@:2}"
        assert_equal "$output" ""
        assert_one_line "$stderr" "skt: $1"
    }
    bats_require_minimum_version 1.5.0
    refused "address 12a: an X.25 address is 1 to 15 digits" --domain x25 12a
    refused "missing operand: connecting needs a NUMBER" --domain x25
    refused "domain ax25: connecting needs an address of our own: -s ADDRESS" --domain ax25 N0CALL
    refused "address N0CALL-16: a callsign is up to 6 letters and digits, and -0 to -15" --domain ax25 -s a N0CALL-16
    refused "-l --type dgram: hears only the station that it is connected to" -l --domain ax25 --type dgram N0CALL
    refused "address 1: a circuit is [INTERFACE.]VPI.VCI" --domain atmpvc 1
    refused "-s 0.1: a circuit has one address, the operand" --domain atmpvc -s 0.1 0.1
    refused "--eof-message: needs " --domain atmpvc --eof-message 0.1
    refused "protocol 7: an adaptation layer is aal5 or aal0" --domain atmpvc --protocol 7 0.1
    refused "address 1.2: an AppleTalk address is NET.NODE:SOCKET, up to 65535.255:254" --domain appletalk 1.2
    refused "address 1:2: an IPX address is NETWORK:NODE:PORT" ipx:1:2
    refused "domain x25 has no type stream: it has seqpacket" --domain x25 --type stream 1
}
