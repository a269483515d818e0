# X.25: calls between two interfaces of one kernel, packets of 128 bytes, a window of 2.
# modules: x25 lapbether
# network: x25
# namespace: first
#
# shellcheck disable=SC2154  # ready, address, output: set by the harness

# Python's own address of a number: number "21".
x25='
from foreign import *
AF_X25, EOR = 9, 0x80
def number(text):
    return address(AF_X25, "16s", text)
'

@test "records go both ways, with their borders" {
    listener_input=$(lines 500 1 127) connector_input=$(lines 1 128 129 2000 8192 3) \
        exchange --domain x25 --records line 21 -- --domain x25 --records line {}
    assert_equal "$address" "x25:21"
}

@test "all of many records arrive before the end does" {
    connector_input=$(lines $(seq 300 4 560)) listener_input=$(lines 7) \
        exchange --domain x25 --records line 22 -- --domain x25 --records line -q 0 22
}

@test "a file goes through as a byte stream" {
    connector_input=$(random_file 60K) listener_input=$(random_file 20K) \
        exchange --domain x25 23 -- --domain x25 23
}

@test "closing waits for a receiver that is slow to read" {
    start_python <<END
$x25
import time
listener = Socket(AF_X25, socket.SOCK_SEQPACKET)
listener.bind(number(b"24"))
listener.listen()
ready()
call, _ = listener.accept()
time.sleep(0.6)
for i in range(20):
    expect(call.recv(1000), b"record %d" % i)
END
    for i in {0..19}; do echo "record $i"; done >input
    timeout 20 "$SKT" --domain x25 --records line -q 0 24 <input
    python_succeeds
}

@test "a foreign listener gets our records and answers, and sees the number that -s says" {
    start_python <<END
$x25
listener = Socket(AF_X25, socket.SOCK_SEQPACKET)
listener.bind(number(b"25"))
listener.listen()
ready()
call, _ = listener.accept()
expect(call.getpeername(), number(b"123456789012345"))
expect(call.recv(100), b"question")
call.send(b"x" * 300, EOR)
call.send(b"answer", EOR)
expect(call.recv(100), b"thanks")
END
    hold_input
    background_input=$held_input start_background "$SKT" --domain x25 --records line -s 123456789012345 25
    say 'question\n'
    wait_for_text "$started_out" answer
    say 'thanks\n'
    python_succeeds
    end_status "$started_pid" 10
    assert_equal "$status $(tail -n 1 "$started_out") $(wc -l <"$started_out")" "0 answer 2"
}

@test "without -s a call says no number, and * hears calls to any" {
    listener_input=/dev/null start_skt_listener --domain x25 -v '*'
    assert_equal "$address" "x25:*"
    timeout 10 "$SKT" --domain x25 299999999999999 <<<"to whom it may concern"
    end_status "$listener_pid" 10
    assert_equal "$status $(cat "$listener_out")" "0 to whom it may concern"
    assert_contains "$(cat "$listener_err")" "Connection received on unnamed"
}

@test "a foreign caller is answered, and an orderly clear is an orderly end" {
    start_skt_listener --domain x25 --records line -d 26
    run_python <<END
$x25
call = Socket(AF_X25, socket.SOCK_SEQPACKET)
call.bind(number(b"11"))
call.connect(number(b"26"))
call.send(b"one", EOR)
call.send(b"", EOR)
call.send(b"three" * 100, EOR)
import time
time.sleep(0.5)
call.close()
END
    end_status "$listener_pid" 10
    assert_equal "$status $(head -c 10 "$listener_out" | tr '\n' /)" "0 one//three"
    assert_equal "$(wc -l <"$listener_out")" 3
}

# A caller that sends a record, waits for the file "go", sends three more, and clears with a cause.
start_caller() {
    start_python "$@" <<END
$x25
import time
call = Socket(AF_X25, socket.SOCK_SEQPACKET)
call.bind(number(b"11"))
call.connect(number(sys.argv[1].encode()))
call.ioctl(0x89EC, bytes([int(sys.argv[2]), 7])) # SIOCX25SCAUSEDIAG
call.send(b"one", EOR)
ready()
while not os.path.exists("go"):
    time.sleep(0.02)
for i in range(int(sys.argv[3])):
    call.send(b"more", EOR)
time.sleep(0.3)
call.close()
END
}

@test "what had come in and cannot be read after the other side has cleared is said with status 1" {
    start_skt_listener --domain x25 --records line -d 212
    start_caller 212 0 3
    wait_for_text "$listener_out" one
    kill -STOP "$listener_pid"
    touch go
    python_succeeds
    kill -CONT "$listener_pid"
    end_status "$listener_pid" 10
    assert_equal "$status $(cat "$listener_out")" "1 one"
    assert_one_line "$(cat "$listener_err")" "11: what had come in was lost when the other side cleared"
}

@test "a call that the network clears is no orderly end, and its cause is said" {
    start_skt_listener --domain x25 --records line -d 213
    start_caller 213 5 0
    wait_for_text "$listener_out" one
    touch go
    python_succeeds
    end_status "$listener_pid" 10
    assert_equal "$status $(cat "$listener_out")" "1 one"
    assert_one_line "$(cat "$listener_err")" "11: the call was cleared, cause 0x05 (network congestion), diagnostic 7"
}

@test "--eof-message ends both sides" {
    exchange --domain x25 --eof-message 27 -- --domain x25 --eof-message 27
}

@test "a number may call itself" {
    exchange --domain x25 211 -- --domain x25 -s 211 211
}

@test "one call after the other with -k" {
    start_skt_listener --domain x25 -k 28
    timeout 10 "$SKT" --domain x25 -q 0 28 <<<"first"
    wait_for_text "$listener_out" first
    timeout 10 "$SKT" --domain x25 -q 0 28 <<<"second"
    wait_for_text "$listener_out" second
}

@test "nobody at a number, and no way to one, are said with status 4" {
    refuses 4 "connect to 29 failed: Connection refused" --domain x25 29
    refuses 4 "connect to 39 failed: Network is unreachable" --domain x25 39
}

@test "a record that would not arrive is refused" {
    listener_input=/dev/null start_skt_listener --domain x25 210
    head -c 8193 /dev/zero | tr '\0' x >large
    status=0
    timeout 10 "$SKT" --domain x25 --records line 210 <large 2>err || status=$?
    assert_equal "$status" 9
    assert_one_line "$(cat err)" "at most 8192"
}
