#!/usr/bin/env bats
# Peers that send datagrams: -k with an end that each of them has for itself.

load helpers

# datagrams WHAT...: tests/peers/datagrams.py
datagrams() { foreign datagrams.py "$@"; }

@test "each of 200 peers has a session of its own: messages come back whole, in order, and to nobody else" {
    need python3
    start_skt_listener -k -u --echo 127.0.0.1 0
    run -0 datagrams echo "$port" 200 20
    assert_equal "$output" "4000 of 4000 messages"
    start_skt_listener -k -u --echo -U sock
    run -0 datagrams echo sock 5 200
    assert_equal "$output" "1000 of 1000 messages"
    assert_file_is "$listener_err" ''
}

@test "nc, ncat, socat and skt are peers at the same time, over IPv4 and IPv6" {
    need nc.openbsd ncat socat
    need_ipv6
    start_skt_listener -k -u -v --echo 0
    for words in "nc.openbsd -u 127.0.0.1 $port" "ncat -u ::1 $port" "socat - UDP4:127.0.0.1:$port" "$SKT -u ::1 $port"; do
        hold_input
        # shellcheck disable=SC2086  # words
        background_input=$held_input start_background $words
        outs+=("$started_out")
        say "this is ${#outs[@]}\n"
        wait_for_text "$started_out" "this is ${#outs[@]}"
    done
    say "once more\n"
    wait_for_text "${outs[3]}" "once more"
    assert_equal "$(grep -c "Connection received on" "$listener_err")" 4
    for out in "${outs[@]:0:3}"; do assert_equal "$(wc -l <"$out")" 1; done
}

@test "a peer is answered from the address that it has written to" {
    need python3
    need_ipv6
    for options in "" -4 "--udplite"; do
        # shellcheck disable=SC2086  # words
        start_skt_listener -k -u $options --echo 0
        run -0 timeout 20 python3 - "$port" "$options" <<'PYTHON'
import socket, sys
port, options = int(sys.argv[1]), sys.argv[2]
protocol = 136 if options == "--udplite" else 0
def ask(family, address, texts):
    with socket.socket(family, socket.SOCK_DGRAM, protocol) as s:
        s.settimeout(5)
        s.connect((address, port))  # hears nothing from any other address
        for text in texts:
            s.send(text)
        for text in texts:
            assert s.recv(70000) == text, (address, text)
texts = [b"one", b"", b"x" * 60000, *[b"%d" % i for i in range(50)]]
for address in "127.0.0.1", "127.0.0.2", "127.9.8.7":
    ask(socket.AF_INET, address, texts)
if options != "-4":
    ask(socket.AF_INET6, "::1", texts)
PYTHON
    done
    assert_file_is "$listener_err" ''
}

@test "a peer that has written to all is answered from an address of ours" {
    need python3
    in_netns true
    export -f answered_group ask_group
    run -0 in_netns answered_group
}

answered_group() {
    ip route add 224.0.0.0/4 dev lo
    ask_group -4
    ask_group
}

ask_group() {
    start_skt_listener -k -u "$@" --echo --join 239.1.2.3@lo 0
    timeout 10 python3 - "$port" <<'PYTHON'
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.settimeout(5)
    s.bind(("127.0.0.1", 0))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
    for _ in range(3):
        s.sendto(b"who is there", ("239.1.2.3", int(sys.argv[1])))
        data, sender = s.recvfrom(100)
        assert data == b"who is there" and sender[0] == "127.0.0.1", (data, sender)
PYTHON
}

@test "a peer is given up when nothing was heard of it for a while, and may come again" {
    need python3
    start_skt_listener -k -u -vv --echo --idle-timeout 0.4 127.0.0.1 0
    before=$(open_fds "$listener_pid")
    start_peer "connect:udp:$port" send:one expect:one waitfile:again send:two expect:two
    wait_for_text "$listener_err" "received: open -> draining (source ended)"
    touch again
    peer_succeeds
    assert_equal "$(grep -c "Connection received on" "$listener_err")" 2
    refute_contains "$(<"$listener_err")" "timed out"
    has_fds "$listener_pid" "$before"
}

