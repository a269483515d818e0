#!/usr/bin/env bats
# Raw sockets: packets of one protocol over IPv4 and IPv6. Each test has two network namespaces of its own.

load helpers

# An ICMP echo request (RFC 792) with identifier 0x1234, number 1 and "skt!", and the answer to it.
request=0800fe3d12340001736b7421
answer=0000063e12340001736b7421
export request answer

lower() { python3 "$SKT_SRCDIR/tests/peers/lower.py" "$@"; }

# --- IPv4 ------------------------------------------------------------------------------------------------

echo_is_answered() {
    start_other_netns
    timeout 10 "$SKT" --domain inet --type raw --protocol icmp --hex -w 8 -W 1 10.9.0.2 <<<"$request" >got
    assert_file_is got "$answer\\n"
    # --raw is short for --type raw; ICMP says which of the two families it is
    timeout 10 "$SKT" --raw --protocol icmp --hex -w 8 -W 1 10.9.0.2 <<<"08 00 fe 3d:12:34 0001 736b7421" >got
    assert_file_is got "$answer\\n"
}

@test "an ICMP echo request, typed as digits, is answered" {
    in_netns echo_is_answered
}

header_both_ways() {
    start_other_netns
    # version and length, service 0x10, length, identification, no fragment, 7 hops, ICMP, checksum, addresses
    local header=4510002000010000070100000a0900010a090002
    timeout 10 "$SKT" --domain inet --type raw --protocol icmp --ip-header --hex -w 8 -W 1 10.9.0.2 \
        <<<"$header$request" >got
    run -0 cat got
    [[ $output =~ ^4510 ]] || fail "no header: $output"
    [[ $output == *"0a0900020a090001$answer" ]] || fail "other addresses, or another payload: $output"
}

header_is_sent() {
    start_other_netns
    start_lower inet:253 recv
    local header=4510001800010000_07fd00000a0900010a090002
    timeout 10 "$SKT" -4 --raw --protocol 253 --ip-header --hex -q 0 10.9.0.2 <<<"${header/_/}61626364"
    lower_succeeds
    # the kernel has put the checksum in; the identification, the service and the hops are ours
    assert_contains "$(cat "$lower_out")" 451000180001000007fd
    assert_contains "$(cat "$lower_out")" 0a0900010a09000261626364
}

@test "--ip-header: what is sent brings its own IPv4 header" {
    need python3
    in_netns header_is_sent
}

@test "--ip-header: what is received keeps its IPv4 header" {
    in_netns header_both_ways
}

payload_both_ways() {
    start_other_netns
    start_lower inet:253 recv send:0004ff recv send:
    timeout 10 "$SKT" -4 --raw --protocol 253 --records u16 -w 8 -W 1 10.9.0.2 < <(printf '\0\2hi') >got
    assert_file_is got '\0\3\0\4\377'
    timeout 10 "$SKT" -4 --raw --protocol 253 --records u16 -w 8 -W 1 10.9.0.2 < <(printf '\0\0') >got
    assert_file_is got '\0\0' # an empty payload is a message
    lower_succeeds
    assert_contains "$(head -n 1 "$lower_out")" 0a0900010a0900026869
}

@test "payloads of a protocol by number go both ways without a header, empty ones too" {
    need python3
    in_netns payload_both_ways
}

listener_answers() {
    start_other_netns
    listener_input=<(echo pong) start_skt_listener -4 --raw --protocol 253 -W 1 -q 1
    assert_equal "$address" 0.0.0.0
    in_other python3 "$SKT_SRCDIR/tests/peers/lower.py" --to=10.9.0.1 inet:253 send:70696e67 recv >got
    assert_contains "$(cat got)" 0a0900010a090002706f6e670a
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_out" "$listener_err")" "0 ping"
}

@test "a raw listener without an address hears every interface, and answers who wrote" {
    need python3
    in_netns listener_answers
}

ping_is_seen() {
    start_other_netns
    start_skt_listener --raw --protocol icmp --hex -W 1 10.9.0.1
    assert_equal "$address" 10.9.0.1
    in_other ping -q -c 1 -p 736b7421 10.9.0.1 >/dev/null
    end_status "$listener_pid"
    assert_equal "$status" 0
    run -0 cat "$listener_out"
    [[ $output =~ ^0800 ]] || fail "no echo request: $output"
    assert_contains "$output" 736b7421736b7421
}

@test "what ping sends is seen as it is" {
    need ping
    in_netns ping_is_seen
}

too_large() {
    ip link set lo mtu 1500
    run -9 --separate-stderr timeout 10 "$SKT" --raw --protocol 253 --ip-header 127.0.0.1 < <(head -c 1501 /dev/zero)
    assert_one_line "$stderr" "skt: 127.0.0.1: 1501 bytes: message too large (sent 0 bytes, "
}

@test "a packet larger than the interface takes is an error" {
    in_netns true
    in_netns too_large
}

# --- IPv6 ------------------------------------------------------------------------------------------------

echo6_is_answered() {
    start_other_netns
    # the kernel fills in ICMPv6's checksum (RFC 3542 section 3.1)
    # whatever else of ICMPv6 the interface hears would prolong -w
    timeout 10 "$SKT" --raw --protocol icmpv6 --hex -q 3 fd09::2 <<<8000000012340001736b7421 >got
    grep -q '^8100....12340001736b7421$' got || fail "no answer in: $(cat got)"
}

