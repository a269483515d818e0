#!/usr/bin/env bats
# What once went wrong: each test is named after what was seen.

load helpers

# --- listening -----------------------------------------------------------------------------------------------------

@test "input that was read for a client that left at once is said to be lost, and not kept from the next in silence" {
    hold_input
    say 'hi\n'
    listener_input=$held_input start_skt_listener -U "$PWD/s"
    kill -STOP "$listener_pid"
    start_peer "connect:unix:$PWD/s" close
    end_status "$peer_pid"
    kill -CONT "$listener_pid"
    end_status "$listener_pid"
    assert_equal "$status" 1
    assert_contains "$(<"$listener_err")" "(sent 0 bytes, 3 more unsent; received 0 bytes)"
}

@test "a file of which nothing was sent to a client that left at once goes to the next one" {
    printf 'hi\n' >input
    listener_input=input start_skt_listener -U "$PWD/s"
    kill -STOP "$listener_pid"
    start_peer "connect:unix:$PWD/s" close
    end_status "$peer_pid"
    kill -CONT "$listener_pid"
    start_peer "connect:unix:$PWD/s" 'expect:hi\n' close
    peer_succeeds
    end_status "$listener_pid"
    assert_equal "$status $(<"$listener_err")" "0 "
}

@test "an empty file is sent by a listener that only sends, and that is the end" {
    start_skt_listener --send-only 127.0.0.1 0
    run -0 timeout 10 "$SKT" 127.0.0.1 "$port" </dev/null
    end_status "$listener_pid"
    assert_equal "$status $(<"$listener_err")" "0 "
}

# --- -q --------------------------------------------------------------------------------------------------------------

@test "-q 0 sends the lines that -i still holds back" {
    start_peer listen:tcp accept 'expect:a\nb\nc\n' drain
    run -0 timeout 10 "$SKT" -q 0 -i 0.2 127.0.0.1 "$port" < <(printf 'a\nb\nc\n')
    end_status "$peer_pid"
    assert_equal "$status" 0
}

@test "-q 0 sends all of a file to a peer that reads late" {
    input=$(random_file 1M)
    start_peer rcvbuf:4096 listen:tcp accept sleep:1 drain digest # the subject; less than it is given up after (STALL_MS)
    run -0 timeout 20 "$SKT" -q 0 -O 8K 127.0.0.1 "$port" <"$input"
    assert_equal "$output" ""
    peer_succeeds
    assert_contains "$(<"$peer_out")" "received 1048576 $(digest "$input" | cut -d' ' -f1)"
}

# --- a truthful status ------------------------------------------------------------------------------------------------

@test "datagrams that wait for a slow reader of standard output are not left behind" {
    start_peer listen:udp recv:1 datagram:30000 datagram:30000 datagram:30000 datagram:30000
    run -0 --separate-stderr bash -c '
        set -o pipefail
        # longer than the second that a client waits for more
        printf q | timeout 10 "$0" -u 127.0.0.1 "$1" | { sleep 2.5; wc -c; }' "$SKT" "$port"
    assert_equal "$output" 120000
}

@test "a peer that ends first and then leaves without reading is no success" {
    input=$(random_file 150K) # fits into our kernel's buffer, but not into the peer's
    # longer than a peer that takes nothing has at the end of all (SETTLE_MS)
    start_peer rcvbuf:4096 listen:tcp accept halfclose sleep:2.6 close
    run -1 timeout 20 "$SKT" -O 200K 127.0.0.1 "$port" <"$input"
    assert_contains "$output" "not acknowledged"
}

# A closed socket waits for the other side's end no longer than net.ipv4.tcp_fin_timeout; ours is refused after that.
nobody_has() { ! grep -q "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$1") " /proc/net/tcp; }

end_long_after_peer() {
    echo 1 >/proc/sys/net/ipv4/tcp_fin_timeout
    start_peer listen:tcp accept expect:hello close
    run timeout 10 "$SKT" 127.0.0.1 "$port" < <(printf hello; wait_until 10 nobody_has "$port")
    echo "$status $output"
}

@test "our end of input long after the peer has closed is no failure when all bytes have arrived" {
    in_netns true
    run -0 in_netns end_long_after_peer
    assert_equal "$output" "0 "
}

# --- standard streams --------------------------------------------------------------------------------------------------

@test "the master of a pseudo-terminal can be standard input and output" {
    start_peer listen:tcp accept expect:from-slave send:from-peer stall
    run -0 timeout 20 python3 - "$SKT" "$port" <<'END'
import os, pty, subprocess, sys, tty
master, slave = pty.openpty()
tty.setraw(slave)
skt = subprocess.Popen([sys.argv[1], "127.0.0.1", sys.argv[2]], stdin=master, stdout=master)
os.write(slave, b"from-slave")
print(os.read(slave, 100).decode())
skt.terminate()
skt.wait()
END
    assert_equal "$output" "from-peer"
}

@test "--announce to a FIFO waits for its reader, and a signal ends the waiting" {
    mkfifo where
    start_background "$SKT" -l --announce=where 127.0.0.1 0
    listener_pid=$started_pid
    wait_until is_sleeping "$listener_pid"
    IFS= read -r address <where
    run -0 timeout 10 "$SKT" "$address" <<<hello
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$started_out" 'hello\n'
    start_background "$SKT" -l --announce=where 127.0.0.1 0
    wait_until is_sleeping "$started_pid"
    kill -TERM "$started_pid"
    end_status "$started_pid"
    assert_equal "$status" 143
}

is_sleeping() { grep -q '^State:.*S (sleeping)' "/proc/$1/status"; }

@test "a signal ends skt while it waits for the reader of a copy of the traffic" {
    mkfifo copy
    exec {reader}<>copy # which reads nothing
    start_skt_listener -o copy 127.0.0.1 0
    head -c 1M /dev/zero | tr '\0' x >big
    background_input=big start_background "$SKT" 127.0.0.1 "$port"
    LC_ALL=C read -r -N 1 -t 10 -u "$reader"
    wait_until is_sleeping "$listener_pid"
    kill -TERM "$listener_pid"
    end_status "$listener_pid"
    assert_equal "$status" 143
    exec {reader}<&-
}

@test "input from a FIFO ends although its writer was gone before the client came" {
    mkfifo answer
    start_background bash -c 'echo answer >answer'
    writer_pid=$started_pid
    listener_input=answer
    start_skt_listener 127.0.0.1 0
    end_status "$writer_pid"
    run -0 timeout 10 "$SKT" "$address" </dev/null
    assert_equal "$output" answer
    end_status "$listener_pid"
    assert_equal "$status" 0
}

@test "a client that resets the connection while its echo is stuck in every buffer leaves nothing behind" {
    need python3
    start_skt_listener -k --echo -O 16K 127.0.0.1 0
    wait_until is_still "$listener_pid"
    local fds
    fds=$(open_fds "$listener_pid")
    # how much fits where is the kernel's business: among these are sizes that stop in each place
    python3 - "$port" <<'PYTHON'
import socket, struct, sys, time
for size in range(64 << 10, 2048 << 10, 48 << 10):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", int(sys.argv[1])))
    client.settimeout(0.2)
    try:
        client.sendall(b"x" * size)
    except TimeoutError:
        pass  # that is as much as fits
    time.sleep(0.03)  # the subject: it has gone as far as it goes
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
PYTHON
    wait_until has_fds "$listener_pid" "$fds"
}
