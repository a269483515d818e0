#!/usr/bin/env bats
# Connecting over TCP: addresses and names, where we come from, which of several addresses is taken, and -z.
# What listens is a foreign program wherever it is not itself the subject.

load helpers

# Names in a network of our own.
own_names() {
    use_hosts '127.0.0.1 four' '::1 six' '::1 both' '127.0.0.1 both' '127.0.0.2 next-door'
}

# A foreign listener that says one line to each of COUNT clients (1).
start_saying() { # TEXT WHERE COUNT
    local steps=() i
    for ((i = 0; i < ${3:-1}; i++)); do
        steps+=(accept "send:$1\\n" drain close)
    done
    start_peer "listen:$2" "${steps[@]}"
}

# assert_says TEXT ARGUMENTS...: that is what skt gets.
assert_says() {
    run -0 --separate-stderr timeout 10 "$SKT" "${@:2}" </dev/null
    assert_equal "$output" "$1"
    assert_equal "$stderr" ""
}

# What another listener of ours knows of where its clients come from.
start_noting_clients() { start_skt_listener -v -n -k -d "$@"; }

# --- both ways, with each of the peers -------------------------------------------------------------------------

@test "a connection over IPv4 carries the question there and the answer back" {
    start_peer listen:tcp accept expect:question\\n send:answer\\n close
    run -0 --separate-stderr timeout 10 "$SKT" 127.0.0.1 "$port" <<<question
    assert_equal "$output" answer
    assert_equal "$stderr" ""
    end_status "$peer_pid"
    assert_equal "$status" 0
}

@test "a connection over IPv6 carries the question there and the answer back" {
    need_ipv6
    start_peer listen:tcp6 accept expect:question\\n send:answer\\n close
    run -0 --separate-stderr timeout 10 "$SKT" ::1 "$port" <<<question
    assert_equal "$output" answer
    assert_equal "$stderr" ""
    end_status "$peer_pid"
    assert_equal "$status" 0
}

# exchange_with COMMAND...: it listens at $port and sends the file "theirs"; each gets all that the other sends.
exchange_with() {
    head -c 300000 /dev/urandom >theirs
    head -c 300000 /dev/urandom >ours
    background_input=theirs start_background "$@"
    wait_listening tcp "$port"
    timeout 10 "$SKT" 127.0.0.1 "$port" <ours >received
    end_status "$started_pid"
    assert_same_file received theirs
    assert_same_file "$started_out" ours
}

@test "nc.openbsd's listener gets all that we send, and we what it sends" {
    need python3 nc.openbsd
    port=$(free_port tcp)
    exchange_with nc.openbsd -N -l 127.0.0.1 "$port"
}

@test "the traditional netcat's listener gets all that we send, and we what it sends" {
    need python3 nc.traditional
    port=$(free_port tcp)
    exchange_with nc.traditional -q 5 -l -s 127.0.0.1 -p "$port"
}

@test "Ncat's listener gets all that we send, and we what it sends" {
    need python3 ncat
    port=$(free_port tcp)
    exchange_with ncat -l 127.0.0.1 "$port"
}

@test "socat's listener gets all that we send, and we what it sends" {
    need python3 socat
    port=$(free_port tcp)
    exchange_with socat -t 10 - "TCP-LISTEN:$port,bind=127.0.0.1"
}

@test "two of us and a FIFO make a relay that a TLS session passes through" {
    need openssl python3
    local server_port
    server_port=$(free_port tcp)
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=relayed \
        -keyout key.pem -out certificate.pem 2>/dev/null
    start_background openssl s_server -accept "127.0.0.1:$server_port" -naccept 1 -www \
        -cert certificate.pem -key key.pem
    wait_listening tcp "$server_port"
    mkfifo back
    start_background bash -c '"$0" -l --announce=relay 127.0.0.1 0 <back | "$0" 127.0.0.1 "$1" >back' \
        "$SKT" "$server_port"
    wait_until file_has_line relay
    port_of "$(cat relay)"
    run -0 timeout 10 openssl s_client -quiet -connect "127.0.0.1:$port" -CAfile certificate.pem \
        -verify_return_error <<<$'GET / HTTP/1.0\r\n\r'
    assert_contains "$output" "HTTP/1.0 200 ok"
}

