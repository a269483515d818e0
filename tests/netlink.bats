#!/usr/bin/env bats
# Netlink: messages to and from the kernel, and between processes.

load helpers

# A message of linux/netlink.h in this machine's byte order, as hexadecimal: message TYPE FLAGS [PAYLOAD]
message() {
    python3 -c '
import struct, sys
kind, flags, payload = int(sys.argv[1], 0), int(sys.argv[2], 0), bytes.fromhex(sys.argv[3])
print((struct.pack("=IHHII", 16 + len(payload), kind, flags, 7, 0) + payload).hex())
' "$1" "$2" "${3:-}"
}

# What is in the lines of messages on standard input: of each its type, and of a link its index and name.
decode() {
    python3 -c '
import struct, sys
for line in sys.stdin:
    data = bytes.fromhex(line)
    while len(data) >= 16:
        size, kind = struct.unpack("=IH", data[:6])
        if kind == 16 or kind == 17:
            index = struct.unpack("=i", data[20:24])[0]
            at = 32
            while at + 4 <= size:
                length, attribute = struct.unpack("=HH", data[at:at + 4])
                if attribute == 3:
                    print("new" if kind == 16 else "del", index, data[at + 4:at + length - 1].decode())
                at += (length + 3) & ~3
        elif kind == 2:
            print("error", struct.unpack("=i", data[16:20])[0])
        else:
            print("type", kind)
        data = data[(size + 3) & ~3:]
'
}

links_are_dumped() {
    local i LINK_DUMP=00000000000000000000000000000000 # struct ifinfomsg
    for i in 1 2 3 4 5 6 7 8; do
        ip link add "left$i" type veth peer name "right$i"
    done
    message 18 0x301 "$LINK_DUMP" >request
    timeout 10 "$SKT" --domain netlink --protocol route --hex -w 1 <request >got
    ip -o link show | sed -E 's/^([0-9]+): ([^:@]+)[:@].*/new \1 \2/' | sort >want
    assert_at_least "$(wc -l <want)" 17
    decode <got | sort >decoded
    echo "type 3" >>want
    sort -o want want
    diff want decoded
    assert_at_least "$(wc -l <got)" 2 # messages are kept apart
}

@test "the links that the kernel lists are those of ip, whose messages come whole" {
    need python3 ip
    in_netns links_are_dumped
}

error_is_data() {
    message 0xfff 5 >request # no such type
    timeout 10 "$SKT" --domain netlink --hex -w 5 -W 1 kernel <request >got
    assert_equal "$(decode <got)" "error -95" # EOPNOTSUPP
}

@test "an error that the kernel answers is data, not a failure" {
    need python3
    in_netns error_is_data
}

groups_are_heard() {
    "$SKT" -v -d --domain netlink --protocol NETLINK_ROUTE --groups link,ipv4-ifaddr --hex -W 3 >got 2>told 3>&- &
    local pid=$!
    wait_for_text told "Connection to kernel succeeded"
    ip link add seen1 type veth peer name seen2 # joining comes before what -v says
    ip address add 10.8.0.1/24 dev seen1
    wait $pid
    decode <got >decoded
    assert_equal "$(sed 's/ [0-9]* / /' decoded | sort)" "$(printf 'new seen1\nnew seen2\ntype 20')"
}

@test "links and addresses that are added appear through the groups of these names" {
    need python3
    in_netns groups_are_heard
}

group_by_number() {
    start_skt_listener -k --domain netlink --groups 1 --hex -W 2 0
    [[ $address =~ ^netlink:[0-9]+$ ]] || fail "announced: $address"
    ip link add seen1 type veth peer name seen2
    end_status "$listener_pid"
    assert_equal "$(decode <"$listener_out" | sed 's/ [0-9]* / /' | sort)" "$(printf 'new seen1\nnew seen2')"
}

@test "a listener at a port of the kernel's choice hears a group by its number" {
    need python3
    in_netns group_by_number
}

no_group_no_news() {
    "$SKT" -v -d --domain netlink --hex --max-time 1 >got 2>told 3>&- &
    local pid=$!
    wait_for_text told "Connection to kernel succeeded"
    ip link add seen1 type veth peer name seen2
    end_status $pid
    assert_equal "$status" 6
    assert_file_is got ''
}

@test "without a group nothing is heard" {
    in_netns no_group_no_news
}

loss_is_told() {
    "$SKT" -v -l -k --announce=bound --domain netlink --groups link --receive-buffer 2304 --hex >got 2>told 3>&- &
    local pid=$! i
    wait_until 10 test -s bound
    kill -STOP $pid
    for i in $(seq 40); do
        ip link set lo mtu $((1500 + i))
    done
    kill -CONT $pid
    wait_for_text told "messages were lost: they came faster than they were taken"
    ip link add after type veth peer name wards
    is_heard() { grep -q "$(printf after | od -An -tx1 | tr -d ' \n')" got; }
    wait_until 10 is_heard # and it goes on
    "$SKT" -v -d --domain netlink --groups link --receive-buffer 2304 --hex >got2 2>told2 3>&- &
    local other=$!
    wait_for_text told2 "Connection to kernel succeeded"
    kill -STOP $other
    for i in $(seq 40); do
        ip link set lo mtu $((1600 + i))
    done
    kill -CONT $other
    wait_for_text told2 "messages were lost"
    alive $other
    kill_by_term $pid
    kill_by_term $other
}

@test "messages that the kernel had to drop are told, and the session goes on" {
    in_netns loss_is_told
}

# --- processes -----------------------------------------------------------------------------------------------

