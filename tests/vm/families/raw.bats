# Raw sockets of IPv4 and IPv6.
# modules: inet_diag raw_diag

@test "packets of a protocol go to another address of this system and back" {
    listener_input=$(lines 1 1400) connector_input=$(lines 60000 3) exchange -4 --raw --protocol 253 --records line \
        -W 2 127.0.0.2 -- -4 --raw --protocol 253 --records line -W 2 -s 127.0.0.1 127.0.0.2
}

@test "an ICMP echo request is answered, with the header where it is asked for" {
    timeout 10 "$SKT" --raw --protocol icmp --ip-header --hex -W 2 127.0.0.1 \
        <<<"45000020000100004001 0000 7f000001 7f000001 0800fe3d12340001736b7421" >got
    grep -q '^45.*7f0000017f0000010000063e12340001736b7421$' got
    timeout 10 "$SKT" --raw --protocol icmp --hex -W 2 127.0.0.1 <<<"0800fe3d12340001736b7421" >got
    grep -qx 0000063e12340001736b7421 got
}

@test "the kernel puts a checksum into what goes over IPv6" {
    timeout 10 "$SKT" --raw --protocol icmpv6 --hex -W 2 ::1 <<<8000000012340001736b7421 >got
    grep -q '^8100....12340001736b7421$' got
    refuses 2 "skt: --checksum 3: not a multiple of 2" -6 --raw --protocol 253 --checksum 3 ::1
}

@test "ss shows the protocol that we listen for" {
    start_skt_listener -4 --raw --protocol 253 127.0.0.3
    ss_shows " 127.0.0.3:253 " --raw -a
}