# --- how an address can be said ---------------------------------------------------------------------------------

@test "host and port can be one word, an IPv6 address in brackets" {
    need_ipv6
    start_saying four tcp
    assert_says four "127.0.0.1:$port"
    start_saying six tcp6 2
    assert_says six "[::1]:$port"
    assert_says six "[::1]" "$port"
}

@test "tcp://, tcp4:// and tcp6:// connect as host and port do, in any case" {
    need_ipv6
    start_saying four tcp 3
    assert_says four "tcp://127.0.0.1:$port"
    assert_says four "tcp4://127.0.0.1:$port"
    assert_says four "TCP://127.0.0.1:$port"
    start_saying six tcp6 2
    assert_says six "tcp://[::1]:$port"
    assert_says six "tcp6://[::1]:$port"
}

@test "options may stand after the operands and between them" {
    start_saying four tcp 2
    assert_says four 127.0.0.1 "$port" -4 -w 5
    assert_says four 127.0.0.1 --wait 5 "$port" -n
}

@test "-- ends the options" {
    start_saying four tcp
    assert_says four -n -- 127.0.0.1 "$port"
    run -2 --separate-stderr timeout 10 "$SKT" -n -- -6 "$port" </dev/null
    assert_contains "$stderr" "skt: host -6: "
}

with_names() {
    own_names
    start_saying four tcp 2
    assert_says four four "$port"
    assert_says four "tcp://four:$port"
    start_saying six tcp6 2
    assert_says six six "$port"
    assert_says six "six:$port"
}

@test "a name is looked up, in whatever form it is given" {
    need python3
    in_netns with_names
}

@test "localhost is found" {
    start_saying here tcp
    assert_says here localhost "$port"
}

with_families() {
    own_names
    start_saying six tcp6 2
    start_saying four "tcp:$port" 2
    assert_says four -4 both "$port"
    assert_says four "tcp4://both:$port"
    assert_says six -6 both "$port"
    assert_says six "tcp6://both:$port"
}

@test "-4 takes a name's IPv4 address and -6 its IPv6 address" {
    need python3
    in_netns with_families
}

without_lookups() {
    own_names
    start_saying four tcp 2
    strace -f -o trace -e trace=openat,connect "$SKT" -v four "$port" </dev/null
    assert_contains "$(cat trace)" /etc/hosts
    strace -f -o trace -e trace=openat,connect "$SKT" -v -n 127.0.0.1 "$port" </dev/null
    refute_contains "$(grep -v /etc/ld.so trace)" /etc/
}

@test "-n looks up nothing" {
    need python3 strace
    need_plain_build
    in_netns without_lookups
}

with_services() {
    printf 'here 7007/tcp\nfar-away 7008/tcp\nhere 7009/udp\n' >services
    mount --bind services /etc/services
    start_peer listen:tcp:7007 accept send:seven\\n drain
    assert_says seven 127.0.0.1 here
    start_peer listen:tcp:7008 accept send:eight\\n drain
    assert_says eight 127.0.0.1:far-away
}

@test "a port may be the name of a service of TCP" {
    need python3
    [ -e /etc/services ] || skip "needs /etc/services"
    in_netns with_services
}

