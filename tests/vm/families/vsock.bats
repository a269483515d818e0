# vsock over the loopback transport: CID 1 is this machine.
# modules: vsock_loopback vsock_diag

@test "a stream carries both ways" {
    listener_input=$(random_file 300K) connector_input=$(random_file 300K) exchange --vsock 1024 -- --vsock 1 1024
    assert_equal "$address" "vsock:any:1024"
}

@test "as one word, and with a port of the kernel's choice" {
    exchange vsock:local:0 -- {}
    exchange --vsock 1 4294967294 -- vsock://1:4294967294
}

@test "seqpacket carries records both ways" {
    head -c 200000 /dev/zero | tr '\0' x >large
    echo >>large
    listener_input=$(lines 1 60000 500) connector_input=large \
        exchange --vsock --seqpacket --records line 1024 -- --vsock --seqpacket --records line local 1024
}

@test "the answer comes after our end" {
    start_python <<'END'
from foreign import *
listener = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
listener.bind((socket.VMADDR_CID_ANY, 2000))
listener.listen()
ready()
client, (cid, port) = listener.accept()
expect((cid, port), (1, 3000))
expect(client.recv(100), b"question\n")
expect(client.recv(100), b"")
client.send(b"answer\n")
END
    run -0 timeout 10 "$SKT" --vsock -s 1 -p 3000 1 2000 <<<"question"
    assert_equal "$output" "answer"
    python_succeeds
}

@test "a foreign client of ours is answered after its end" {
    listener_input=$(lines 6) start_skt_listener -v --vsock --seqpacket --records line 2001
    run_python <<'END'
from foreign import *
client = socket.socket(socket.AF_VSOCK, socket.SOCK_SEQPACKET)
client.connect((1, 2001))
client.send(b"first")
client.send(b"second")
client.shutdown(socket.SHUT_WR)
expect(client.recv(100), b"6-abcd")
expect(client.recv(100), b"")
END
    end_status "$listener_pid" 10
    assert_equal "$status $(cat "$listener_out")" $'0 first\nsecond'
    wait_for_text "$listener_err" "Listening on any 2001"
    wait_for_text "$listener_err" "Connection received on 1 "
}

@test "a listener takes one client after the other" {
    listener_input=/dev/null start_skt_listener -k --vsock 1024
    for word in one two; do
        run -0 timeout 10 "$SKT" --vsock 1 1024 <<<"$word"
    done
    wait_for_text "$listener_out" two
    stop "$listener_pid"
    assert_equal "$(cat "$listener_out")" $'one\ntwo'
}

@test "nobody at a port, no way to a CID, a record too large or empty are said" {
    refuses 4 "connect to 1 port 1025 (vsock) failed" --vsock 1 1025
    refuses 4 "connect to 77 port 1025 (vsock) failed: No such device; to reach a guest a kernel needs CONFIG_VHOST_VSOCK" \
        --vsock 77 1025
    refuses 4 "No such device; a guest needs a kernel with CONFIG_VIRTIO_VSOCKETS" --vsock hypervisor 1025
    start_skt_listener --vsock --seqpacket 1024
    head -c 300000 /dev/zero | tr '\0' x >large
    run -9 timeout 10 "$SKT" --vsock --seqpacket --records line 1 1024 <large
    assert_one_line "$output" "at most 262144"
    run -9 timeout 10 "$SKT" --vsock --seqpacket --records line 1 1024 <<<""
    assert_one_line "$output" "message too small"
    stop "$listener_pid"
}

@test "datagrams need a transport that has them" {
    refuses 4 "needs a kernel with CONFIG_VSOCKETS" --vsock -u 1 1024
    refuses 5 "none but VMware's has datagrams" -l --vsock -u 1024
}

@test "mistakes are said before a socket is opened" {
    refuses 2 "host guest: a CID is" --vsock guest 1024
    refuses 2 "port 4294967295: a port is 0 to 4294967294" --vsock 1 4294967295
    refuses 2 "host any: stands for every CID" --vsock any 1024
    refuses 2 "-z: needs addresses with ports that can be scanned" -z --vsock 1 1-5
    refuses 2 "-U and --vsock: exclude each other" --vsock -U path
}

@test "ss shows where we listen, and socat and ncat get there" {
    echo answer >answer
    listener_input=answer start_skt_listener --vsock 1030
    ss_shows '[*]:1030 ' --vsock -l
    run -0 timeout 10 socat -t 5 - VSOCK-CONNECT:1:1030 <<<"from socat"
    assert_equal "$output" answer
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_out")" "0 from socat"
    listener_input=answer start_skt_listener --vsock 1031
    timeout 10 ncat --vsock 1 1031 <<<"from ncat" >output 2>/dev/null # it complains about its libraries
    assert_file_is output 'answer\n'
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_out")" "0 from ncat"
}

@test "socat and ncat listen, and we get there" {
    echo answer >answer
    background_input=answer start_background socat -t 5 - VSOCK-LISTEN:2030
    wait_until ss_shows '[*]:2030 ' --vsock -l
    run -0 timeout 10 "$SKT" --vsock 1 2030 <<<"to socat"
    assert_equal "$output" answer
    end_status "$started_pid"
    assert_equal "$status $(cat "$started_out")" "0 to socat"
    background_input=answer start_background ncat -l --vsock 2031
    wait_until ss_shows ':2031 ' --vsock -l
    run -0 timeout 10 "$SKT" --vsock 1 2031 <<<"to ncat"
    assert_equal "$output" answer
    end_status "$started_pid"
    assert_equal "$status $(cat "$started_out")" "0 to ncat"
}
