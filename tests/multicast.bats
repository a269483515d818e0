#!/usr/bin/env bats
# Multicast and broadcast between two hosts, which are two network namespaces with a cable between them.

load helpers

# The other host: its network is that of a process that sleeps. The cable is called near here, far there.
two_hosts() {
    start_background unshare --net sleep 600
    far_pid=$started_pid
    wait_until 10 is_other_netns "$far_pid"
    ip link add near type veth peer name far netns "$far_pid"
    ip addr add 10.7.0.1/24 brd + dev near
    ip link set near up
    ip route add 224.0.0.0/4 dev near
    far ip link set lo up
    far ip addr add 10.7.0.2/24 brd + dev far
    far ip addr add 10.7.0.3/24 dev far
    far ip link set far up
    far ip route add 224.0.0.0/4 dev far
    wait_until 10 is_carrier near
}

far() { nsenter --net="/proc/$far_pid/ns/net" timeout 10 "$@"; }

# The local addresses of IPv6 may be used once nobody else has claimed them.
has_addresses() {
    [ "$(ip -6 addr show dev near scope link | grep -c inet6)" -eq 1 ] &&
        ! ip -6 addr show dev near | grep -q tentative &&
        ! far ip -6 addr show dev far | grep -q tentative
}

on_two_hosts() { # FUNCTION
    need nsenter
    in_netns bash -c 'unshare --net sleep 0 && ip link add near type veth peer name far' 2>/dev/null ||
        skip "needs network namespaces within one, and veth devices"
    run -0 in_netns "$1"
}

# Send each word as a datagram to HOST from the other host, with OPTIONS.
far_sends() { # HOST WORDS [OPTION...]
    local host=$1 words=$2
    shift 2
    tr ' ' '\n' <<<"$words" | far "$SKT" -u -q 0 --records line "$@" "$host" "$port"
}

# One sender, whose second datagram is sent once the first has been heard: "one" and "two" to HOST.
far_sends_twice() { # HOST [OPTION...]
    hold_input
    background_input=$held_input start_background far "$SKT" -u -q 0 --records line "${@:2}" "$1" "$port"
    say 'one\n'
    wait_for_text "$listener_out" one
    say 'two\n'
    wait_for_text "$listener_out" two
}

# --- groups ------------------------------------------------------------------------------------------------------

hears_group() {
    two_hosts
    start_skt_listener -u -W 3 --records line --join 239.1.2.3@near 0
    far_sends_twice 239.1.2.3
    far_sends 239.1.2.3 three
    # that is another sender, whom a listener without -k does not hear; the one that it hears still is
    say 'four\n'
    wait_for_text "$listener_out" four
    assert_file_is "$listener_out" 'one\ntwo\nfour\n'
}

@test "what is sent to a group is heard by who has joined it, more than once and of one sender" {
    on_two_hosts hears_group
}

hears_all_senders() {
    two_hosts
    start_skt_listener -u -k -W 3 --records line --join 239.1.2.3@near 0
    far_sends 239.1.2.3 one
    far_sends 239.1.2.3 two -s 10.7.0.3
    far_sends 239.1.2.3 three
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'one\ntwo\nthree\n'
}

@test "with -k every sender to the group is heard" {
    on_two_hosts hears_all_senders
}

hears_nothing_unjoined() {
    two_hosts
    start_skt_listener -u -k -W 1 --records line 0
    far_sends 239.1.2.3 unheard
    far_sends 10.7.0.1 direct
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'direct\n'
}

@test "a group that nobody has joined is not heard" {
    on_two_hosts hears_nothing_unjoined
}

hears_ipv6_group() {
    two_hosts
    wait_until 10 has_addresses
    start_skt_listener -6 -u -W 2 --records line --join ff02::77@near 0
    far_sends_twice ff02::77%far
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'one\ntwo\n'
}

@test "a group of IPv6 is heard, by its zone" {
    need_ipv6
    on_two_hosts hears_ipv6_group
}

hears_both() {
    two_hosts
    wait_until 10 has_addresses
    start_skt_listener -u -k -W 2 --records line --join ff02::77%near --join 239.1.2.3@near 0
    far_sends ff02::77%far six
    wait_for_text "$listener_out" six
    far_sends 239.1.2.3 four
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'six\nfour\n'
}

@test "a listener without a host hears groups of both families on one port" {
    need_ipv6
    on_two_hosts hears_both
}

hears_only_its_own() {
    two_hosts
    start_skt_listener -u -k --records line --join 239.9.9.9@near 0
    start_skt_listener -u -k -W 1 --records line --join 239.1.2.3@near "$port"
    local own_out=$listener_out own_pid=$listener_pid
    start_skt_listener -u -k -W 2 --records line --join 239.1.2.3@near --sockopt multicast-all "$port"
    far_sends 239.9.9.9 others
    far_sends 239.1.2.3 ours
    end_status "$own_pid"
    assert_file_is "$own_out" 'ours\n'
    end_status "$listener_pid"
    assert_file_is "$listener_out" 'others\nours\n'
}

@test "a group that only another program of this host has joined is not heard, unless multicast-all says so" {
    on_two_hosts hears_only_its_own
}