with_scopes() {
    ip link add left type veth peer name right
    ip -6 addr add fe80::1/64 dev left nodad
    ip link set left up
    ip link set right up
    wait_until 10 ping_free fe80::1
    start_skt_listener -d -k fe80::1%left 0
    assert_equal "$address" "tcp://[fe80::1%left]:$port"
    local index
    index=$(cat /sys/class/net/left/ifindex 2>/dev/null || ip -o link show left | cut -d: -f1)
    for words in "fe80::1%left $port" "[fe80::1%left]:$port" "fe80::1%$index $port" "tcp://[fe80::1%25left]:$port" \
        "$address"; do
        # shellcheck disable=SC2086  # host and port, or both in one
        assert_equal "$(timeout 10 "$SKT" $words <<<"to $words")" ""
    done
    wait_until 10 file_has_text "$listener_out" "to $address"
    assert_equal "$(wc -l <"$listener_out")" 5
    # without a scope the kernel cannot know where it is
    run -4 timeout 10 "$SKT" fe80::1 "$port" </dev/null
    assert_equal "$output" "skt: connect to fe80::1 port $port (tcp) failed: Invalid argument"
}

# The address is there and no longer tentative.
ping_free() { ip -6 -o addr show | grep -F "$1/" | grep -qv tentative; }

@test "a link-local address has its interface after a percent sign, by name or by number" {
    need python3
    in_netns ip link add left type veth peer name right 2>/dev/null || skip "needs veth devices"
    in_netns with_scopes
}

odd_interface() {
    ip link add 25g0 type veth peer name right
    ip address add fe80::1/64 dev 25g0 nodad
    ip link set 25g0 up
    ip link set right up
    start_skt_listener fe80::1%25g0 0
    run -0 timeout 10 "$SKT" "$address" <<<question
    end_status "$listener_pid"
    assert_file_is "$listener_out" 'question\n'
}

@test "an interface with a name of 25 and more is announced as skt takes it back" {
    need ip
    need_ipv6
    in_netns odd_interface
}

@test "an interface that is not there is a failed lookup, which names the address" {
    run -3 --separate-stderr timeout 10 "$SKT" fe80::1%nosuch0 80 </dev/null
    assert_equal "$stderr" "skt: lookup of fe80::1%nosuch0: No such device"
}

# --- where we come from ------------------------------------------------------------------------------------------

# Where the client came from, in the words of the listener of start_noting_clients.
client_number() { sed -n 's/^Connection received on //p' "$listener_err" | sed -n "$1p"; }
has_clients() { [ -n "$(client_number "$1")" ]; }

@test "-s is the address we come from" {
    start_noting_clients 127.0.0.1 0
    timeout 10 "$SKT" -s 127.0.0.9 127.0.0.1 "$port" <<<x
    wait_until has_clients 1
    assert_equal "$(client_number 1 | cut -d ' ' -f 1)" 127.0.0.9
}

@test "-p is the port we come from, and can be used again at once" {
    need python3
    local source
    source=$(free_port tcp)
    start_noting_clients 127.0.0.1 0
    timeout 10 "$SKT" -p "$source" 127.0.0.1 "$port" <<<x
    wait_until has_clients 1
    assert_equal "$(client_number 1)" "127.0.0.1 $source"
    # the first connection was ended from here, so this end of it lingers in TIME_WAIT; another peer may be met
    start_noting_clients 127.0.0.1 0
    timeout 10 "$SKT" -p "$source" -s 127.0.0.1 127.0.0.1 "$port" <<<x
    wait_until has_clients 1
    assert_equal "$(client_number 1)" "127.0.0.1 $source"
}

from_names() {
    own_names
    start_noting_clients 127.0.0.1 0
    timeout 10 "$SKT" -s next-door 127.0.0.1 "$port" <<<x
    timeout 10 "$SKT" -s both 127.0.0.1 "$port" <<<x
    wait_until 10 has_clients 2
    assert_equal "$(client_number 1 | cut -d ' ' -f 1)" 127.0.0.2
    # of the family of the other end
    assert_equal "$(client_number 2 | cut -d ' ' -f 1)" 127.0.0.1
}

@test "-s may be a name, of which the address of the right family is taken" {
    in_netns from_names
}

