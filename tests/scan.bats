#!/usr/bin/env bats
# -z over many ports, hosts and paths, and --retry: which answer, what each is said to be, and waiting for one.

load helpers

# Python that reads lines of JSON from standard input as `found`; the words are statements.
check_json() { python3 -c 'import json, sys
found = [json.loads(line) for line in sys.stdin]
states = {(one["host"], one.get("port")): one["state"] for one in found}
'"$1" "${@:2}"; }

# A listener of python3 that takes everybody, on a port of its own: $port. KIND is tcp or udp; SAYS is what it says.
start_service() { # [SAYS]
    cat >service.py <<'PYTHON'
import socket, sys

listener = socket.create_server(("127.0.0.1", int(sys.argv[2])))
with open(sys.argv[1], "w") as file:
    print(listener.getsockname()[1], file=file)
while True:
    client, _ = listener.accept()
    client.sendall(sys.argv[3].encode("latin-1").decode("unicode_escape").encode("latin-1"))
    client.close()
PYTHON
    need python3
    job_port=$BATS_TEST_TMPDIR/service-$((job_count + 1)).port
    start_background python3 service.py "$job_port" "${2:-0}" "${1:-}"
    service_pid=$started_pid
    wait_for_line "$job_port" "$service_pid" "$started_err"
    read -r port <"$job_port"
}

# --- many ports, many hosts --------------------------------------------------------------------------------------

listen_here_and_there() {
    start_service '' 8003
    start_service '' 80
    run -0 --separate-stderr timeout 20 "$SKT" -z -v -n --parallel 1 127.0.0.1 22,80,8000-8004,80
    assert_equal "$output" ""
    assert_equal "$stderr" "skt: connect to 127.0.0.1 port 22 (tcp) failed: Connection refused
Connection to 127.0.0.1 80 port [tcp/*] succeeded!
skt: connect to 127.0.0.1 port 8000 (tcp) failed: Connection refused
skt: connect to 127.0.0.1 port 8001 (tcp) failed: Connection refused
skt: connect to 127.0.0.1 port 8002 (tcp) failed: Connection refused
Connection to 127.0.0.1 8003 port [tcp/*] succeeded!
skt: connect to 127.0.0.1 port 8004 (tcp) failed: Connection refused"
    run -0 timeout 20 "$SKT" -z 127.0.0.1:1,80
    run -4 timeout 20 "$SKT" -z tcp://127.0.0.1:1,81
    assert_equal "$output" "skt: scan of 127.0.0.1 port 1,81: no port answered"
}

@test "-z takes a list of ports and ranges, and tries each once" {
    in_netns listen_here_and_there
}

@test "-z takes several hosts, and says which port of which it was" {
    start_service
    run -0 --separate-stderr timeout 20 "$SKT" -z -n --json 127.0.0.2 127.0.0.1 127.0.0.3 "$port"
    assert_equal "$stderr" ""
    check_json "
assert states == {('127.0.0.2', $port): 'closed', ('127.0.0.1', $port): 'open', ('127.0.0.3', $port): 'closed'}, states
assert all(one['protocol'] == 'tcp' and one['address'] == one['host'] for one in found), found
assert all(('reason' in one) == (one['state'] != 'open') for one in found), found" <<<"$output"
    run -4 timeout 20 "$SKT" -z 127.0.0.2 127.0.0.3 "$port"
    assert_equal "$output" "skt: scan of 2 hosts port $port: no port answered"
}

names_of_services() {
    printf 'known 80/tcp\nwith-hyphen 90/tcp\n' >services
    mount --bind services /etc/services
    start_service '' 90
    run -0 --separate-stderr timeout 20 "$SKT" -zv --parallel 1 127.0.0.1 known,with-hyphen
    assert_equal "$stderr" "skt: connect to 127.0.0.1 port 80 (tcp) failed: Connection refused
Connection to 127.0.0.1 90 port [tcp/with-hyphen] succeeded!"
    run -0 timeout 20 "$SKT" -z --json 127.0.0.1 known-with-hyphen
    check_json 'assert [one["port"] for one in found] == list(range(80, 91)), found
assert found[-1]["service"] == "with-hyphen" and found[-1]["state"] == "open", found' <<<"$output"
}

@test "-z takes names of services in its list" {
    [ -e /etc/services ] || skip "needs /etc/services to put another in its place"
    in_netns names_of_services
}

@test "a host that is not found does not keep the others from being scanned" {
    lost_and_found() {
        use_hosts '127.0.0.1 here'
        start_service
        run -0 --separate-stderr timeout 20 "$SKT" -z -v lost here "$port"
        assert_contains "$stderr" "skt: lookup of lost: "
        assert_contains "$stderr" "Connection to here (127.0.0.1) $port port [tcp/*] succeeded!"
        run -0 timeout 20 "$SKT" -z --json lost here "$port"
        check_json 'assert [one["state"] for one in found] == ["error", "open"], found' <<<"$output"
        run -3 timeout 20 "$SKT" -z lost gone "$port"
        run -4 timeout 20 "$SKT" -z lost here 1,2
    }
    in_netns lost_and_found
}

both_families() {
    use_hosts '::1 both' '127.0.0.1 both'
    start_service
    run -0 timeout 20 "$SKT" -z --json both "$port,1"
    check_json '
assert sorted((one["port"], one["state"], one["address"]) for one in found) == [
    (1, "closed", "::1"), (int(sys.argv[1]), "open", "127.0.0.1")], found' "$port" <<<"$output"
    is_quick() { "$SKT" -z --json both "$port,1" | check_json 'assert all(one["ms"] < 250 for one in found), found' 2>/dev/null; }
    wait_until 20 is_quick # a refusal lets the next address begin; a busy machine must not count as waiting
}

@test "of several addresses of a host the one that answers is told" {
    need_ipv6
    in_netns both_families
}

@test "-z takes paths of Unix sockets, of each type, and abstract names" {
    start_foreign socat UNIX-LISTEN:stream,fork /dev/null
    wait_listening unix stream
    start_peer listen:unixdgram:dgram stall
    start_peer listen:seqpacket:@scan-$$ stall
    run -0 --separate-stderr timeout 20 "$SKT" -z -v --parallel 1 -U absent stream
    assert_equal "$stderr" "skt: connect to absent failed: No such file or directory
Connection to stream succeeded!"
    run -0 timeout 20 "$SKT" -zu -U dgram
    run -0 timeout 20 "$SKT" -z --seqpacket -U "@scan-$$"
    run -0 timeout 20 "$SKT" -z unix:stream
    run -4 timeout 20 "$SKT" -z -U absent missing
    assert_equal "$output" "skt: scan of 2 addresses: none answered"
    run -4 timeout 20 "$SKT" -z --all -U absent stream
    assert_equal "$output" "skt: scan of 2 addresses: 1 of 2 did not answer"
}

@test "-z sends nothing to a Unix datagram socket" {
    start_peer listen:unixdgram:box expect:first
    run -0 timeout 20 "$SKT" -zu -U box
    printf first | timeout 20 "$SKT" -u -U -q 0 box
    peer_succeeds
}

@test "--all asks that every port answers" {
    start_service
    local first=$port
    start_service
    run -0 timeout 20 "$SKT" -z --all 127.0.0.1 "$first,$port"
    stop "$service_pid"
    run -4 timeout 20 "$SKT" -z --all 127.0.0.1 "$first,$port"
    assert_equal "$output" "skt: scan of 127.0.0.1 port $first,$port: 1 of 2 did not answer"
    run -0 timeout 20 "$SKT" -z 127.0.0.1 "$first,$port"
}

all_ports() {
    cat >many.py <<'PYTHON'
import random, resource, socket, time

random.seed(7)
ports = sorted(random.sample(range(1, 65536), 200))
sockets = [socket.create_server(("127.0.0.1", port)) for port in ports]
with open("ports", "w") as file:
    print(*ports, file=file)
time.sleep(600)
PYTHON
    start_background python3 many.py
    wait_for_line ports "$started_pid" "$started_err"
    run -0 timeout 60 "$SKT" -z --json -n 127.0.0.1 1-65535
    check_json '
want = set(map(int, open("ports").read().split()))
assert len(found) == len(states) == 65535, (len(found), len(states))
assert {one["port"] for one in found if one["state"] == "open"} == want
assert {one["state"] for one in found} == {"open", "closed"}' <<<"$output"
}

@test "all 65,535 ports of loopback are told right" {
    need python3
    in_netns all_ports
}

@test "a port where a foreign program listens is open" {
    local program words
    for program in "nc.openbsd -lk 127.0.0.1 PORT" "ncat -lk 127.0.0.1 PORT" "nc.traditional -l -s 127.0.0.1 -p PORT" \
        "socat TCP-LISTEN:PORT,bind=127.0.0.1,fork /dev/null"; do
        command -v "${program%% *}" >/dev/null || continue
        port=$(free_port tcp)
        read -ra words <<<"${program/PORT/$port}"
        start_background "${words[@]}"
        wait_listening tcp "$port"
        run -0 --separate-stderr timeout 20 "$SKT" -zv -n 127.0.0.1 "$port"
        assert_equal "$stderr" "Connection to 127.0.0.1 $port port [tcp/*] succeeded!"
    done
}

@test "one port that does not answer is told once, with -v too" {
    port=$(free_port tcp)
    run -4 --separate-stderr timeout 20 "$SKT" -zv -n 127.0.0.1 "$port"
    assert_equal "$stderr" "skt: connect to 127.0.0.1 port $port (tcp) failed: Connection refused"
}

# --- what does not answer --------------------------------------------------------------------------------------------

# 192.0.2.0/24 is behind an interface where nobody is, with the address of a neighbour that takes packets and is silent.
start_black_hole() {
    ip link add left type veth peer name right
    ip address add 192.0.2.1/24 dev left
    ip link set left up
    ip link set right up
    local i
    for i in 2 3; do
        ip neigh add 192.0.2.$i lladdr 02:00:00:00:00:99 dev left
    done
}

black_hole() {
    start_black_hole
    start_service
    timed run -0 timeout 20 "$SKT" -z -w 500ms --json -n 192.0.2.2 127.0.0.1 "$port,$((port + 1))"
    check_json '
port = int(sys.argv[1])
assert states == {("192.0.2.2", port): "filtered", ("192.0.2.2", port + 1): "filtered",
                  ("127.0.0.1", port): "open", ("127.0.0.1", port + 1): "closed"}, states
assert all(one["reason"] == "timed out" and one["ms"] >= 500 for one in found if one["state"] == "filtered"), found' \
        "$port" <<<"$output"
    timed run -6 timeout 20 "$SKT" -z -w 500ms -n 192.0.2.2 1-200
    assert_at_least "$elapsed" 500
    assert_at_most "$elapsed" 5000 # all at a time, not one after the other
    assert_equal "$output" "skt: scan of 192.0.2.2 port 1-200: no port answered"
    timed run -6 timeout 20 "$SKT" -z -w 200ms --parallel 2 -n 192.0.2.2 1-8
    assert_at_least "$elapsed" 800
    timed run -6 timeout 20 "$SKT" -z --max-time 600ms -n 192.0.2.2 1-200
    assert_at_least "$elapsed" 600
    assert_at_most "$elapsed" 5000
    assert_equal "$output" "skt: scan of 192.0.2.2 port 1-200: timed out"
}

@test "ports that swallow packets are filtered, and are waited for together" {
    need python3
    in_netns ip link add left type veth peer name right 2>/dev/null || skip "needs veth devices"
    in_netns black_hole
}

half_dead() {
    start_black_hole
    ip -6 address add 2001:db8::1/64 dev left nodad
    ip -6 neigh add 2001:db8::2 lladdr 02:00:00:00:00:99 dev left
    use_hosts '2001:db8::2 half' '127.0.0.1 half' '2001:db8::2 dead' '192.0.2.3 dead'
    start_service
    run -0 timeout 20 "$SKT" -z --json --parallel 1 half "$port"
    check_json 'assert found[0]["address"] == "127.0.0.1" and 250 <= found[0]["ms"] <= 5000, found' <<<"$output"
    run -4 timeout 20 "$SKT" -z --json -w 2 half 1
    check_json 'assert found[0]["state"] == "closed", found' < <(sed '/^skt/d' <<<"$output")
    timed run -6 timeout 20 "$SKT" -z --json -w 500ms dead "$port"
    assert_at_most "$elapsed" 3000
    check_json 'assert found[0]["state"] == "filtered", found' < <(sed '/^skt/d' <<<"$output")
}

@test "an address that swallows packets does not hide another of the same host" {
    need python3
    in_netns ip link add left type veth peer name right 2>/dev/null || skip "needs veth devices"
    in_netns half_dead
}

few_descriptors() {
    start_black_hole
    ulimit -n 40
    run -6 timeout 20 "$SKT" -z -w 100ms -n --json 192.0.2.2 1-100
    check_json 'assert len(found) == 100 and {one["state"] for one in found} == {"filtered"}, found' < <(sed '/^skt/d' <<<"$output")
    # more of them are taken than skt reckons with
    run -6 --separate-stderr timeout 20 bash -c '
        for fd in {10..34}; do eval "exec $fd</dev/null"; done
        exec strace -f -o trace -e trace=socket "$SKT" -z -w 100ms -n --json 192.0.2.2 1-30'
    check_json 'assert len(found) == 30 and {one["state"] for one in found} == {"filtered"}, found' <<<"$output"
    grep -q "EMFILE" trace
}

@test "--parallel keeps within the limit of descriptors" {
    need_tracer
    need python3
    in_netns ip link add left type veth peer name right 2>/dev/null || skip "needs veth devices"
    in_netns few_descriptors
}

# Behind the other side are one host that it has no way to, and one whose packets it drops. What ICMP says of
# a first packet comes so fast here that TCP takes it for nothing yet; of the next one, a second later, it does.
told_by_icmp() {
    start_other_netns
    ip route add 10.9.1.0/24 via 10.9.0.2
    in_other bash -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv4/icmp_ratelimit'
    in_other ip route add unreachable 10.9.1.1
    in_other ip route add blackhole 10.9.1.2
    local hosts=(10.9.0.2 10.9.1.1 10.9.1.2)
    run -4 --separate-stderr timeout 20 "$SKT" -z --json -w 3 -n "${hosts[@]}" 80
    check_json 'assert sorted(states.items()) == list(zip((("10.9.0.2", 80), ("10.9.1.1", 80), ("10.9.1.2", 80)), sys.argv[1:])), states' \
        closed unreachable filtered <<<"$output"
    run -0 --separate-stderr timeout 20 "$SKT" -zu --json -w 3 -n "${hosts[@]}" 80
    check_json 'assert sorted(states.items()) == list(zip((("10.9.0.2", 80), ("10.9.1.1", 80), ("10.9.1.2", 80)), sys.argv[1:])), states' \
        closed unreachable 'open|filtered' <<<"$output"
    run -4 timeout 20 "$SKT" -z -w 10 -n 10.9.0.3 80 # nobody has that address
    assert_contains "$output" "No route to host"
}

@test "what ICMP says of a port tells closed from unreachable and from silent, for TCP and UDP" {
    need python3
    in_netns ip link add left type veth peer name right 2>/dev/null || skip "needs veth devices"
    in_netns told_by_icmp
}

# --- UDP -------------------------------------------------------------------------------------------------------------

services_that_answer() {
    cat >answers.py <<'PYTHON'
"""Answers what is a good question, and nothing else."""
import selectors, socket, struct

def dns(query):
    (ident, flags, count) = struct.unpack(">HHH", query[:6])
    assert flags == 0x100 and count == 1 and query[12:] == b"\7version\4bind\0\0\20\0\3"
    return query[:2] + b"\x81\x85" + query[4:]

def ntp(query):
    assert len(query) == 48 and query[0] >> 3 & 7 == 4 and query[0] & 7 == 3
    return b"\x24" + query[1:]

def snmp(query):
    assert query[0] == 0x30 and query[1] == len(query) - 2 and query[5:13] == b"\4\6public"
    assert query[13] == 0xa0 and query[14] == len(query) - 15
    return query

def quic(query):
    assert len(query) == 1200 and query[0] & 0xc0 == 0xc0 and query[1:5] == b"\x1a" * 4
    return b"\x80\0\0\0\0"

def netbios(query):
    assert query[12] == 32 and query[45:] == b"\0\0\x21\0\1"
    return query

def stun(query):
    assert len(query) == 20 and query[4:8] == b"\x21\x12\xa4\x42"
    return b"\1\1" + query[2:]

def rpc(query):
    assert struct.unpack(">10I", query)[1:6] == (0, 2, 100000, 2, 0)
    return query[:4] + b"\0\0\0\1" + bytes(16)

def memcached(query):
    assert query == b"\0\1\0\0\0\1\0\0version\r\n"
    return query[:8] + b"VERSION 1\r\n"

selector = selectors.DefaultSelector()
for port, answer in {53: dns, 123: ntp, 161: snmp, 443: quic, 137: netbios, 3478: stun, 111: rpc, 11211: memcached}.items():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", port))
    selector.register(server, selectors.EVENT_READ, answer)
silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
silent.bind(("127.0.0.1", 500))
print("ready", flush=True)
while True:
    for key, _ in selector.select():
        query, peer = key.fileobj.recvfrom(2000)
        key.fileobj.sendto(key.data(query), peer)
PYTHON
    start_background python3 answers.py
    wait_for_text "$started_out" ready
    run -0 timeout 20 "$SKT" -zu --json -n 127.0.0.1 53,111,123,137,161,443,3478,11211,500,501
    check_json '
states = {port: state for (_, port), state in states.items()}
assert states.pop(500) == "open|filtered" and states.pop(501) == "closed", found
assert set(states.values()) == {"open"} and len(states) == 8, found' <<<"$output"
    assert_equal "$(cat "$started_err")" ""
}

@test "-zu asks known services what they answer, and tells open from silent and closed" {
    need python3
    in_netns services_that_answer
}

@test "-zu asks three times, as datagrams get lost" {
    start_peer listen:udp recv:1 recv:1 recv:1 send:now
    run -0 --separate-stderr timeout 20 "$SKT" -zu -v -n 127.0.0.1 "$port"
    assert_equal "$stderr" "Connection to 127.0.0.1 $port port [udp/*] succeeded!"
    peer_succeeds
}

# --- banners ---------------------------------------------------------------------------------------------------------

@test "--banner shows what a service says first, made harmless" {
    start_service 'hello \x1b[1m\x00 there\r\nmore'
    run -0 --separate-stderr timeout 20 "$SKT" -z --banner 40 -n 127.0.0.1 "$port"
    assert_equal "$output" ""
    assert_equal "$stderr" "skt: 127.0.0.1 port $port (tcp) says: hello \\x1b[1m\\x00 there\\x0d\\x0amore"
    run -0 --separate-stderr timeout 20 "$SKT" -z --banner 7 --json -n 127.0.0.1 "$port"
    assert_equal "$stderr" ""
    check_json 'assert bytes.fromhex(found[0]["banner_hex"]) == b"hello \x1b" and found[0]["banner"] == "hello \\x1b", found' <<<"$output"
}

@test "a banner that comes in small pieces is shown whole" {
    need python3
    cat >slow.py <<'PYTHON'
import socket, sys, time

listener = socket.create_server(("127.0.0.1", 0))
with open(sys.argv[1], "w") as file:
    print(listener.getsockname()[1], file=file)
client, _ = listener.accept()
for letter in b"220 ready":
    client.sendall(bytes([letter]))
    time.sleep(0.04)
client.recv(1)
PYTHON
    start_background python3 slow.py where
    wait_for_line where "$started_pid" "$started_err"
    read -r port <where
    run -0 timeout 30 "$SKT" -z -n -w 20 --banner 9 127.0.0.1 "$port"
    assert_equal "$output" "skt: 127.0.0.1 port $port (tcp) says: 220 ready"
}

@test "a service that waits for the other side to begin is open without a banner" {
    start_peer listen:tcp accept stall
    timed run -0 --separate-stderr timeout 20 "$SKT" -z --banner 40 -w 400ms --json -n 127.0.0.1 "$port"
    check_json 'assert found[0]["state"] == "open" and "banner" not in found[0], found' <<<"$output"
    assert_at_least "$elapsed" 400
    assert_at_most "$elapsed" 3000
}

@test "a banner of foreign listeners is shown" {
    need ncat
    port=$(free_port tcp)
    start_foreign ncat -l 127.0.0.1 "$port" -k -c 'echo SSH-2.0-foreign'
    wait_listening tcp "$port"
    run -0 --separate-stderr timeout 20 "$SKT" -z -v --banner 40 -n 127.0.0.1 "$port"
    assert_equal "$stderr" "Connection to 127.0.0.1 $port port [tcp/*] succeeded!
skt: 127.0.0.1 port $port (tcp) says: SSH-2.0-foreign\\x0a"
}

# --- how -------------------------------------------------------------------------------------------------------------

@test "-i pauses between two ports, one after the other" {
    in_order() {
        timed run -4 --separate-stderr timeout 20 "$SKT" -zv -i 200ms -n 127.0.0.1 1-4
        assert_at_least "$elapsed" 600
        assert_equal "$(sed 's/.* port \([0-9]*\) .*/\1/;$d' <<<"$stderr")" "$(seq 4)"
    }
    in_netns in_order
}

@test "-s and -p say where a scan comes from" {
    need_tracer
    start_peer listen:tcp accept stall
    local from
    from=$(free_port tcp)
    run -0 timeout 20 strace -f -o trace -e trace=bind "$SKT" -z -n -s 127.0.0.5 -p "$from" 127.0.0.1 "$port"
    assert_contains "$(cat trace)" "htons($from), sin_addr=inet_addr(\"127.0.0.5\")"
}

@test "-p and -s that only one socket can have at a time make one try after the other" {
    start_peer listen:unix:one stall
    start_peer listen:unix:two stall
    run -0 --separate-stderr timeout 20 "$SKT" -z --all -s ours -U one two
    [ ! -e ours ]
    local from
    from=$(free_port udp)
    start_peer listen:udp recv:1 send:here
    run -0 --separate-stderr timeout 20 "$SKT" -zu -n -p "$from" --json 127.0.0.1 "1,2,$port"
    check_json 'assert [one["state"] for one in found] == ["closed", "closed", "open"], found' <<<"$output"
    from=$(free_port tcp)
    run -4 --separate-stderr timeout 20 "$SKT" -z -n -p "$from" --json 127.0.0.1 1-300
    check_json 'assert {one["state"] for one in found} == {"closed"}, found[0]' <<<"$output"
}

@test "socket options hold for a scan" {
    need_tracer
    start_service
    run -0 timeout 20 strace -f -o trace -e trace=setsockopt "$SKT" -z -n -M 33 --sockopt nodelay=off 127.0.0.1 "$port"
    assert_contains "$(cat trace)" "IP_TTL, [33]"
    assert_contains "$(cat trace)" "TCP_NODELAY, [0]"
}

@test "a signal ends a scan at once" {
    start_deaf_listener
    start_background "$SKT" -z -n 127.0.0.1 "$port"
    sends_syn() { grep -qi ":$(printf %04X "$port") 02 " /proc/net/tcp; }
    wait_until 10 sends_syn
    kill -TERM "$started_pid"
    end_status "$started_pid" 5
    assert_equal "$status" 143
}

@test "--json that nobody reads ends with status 9" {
    run -9 --separate-stderr bash -c 'trap "" PIPE; exec 5> >(:); wait $!; exec "$SKT" -z --json -n 127.0.0.1 1-20 >&5'
    run -9 --separate-stderr bash -c '"$SKT" -z --json -n 127.0.0.1 1-20 >/dev/full'
    assert_equal "$stderr" "skt: write to standard output: No space left on device"
}

@test "--max-time ends a scan whose --json nobody takes" {
    need python3
    for options in "" "--retry 1 --retry-delay 10ms"; do
        # shellcheck disable=SC2086  # none or some
        run -6 timeout -k 1 20 python3 -c '
import os, sys
reading, writing = os.pipe()
os.set_blocking(writing, False)
try:
    while True:
        os.write(writing, bytes(4096))
except BlockingIOError:
    os.set_blocking(writing, True)
os.dup2(writing, 1)
os.set_inheritable(reading, True)
os.execv(sys.argv[1], sys.argv[1:])' "$SKT" -z --json -n --max-time 500ms $options 127.0.0.1 1,2
        assert_equal "$output" "skt: write to standard output: timed out: nobody takes it"
    done
}

# --- trying again ----------------------------------------------------------------------------------------------------

@test "-z --retry waits for a port that comes up later" {
    port=$(free_port tcp)
    start_background "$SKT" -z -v -n --retry forever --retry-delay 50ms 127.0.0.1 "$port"
    local waiting=$started_pid said=$started_err
    wait_for_text "$said" "Connection refused; again in 0.1 s"
    start_foreign socat "TCP-LISTEN:$port,bind=127.0.0.1,reuseaddr,fork" /dev/null
    end_status "$waiting"
    assert_equal "$status" 0
    assert_contains "$(cat "$said")" "Connection to 127.0.0.1 $port port [tcp/*] succeeded!"
}

@test "--retry gives up after so many tries, with the status of the last" {
    port=$(free_port tcp)
    timed run -4 --separate-stderr timeout 20 "$SKT" -z -v -n --retry 3 --retry-delay 100ms 127.0.0.1 "$port"
    assert_at_least "$elapsed" 300
    assert_equal "$(grep -c "; again in 0.1 s" <<<"$stderr")" 3
    assert_equal "$(tail -n 1 <<<"$stderr")" "skt: connect to 127.0.0.1 port $port (tcp) failed: Connection refused"
    run -4 timeout 20 "$SKT" -n --retry 2 --retry-delay 10ms 127.0.0.1 "$port" </dev/null
    assert_equal "$output" "skt: connect to 127.0.0.1 port $port (tcp) failed: Connection refused"
}

@test "--retry-max-time ends it all with status 6, and says why the last try has failed" {
    port=$(free_port tcp)
    for options in -z ""; do
        # shellcheck disable=SC2086  # none or one
        timed run -6 timeout 20 "$SKT" $options -n --retry forever --retry-max-time 700ms 127.0.0.1 "$port" </dev/null
        assert_at_least "$elapsed" 550
        assert_at_most "$elapsed" 3000
        [[ $output =~ ^"skt: connect to 127.0.0.1 port $port (tcp) failed: timed out after "[3-5]" tries: Connection refused"$ ]] ||
            fail "$output"
    done
}

@test "--max-time is a limit for all tries, too, and one that is silent ends with it" {
    start_deaf_listener
    timed run -6 timeout 20 "$SKT" -z -n --retry forever --max-time 500ms 127.0.0.1 "$port"
    assert_at_least "$elapsed" 500
    assert_at_most "$elapsed" 3000
    timed run -6 timeout 20 "$SKT" -n --retry forever --retry-max-time 500ms -w 100ms 127.0.0.1 "$port" </dev/null
    assert_at_most "$elapsed" 3000
}

@test "the pauses of --retry grow" {
    port=$(free_port tcp)
    run -4 --separate-stderr timeout 20 "$SKT" -z -v -n --retry 4 127.0.0.1 "$port"
    assert_equal "$(sed -n 's/.*again in \(.*\)/\1/p' <<<"$stderr" | tr '\n' ' ')" "0.1 s 0.2 s 0.4 s 0.8 s "
}

@test "--retry --all waits until the last of several ports is there, and tells each once" {
    start_service
    local first=$port
    port=$(free_port tcp)
    background_input=/dev/null start_background "$SKT" -z -v -n --json --all --retry forever --retry-delay 50ms 127.0.0.1 "$first,$port"
    local waiting=$started_pid said=$started_out
    wait_for_text "$started_err" "1 of 2 did not answer; again in 0.1 s"
    start_service '' "$port"
    end_status "$waiting"
    assert_equal "$status" 0
    check_json 'assert [(one["port"], one["state"]) for one in found] == [(int(port), "open") for port in sys.argv[1:]], found' \
        "$first" "$port" <"$said"
}

@test "what has not answered in the end is told once, too" {
    start_service
    local closed
    closed=$(free_port tcp)
    run -4 --separate-stderr timeout 20 "$SKT" -z -n --json --all --retry 2 --retry-delay 10ms 127.0.0.1 "$closed,$port"
    check_json 'assert len(found) == 2 and sorted(one["state"] for one in found) == ["closed", "open"], found' <<<"$output"
    assert_equal "$stderr" "skt: scan of 127.0.0.1 port $closed,$port: 1 of 2 did not answer"
}

@test "a client with --retry connects once its server is there, and loses nothing" {
    port=$(free_port tcp)
    random_file=$(random_file 100000)
    background_input=$random_file start_background "$SKT" -v -n --retry forever 127.0.0.1 "$port"
    local client=$started_pid
    wait_for_text "$started_err" "; again in 0.2 s"
    start_skt_listener 127.0.0.1 "$port"
    end_status "$client"
    assert_equal "$status" 0
    end_status "$listener_pid"
    assert_same_file "$listener_out" "$random_file"
}

@test "a path of a Unix socket can be waited for" {
    start_background "$SKT" -z -v -U --retry forever --retry-delay 20ms ./late
    local waiting=$started_pid
    wait_for_text "$started_err" "No such file or directory; again"
    start_foreign socat UNIX-LISTEN:late,fork /dev/null
    end_status "$waiting"
    assert_equal "$status" 0
}

@test "a name that comes later can be waited for" {
    later_name() {
        use_hosts '127.0.0.1 other'
        start_service
        start_background "$SKT" -z -v --retry forever --retry-delay 50ms late "$port"
        wait_for_text "$started_err" "lookup of late: "
        echo '127.0.0.1 late' >>hosts
        end_status "$started_pid"
        assert_equal "$status" 0
    }
    in_netns later_name
}

@test "a port that has answered stays so while the name of its host is not found" {
    name_that_goes() {
        use_hosts '127.0.0.1 here'
        start_service
        local first=$port
        port=$(free_port tcp)
        background_input=/dev/null start_background "$SKT" -z -v --json --all --retry forever --retry-delay 50ms here "$first,$port"
        local waiting=$started_pid said=$started_out
        wait_for_text "$started_err" "1 of 2 did not answer; again"
        echo '127.0.0.1 other' >hosts
        wait_for_text "$started_err" "lookup of here: "
        start_service '' "$port"
        echo '127.0.0.1 here' >hosts
        end_status "$waiting"
        assert_equal "$status" 0
        check_json 'assert [(one["port"], one["state"]) for one in found] == [(int(port), "open") for port in sys.argv[1:]], found' \
            "$first" "$port" <"$said"
    }
    in_netns name_that_goes
}

@test "a host whose name is gone in the end is told once, as one without it, beside what has answered" {
    name_that_is_gone() {
        use_hosts '127.0.0.1 here'
        start_service
        local last=$port
        port=$(free_port tcp)
        background_input=/dev/null start_background "$SKT" -z -v --json --all --retry 10 --retry-delay 300ms here "$port,$((port + 1)),$last"
        local waiting=$started_pid said=$started_out
        wait_for_text "$started_err" "2 of 3 did not answer; again"
        echo '127.0.0.1 other' >hosts
        end_status "$waiting"
        assert_equal "$status" 3
        check_json 'assert [(one.get("port"), one["state"]) for one in found] == [(int(sys.argv[1]), "open"), (None, "error")], found' \
            "$last" <"$said"
    }
    in_netns name_that_is_gone
}

@test "what cannot get better is not tried again" {
    run -4 timeout 20 "$SKT" -n --retry forever -s ::1 127.0.0.1 80 </dev/null
    assert_contains "$output" "the address to connect to is of another family"
}

@test "a signal ends the wait for the next try" {
    port=$(free_port tcp)
    start_background "$SKT" -z -v -n --retry forever --retry-delay 1h 127.0.0.1 "$port"
    wait_for_text "$started_err" "again in 3600.0 s"
    kill -INT "$started_pid"
    end_status "$started_pid" 5
    assert_equal "$status" 130
}

# --- faults ----------------------------------------------------------------------------------------------------------

# Which calls a scan makes of its own, and how each may fail.
each_fault() {
    local call error
    for call in socket setsockopt connect ppoll sendto recvfrom write; do
        for error in EINTR EAGAIN ENOMEM; do
            echo "$call:error=$error"
        done
    done
    echo socket:error=EMFILE connect:error=EACCES connect:error=ETIMEDOUT connect:error=EADDRNOTAVAIL \
        sendto:error=EPERM sendto:error=ENOBUFS recvfrom:error=EHOSTUNREACH write:error=EPIPE
}

# One port is open and one closed: whatever fails, neither is told to be the other.
lies() {
    python3 -c '
import json, sys
wrong = {int(sys.argv[1]): "closed", int(sys.argv[2]): "open"}
for line in open("told"):
    if line.endswith("\n"):
        found = json.loads(line)
        assert found["state"] != wrong[found["port"]], found' "$@"
}

@test "whichever call of a scan fails, it goes on or says so, and never lies" {
    need_tracer
    need_own_calls
    local closed fault when how
    start_service hello
    closed=$(free_port tcp)
    for how in "" -u; do
        if [ -n "$how" ]; then
            start_peer listen:udp echo
            closed=$(free_port udp)
        fi
        for fault in $(each_fault); do
            for when in 1 2; do
                status=0
                # shellcheck disable=SC2086  # none or one
                timeout 10 strace -qq -o /dev/null -e inject="$fault:when=$when" "$SKT" -z $how -n -w 300ms --json --banner 5 \
                    127.0.0.1 "$port,$closed" >told 2>err || status=$?
                case $status in
                0 | 4 | 6) ;;
                9) [ -s err ] ;;
                *) fail "$how $fault:when=$when: status $status: $(cat told err)" ;;
                esac
                lies "$port" "$closed"
            done
        done
    done
}