hears_source() {
    two_hosts
    start_skt_listener -u -k -W 2 --records line --join 232.1.1.1@near,10.7.0.2 --join 239.1.2.3@near \
        --sockopt block-source=239.1.2.3@near,10.7.0.3 0
    far_sends 232.1.1.1 wrong -s 10.7.0.3
    far_sends 232.1.1.1 right -s 10.7.0.2
    far_sends 239.1.2.3 blocked -s 10.7.0.3
    far_sends 239.1.2.3 open -s 10.7.0.2
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'right\nopen\n'
}

@test "of a group with a source only that source is heard, and one that is blocked is not" {
    on_two_hosts hears_source
}

hears_at_group_address() {
    two_hosts
    start_skt_listener -u -k -W 1 --records line --join 239.1.2.3@near 239.1.2.3 0
    far_sends 10.7.0.1 direct || true # nobody is there, which it may hear of or not
    far_sends 239.1.2.3 group
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'group\n'
}

@test "at the address of the group nothing but the group is heard" {
    on_two_hosts hears_at_group_address
}

answers_sender() {
    two_hosts
    echo answer >answers
    listener_input=answers start_skt_listener -u -W 1 --records line --join 239.1.2.3@near 0
    far python3 - "$port" <<'PYTHON'
import socket, sys
asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asker.settimeout(8)
asker.sendto(b"question", ("239.1.2.3", int(sys.argv[1])))
answer, source = asker.recvfrom(100)
assert (answer, source[0]) == (b"answer", "10.7.0.1"), (answer, source)
PYTHON
}

@test "who asks a group is answered" {
    need python3
    on_two_hosts answers_sender
}

sends_with_options() {
    two_hosts
    start_background far python3 -c '
import socket
group = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
group.settimeout(8)
group.bind(("", 0))
group.setsockopt(socket.IPPROTO_IP, 12, 1) # IP_RECVTTL
group.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.1.2.3") + socket.inet_aton("10.7.0.2"))
print(group.getsockname()[1], flush=True)
for i in range(2):
    data, parts, flags, source = group.recvmsg(100, 100)
    print(data.decode().strip(), int.from_bytes(parts[0][2][:4], "little"), flush=True)'
    local out=$started_out pid=$started_pid
    wait_for_line "$out" "$pid" "$started_err"
    read -r port <"$out"
    start_skt_listener -u -k -W 1 --records line --join 239.1.2.3@near "$port"
    ip route del 224.0.0.0/4 dev near
    "$SKT" -u -q 0 --sockopt multicast-interface=near --sockopt multicast-loop=off 239.1.2.3 "$port" <<<silent
    wait_for_text "$out" "silent 1"
    "$SKT" -u -q 0 --sockopt multicast-interface=near --sockopt multicast-ttl=5 239.1.2.3 "$port" <<<loud
    end_status "$pid"
    assert_file_is "$out" "$port"'\nsilent 1\nloud 5\n'
    end_status "$listener_pid"
    assert_file_is "$listener_out" 'loud\n'
}

@test "multicast-interface, multicast-ttl and multicast-loop do what they say" {
    need python3
    on_two_hosts sends_with_options
}

rejoins() {
    two_hosts
    ip link add other type veth peer name spare
    ip link set spare up
    ip link set other up
    start_skt_listener -u -k -W 1 --join 239.1.2.3 --join 239.1.2.3@other 0
    assert_equal "$(grep -c '^239\.1\.2\.3\|030201EF' /proc/net/igmp)" 2
}

@test "one group is joined on two interfaces" {
    on_two_hosts rejoins
}

# --- broadcast ---------------------------------------------------------------------------------------------------

hears_broadcast() {
    two_hosts
    start_skt_listener -u -b -W 2 --records line 0
    far_sends_twice 10.7.0.255 -b
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'one\ntwo\n'
    status=0
    far_sends 10.7.0.255 one 2>err || status=$?
    assert_equal "$status" 4
    assert_one_line "$(cat err)" "Permission denied"
}

@test "a broadcast needs -b, and a listener with -b hears more than the first" {
    on_two_hosts hears_broadcast
}

# --- refusals ----------------------------------------------------------------------------------------------------

@test "a group or interface that is not there is told, and what is no group is a fault of usage" {
    run -5 timeout 10 "$SKT" -lu --join 239.1.2.3@nosuch 0 </dev/null
    assert_equal "$output" "skt: socket option join-group=239.1.2.3@nosuch: No such device"
    run -5 timeout 10 "$SKT" -luU --join 239.1.2.3 ./path </dev/null
    assert_one_line "$output" "skt: socket option join-group=239.1.2.3: "
    [ ! -e ./path ]
    run -5 timeout 10 "$SKT" -lu4 --join ff02::77 0 </dev/null
    assert_one_line "$output" "skt: socket option join-group=ff02::77: "
    local group
    for group in 10.0.0.1 fe80::1 name 239.1.2.3@ 239.1.2.3,239.1.2.4 239.1.2.3,ff02::1 239.1.2.300; do
        run -2 timeout 10 "$SKT" -lu --join "$group" 0 </dev/null
        assert_one_line "$output" "skt: --join $group: "
    done
    run -2 timeout 10 "$SKT" -u --join 239.1.2.3 127.0.0.1 1
    assert_equal "$output" "skt: --join: needs --listen"
}