users_both_ways() {
    echo answer >answer
    listener_input=answer start_skt_listener --domain netlink --protocol usersock -W 1 -q 1 4711
    assert_equal "$address" netlink:4711
    echo question | timeout 10 "$SKT" --domain netlink --protocol usersock -s 4712 -w 8 -W 1 4711 >got
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_out") $(cat got)" "0 question answer"
}

@test "two processes talk through ports of usersock, both ways" {
    in_netns users_both_ways
}

python_is_understood() {
    start_background python3 "$SKT_SRCDIR/tests/peers/lower.py" --ready=ready netlink:2:815 recv send:70796c
    wait_until 10 test -e ready
    printf question | timeout 10 "$SKT" --domain netlink --protocol usersock -w 8 -W 1 815 >got
    end_status "$started_pid"
    assert_equal "$status $(cat "$started_out") $(cat got)" "0 7175657374696f6e pyl"

    listener_input=<(printf pong) start_skt_listener --domain netlink --type dgram --protocol usersock -W 1 -q 1 816
    python3 "$SKT_SRCDIR/tests/peers/lower.py" --to=816 netlink:2:817 send:70696e67 recv >got
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_out") $(cat got)" "0 ping 706f6e67"
}

@test "another program's port of usersock is talked to, whoever begins" {
    need python3
    in_netns python_is_understood
}

nobody_there() {
    run -4 --separate-stderr bash -c 'echo hi | timeout 5 "$1" --domain netlink --protocol usersock -w 5 99' - "$SKT"
    assert_one_line "$stderr" "skt: 99: Connection refused"
    start_skt_listener --domain netlink --protocol usersock 98
    run -5 --separate-stderr "$SKT" -l --domain netlink --protocol usersock 98
    assert_equal "$stderr" "skt: bind to 98: Address already in use"
}

@test "a port that nobody has refuses, and one that is taken cannot be listened at" {
    in_netns true
    in_netns nobody_there
}

# --- kernel events ---------------------------------------------------------------------------------------------

# An event of a device, which WORDS hear: in the file `event`, a line for each part. Others may come before it, of whatever
# happens to this machine meanwhile, so that it is told from them.
event_is_heard() { # WORDS...
    need_root
    local trigger=/sys/devices/virtual/mem/null/uevent pid
    [ -w "$trigger" ] || skip "the events of devices cannot be triggered here"
    start_background "$SKT" -v -d --domain netlink --protocol kobject-uevent "$@" --hex
    pid=$started_pid
    wait_for_text "$started_err" "Connection to kernel succeeded"
    printf change >"$trigger" 2>/dev/null || skip "the events of devices cannot be triggered here"
    has_it() { grep -m 1 "^$(printf 'change@/devices/virtual/mem/null\0' | od -An -v -tx1 | tr -d ' \n')" "$started_out" >line; }
    wait_until has_it
    kill_by_term "$pid"
    sed 's/../\\x&/g' line >escaped
    # shellcheck disable=SC2059  # it is a format
    printf "$(<escaped)" | tr '\0' '\n' >event
}

@test "an event of a device is shown as it is" {
    event_is_heard --groups kernel
    grep -qx ACTION=change event
    grep -qx SUBSYSTEM=mem event
}

@test "without --groups the events of devices are those of the kernel" { event_is_heard; }

@test "a group that takes a privilege names it" {
    need_root
    need setpriv
    run -4 setpriv --reuid 65534 --clear-groups -- "$SKT" -d --domain netlink --protocol xfrm --groups sa -w 1
    [[ $output != *"Permission denied"* ]] || skip "the program cannot be run by others here"
    assert_one_line "$output" "skt: group sa: Operation not permitted; needs root, or this capability: setcap cap_net_admin+ep "
    run -4 setpriv --reuid 65534 --clear-groups -- "$SKT" -d --domain netlink --protocol audit --groups readlog -w 1
    assert_one_line "$output" "setcap cap_audit_read+ep "
}

# --- refusals --------------------------------------------------------------------------------------------------

@test "what makes no sense for netlink is refused before a socket is opened" {
    local -A why=(
        ["--domain netlink 4294967296"]="skt: port 4294967296: a port is a number from 0 to 4294967295; kernel is 0"
        ["--domain netlink --protocol rout"]="skt: --protocol rout: did you mean route? known: route usersock sock-diag"
        ["--domain netlink --groups lnk"]="skt: group lnk: a group is a number from 1 to 65535, or link notify neigh tc"
        ["--domain netlink --protocol generic --groups link"]="skt: group link: a group is a number from 1 to 65535"
        ["--domain netlink --type stream"]="skt: domain netlink has no type stream: it has raw, dgram"
        ["--domain netlink 1 2"]="skt: surplus operand 2"
        ["--domain netlink --eof-message"]="skt: --eof-message: needs a type without half-close and with empty messages: raw"
        ["--groups link 127.0.0.1 80"]="skt: --groups: needs a domain with groups: inet46 has none"
    )
    refuses_each why
}

@test "an empty message, which the kernel refuses, is told as one that is too small" {
    in_netns true
    run -9 --separate-stderr in_netns "$SKT" --domain netlink --protocol usersock --records line 99 <<<""
    assert_one_line "$stderr" "skt: 99: 0 bytes, at least 1: message too small"
}

@test "a list of groups that is too long ends with dots" {
    run -2 --separate-stderr "$SKT" --domain netlink --groups lnk
    assert_contains "$stderr" " mpls-route nsid mpls-netconf ..."
}

@test "a group that the kernel refuses is named" {
    in_netns true
    run -4 --separate-stderr in_netns "$SKT" --domain netlink --groups link,9999
    assert_equal "$stderr" "skt: group 9999: Invalid argument"
}
