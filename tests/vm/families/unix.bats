# Unix sockets of all three types.
# modules: unix_diag

@test "a stream carries both ways" {
    listener_input=$(random_file 300K) connector_input=$(random_file 300K) exchange -U socket -- -U socket
}

@test "an abstract name carries both ways" {
    exchange -U @name -- -U @name
}

@test "seqpacket carries records both ways" {
    listener_input=$(lines 1 3 500) connector_input=$(lines 2000 1) \
        exchange --seqpacket --records line -U socket -- --seqpacket --records line -U socket
}

@test "datagrams go both ways" {
    listener_input=$(lines 1 500) connector_input=$(lines 2000 1) \
        exchange -u -W 2 --records line -U socket -- -u -W 2 --records line -U socket
}

@test "nobody at a path is said with status 4" {
    refuses 4 "nowhere" -U nowhere
}

@test "ss shows our path, and our abstract name" {
    start_skt_listener -U "$PWD/socket"
    ss_shows "^u_str.* $PWD/socket " --unix -l
    start_skt_listener --seqpacket -U @name
    ss_shows "^u_seq.* @name " --unix -l
}