@test "traffic keeps a peer, longer than the time for the idle" {
    start_skt_listener -k -u -v --echo --idle-timeout 1.5 127.0.0.1 0
    steps=()
    for _ in {1..8}; do steps+=(send:x expect:x sleep:0.2); done # together longer than that
    start_peer "connect:udp:$port" "${steps[@]}"
    peer_succeeds
    assert_equal "$(grep -c "Connection received on" "$listener_err")" 1
}

@test "at --max-conns messages of more peers are dropped and counted, until one is given up" {
    need python3
    start_skt_listener -k -u --echo --max-conns 2 --idle-timeout 1 127.0.0.1 0
    run -0 timeout 20 python3 - "$port" <<'PYTHON'
import socket, sys
def peer():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(("127.0.0.1", int(sys.argv[1])))
    return s
def is_answered(s, limit):
    s.settimeout(limit)
    s.send(b"x")
    try:
        return s.recv(10) == b"x"
    except TimeoutError:
        return False
one, other, more = peer(), peer(), peer()
assert is_answered(one, 5) and is_answered(other, 5)
assert not is_answered(more, 0.1)
while not is_answered(more, 0.2):
    pass
PYTHON
    wait_for_text "$listener_err" "of new peers dropped: at a limit of peers"
    kill_by_term "$listener_pid"
    dropped=$(awk '{ n += $2 } END { print n }' "$listener_err")
    assert_at_least "$dropped" 2
    assert_at_most "$dropped" 40
}

@test "a peer gets datagrams as large as its own IP has room for, where a listener has both" {
    need python3
    need_ipv6
    start_skt_listener -k -u --echo 0
    run -0 timeout 20 python3 - "$port" <<'PYTHON'
import socket, sys
for family, host, size in (socket.AF_INET6, "::1", 65527), (socket.AF_INET, "127.0.0.1", 65507):
    end = socket.socket(family, socket.SOCK_DGRAM)
    end.settimeout(5)
    end.connect((host, int(sys.argv[1])))
    end.send(b"x" * size)
    assert len(end.recv(70000)) == size
PYTHON
    assert_file_is "$listener_err" ''
    stop "$listener_pid"

    start_skt_listener -u --broker 0
    run -0 timeout 20 python3 - "$port" <<'PYTHON'
import socket, sys
def peer(family, host):
    end = socket.socket(family, socket.SOCK_DGRAM)
    end.settimeout(5)
    end.connect((host, int(sys.argv[1])))
    return end
one, other, old = peer(socket.AF_INET6, "::1"), peer(socket.AF_INET6, "::1"), peer(socket.AF_INET, "127.0.0.1")
for end in other, old:
    end.send(b"")
    one.send(b"there?")
    while end.recv(100) != b"there?":
        one.send(b"there?")
one.send(b"x" * 65527)
assert any(len(other.recv(70000)) == 65527 for _ in range(1000))
assert any(old.recv(70000) == b"skt: too large: 1 message missed" for _ in range(1000))
PYTHON
}

@test "each message of a peer for whom there is no room is counted, also of those that came together" {
    need python3
    start_skt_listener -k -u --echo --max-conns 1 127.0.0.1 0
    run -0 timeout 20 python3 - "$port" <<'PYTHON'
import socket, struct, sys
def peer():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(5)
    s.connect(("127.0.0.1", int(sys.argv[1])))
    return s
def is_answered(s):
    s.send(b"x")
    return s.recv(10) == b"x"
one, other = peer(), peer()
assert is_answered(one)
try: # ten messages in one call (UDP_SEGMENT)
    other.sendmsg([b"x" * 100], [(17, 103, struct.pack("H", 10))])
except OSError:
    for _ in range(10):
        other.send(b"x" * 10)
assert is_answered(one)
PYTHON
    kill_by_term "$listener_pid"
    assert_equal "$(awk '/of new peers dropped: at a limit of peers/ { n += $2 } END { print n }' "$listener_err")" 10
}