@test "a source that cannot be had ends the connection with status 4 and its reason" {
    need python3
    need_ipv6
    start_peer listen:tcp stall
    run -4 timeout 10 "$SKT" -s 192.0.2.77 127.0.0.1 "$port" </dev/null
    assert_equal "$output" "skt: bind to 192.0.2.77: Cannot assign requested address"
    run -4 timeout 10 "$SKT" -s ::1 127.0.0.1 "$port" </dev/null
    assert_equal "$output" "skt: bind to ::1: the address to connect to is of another family"
    run -4 timeout 10 "$SKT" -p "$port" -s 127.0.0.1 127.0.0.1 "$port" </dev/null
    assert_equal "$output" "skt: bind to 127.0.0.1 port $port: Address already in use"
}

at_random() {
    echo 40000 40001 >/proc/sys/net/ipv4/ip_local_port_range
    start_noting_clients 127.0.0.1 5000
    timeout 10 "$SKT" 127.0.0.1 5000 <<<x
    timeout 10 "$SKT" -r 127.0.0.1 5000 <<<x
    timeout 10 "$SKT" -r -s 127.0.0.3 127.0.0.1 5000 <<<x
    wait_until 10 has_clients 3
    local ports
    mapfile -t ports < <(sed -n 's/^Connection received on .* //p' "$listener_err")
    [[ ${ports[0]} == 4000[01] ]]
    # one of 64512 ports each: that either is one of the kernel's two is as likely as a fault of the memory
    [[ ${ports[1]} != 4000[01] && ${ports[2]} != 4000[01] && ${ports[1]} != "${ports[2]}" ]] ||
        fail "ports: ${ports[*]}"
    assert_equal "$(client_number 3)" "127.0.0.3 ${ports[2]}"
}

@test "-r comes from a port that the kernel would not have chosen" {
    in_netns at_random
}

# --- which of several addresses -----------------------------------------------------------------------------------

dead_first() {
    own_names
    start_deaf_listener tcp6
    start_saying alive "tcp:$port"
    timed run -0 --separate-stderr timeout 20 "$SKT" -v both "$port" </dev/null
    assert_equal "$output" alive
    assert_equal "$stderr" "Connection to both (127.0.0.1) $port port [tcp/*] succeeded!"
    assert_at_least "$elapsed" 250 # the first one had its turn
    assert_at_most "$elapsed" 2000
}

@test "a first address that does not answer costs a quarter of a second" {
    need python3
    in_netns dead_first
}

dropped_first() {
    use_hosts '2001:db8::2 half-dead' '127.0.0.1 half-dead'
    ip link add left type veth peer name right
    ip -6 addr add 2001:db8::1/64 dev left nodad
    ip link set left up
    ip link set right up
    ip -6 neigh add 2001:db8::2 lladdr 02:00:00:00:00:99 dev left
    start_saying alive tcp
    run -6 timeout 20 "$SKT" -z -w 200ms 2001:db8::2 "$port"
    timed run -0 --separate-stderr timeout 20 "$SKT" half-dead "$port" </dev/null
    assert_equal "$output" alive
    assert_at_least "$elapsed" 250
    assert_at_most "$elapsed" 2000
}

@test "a first address in a network that swallows packets costs a quarter of a second" {
    need python3
    in_netns ip link add left type veth peer name right 2>/dev/null || skip "needs veth devices"
    in_netns dropped_first
}

refused_first() {
    own_names
    start_saying alive tcp 20
    # the quickest of several: a busy machine must not count as waiting
    local least=10000 tries=20
    until [ "$least" -le 200 ] || [ "$tries" -eq 0 ]; do
        timed run -0 timeout 10 "$SKT" both "$port" </dev/null
        assert_equal "$output" alive
        [ "$elapsed" -ge "$least" ] || least=$elapsed
        tries=$((tries - 1))
    done
    assert_at_most "$least" 200
}

@test "a first address that refuses costs nothing" {
    need python3
    in_netns refused_first
}

many_dead() {
    use_hosts '127.0.1.1 many' '127.0.1.2 many' '127.0.1.3 many' '127.0.1.4 many'
    start_deaf_listener tcp:127.0.1.1:0
    start_deaf_listener "tcp:127.0.1.2:$port"
    start_deaf_listener "tcp:127.0.1.3:$port"
    start_saying alive "tcp:127.0.1.4:$port"
    timed run -0 --separate-stderr timeout 20 "$SKT" many "$port" </dev/null
    assert_equal "$output" alive
    assert_at_least "$elapsed" 750
    assert_at_most "$elapsed" 3000
}

