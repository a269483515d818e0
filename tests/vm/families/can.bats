# Controller area networks: a virtual bus, where everybody hears everybody.
# modules: can can_raw can_isotp can_j1939 can_bcm vcan
# network: can

# hex DIGITS: the bytes.
# shellcheck disable=SC2059
hex() { printf "$(sed 's/../\\x&/g' <<<"$1")"; }

# frame ID DATA: struct can_frame in little-endian order, as on every machine that these tests run on.
frame() {
    local id
    id=$(printf %08x "$((16#$1))")
    hex "${id:6:2}${id:4:2}${id:2:2}${id:0:2}$(printf %02x "$((${#2} / 2))")000000"
    hex "$2"
    head -c "$((8 - ${#2} / 2))" /dev/zero
}

# order CODE FLAGS FRAMES: struct bcm_msg_head for identifier 123, without timers.
order() {
    hex "0${1}000000${2}000000"
    head -c 40 /dev/zero
    hex "230100000${3}000000"
}

@test "raw frames go both ways" {
    frame 123 deadbeef >there
    frame 7ff 0102030405060708 >>there
    frame 80000123 '' >back
    listener_input=back connector_input=there exchange --domain can -W 2 vcan0 -- -W 1 {}
    assert_equal "$address" "can:vcan0"
}

@test "a foreign end sends and gets raw frames" {
    start_python <<'END'
from foreign import *
bus = socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW)
bus.bind(("vcan0",))
ready()
frame, sender = bus.recvfrom(16)
expect((sender[0], frame), ("vcan0", struct.pack("=IB3x8s", 0x123, 4, b"\xde\xad\xbe\xef")))
bus.send(struct.pack("=IB3x8s", 0x321, 2, b"\x01\x02"))
END
    frame 123 deadbeef >there
    frame 321 0102 >back
    timeout 10 "$SKT" --domain can -W 1 vcan0 <there >out
    assert_same_file out back
    python_succeeds
}

@test "frames of CAN FD go to a foreign end and come from it, with can.fd-frames" {
    start_python <<'END'
from foreign import *
bus = socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW)
bus.setsockopt(socket.SOL_CAN_RAW, socket.CAN_RAW_FD_FRAMES, 1)
bus.bind(("vcan0",))
ready()
frame, sender = bus.recvfrom(72)
expect(frame, struct.pack("=IBB2x", 0x123, 64, 4) + bytes(range(64))) # CANFD_FDF, which the kernel sets
bus.send(struct.pack("=IBB2x", 0x321, 64, 0) + bytes(range(64, 128)))
END
    python3 -c 'import struct, sys
for name, number, first in (("there", 0x123, 0), ("back", 0x321, 64)):
    with open(name, "wb") as file:
        file.write(struct.pack("=IBB2x", number, 64, 4) + bytes(range(first, first + 64)))'
    timeout 10 "$SKT" --domain can --sockopt can.fd-frames --records size:72 -W 1 vcan0 <there >out
    assert_same_file out back
    python_succeeds
}

@test "a listener on every interface hears the bus" {
    frame 123 deadbeef >there
    start_skt_listener -v --domain can -W 1 any
    timeout 10 "$SKT" --domain can --send-only vcan0 <there
    end_status "$listener_pid" 10
    assert_equal "$status" 0
    assert_same_file "$listener_out" there
    wait_for_text "$listener_err" "vcan0"
}

@test "isotp carries messages both ways" {
    listener_input=$(lines 1 7 8 500) connector_input=$(lines 4000 3) \
        exchange --domain can --protocol isotp --records line -W 2 vcan0,321,123 -- \
        --protocol isotp --records line -W 4 can:vcan0,123,321
}

@test "a foreign end talks isotp with us, with identifiers of 29 bits" {
    start_python <<'END'
from foreign import *
bus = socket.socket(socket.AF_CAN, socket.SOCK_DGRAM, socket.CAN_ISOTP)
bus.bind(("vcan0", 0x80000321, 0x80000123))
ready()
expect(bus.recv(100), b"a question of more than eight bytes\n")
bus.send(b"answer\n")
END
    run -0 timeout 10 "$SKT" --domain can -u -W 1 vcan0,00000321,00000123 \
        <<<"a question of more than eight bytes"
    assert_equal "$output" "answer"
    python_succeeds
}

@test "j1939 carries messages both ways" {
    listener_input=$(lines 1 8) connector_input=$(lines 1500 3) \
        exchange --domain can --protocol j1939 --records line -W 2 vcan0:0x20 -- \
        --domain can --protocol j1939 --records line -W 2 -s vcan0:0x80 vcan0:0x20,0x12300
}

@test "a foreign end talks j1939 with us" {
    start_python <<'END'
from foreign import *
bus = socket.socket(socket.AF_CAN, socket.SOCK_DGRAM, socket.CAN_J1939)
bus.bind(("vcan0", socket.J1939_NO_NAME, socket.J1939_NO_PGN, 0x30))
ready()
data, sender = bus.recvfrom(100)
expect((data, sender[1:]), (b"question\n", (0, 0x12300, 0x80)))
bus.sendto(b"answer\n", ("vcan0", 0, 0x12300, 0x80))
END
    run -0 timeout 10 "$SKT" --domain can --protocol j1939 -W 1 -s vcan0:128 vcan0:48,0x12300 <<<"question"
    assert_equal "$output" "answer"
    python_succeeds
}

@test "the broadcast manager sends a frame for us, and tells of one that comes" {
    frame 123 deadbeef >frame
    { order 4 00 1 && cat frame; } >order # TX_SEND
    [ "$(wc -c <order)" -eq 72 ]
    start_skt_listener --domain can -W 1 vcan0
    timeout 10 "$SKT" --domain can --protocol bcm --send-only --records size:72 vcan0 <order
    end_status "$listener_pid" 10
    assert_equal "$status" 0
    assert_same_file "$listener_out" frame
    order 5 20 0 >order # RX_SETUP, RX_FILTER_ID
    background_input=order start_background "$SKT" -W 1 --domain can --protocol bcm vcan0
    bcm_pid=$started_pid bcm_out=$started_out
    wait_until bcm_filters
    timeout 10 "$SKT" --domain can --send-only vcan0 <frame
    end_status "$bcm_pid" 10
    tail -c 16 "$bcm_out" >told
    assert_same_file told frame
}

bcm_filters() { grep -q 123 /proc/net/can-bcm/* 2>/dev/null || grep -q 123 /proc/net/can/rcvlist_sff; }

@test "nobody who answers, a frame of another size and a message too large are said" {
    run -1 timeout 10 "$SKT" --domain can vcan0 <<<"x"
    assert_one_line "$output" "vcan0: Invalid argument"
    run -9 timeout 10 "$SKT" --domain can --records line vcan0 <"$(lines 17)"
    assert_one_line "$output" "17 bytes"
    run -9 timeout 10 "$SKT" --domain can -u --records line vcan0,1,2 <"$(lines 8201)"
    assert_one_line "$output" "8201 bytes"
    run -1 timeout 10 "$SKT" --domain can -u -q 4 --records line vcan0,1,2 <"$(lines 100)"
    assert_one_line "$output" "vcan0,001,002: Communication error"
    refuses 3 "lookup of interface can9" --domain can can9
}

@test "mistakes are said before a socket is opened" {
    refuses 2 "address vcan0,1,2: an address is the name" --domain can vcan0,1,2
    refuses 2 "address vcan0: an address is INTERFACE,TXID,RXID" --domain can -u vcan0
    refuses 2 "connecting needs an address of our own" --domain can --protocol j1939 vcan0:1,2
    refuses 2 "--protocol tcp: not known; known: raw bcm isotp j1939" --domain can --protocol tcp vcan0
}

@test "candump shows our frames, and cansend's come in" {
    start_background candump -L -n 1 vcan0
    wait_until grep -q vcan0 /proc/net/can/rcvlist_all
    frame 123 deadbeef >there
    timeout 10 "$SKT" --domain can --send-only vcan0 <there
    end_status "$started_pid"
    assert_one_line "$(cat "$started_out")" "vcan0 123#DEADBEEF"
    start_skt_listener --domain can -W 1 vcan0
    cansend vcan0 321#0102
    end_status "$listener_pid"
    frame 321 0102 >wanted
    assert_same_file "$listener_out" wanted
}

@test "isotprecv and isotpsend are the other end" {
    start_background isotprecv -s 421 -d 423 vcan0
    wait_until grep -q 423 /proc/net/can/rcvlist_sff
    timeout 10 "$SKT" --domain can --protocol isotp -q 0 vcan0,423,421 <<<"more than one frame"
    end_status "$started_pid"
    assert_equal "$(tr -d ' \n' <"$started_out")" "$(od -An -tx1 <<<"more than one frame" | tr -d ' \n' | tr a-f A-F)"
    start_skt_listener --domain can --protocol isotp -W 1 vcan0,421,423
    echo 61206c6f6e67657220616e73776572 | sed 's/../& /g' | timeout 10 isotpsend -s 423 -d 421 vcan0
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_out")" "0 a longer answer"
}

@test "j1939cat is the other end" {
    start_background j1939cat vcan0:0x91 -r
    wait_until grep -q j1939 /proc/net/can/rcvlist_fil
    timeout 10 "$SKT" --domain can --protocol j1939 -q 0 -s vcan0:0x81 vcan0:0x91,0x12300 <<<"to j1939cat"
    wait_for_text "$started_out" "to j1939cat"
    echo "from j1939cat" >there
    start_skt_listener --domain can --protocol j1939 -W 1 vcan0:0x21
    # it takes the notice that all has been sent for an error
    timeout 10 j1939cat -i there vcan0:0x81 :0x21,0x12300 || true
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_out")" "0 from j1939cat"
}
