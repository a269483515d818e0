# ICMP's datagram sockets: echo requests to who answers them, without a privilege but for the group.

allowed() { echo "$1" >/proc/sys/net/ipv4/ping_group_range; }

# The type and the text of an echo packet: between them are the code, checksum, identifier and sequence number.
shape() { head -c 1 "$1" | od -An -tu1 | tr -d ' \n'; tail -c +9 "$1"; }

@test "an echo request is answered by IPv4" {
    allowed "0 2147483647"
    printf '\10\0\0\0\0\0\0\1echo text' >request
    timeout 10 "$SKT" --type dgram --protocol icmp -W 1 127.0.0.1 <request >reply
    assert_equal "$(shape reply)" "0echo text"
}

@test "an echo request is answered by IPv6" {
    allowed "0 2147483647"
    printf '\200\0\0\0\0\0\0\1echo text' >request
    timeout 10 "$SKT" --type dgram --protocol icmpv6 -W 1 ::1 <request >reply
    assert_equal "$(shape reply)" "129echo text"
}

@test "a group that may not is told which setting allows it" {
    allowed "1 0"
    refuses 4 "Permission denied; needs our group in the range of sysctl net.ipv4.ping_group_range" \
        --type dgram --protocol icmp 127.0.0.1
}

@test "there are no ports, and IPv6 has another protocol" {
    allowed "0 2147483647"
    refuses 2 "surplus operand 80" --type dgram --protocol icmp 127.0.0.1 80
    refuses 2 "host ::1: not an IPv4 address" --type dgram --protocol icmp ::1
}
