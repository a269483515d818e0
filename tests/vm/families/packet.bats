# Packet sockets: frames between two interfaces that are wired to each other.
# modules: af_packet af_packet_diag
# network: veth

@test "frames whose headers the kernel makes go both ways" {
    exchange --domain packet --type dgram --protocol 0x88b5 -W 1 vb -- \
        --domain packet --type dgram --protocol 0x88b5 -W 1 va/02:00:00:00:00:0b
    assert_equal "$address" packet:vb
}

@test "whole frames go both ways" {
    printf '%s\n' 02000000000a02000000000b88b50102 >answer
    printf '%s\n' 02000000000b02000000000a88b5030405 >question
    listener_input=$PWD/answer connector_input=$PWD/question exchange --domain packet --hex --protocol 0x88b5 -W 1 vb -- \
        --domain packet --hex --protocol 0x88b5 -W 1 va
}

@test "whole frames go both ways the old way" {
    printf '%s\n' 02000000000a02000000000b88b50102 >answer
    printf '%s\n' 02000000000b02000000000a88b5030405 >question
    listener_input=$PWD/answer connector_input=$PWD/question exchange --domain packet --type packet --hex \
        --protocol 0x88b5 -W 1 vb -- --domain packet --type packet --hex --protocol 0x88b5 -W 1 va
}

@test "an ARP request from digits is heard" {
    start_background "$SKT" -l --announce=bound --domain packet --type dgram --protocol arp --hex -W 1 vb
    wait_for_line bound "$started_pid" "$started_err"
    timeout 10 "$SKT" --domain packet --type dgram --protocol arp --hex -q 0 va \
        <<<"000108000604000102000000000a0a0900010000000000000a090002"
    end_status "$started_pid"
    assert_equal "$status $(cat "$started_out")" "0 000108000604000102000000000a0a0900010000000000000a090002"
}

@test "an interface that is not there is said with status 3" {
    refuses 3 "lookup of interface nowhere0: No such device" --domain packet nowhere0
}

@test "ss shows our interface and type of frames" {
    start_skt_listener --domain packet --type dgram --protocol 0x88b5 vb
    ss_shows '^p_dgr.* \[34997\]:vb ' --packet
}
