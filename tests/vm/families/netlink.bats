# Netlink: messages to and from the kernel, and between processes.
# modules: netlink_diag

@test "two processes talk through ports of usersock" {
    exchange --domain netlink --protocol usersock -W 1 4711 -- --domain netlink --protocol usersock -W 1 4711
    assert_equal "$address" netlink:4711
}

@test "the kernel lists its links, whose messages come whole" {
    # struct nlmsghdr: RTM_GETLINK, NLM_F_REQUEST and NLM_F_DUMP; struct ifinfomsg
    timeout 10 "$SKT" --domain netlink --hex -w 1 \
        <<<"20000000 1200 0103 07000000 00000000 00000000000000000000000000000000" >got
    grep -q 6c6f00 got # lo
    assert_equal "$(tail -n 1 got | cut -c 1-24)" 140000000300020007000000 # NLMSG_DONE
}

@test "an error that the kernel answers is data" {
    timeout 10 "$SKT" --domain netlink --hex -W 1 <<<"10000000 ff0f 0500 07000000 00000000" >got
    assert_equal "$(cut -c 33-40 got)" a1ffffff # -EOPNOTSUPP
}

@test "a link that is added appears through its group" {
    "$SKT" -v -d --domain netlink --groups link --hex -W 1 >got 2>told 3>&- &
    local pid=$!
    wait_for_text told "Connection to kernel succeeded"
    ip link set lo mtu 1400
    wait $pid
    grep -q 6c6f00 got
}

@test "an event of a device is shown as it is" {
    "$SKT" -v -d --domain netlink --protocol kobject-uevent --groups kernel -W 1 >got 2>told 3>&- &
    local pid=$!
    wait_for_text told "Connection to kernel succeeded"
    printf change >/sys/devices/virtual/mem/null/uevent
    wait $pid
    tr '\0' '\n' <got >words
    assert_equal "$(head -n 1 words)" change@/devices/virtual/mem/null
    grep -qx SUBSYSTEM=mem words
}

@test "a port that nobody has is said with status 4" {
    printf 'hi\n' >input
    run -4 timeout 10 "$SKT" --domain netlink --protocol usersock -w 5 99 <input
    assert_one_line "$output" "99: Connection refused"
}

@test "ss shows our port" {
    start_skt_listener --domain netlink --protocol usersock 4712
    ss_shows ' (2|usersock|usrsk):4712 ' --family netlink -a
}
