# AX.25: frames between two devices of one kernel, SKTA-1 and SKTB-2.
# modules: sch_netem ax25 bpqether
# network: ax25
# namespace: first
#
# shellcheck disable=SC2154  # ready, address, output: set by the harness

ax25='
from foreign import *
AF_AX25, SOL_AX25, PIDINCL = 3, 257, 8
def call(text, ssid):
    return bytes(ord(c) << 1 for c in text.ljust(6)) + bytes([ssid << 1])
def station(text, ssid):
    return address(AF_AX25, "7s3xi", call(text, ssid), 0)[:16]
def on_device(text, ssid, device, device_ssid):
    return struct.pack("=H7s3xi7s49x", AF_AX25, call(text, ssid), 1, call(device, device_ssid))
'

@test "records go both ways, with their borders" {
    listener_input=$(lines 100 1) connector_input=$(lines 1 255 256 3) \
        exchange --domain ax25 --records line sktb-2 -- --domain ax25 --records line -s SKTA-1 {}
    assert_equal "$address" "ax25:SKTB-2"
}

@test "all of many records arrive before the end does" {
    connector_input=$(lines $(seq 58 3 256)) listener_input=$(lines 7) \
        exchange --domain ax25 --records line SKTB-3,SKTB-2 -- --domain ax25 --records line -q 0 -s SKTA-3,SKTA-1 SKTB-3
}

@test "a file goes through as a byte stream" {
    connector_input=$(random_file 8K) listener_input=$(random_file 3K) \
        exchange --domain ax25 'SKTB-4 via SKTB-2' -- --domain ax25 -s 'SKTA-4 via SKTA-1' SKTB-4
}

@test "closing waits for a receiver that is slow to read" {
    start_python <<END
$ax25
import time
listener = Socket(AF_AX25, socket.SOCK_SEQPACKET)
listener.bind(on_device("SKTB", 5, "SKTB", 2))
listener.listen()
ready()
link, _ = listener.accept()
time.sleep(0.6)
for i in range(6):
    expect(link.recv(1000), b"record %d" % i)
END
    for i in {0..5}; do echo "record $i"; done >input
    timeout 20 "$SKT" --domain ax25 --records line -q 0 -s SKTA-5,SKTA-1 SKTB-5 <input
    python_succeeds
}

@test "a foreign listener gets our records, sees who we are, and answers" {
    start_python <<END
$ax25
listener = Socket(AF_AX25, socket.SOCK_SEQPACKET)
listener.bind(on_device("SKTB", 6, "SKTB", 2))
listener.listen()
ready()
link, _ = listener.accept()
peer = link.getpeername()
expect((peer[2:8], peer[8] & 0x1E), (call("N0CALL", 15)[:6], 15 << 1))
expect(link.recv(300), b"question")
link.send(b"answer")
expect(link.recv(300), b"thanks")
END
    hold_input
    background_input=$held_input start_background "$SKT" --domain ax25 --records line -s n0call-15,SKTA-1 SKTB-6
    say 'question\n'
    wait_for_text "$started_out" answer
    say 'thanks\n'
    python_succeeds
    end_status "$started_pid" 10
    assert_equal "$status $(cat "$started_out")" "0 answer"
}

@test "a foreign caller is heard on any device, and an orderly end is one" {
    start_skt_listener --domain ax25 --records line -d -v 'SKTB-7,*'
    run_python <<END
$ax25
import time
link = Socket(AF_AX25, socket.SOCK_SEQPACKET)
link.bind(on_device("SKTA", 7, "SKTA", 1))
link.connect(station("SKTB", 7))
link.send(b"one")
link.send(b"three" * 40)
time.sleep(0.5)
link.close()
END
    end_status "$listener_pid" 10
    assert_equal "$status $(head -c 8 "$listener_out" | tr '\n' /)" "0 one/thre"
    assert_contains "$(cat "$listener_err")" "Connection received on SKTA-7"
}

@test "what had come in and cannot be read after the other side has gone is said with status 1" {
    start_skt_listener --domain ax25 --records line -d SKTB-8,SKTB-2
    start_python <<END
$ax25
import time
link = Socket(AF_AX25, socket.SOCK_SEQPACKET)
link.bind(on_device("SKTA", 8, "SKTA", 1))
link.connect(station("SKTB", 8))
link.send(b"one")
ready()
while not os.path.exists("go"):
    time.sleep(0.02)
for i in range(3):
    link.send(b"more")
time.sleep(0.5)
link.close()
END
    wait_for_text "$listener_out" one
    kill -STOP "$listener_pid"
    touch go
    python_succeeds
    kill -CONT "$listener_pid"
    end_status "$listener_pid" 10
    assert_equal "$status $(cat "$listener_out")" "1 one"
    assert_one_line "$(cat "$listener_err")" "SKTA-8: what had come in was lost when the other side cleared"
}