@test "several addresses that do not answer cost a quarter of a second each" {
    need python3
    in_netns many_dead
}

refused_second() {
    use_hosts '127.0.1.1 mixed' '127.0.1.2 mixed' '127.0.1.3 mixed'
    start_deaf_listener tcp:127.0.1.1:0
    start_saying alive "tcp:127.0.1.3:$port" 20
    # the quickest of several: a busy machine must not count as waiting
    local least=10000 tries=20
    until [ "$least" -le 450 ] || [ "$tries" -eq 0 ]; do
        timed run -0 timeout 10 "$SKT" mixed "$port" </dev/null
        assert_equal "$output" alive
        [ "$elapsed" -ge "$least" ] || least=$elapsed
        tries=$((tries - 1))
    done
    assert_at_least "$least" 250
    assert_at_most "$least" 450 # not twice that
}

@test "a refusal while another address does not answer lets the next one start at once" {
    need python3
    in_netns refused_second
}

late_first() {
    own_names
    # the first address has no room until after the second one has refused; then the kernel asks again
    start_peer backlog:0 listen:tcp6 waitfile:refused accept accept send:late\\n drain
    start_peer "connect:tcp6:$port" touch:filled stall
    wait_until 10 test -e filled
    start_background strace -f -o trace -e trace=getsockopt "$SKT" both "$port"
    wait_until 10 file_has_text trace ECONNREFUSED
    touch refused
    end_status "$started_pid"
    assert_equal "$status" 0
    assert_file_is "$started_out" 'late\n'
}

@test "a refusal does not end the wait for another address that may still answer" {
    need python3 strace
    need_plain_build
    in_netns late_first
}

all_fail() {
    use_hosts '192.0.2.1 several' '127.0.0.1 several'
    run -4 --separate-stderr timeout 10 "$SKT" several 9 </dev/null
    assert_equal "$stderr" "skt: connect to several (127.0.0.1) port 9 (tcp) failed: Connection refused"
    use_hosts '127.0.0.1 several' '192.0.2.1 several'
    run -4 --separate-stderr timeout 10 "$SKT" several 9 </dev/null
    assert_equal "$stderr" "skt: connect to several (127.0.0.1) port 9 (tcp) failed: Connection refused"
}

@test "when all addresses fail, the reason is of one that could be reached" {
    in_netns all_fail
}

# --- the lookup -------------------------------------------------------------------------------------------------

silent_name_server() {
    use_hosts '127.0.0.1 localhost'
    start_peer listen:udp:53 stall
    timed run -6 --separate-stderr timeout 20 "$SKT" -w 1 unknown.example 80 </dev/null
    assert_equal "$stderr" "skt: lookup of unknown.example: timed out"
    assert_at_least "$elapsed" 1000
    assert_at_most "$elapsed" 3000
    timed run -6 --separate-stderr timeout 20 "$SKT" --connect-timeout 300ms unknown.example 80 </dev/null
    assert_equal "$stderr" "skt: lookup of unknown.example: timed out"
    assert_at_least "$elapsed" 300
    assert_at_most "$elapsed" 2300
    # of the near end's name, too
    timed run -6 --separate-stderr timeout 20 "$SKT" -w 0.3 -s unknown.example 127.0.0.1 80 </dev/null
    assert_equal "$stderr" "skt: lookup of unknown.example: timed out"
}

@test "a name server that does not answer is waited for no longer than -w" {
    need python3
    in_netns silent_name_server
}

