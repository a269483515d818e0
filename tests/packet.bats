#!/usr/bin/env bats
# Packet sockets: frames of a network interface. Each test has two network namespaces of its own.

load helpers

# The MAC addresses of the two interfaces of start_other_netns, as start_link sets them.
here_mac=02:00:00:00:00:01
there_mac=02:00:00:00:00:02
# An LLDP frame (IEEE 802.1AB): destination, source, type; chassis and port by MAC address, 120 s, the end.
lldp=0180c200000e02000000000188cc0207040200000000010407030200000000010602007800000
export here_mac there_mac lldp

start_link() {
    start_other_netns
    ip link set here address $here_mac
    in_other ip link set there address $there_mac
}

# --- protocols that the other system answers ---------------------------------------------------------------

arp_is_answered() {
    start_link
    # who has 10.9.0.2? tell 10.9.0.1 (RFC 826)
    local arp=0001080006040001${here_mac//:/}0a090001_0000000000000a090002
    timeout 10 "$SKT" --domain packet --type dgram --protocol arp --hex -w 8 -W 1 here <<<"${arp/_/}" >got
    assert_file_is got "0001080006040002${there_mac//:/}0a090002${here_mac//:/}0a090001\\n"
}

@test "an ARP request whose header the kernel makes is answered" {
    in_netns arp_is_answered
}

arp_frame_is_answered() {
    start_link
    local frame="ffffffffffff ${here_mac//:/} 0806 0001 0800 0604 0001 $here_mac 0a090001 000000000000 0a090002"
    local kind
    for kind in raw packet; do
        timeout 10 "$SKT" --domain packet --type $kind --protocol arp --hex -w 8 -W 1 here <<<"$frame" >got
        assert_contains "$(cat got)" \
            "${here_mac//:/}${there_mac//:/}08060001080006040002${there_mac//:/}0a090002${here_mac//:/}0a090001"
    done
}

@test "an ARP request as a whole frame is answered, also the obsolete way" {
    in_netns arp_frame_is_answered
}

echo_is_answered() {
    start_link
    ip neigh replace 10.9.0.2 lladdr $there_mac dev here
    in_other ip neigh replace 10.9.0.1 lladdr $here_mac dev there
    local ip=4500002000010000400166c80a0900010a090002 request=0800fe3d12340001736b7421
    timeout 10 "$SKT" --domain packet --type dgram --protocol ip --hex -w 8 -W 1 "here/$there_mac" \
        <<<"$ip$request" >got
    assert_contains "$(cat got)" "0a0900020a0900010000063e12340001736b7421"
}

@test "an ICMP echo request to INTERFACE/MAC is answered" {
    in_netns echo_is_answered
}

# --- frames both ways ----------------------------------------------------------------------------------------

lldp_both_ways() {
    start_link
    local answer=0180c200000e${there_mac//:/}88cc0207040200000000020000
    start_lower packet:there:0x88cc recv "send:$answer"
    timeout 10 "$SKT" --domain packet --protocol lldp --hex -w 8 -W 1 here <<<"${lldp}0" >got
    lower_succeeds
    assert_equal "$(cat "$lower_out")" "${lldp}0"
    assert_file_is got "$answer\\n"
}

@test "an LLDP frame goes out, and one that comes is shown, whole" {
    need python3
    in_netns lldp_both_ways
}

listener_answers() {
    start_link
    printf 'pong\n' >pong
    listener_input=pong start_skt_listener --domain packet --type dgram --protocol 0x88b5 -W 1 -q 1 here
    assert_equal "$address" packet:here
    in_other python3 "$SKT_SRCDIR/tests/peers/lower.py" --to=ff:ff:ff:ff:ff:ff cooked:there:0x88b5 \
        send:70696e67 recv >got
    assert_contains "$(cat got)" 706f6e670a
    end_status "$listener_pid"
    assert_contains "$status $(cat "$listener_out" "$listener_err")" "0 ping"
}

@test "a listener hears an Ethernet type by number and answers the station that wrote" {
    need python3
    in_netns listener_answers
}

skt_both_ends() {
    start_link
    local kind
    for kind in dgram raw packet; do
        local frame=aa
        [ $kind = dgram ] || frame="$there_mac $here_mac 88b5 aa"
        start_background nsenter --net="/proc/$other_pid/ns/net" "$SKT" -l --announce=bound-$kind --domain packet \
            --type $kind --protocol 0x88b5 --hex -W 1 there
        wait_for_line bound-$kind "$started_pid" "$started_err"
        timeout 10 "$SKT" --domain packet --type $kind --protocol 0x88b5 --hex -q 0 here <<<"$frame"
        end_status "$started_pid"
        frame=${frame//[: ]/}
        run -0 cat "$started_out"
        [[ $output == "$frame"* ]] || fail "$kind: $output"
    done
}

@test "skt hears skt, in each of the three types" {
    in_netns skt_both_ends
}

all_interfaces() {
    start_link
    start_skt_listener -k -v --domain packet --type dgram --protocol 0x88b5 --hex -W 1 any
    assert_equal "$address" packet:any
    in_other python3 "$SKT_SRCDIR/tests/peers/lower.py" --to=ff:ff:ff:ff:ff:ff cooked:there:0x88b5 send:0102
    end_status "$listener_pid"
    assert_contains "$(cat "$listener_err")" "Connection received on here/$there_mac"
    assert_contains "$(cat "$listener_out")" 0102
}

@test "any: a listener hears every interface, and -v tells which it was, and who" {
    need python3
    in_netns all_interfaces
}

no_echo_of_our_own() {
    start_link
    start_lower packet:there:0x88b5 recv "send:${here_mac//:/}${there_mac//:/}88b5bb"
    # all Ethernet types are heard, and the first that comes is not what we have sent
    timeout 10 "$SKT" --domain packet --hex -w 8 here \
        <<<"$there_mac $here_mac 88b5 aa" >got &
    local skt_pid=$!
    lower_succeeds
    wait_for_text got 88b5bb
    kill_by_term $skt_pid
    ! grep -q 88b5aa got || fail "our own frame came back"
}

@test "our own frames do not come back, though all types are heard" {
    need python3
    in_netns no_echo_of_our_own
}

only_one_interface() {
    start_link
    ip link add left type veth peer name right
    ip link set left up
    ip link set right up
    local kind
    for kind in dgram raw packet; do
        start_skt_listener -k --domain packet --type $kind --protocol 0x88b5 --hex --max-time 5 here
        # on another interface first; it must not be heard
        "$SKT" --domain packet --protocol 0x88b5 --hex -q 0 left <<<"ffffffffffff $here_mac 88b5 dead"
        in_other "$SKT" --domain packet --protocol 0x88b5 --hex -q 0 there <<<"ffffffffffff $there_mac 88b5 beef"
        wait_for_text "$listener_out" beef
        ! grep -q dead "$listener_out" || fail "$kind: heard another interface"
        stop "$listener_pid"
    done
}

@test "one interface is heard and no other" {
    in_netns only_one_interface
}

promiscuous_hears() {
    start_link
    "$SKT" -l --announce=bound --domain packet --promiscuous --hex -d --max-time 8 here >/dev/null 3>&- &
    local pid=$!
    wait_until 10 test -s bound
    ip -d -o link show here | grep -q 'promiscuity 1' || fail "not promiscuous: $(ip -d -o link show here)"
    kill_by_term $pid
    ip -d -o link show here | grep -q 'promiscuity 0' || fail "still promiscuous"
    "$SKT" --domain packet --promiscuous --hex -d --max-time 8 here >/dev/null 3>&- &
    pid=$!
    is_promiscuous() { ip -d -o link show here | grep -q 'promiscuity 1'; }
    wait_until 10 is_promiscuous
    kill_by_term $pid
}

@test "--promiscuous puts the interface into promiscuous mode for as long as skt runs" {
    in_netns promiscuous_hears
}

too_large() {
    start_link
    run -9 --separate-stderr timeout 10 "$SKT" --domain packet --type dgram --protocol 0x88b5 --records size:1501 \
        here < <(head -c 1501 /dev/zero)
    assert_one_line "$stderr" "a record of 1501 bytes is too large: a message takes at most 1500"
    run -9 --separate-stderr timeout 10 "$SKT" --domain packet --protocol 0x88b5 here < <(head -c 1600 /dev/zero)
    assert_one_line "$stderr" "skt: here: 1600 bytes: message too large"
}

@test "a frame larger than the interface takes is an error" {
    in_netns true
    in_netns too_large
}

# An Ethernet type and no other: ether proto 0x88b6.
filter='4\n40 0 0 12\n21 0 1 34998\n6 0 0 262144\n6 0 0 0\n'
export filter

filter_drops() {
    start_link
    # shellcheck disable=SC2059  # it is a format
    printf "$filter" >filter
    start_skt_listener -k --domain packet --filter filter --hex -W 1 here
    in_other "$SKT" --domain packet --hex -q 0 there <<<"$here_mac $there_mac 88b5 dead"
    in_other "$SKT" --domain packet --hex -q 0 there <<<"$here_mac $there_mac 88b6 beef"
    end_status "$listener_pid"
    assert_equal "$status $(cut -c 25-32 "$listener_out")" "0 88b6beef"
}

@test "--filter drops what it does not let through" {
    in_netns filter_drops
}

tcpdump_compiles() {
    start_link
    mkfifo filter
    start_background "$SKT" -l -k --announce=bound --domain packet --filter filter --hex -W 1 here
    tcpdump -i here -ddd 'ether proto 0x88b6' >filter
    wait_for_line bound "$started_pid" "$started_err"
    in_other "$SKT" --domain packet --hex -q 0 there <<<"$here_mac $there_mac 88b5 dead"
    in_other "$SKT" --domain packet --hex -q 0 there <<<"$here_mac $there_mac 88b6 beef"
    end_status "$started_pid"
    assert_equal "$status $(cut -c 25-32 "$started_out")" "0 88b6beef"
}

@test "--filter takes what tcpdump -ddd prints, from a FIFO" {
    need tcpdump
    in_netns tcpdump_compiles
}

expression_drops() {
    start_link
    start_skt_listener -k --domain packet --filter-expression 'ether proto 0x88b6' --hex -W 1 here
    in_other "$SKT" --domain packet --hex -q 0 there <<<"$here_mac $there_mac 88b5 dead"
    in_other "$SKT" --domain packet --hex -q 0 there <<<"$here_mac $there_mac 88b6 beef"
    end_status "$listener_pid"
    assert_equal "$status $(cut -c 25-32 "$listener_out")" "0 88b6beef"
}

@test "--filter-expression takes tcpdump's words where libpcap compiles them, and is refused elsewhere" {
    if "$SKT" --version | grep -q "packet filters: .*tcpdump's words"; then
        in_netns expression_drops
        run -2 --separate-stderr "$SKT" --domain packet --filter-expression 'etherr proto 1' lo
        assert_one_line "$stderr" "skt: filter etherr proto 1: "
    else
        run -2 --separate-stderr "$SKT" --domain packet --filter-expression arp lo
        assert_equal "$stderr" \
            "skt: filter arp: this build has no compiler for it (configure --with-libpcap); use --filter"
    fi
    run -2 --separate-stderr "$SKT" --filter-expression arp 127.0.0.1 9
    assert_one_line "$stderr" "skt: --filter-expression: needs addresses that are interfaces"
}

@test "a filter that is none is refused, and so is one that the kernel does not take" {
    run -9 --separate-stderr "$SKT" -u --filter none 127.0.0.1 9
    assert_equal "$stderr" "skt: filter none: No such file or directory"
    echo "port 80" >text
    run -9 --separate-stderr "$SKT" -u --filter text 127.0.0.1 9
    assert_equal "$stderr" "skt: filter text: begins with the number of its steps, 1 to 4096, as tcpdump -ddd prints them"
    head -c 300000 /dev/zero >text
    run -9 --separate-stderr "$SKT" -u --filter text 127.0.0.1 9
    assert_equal "$stderr" "skt: filter text: too large for a filter"
    printf '1\n40 0 0 12\n' >text # has no end
    run -4 --separate-stderr "$SKT" -u --filter text 127.0.0.1 9
    assert_equal "$stderr" "skt: filter text, 1 steps: Invalid argument"
    run -2 --separate-stderr "$SKT" --filter text 127.0.0.1 9
    assert_one_line "$stderr" "skt: --filter: needs a type that keeps messages apart"
    mkfifo fifo
    run -6 --separate-stderr timeout 10 "$SKT" -u --max-time 0.2 --filter fifo 127.0.0.1 9
    assert_equal "$stderr" "skt: filter fifo: timed out"
}

arping_is_heard() {
    start_link
    start_skt_listener --domain packet --type dgram --protocol arp --hex -W 1 here
    run -1 in_other arping -q -c 1 -w 1 -I there 10.9.0.77 # nobody has that address
    end_status "$listener_pid"
    assert_equal "$(cat "$listener_out" | cut -c 1-56)" \
        "0001080006040001${there_mac//:/}0a090002ffffffffffff0a09004d"
}

@test "what arping asks is heard" {
    need arping
    in_netns arping_is_heard
}

# --- refusals ------------------------------------------------------------------------------------------------

refused_without_privilege() {
    run -4 --separate-stderr without_capability net_raw "$SKT" --domain packet --protocol arp lo
    assert_equal "$stderr" "skt: socket (packet, raw, protocol arp): Operation not permitted; needs root, or \
CAP_NET_RAW: setcap cap_net_raw+ep \$(command -v skt)"
}

@test "without the privilege the error names the capability and how to give it" {
    need setpriv
    in_netns true
    in_netns refused_without_privilege
}

@test "an interface that is not there is a failed lookup" {
    run -3 --separate-stderr "$SKT" --domain packet nowhere0
    assert_equal "$stderr" "skt: lookup of interface nowhere0: No such device"
}

@test "what makes no sense for frames is refused before a socket is opened" {
    local -A why=(
        ["--domain packet"]="skt: missing operand: an address is needed: see skt-sockets(7)"
        ["--domain packet lo/1:2:3"]="skt: address lo/1:2:3: a MAC address is 6 bytes in hexadecimal: eth0/02:00:00:00:00:01"
        ["--domain packet --type packet lo/$here_mac"]="skt: address lo/$here_mac: frames of this type bring their own MAC address: INTERFACE is enough"
        ["--domain packet --type packet a-name-of-14ch"]="skt: address a-name-of-14ch: type packet takes names of at most 13 characters"
        ["--domain packet a-name-of-16-chr"]="skt: interface a-name-of-16-chr: the name of an interface is 1 to 15 characters"
        ["--domain packet --protocol arp any"]="skt: address any: can only be listened on: frames leave through one interface"
        ["-l --domain packet --promiscuous any"]="skt: address any: --promiscuous is for one interface"
        ["--domain packet --type dgram lo"]="skt: type dgram: needs an Ethernet type to send, such as --protocol 0x88b5"
        ["--domain packet --type dgram --protocol all lo"]="skt: type dgram: needs an Ethernet type to send"
        ["--domain packet --type stream lo"]="skt: domain packet has no type stream: it has raw, dgram, packet"
        ["--domain packet --protocol apr lo"]="skt: --protocol apr: did you mean arp? known: all ip ipv6 arp"
        ["--domain packet --protocol 0x10000 lo"]="skt: --protocol 0x10000: out of range: 0 to 65535"
        ["--domain packet -s eth1 lo"]="skt: address eth1: frames come from the interface that is the operand"
        ["--promiscuous 127.0.0.1 80"]="skt: --promiscuous: needs addresses that are interfaces: inet46 has none"
    )
    refuses_each why
}