# A datagram socket hears only what is for the device's own callsign.
@test "datagrams go both ways without losing a byte" {
    listener_input=$(lines 255 3)
    hold_input
    background_input=$held_input start_background "$SKT" --domain ax25 --type dgram --records line -q 0 \
        -s SKTB-2 SKTA-1
    local pid=$started_pid out=$started_out
    wait_until grep -q SKTA-1 /proc/net/ax25
    background_input=$listener_input start_background "$SKT" --domain ax25 --type dgram --records line -W 1 -w 15 \
        -s SKTA-1 SKTB-2
    wait_for_text "$out" 3-
    say 'hello\n'
    end_status "$started_pid" 10
    assert_equal "$status $(cat "$started_out")" "0 hello"
    release_input
    end_status "$pid" 10
    assert_equal "$status" 0
    assert_same_file "$out" "$listener_input"
}

@test "a foreign station's datagrams arrive whole, and ours there" {
    start_python <<END
$ax25
here = Socket(AF_AX25, socket.SOCK_DGRAM)
here.setsockopt(SOL_AX25, PIDINCL, 1)
here.bind(station("SKTB", 2))
here.connect(station("SKTA", 1))
ready()
expect(here.recv(300), b"ping")
here.send(b"\xf0pong")
END
    printf ping >input
    run -0 timeout 10 "$SKT" --domain ax25 --type dgram -w 10 -W 1 -s SKTA-1 SKTB-2 <input
    assert_equal "$output" pong
    python_succeeds
}

@test "raw frames are heard from any station and answered" {
    listener_input=$(lines 200) connector_input=$(lines 100 256) \
        exchange --domain ax25 --type raw --records line -W 2 SKTB-10,SKTB-2 -- \
        --domain ax25 --type raw --records line -W 1 -s SKTA-10,SKTA-1 {}
}

@test "raw frames of another protocol are not ours" {
    start_skt_listener --domain ax25 --type raw --protocol 0xce -W 1 SKTB-11,SKTB-2
    timeout 10 "$SKT" --domain ax25 --type raw -q 0 -s SKTA-11,SKTA-1 SKTB-11 <<<"text"
    timeout 10 "$SKT" --domain ax25 --type raw --protocol flexnet -q 0 -s SKTA-11,SKTA-1 SKTB-11 <<<"flexnet"
    end_status "$listener_pid" 10
    assert_equal "$status $(cat "$listener_out")" "0 flexnet"
}

@test "--eof-message ends both sides" {
    exchange --domain ax25 --eof-message SKTB-12,SKTB-2 -- --domain ax25 --eof-message -s SKTA-12,SKTA-1 SKTB-12
}

@test "nobody at a callsign, and a callsign that is no device's, are said" {
    refuses 6 "connect to SKTB-13: timed out" --domain ax25 -w 1 -s SKTA-13,SKTA-1 SKTB-13
    refuses 4 "bind to NOBODY: Cannot assign requested address; no device" --domain ax25 -s nobody SKTB-2
    refuses 5 "listen on nobody: Cannot assign requested address; no device" --domain ax25 -l nobody
}

@test "a record larger than a frame is refused" {
    listener_input=/dev/null start_skt_listener --domain ax25 SKTB-14,SKTB-2
    head -c 257 /dev/zero | tr '\0' x >large
    status=0
    timeout 10 "$SKT" --domain ax25 --records line -s SKTA-14,SKTA-1 SKTB-14 <large 2>err || status=$?
    assert_equal "$status" 9
    assert_one_line "$(cat err)" "at most 256"
}

# What ax25-tools read: the devices under names of their own.
axports() {
    mkdir -p /etc/ax25
    printf 'first SKTA-1 9600 256 2 bpq\nsecond SKTB-2 9600 256 2 bpq\n' >/etc/ax25/axports
}

@test "ax25_call calls us" {
    axports
    echo answer >answer
    listener_input=answer start_skt_listener --domain ax25 SKTB-9,SKTB-2
    hold_input
    background_input=$held_input start_background ax25_call first SKTA-9 SKTB-9
    say 'from ax25_call\n'
    wait_for_text "$listener_out" "from ax25_call"
    wait_for_text "$started_out" answer
    release_input
    end_status "$listener_pid"
    assert_equal "$status" 0
}

@test "we call ax25d, which has cat answer" {
    axports
    printf '[SKTB-10 VIA second]\ndefault * * * * * * - root /usr/bin/cat cat\n' >ax25d.conf
    ax25d -c "$PWD/ax25d.conf" 2>/dev/null
    daemon_pid=$(pidof ax25d)
    wait_until grep -q SKTB-10 /proc/net/ax25
    run -0 timeout 20 "$SKT" --domain ax25 -w 5 -s SKTA-10,SKTA-1 SKTB-10 <<<"to cat"
    kill "$daemon_pid"
    assert_equal "$output" "to cat"
}

@test "beacon is heard" {
    axports
    start_skt_listener --domain ax25 --type raw --records line -W 1 IDENT,SKTB-2
    timeout 10 beacon -f -s -d IDENT first "a beacon"
    end_status "$listener_pid" 10
    assert_equal "$status $(cat "$listener_out")" "0 a beacon"
}