@test "--max-per-peer is about the peers of one address, and --rate-conns about all new ones" {
    need python3
    start_skt_listener -k -u --echo --max-per-peer 2 --max-conns 10000 127.0.0.1 0
    run -0 timeout 30 python3 - "$port" <<'PYTHON'
import socket, sys
def peer(host):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(5)
    s.bind((host, 0))
    s.connect(("127.0.0.1", int(sys.argv[1])))
    return s
def is_answered(s, limit=5):
    s.settimeout(limit)
    s.send(b"x")
    try:
        return s.recv(10) == b"x"
    except TimeoutError:
        return False
kept = []
for i in range(3000):  # an address each
    kept = [peer(f"127.1.{i // 250}.{i % 250 + 1}"), peer(f"127.1.{i // 250}.{i % 250 + 1}")]
    assert is_answered(kept[0]) and is_answered(kept[1]), i
assert not is_answered(peer("127.1.11.250"), 0.3)
assert is_answered(kept[0])
PYTHON
    wait_for_text "$listener_err" "1 message of new peers dropped: at a limit of peers"
    start_skt_listener -k -u --echo --rate-conns 2/h 127.0.0.1 0
    for _ in 1 2; do
        start_peer "connect:udp:$port" send:x expect:x
        peer_succeeds
    done
    start_peer "connect:udp:$port" send:x refuses:0.3
    peer_succeeds
}

@test "--discard takes everything of everybody and answers nobody" {
    need python3
    start_skt_listener -k -u --discard 127.0.0.1 0
    start_peer "connect:udp:$port" send:a datagram:9000 datagram:0 refuses:0.3
    peer_succeeds
    alive "$listener_pid"
}

@test "a message that is cut ends that peer's session with an error, and no other" {
    need python3
    need_root # to send one that large
    start_skt_listener -k -u --echo -U sock
    start_peer connect:unixdgram:sock waitfile:go
    run -0 timeout 20 python3 - <<'PYTHON'
import socket
def peer():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.settimeout(10)
    s.bind("")
    s.setsockopt(socket.SOL_SOCKET, 32, 4 << 20)  # SO_SNDBUFFORCE
    s.connect("sock")
    return s
large, small = peer(), peer()
for s in large, small:
    s.send(b"hello")
    assert s.recv(100) == b"hello"
large.send(b"x" * (2 << 20))
small.send(b"again")
assert small.recv(100) == b"again"
large.send(b"new")
assert large.recv(100) == b"new"
PYTHON
    assert_one_line "$(<"$listener_err")" "message cut"
    assert_contains "$(<"$listener_err")" "2097152 bytes"
}

@test "senders without a name are heard, and cannot be answered" {
    start_skt_listener -k -u --echo -U sock
    run -0 timeout 10 python3 -c 'import socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect("sock"); s.send(b"x")'
    wait_for_text "$listener_err" "client: the sender has no name that could be answered"
    start_peer connect:unixdgram:sock
    run -0 datagrams echo sock 2 2
    assert_equal "$output" "4 of 4 messages"
}

@test "a peer that has gone away ends its own session only" {
    need python3
    start_skt_listener -k -u --echo --idle-timeout 20 -U sock
    run -0 timeout 10 python3 - "$listener_pid" <<'PYTHON'
import os, signal, socket, sys
def come_and_go(count):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind("")
    s.connect("sock")
    for k in range(count):
        s.send(b"x")
    s.close()
# of the others the listener may have answered all in time; this one it cannot
os.kill(int(sys.argv[1]), signal.SIGSTOP)
come_and_go(1)
os.kill(int(sys.argv[1]), signal.SIGCONT)
for i in range(20):
    come_and_go(20)
PYTHON
    run -0 datagrams echo sock 10 10
    assert_equal "$output" "100 of 100 messages"
    assert_contains "$(<"$listener_err")" "Connection refused"
}