@test "an ICMPv6 echo request is answered, and no header comes with it" {
    in_netns echo6_is_answered
}

listener6_answers() {
    start_other_netns
    local where
    for where in -6 fd09::1; do
        listener_input=<(echo pong) start_skt_listener --raw --protocol 253 -W 1 -q 1 "$where"
        in_other timeout 10 "$SKT" --raw --protocol 253 -s fd09::2 -W 1 fd09::1 <<<ping >got
        assert_equal "$(cat got)" pong
        end_status "$listener_pid"
        assert_equal "$status $(cat "$listener_out" "$listener_err")" "0 ping"
    done
}

@test "a raw listener hears IPv6, on every interface or at one address, and answers who wrote" {
    in_netns listener6_answers
}

second_address_answers() {
    start_other_netns
    ip address add 10.9.0.77/24 dev here
    ip address add fd09::77/64 dev here nodad
    printf 'one\ntwo\nthree\n' >said
    local family where
    for family in -4 -6; do
        where=10.9.0.77
        [ $family = -4 ] || where=fd09::77
        listener_input=<(echo answer) start_skt_listener $family --raw --protocol 253 --records line -W 3
        in_other timeout 10 "$SKT" --raw --protocol 253 --records line -i 100ms -w 1 $where <said >got
        assert_equal "$(cat got)" answer
        end_status "$listener_pid"
        assert_equal "$status $(cat "$listener_out" "$listener_err")" "0 $(cat said)"
        start_skt_listener $family -k --echo --raw --protocol 253
        in_other timeout 10 "$SKT" --raw --protocol 253 --records line -W 3 $where <said >got
        assert_equal "$(cat got)" "$(cat said)"
        stop "$listener_pid"
    done
}

@test "a raw listener on every interface goes on hearing its sender, and answers from the address that was written to" {
    in_netns second_address_answers
}

checksum_is_put() {
    start_other_netns
    start_lower inet6:253 recv:aa01 recv:aa02
    timeout 10 "$SKT" -6 --raw --protocol 253 --hex -q 0 fd09::2 <<<aa0100000102
    timeout 10 "$SKT" -6 --raw --protocol 253 --checksum 2 --hex -q 0 fd09::2 <<<aa0200000102
    lower_succeeds
    # of the pseudo-header of RFC 8200 section 8.1: both addresses, the length 6 and the protocol 253
    local sum=$((0xfd09 + 1 + 0xfd09 + 2 + 6 + 253 + 0xaa02 + 0x0102))
    sum=$(((sum & 0xffff) + (sum >> 16)))
    assert_equal "$(cat "$lower_out")" "$(printf 'aa0100000102\naa02%04x0102' $((~sum & 0xffff)))"
}

@test "--checksum has the kernel put a checksum into what is sent" {
    need python3
    in_netns checksum_is_put
}

# --- refusals --------------------------------------------------------------------------------------------

refused_without_privilege() {
    run -4 --separate-stderr without_capability net_raw "$SKT" --raw --protocol icmp 127.0.0.1
    assert_one_line "$stderr" "Operation not permitted; needs root, or CAP_NET_RAW: setcap cap_net_raw+ep"
    run -5 --separate-stderr without_capability net_raw "$SKT" -l --raw --protocol icmp
    assert_one_line "$stderr" "CAP_NET_RAW"
}

@test "without the privilege the error names the capability and how to give it" {
    need setpriv
    in_netns true
    in_netns refused_without_privilege
}

@test "what makes no sense for raw sockets is refused before a socket is opened" {
    local -A why=(
        ["--raw 127.0.0.1"]="skt: type raw: needs a protocol, such as --protocol icmp"
        ["--raw --protocol icmp 127.0.0.1 80"]="skt: surplus operand 80: connecting needs a HOST"
        ["--raw --protocol 253 --ip-header ::1"]="skt: host ::1: not an IPv4 address"
        ["-l --raw --protocol 253"]="skt: type raw: a raw socket hears IPv4 or IPv6: choose with -4 or -6"
        ["--raw --protocol icmp ::1"]="skt: host ::1: not an IPv4 address"
        ["--raw --protocol icmpv6 127.0.0.1"]="skt: host 127.0.0.1: not an IPv6 address"
        ["--raw --protocol icmp -p 5 127.0.0.1"]="skt: -p: needs addresses with ports"
        ["-z --raw --protocol icmp 127.0.0.1"]="skt: -z: needs addresses with ports"
        ["-6 --raw --protocol 253 --ip-header ::1"]="skt: --ip-header: needs raw sockets of IPv4: inet6 is another"
        ["-u --ip-header 127.0.0.1 9"]="skt: --ip-header: needs raw sockets of IPv4"
        ["--checksum 2 127.0.0.1 9"]="skt: --checksum: needs type raw (raw): stream is another"
        ["-6 --raw --protocol 253 --checksum 70000 ::1"]="skt: --checksum 70000: out of range: 0 to 65534"
        ["--raw -u --protocol 253 127.0.0.1"]="skt: -u and --raw: exclude each other"
    )
    refuses_each why
}

@test "--checksum over IPv4 is refused by the kernel, and the message says of what" {
    in_netns true
    run -4 --separate-stderr in_netns "$SKT" -4 --raw --protocol 253 --checksum 2 127.0.0.1
    assert_equal "$stderr" "skt: socket option ipv6.checksum=2: Protocol not available"
}