slow_name_server() {
    use_hosts '127.0.0.1 localhost'
    # what is left of the time after the lookup is what the connection has
    start_deaf_listener
    local deaf_port=$port
    cat >server.py <<'PYTHON'
import socket, sys, time
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
open("serving", "w").close()
while True:
    query, client = server.recvfrom(512)
    name_end = query.index(b"\0", 12) + 1
    kind = query[name_end : name_end + 2]
    question = query[12 : name_end + 4]
    answer = b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4\x7f\0\0\1" if kind == b"\0\1" else b""
    time.sleep(0.5)  # the subject: it is slow
    header = query[:2] + b"\x81\x80\0\1" + (b"\0\1" if answer else b"\0\0") + b"\0\0\0\0"
    server.sendto(header + question + answer, client)
PYTHON
    start_background python3 server.py
    wait_until 10 test -e serving
    timed run -6 --separate-stderr timeout 20 "$SKT" -w 2 slow.example "$deaf_port" </dev/null
    assert_equal "$stderr" "skt: connect to slow.example port $deaf_port (tcp): timed out"
    assert_at_least "$elapsed" 2000
    assert_at_most "$elapsed" 2900 # the lookup takes one second
}

@test "the lookup and the connection have one deadline together" {
    need python3
    in_netns slow_name_server
}

unknown_names() {
    use_hosts '127.0.0.1 four'
    run -3 --separate-stderr timeout 10 "$SKT" unknown.example 80 </dev/null
    [[ $stderr == "skt: lookup of unknown.example: "* ]] || fail "$stderr"
    run -3 --separate-stderr timeout 10 "$SKT" -6 four 80 </dev/null
    [[ $stderr == "skt: lookup of four: "* ]] || fail "$stderr"
}

@test "a name without an address, or without one of the family, is status 3" {
    in_netns unknown_names
}

# --- odd ends of connect(2) ----------------------------------------------------------------------------------------

@test "a port that dials itself is refused, not connected to itself" {
    need python3
    port=$(free_port tcp)
    run -4 --separate-stderr timeout 10 "$SKT" -p "$port" -s 127.0.0.1 127.0.0.1 "$port" <<<echo
    assert_equal "$output" ""
    assert_equal "$stderr" "skt: connect to 127.0.0.1 port $port (tcp) failed: Connection refused"
}

@test "a connect that a signal interrupts goes on" {
    need strace
    need_plain_build
    start_saying through tcp
    run -0 --separate-stderr timeout 10 strace -f -o trace -e trace=connect \
        -e inject=connect:error=EINTR:when=1 "$SKT" -n 127.0.0.1 "$port" </dev/null
    assert_contains "$(cat trace)" "(INJECTED)"
    assert_equal "$output" through
}

@test "the reason of a failed connect is the kernel's own, whichever it is" {
    need strace
    need_plain_build
    for error in "ENETUNREACH:Network is unreachable" "EHOSTUNREACH:No route to host" \
        "EACCES:Permission denied" "EADDRNOTAVAIL:Cannot assign requested address"; do
        run -4 --separate-stderr timeout 10 strace -f -o trace -e trace=connect \
            -e "inject=connect:error=${error%%:*}" "$SKT" -n 127.0.0.1 9 </dev/null
        assert_equal "$stderr" "skt: connect to 127.0.0.1 port 9 (tcp) failed: ${error#*:}"
    done
}

@test "the kernel's own timeout of a connection is status 6" {
    need strace
    need_plain_build
    run -6 --separate-stderr timeout 10 strace -f -o trace -e trace=connect \
        -e inject=connect:error=ETIMEDOUT "$SKT" -n 127.0.0.1 9 </dev/null
    assert_equal "$stderr" "skt: connect to 127.0.0.1 port 9 (tcp) failed: Connection timed out"
}

@test "socket options are set before the connection is made" {
    need strace
    need_plain_build
    start_saying set tcp
    run -0 --separate-stderr timeout 10 strace -f -o trace -e trace=setsockopt,connect \
        "$SKT" -n -I 8K -O 16K -T lowdelay -M 33 127.0.0.1 "$port" </dev/null
    before=$(sed '/connect(/,$d' trace)
    assert_contains "$before" "SO_RCVBUF, [8192]"
    assert_contains "$before" "SO_SNDBUF, [16384]"
    assert_contains "$before" "IP_TOS, [16]"
    assert_contains "$before" "IP_TTL, [33]"
}