@test "access lists hold for peers" {
    need_ipv6
    start_skt_listener -k -u -v --echo --deny ::1 0
    start_peer "connect:udp6:$port" send:x refuses:0.3
    peer_succeeds
    start_peer "connect:udp:$port" send:x expect:x
    peer_succeeds
    assert_contains "$(<"$listener_err")" "Datagrams from ::1"
}

@test "datagram peers hear each other with --broker, and with --chat by name" {
    need python3
    for option in --broker --chat; do
        start_skt_listener -u $option --idle-timeout 20 127.0.0.1 0
        run -0 timeout 20 python3 - "$port" $option <<'PYTHON'
import socket, sys
ss = []
for i in range(10):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(5)
    s.connect(("127.0.0.1", int(sys.argv[1])))
    ss.append(s)
def hear(s, text):
    while True:
        got = s.recv(2000)
        if got.endswith(text):
            return got
for i, s in enumerate(ss):
    s.send(b"I am %d" % i)
    for other in ss[:i]:
        got = hear(other, b"I am %d%s" % (i, b"\n" if sys.argv[2] == "--chat" else b""))
        assert (b"<user%d>" % (i + 1) in got) == (sys.argv[2] == "--chat"), got
PYTHON
        assert_file_is "$listener_err" ''
    done
}

@test "10,000 peers come, are answered and are given up, and nothing is left of them" {
    need python3
    need_plain_build
    [ "$(ulimit -H -n)" = unlimited ] || [ "$(ulimit -H -n)" -ge 10100 ] || skip "the limit of descriptors is $(ulimit -H -n)"
    start_skt_listener -k -u --echo --max-conns 20000 --idle-timeout 3 127.0.0.1 0
    before=$(open_fds "$listener_pid")
    rss=$(rss_kib "$listener_pid")
    run -0 bash -c 'ulimit -n "$(ulimit -H -n)"; exec timeout 60 python3 "$@"' - "$SKT_SRCDIR/tests/peers/datagrams.py" once-each "$port" 10000
    assert_equal "$output" "10000 of 10000 messages"
    more=$(($(rss_kib "$listener_pid") - rss))
    assert_at_most "$more" 40960
    has_fds "$listener_pid" "$before"
    start_peer "connect:udp:$port" send:x expect:x
    peer_succeeds
    wait_until 20 is_small "$rss"
}

# What the many have taken is given back, but for a few pages that the C library keeps.
is_small() { [ "$(rss_kib "$listener_pid")" -le $(($1 + 40960)) ]; }

@test "idle peers cost nothing" {
    need python3
    start_skt_listener -k -u --echo 127.0.0.1 0
    run -0 datagrams echo "$port" 100 2
    assert_idle "$listener_pid"
}

@test "a signal, and --max-time, end a server of peers" {
    start_skt_listener -k -u --echo 127.0.0.1 0
    start_peer "connect:udp:$port" send:x expect:x
    peer_succeeds
    kill_by_term "$listener_pid"
    run -6 timeout 10 "$SKT" -l -k -u --echo --max-time 0.3 127.0.0.1 0
    assert_one_line "$output" "timed out: the time for all of it is over"
}

@test "what cannot be known of peers is refused" {
    run -2 --separate-stderr "$SKT" -l -k -u --echo --max-per-peer 1 -U sock
    assert_one_line "$stderr" "its datagrams do not say for sure whose they are"
    run -2 --separate-stderr "$SKT" -l -k --echo --queue 64K 127.0.0.1 0
    assert_one_line "$stderr" "skt: --queue: "
}
