#!/usr/bin/env bats
# Many datagrams at once: faster, and the same ones. tests/peers/trains.py is at the other end, and at our standard streams.

load helpers

# $1: both, in or out. The rest: options of trains.py, then of skt.
trains() {
    local verb=$1 options=() role=(-l '--announce={file}') where=(127.0.0.1 0)
    shift
    while [[ ${1:-} == --* ]] && [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    shift
    if [ "$verb" = out ]; then
        role=(--send-only) where=(127.0.0.1 '{port}')
    fi
    foreign trains.py "$verb" "${options[@]}" "${tracer[@]}" "$SKT" -u "${role[@]}" "$@" "${where[@]}"
}

tracer=()

# $1: system calls, all later words for strace. What it saw is in the file `trace`, once `trace_ended` is true. With -D
# the program is our own child, and strace its guest.
traced() {
    need_tracer
    tracer=(strace -D -o trace -e "trace=$1" "${@:2}")
}

trace_ended() { wait_until 10 grep -q -e '^+++ ' trace; }

# A listener that is stopped, so that what is sent to it waits, until it goes on. Arguments as start_skt_listener.
start_stopped_listener() {
    start_skt_listener "$@"
    kill -STOP "$listener_pid"
}

# Has all that send_all sends come in at the listener's socket? 8 messages, of at least 256 bytes of memory each.
rx_waits() {
    local queue
    queue=$(awk -v port=":$(printf %04X "$port")" 'index($2, port) { sub(/.*:/, "", $5); print $5 }' /proc/net/udp)
    [ $((16#${queue:-0})) -ge 2048 ]
}

# send_all SOCKET:TEXT...: to $port, each from the socket of that number. A TEXT of N*M is M datagrams of N bytes
# each, as a train. What the last line of the script receives on a socket is printed.
send_all() {
    python3 - "$port" "$@" <<'PYTHON'
import socket, struct, sys
made = {}
for word in sys.argv[2:]:
    name, _, text = word.partition(":")
    if name not in made:
        made[name] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made[name].connect(("127.0.0.1", int(sys.argv[1])))
        made[name].settimeout(5)
    if text == "answer":
        print(name, made[name].recv(100).decode())
    elif "*" in text:
        size, count = map(int, text.split("*"))
        made[name].sendmsg([b"x" * size * count], [(17, 103, struct.pack("H", size))])
    else:
        made[name].send(text.encode())
PYTHON
}

# --- borders ---------------------------------------------------------------------------------------------

@test "thousands of datagrams of all sizes go out whole, alone and in order" {
    run -0 trains out -- --records u32
    assert_contains "$output" good
}

@test "thousands of datagrams of all sizes come in whole, alone and in order, also where the kernel joins them" {
    run -0 trains in -- --records u32
    assert_contains "$output" good
}

@test "thousands of datagrams of all sizes go both ways, to whoever has written" {
    run -0 trains both --seed=2 -- --records u32
    assert_contains "$output" good
    run -0 trains both --seed=3 -- -k --records u32
}

@test "datagrams with empty ones among them stay what they are over every format" {
    for seed in 4 5; do
        run -0 trains both --seed=$seed --bursts=10 -- --records u32 --hex-dump copy
        sent=$(grep -c '^>.* 00000000 ' copy) # the dump counts offsets within a direction: it has seen them all
        assert_at_least "$sent" 1
    done
}

@test "with --records none each packet of a packet pipe is a datagram, and each datagram a packet" {
    run -0 trains out --packets --
    run -0 trains in --packets --
    run -0 trains both --packets --seed=6 --
}

@test "with --records none each message of a socket on standard input is a datagram, and the other way round" {
    run -0 trains out --sockets --
    run -0 trains both --sockets --seed=7 --
}

@test "a message of a socket on standard input that is too large to be a datagram is told with both sizes, and not cut" {
    need python3
    start_skt_listener -k -u 127.0.0.1 0
    for kind in SEQPACKET DGRAM; do
        run -9 timeout 10 python3 - "$kind" "$SKT" -u 127.0.0.1 "$port" <<'PYTHON'
import socket, subprocess, sys
end, theirs = socket.socketpair(socket.AF_UNIX, getattr(socket, "SOCK_" + sys.argv[1]))
for size in 3, 65508:
    end.send(b"x" * size)
sys.exit(subprocess.run(sys.argv[2:], stdin=theirs).returncode)
PYTHON
        assert_one_line "$output" "standard input: 65508 bytes, at most 65507: message too large"
    done
    wait_for_text "$listener_out" xxxxxx
}

@test "large messages of a socket on standard input are bytes to a stream, and bytes go to such a socket as it takes them" {
    need python3
    for kind in SEQPACKET DGRAM; do
        for options in -q0 "-q0 --no-splice" "-q0 --reconnect"; do
            # shellcheck disable=SC2086
            run -0 timeout 30 python3 - "$kind" "$SKT" $options 127.0.0.1 <<'PYTHON'
import hashlib, os, socket, subprocess, sys, threading
kind = getattr(socket, "SOCK_" + sys.argv[1])
server = socket.create_server(("127.0.0.1", 0))
near_in, their_in = socket.socketpair(socket.AF_UNIX, kind)
near_out, their_out = socket.socketpair(socket.AF_UNIX, kind)
skt = subprocess.Popen([*sys.argv[2:], str(server.getsockname()[1])], stdin=their_in, stdout=their_out)
far, _ = server.accept()
their_in.close(), their_out.close()
sizes = [10, 30000, 3, 100000, 200000, 1] * 10
data = os.urandom(sum(sizes))

def say():
    at = 0
    for size in sizes:
        near_in.send(data[at:at + size])
        at += size

def answer():
    far.sendall(data)

def hear(end):
    heard = b""
    while len(heard) < len(data):
        heard += end.recv(1 << 20)
    assert heard == data

threads = [threading.Thread(target=what, args=which) for what, which in
           ((say, ()), (answer, ()), (hear, (far,)), (hear, (near_out,)))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
skt.kill()
print("whole")
PYTHON
            assert_equal "$output" whole
        done
    done
}

@test "equal datagrams go out together, and those of a sender that sends so come in together" {
    traced sendto,sendmsg,sendmmsg,recvmmsg
    run -0 trains out --size=100 --bursts=10 -- --records u32
    assert_contains "$output" "good 1200"
    trace_ended
    assert_at_most "$(grep -c '^send' trace)" 60
    assert_contains "$(<trace)" cmsg_type=0x67
    run -0 trains in --size=100 --bursts=10 -- --records u32
    assert_contains "$output" "good 1200"
    trace_ended
    assert_at_most "$(grep -c 'recvmmsg.*= [0-9]' trace)" 700 # of every second burst, a call has sixty
    assert_contains "$(<trace)" cmsg_type=0x68
}

@test "one datagram goes out at once, in one call, and is not waited with" {
    traced sendto,sendmsg,sendmmsg
    hold_input
    start_peer listen:udp expect:one 'send:two\n' expect:three
    background_input=$held_input start_background "${tracer[@]}" "$SKT" -u --records line 127.0.0.1 "$port"
    say 'one\n'
    wait_for_text "$started_out" two
    say 'three\n'
    peer_succeeds
    release_input
    end_status "$started_pid"
    trace_ended
    assert_equal "$(grep -c 'sendto(.*= ' trace) $(grep -c sendm trace)" "2 0"
}

# --- a kernel that will not ------------------------------------------------------------------------------

small_mtu() {
    ip link set lo mtu 1500
    trains out --most=30000 -- --records u32
    trains out --size=2000 --bursts=5 -- --records u32
    trains both --most=30000 --seed=8 -- --records u32
}
export -f small_mtu trains

@test "datagrams larger than a packet of the route go out as they are, and the smaller ones together" {
    need ip
    in_netns small_mtu
}

@test "where the kernel refuses to send datagrams together they go out one by one" {
    for error in EIO EINVAL ENOPROTOOPT EMSGSIZE ENOBUFS; do
        traced sendmsg,sendmmsg -e "inject=sendmsg:error=$error:when=1"
        run -0 trains out --bursts=5 -- --records u32
        assert_contains "$output" good
        trace_ended
        assert_equal "$(grep -c INJECTED trace)" 1
    done
}

@test "a kernel that knows nothing of all this is sent and gives one by one" {
    traced getsockopt,setsockopt,sendto,sendmsg,sendmmsg,recvmsg,recvmmsg \
        -e inject=getsockopt,setsockopt:error=ENOPROTOOPT
    run -0 trains both --bursts=5 -- --records u32
    trace_ended
    refute_contains "$(<trace)" mmsg
    refute_contains "$(<trace)" cmsg_type
}

@test "a queue that is full in the middle of a batch loses nothing and sends nothing twice" {
    for error in EAGAIN ENOBUFS EINTR; do
        traced sendmsg,sendmmsg,sendto -e "inject=sendmsg,sendmmsg,sendto:error=$error:when=2+3"
        run -0 trains out --bursts=10 -- --records u32
        assert_contains "$output" good
    done
}

@test "an interrupted or unready call that reads many loses nothing" {
    for error in EAGAIN EINTR ECONNREFUSED; do
        traced recvmmsg -e "inject=recvmmsg:error=$error:when=1+2"
        run -0 trains in --bursts=10 -- --records u32
        assert_contains "$output" good
    done
}

@test "a datagram too large among small ones is told with both sizes, and those before it have gone" {
    start_peer listen:udp recv:1 recv:1
    { printf 'a\nb\n' && head -c 70000 /dev/zero | tr '\0' x && printf '\nc\n'; } >lines
    run -9 --separate-stderr timeout 10 "$SKT" -u --send-only --records line 127.0.0.1 "$port" <lines
    assert_one_line "$stderr" "a record of 70000 bytes is too large: a message takes at most 65507"
    peer_succeeds
}

# --- who has sent, and when it ends ----------------------------------------------------------------------

@test "senders whose datagrams wait together are all heard in order, told with -v, and the last is answered" {
    hold_input
    listener_input=$held_input start_stopped_listener -u -k -v --records line 127.0.0.1 0
    say 'hello\n'
    (wait_until rx_waits && kill -CONT "$listener_pid") 3>&- &
    run -0 send_all 1:a 2:b 2:c '1:3*3' 3:d 1:e 1:answer
    assert_equal "$output" "1 hello"
    wait_for_text "$listener_out" e
    assert_file_is "$listener_out" 'a\nb\nc\nxxx\nxxx\nxxx\nd\ne\n'
    assert_equal "$(grep -c 'Connection received on' "$listener_err")" 5
}

@test "of senders whose datagrams wait together only the first is heard without -k" {
    start_stopped_listener -u --records line 127.0.0.1 0
    send_all 1:a 2:stray '2:3*3' 1:b
    kill -CONT "$listener_pid"
    wait_for_text "$listener_out" b
    assert_file_is "$listener_out" 'a\nb\n'
}

@test "-W counts datagrams, also of those that came together" {
    start_stopped_listener -u -W 10 --stats 127.0.0.1 0
    send_all '1:5*64' '1:5*64'
    kill -CONT "$listener_pid"
    end_status "$listener_pid"
    assert_equal "$status $(wc -c <"$listener_out")" "0 50"
    assert_contains "$(<"$listener_err")" "received 50 bytes in 10 messages"
}

@test "an empty datagram with --eof-message ends it after those that came before it, and before those behind it" {
    start_stopped_listener -u --eof-message --records line 127.0.0.1 0
    send_all 1:a 1:b 1: 1:c
    kill -CONT "$listener_pid"
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'a\nb\n'
}

@test "-o and --hex-dump see each of the datagrams that came together" {
    start_stopped_listener -u --hex-dump dump -o copy --stats 127.0.0.1 0
    send_all '1:20*3' 1:end
    kill -CONT "$listener_pid"
    wait_for_text "$listener_out" end
    stop "$listener_pid"
    assert_same_file copy "$listener_out"
    assert_equal "$(cut -c 1-12 dump)" "$(printf '< %08x  \n' 0 16 20 36 40 56 60)"
    assert_contains "$(<"$listener_err")" "received 63 bytes in 4 messages"
}

@test "a datagram that cannot be marked up is status 1, and those before it are written" {
    start_stopped_listener -u --records size:3 127.0.0.1 0
    send_all '1:3*5' 1:four '1:3*5'
    kill -CONT "$listener_pid"
    end_status "$listener_pid"
    assert_equal "$status" 1
    assert_file_is "$listener_out" xxxxxxxxxxxxxxx
    assert_contains "$(<"$listener_err")" "a message of 4 bytes is no record of size:3"
}

@test "with nobody there many lines are status 4, not silence" {
    need python3
    port=$(free_port udp)
    seq 1000 >lines
    run -4 --separate-stderr timeout 10 "$SKT" -u --send-only --records line 127.0.0.1 "$port" <lines
    assert_one_line "$stderr" "Connection refused"
}

# --- too fast --------------------------------------------------------------------------------------------

late_ones_end_it() { ! alive "$listener_pid" || ! send_all 1:late 2>>late; }

@test "what the kernel drops is told by --stats and by -v, and is no failure" {
    for option in --stats -v ''; do
        start_stopped_listener -u -k ${option:+"$option"} --sockopt rcvbuf=4096 -W 20 127.0.0.1 0
        for ((i = 0; i < 20; i++)); do words[i]=1:message; done
        send_all "${words[@]}" "${words[@]}"
        kill -CONT "$listener_pid"
        wait_for_text "$listener_out" message
        wait_until 20 late_ones_end_it # one that comes now tells of those before it
        end_status "$listener_pid"
        assert_equal "$status" 0
        [ -z "$option" ] || assert_contains "$(<"$listener_err")" "dropped by the kernel: they came faster than they were taken"
        [ -n "$option" ] || assert_equal "$(<"$listener_err")" ""
    done
}

@test "-v tells at once when the kernel begins to drop, while the session goes on" {
    start_stopped_listener -u -k -v --sockopt rcvbuf=4096 --records line 127.0.0.1 0
    for ((i = 0; i < 40; i++)); do words[i]=1:message; done
    send_all "${words[@]}"
    kill -CONT "$listener_pid"
    wait_for_text "$listener_out" message
    send_all 1:late
    wait_for_text "$listener_err" "the kernel drops messages: they come faster than they are taken"
    alive "$listener_pid"
}

@test "a listener holds more datagrams than the system's usual buffer does" {
    [ "$(</proc/sys/net/core/rmem_default)" -le 212992 ] || skip "the usual buffer is large here"
    start_stopped_listener -u --stats --records line 127.0.0.1 0
    for ((i = 0; i < 400; i++)); do words[i]=1:message; done # the usual one has 277
    send_all "${words[@]}" 1:last
    kill -CONT "$listener_pid"
    wait_for_text "$listener_out" last
    stop "$listener_pid"
    assert_equal "$(wc -l <"$listener_out")" 401
    refute_contains "$(<"$listener_err")" dropped
}

@test "datagrams that wait are read call after call, in order" {
    traced ppoll,recvmmsg
    printf '#!/bin/sh\nexec %s "$@"\n' "${tracer[*]} $SKT" >traced-skt
    chmod +x traced-skt
    SKT=./traced-skt start_stopped_listener -u --records line 127.0.0.1 0
    for ((i = 0; i < 400; i++)); do words[i]=1:$i; done
    send_all "${words[@]}" 1:last
    kill -CONT "$listener_pid"
    wait_for_text "$listener_out" last
    stop "$listener_pid"
    trace_ended
    assert_equal "$(<"$listener_out")" "$(printf '%s\n' "${words[@]#1:}" last)"
    assert_at_most "$(grep -c '^ppoll' trace)" 25 # each of fifty full batches has had one
}

@test "a flood keeps neither our answers nor a signal from their turn" {
    hold_input # what each datagram is written down for takes longer than sending it
    listener_input=$held_input start_skt_listener -u --records line -o /dev/null 127.0.0.1 0
    start_background python3 -c '
import socket, struct, sys
made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
made.connect(("127.0.0.1", int(sys.argv[1])))
made.setblocking(False)
while True:
    made.sendmsg([b"x" * 64000], [(17, 103, struct.pack("H", 1000))])
    try:
        print(made.recv(100).decode(), flush=True)
    except BlockingIOError:
        pass
' "$port"
    flood_pid=$started_pid flood_out=$started_out
    say 'answer\n'
    wait_for_text "$flood_out" answer
    kill -TERM "$listener_pid"
    wait_until 5 has_ended "$listener_pid"
    release_input
    stop "$flood_pid"
}

@test "the receive buffer of TCP is left to the kernel, and one of the user's is the last that is set" {
    traced setsockopt
    start_peer listen:tcp accept close
    run -0 timeout 10 "${tracer[@]}" "$SKT" -z 127.0.0.1 "$port"
    peer_succeeds
    refute_contains "$(<trace)" SO_RCVBUF
    start_peer listen:udp recv:2
    run -0 timeout 10 "${tracer[@]}" "$SKT" -u --send-only --sockopt rcvbuf=9999 127.0.0.1 "$port" <<<x
    peer_succeeds
    assert_contains "$(grep SO_RCVBUF trace | tail -n 1)" "[9999]"
}