# --- -z ------------------------------------------------------------------------------------------------------------

@test "-z says by its status whether a port answers, and sends nothing" {
    need python3
    start_peer listen:tcp accept recvline
    run -0 timeout 10 "$SKT" -z 127.0.0.1 "$port" <<<"not to be sent"
    assert_equal "$output" ""
    end_status "$peer_pid"
    assert_contains "$(cat "$peer_err")" "the input ended after 0 of 1 bytes"
    run -4 timeout 10 "$SKT" -z 127.0.0.1 "$port" </dev/null
    assert_equal "$output" "skt: connect to 127.0.0.1 port $port (tcp) failed: Connection refused"
}

# A port with one before and one after it that nobody has, and a listener on it.
start_between_closed() {
    need python3
    local middle
    for _ in 1 2 3 4 5; do
        middle=$(free_port tcp)
        is_free $((middle - 1)) && is_free $((middle + 1)) || continue
        start_noting_clients 127.0.0.1 "$middle"
        return
    done
    fail "found no three free ports"
}

is_free() { ! grep -qi "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$1") " /proc/net/tcp; }

@test "-z takes a range of ports, and succeeds when one of them answers" {
    start_between_closed
    local first=$((port - 1)) last=$((port + 1))
    run -0 --separate-stderr timeout 10 "$SKT" -z -n 127.0.0.1 "$first-$last"
    assert_equal "$output" ""
    assert_equal "$stderr" ""
    run -0 --separate-stderr timeout 10 "$SKT" -z -v -n 127.0.0.1 "$first-$last"
    assert_equal "$output" ""
    assert_equal "$stderr" "skt: connect to 127.0.0.1 port $first (tcp) failed: Connection refused
Connection to 127.0.0.1 $port port [tcp/*] succeeded!
skt: connect to 127.0.0.1 port $last (tcp) failed: Connection refused"
}

@test "-z over a range in which nothing answers says so once, with status 4" {
    need python3
    local first
    first=$(free_port tcp)
    is_free $((first + 1)) || first=$((first - 1))
    run -4 --separate-stderr timeout 10 "$SKT" -z 127.0.0.1 "$first-$((first + 1))"
    assert_equal "$stderr" "skt: scan of 127.0.0.1 port $first-$((first + 1)): no port answered"
}

scan_at_random() {
    run -4 timeout 20 strace -f -o trace -e trace=connect "$SKT" -z -r -n 127.0.0.1 1-60
    tried=$(sed -n 's/.*htons(\([0-9]*\)).*/\1/p' trace | uniq) # the second call asks what became of the first
    assert_equal "$(sort -n <<<"$tried")" "$(seq 60)"
    assert_equal "$(wc -l <<<"$tried")" 60
    [ "$tried" != "$(seq 60)" ] # by chance once in 60! runs
}

@test "-z -r tries every port of the range once, in another order" {
    need strace
    need_plain_build
    in_netns scan_at_random
}

@test "-z -u takes a port for open that answers or stays silent, and for closed one that refuses" {
    need python3
    start_peer listen:udp stall
    run -0 --separate-stderr timeout 10 "$SKT" -z -u -v -n 127.0.0.1 "$port"
    assert_equal "$stderr" "No answer from 127.0.0.1 port $port (udp): open or filtered"
    stop "$peer_pid"
    run -4 --separate-stderr timeout 10 "$SKT" -z -u -n 127.0.0.1 "$port"
    assert_equal "$stderr" "skt: connect to 127.0.0.1 port $port (udp) failed: Connection refused"
    start_peer listen:udp recv:1 send:here
    run -0 --separate-stderr timeout 10 "$SKT" -z -u -v -n 127.0.0.1 "$port"
    assert_equal "$stderr" "Connection to 127.0.0.1 $port port [udp/*] succeeded!"
    end_status "$peer_pid"
    assert_equal "$status" 0
}
