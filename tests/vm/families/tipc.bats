# TIPC: services on one node. No bearer and no node address are needed for that.
# modules: tipc diag

@test "a stream carries both ways" {
    listener_input=$(random_file 300K) connector_input=$(random_file 300K) \
        exchange --domain tipc 18888:17 -- {}
    assert_equal "$address" "tipc:18888:17@0"
}

@test "seqpacket carries records both ways" {
    listener_input=$(lines 1 66000 500) connector_input=$(lines 128 3) \
        exchange --domain tipc --seqpacket --records line '{18888,1}' -- \
        --domain tipc --seqpacket --records line '{18888,1}'
}

@test "rdm carries messages both ways" {
    listener_input=$(lines 1 500) connector_input=$(lines 66000 3) \
        exchange --domain tipc --type rdm --records line -W 2 18888:1:9 -- \
        --domain tipc --type rdm --records line -W 2 18888:5
}

@test "dgram carries messages both ways" {
    listener_input=$(lines 1 500) connector_input=$(lines 2000 3) \
        exchange -u --domain tipc --records line -W 2 18888:0:4294967295 -- -u --records line -W 2 tipc:18888:4294967295
}

@test "a message to a range reaches every instance in it" {
    start_skt_listener --domain tipc --type rdm -W 1 18888:1
    first_pid=$listener_pid first_out=$listener_out
    start_skt_listener --domain tipc --type rdm -W 1 18888:2
    run -0 timeout 10 "$SKT" --send-only --domain tipc --type rdm 18888:1:2 <<<"to all"
    stop "$first_pid"
    stop "$listener_pid"
    assert_equal "$(cat "$first_out")" "to all"
    assert_equal "$(cat "$listener_out")" "to all"
}

@test "a foreign stream that just closes is an orderly end" {
    start_python <<'END'
from foreign import *
listener = socket.socket(socket.AF_TIPC, socket.SOCK_STREAM)
listener.bind((socket.TIPC_ADDR_NAMESEQ, 18888, 17, 17))
listener.listen()
ready()
client, _ = listener.accept()
expect(client.recv(100), b"question\n")
client.send(b"answer\n")
client.close()
END
    run -0 timeout 10 "$SKT" --domain tipc 18888:17 <<<"question"
    assert_equal "$output" "answer"
    python_succeeds
}

@test "a foreign stream reads an orderly end of ours" {
    start_python <<'END'
from foreign import *
listener = socket.socket(socket.AF_TIPC, socket.SOCK_STREAM)
listener.bind((socket.TIPC_ADDR_NAMESEQ, 18888, 17, 17))
listener.listen()
ready()
client, _ = listener.accept()
expect(client.recv(9, socket.MSG_WAITALL), b"question\n")
expect(client.recv(100), b"")
END
    run -0 timeout 10 "$SKT" --domain tipc 18888:17 <<<"question"
    assert_equal "$output" ""
    python_succeeds

}

@test "a foreign client of ours is answered" {
    listener_input=$(lines 6) start_skt_listener --domain tipc --seqpacket --records line 18888:3
    run_python <<'END'
from foreign import *
client = socket.socket(socket.AF_TIPC, socket.SOCK_SEQPACKET)
client.connect((socket.TIPC_ADDR_NAME, 18888, 3, 0))
client.send(b"first")
client.send(b"second")
expect(client.recv(100), b"6-abcd")
client.shutdown(socket.SHUT_RDWR)
END
    end_status "$listener_pid" 10
    assert_equal "$status $(cat "$listener_out")" $'0 first\nsecond'
}

@test "a socket is reached by its own address, and a message to one that is gone comes back" {
    start_python <<'END'
from foreign import *
server = Socket(30, socket.SOCK_RDM)
_, _, kind, scope, ref, node = (0, 0, *struct.unpack("=BbIII", server.getsockname()[2:])[:2], *struct.unpack("=II", server.getsockname()[4:12]))
ready(f"0:{ref}@{node:x}")
data, sender = server.recvfrom(100)
expect(data, b"question\n")
server.sendto(b"answer\n", sender)
END
    run -0 timeout 10 "$SKT" --domain tipc --type rdm -W 1 "$ready" <<<"question"
    assert_equal "$output" "answer"
    python_succeeds
    run -1 timeout 10 "$SKT" --domain tipc --type rdm "$ready" <<<"question"
    assert_one_line "$output" "a message came back"
}

@test "nobody with a name, an empty message and one too large are said" {
    refuses 4 "18888:99" --domain tipc 18888:99
    run -1 timeout 10 "$SKT" --domain tipc --type rdm 18888:99 <<<"x"
    assert_one_line "$output" "18888:99"
    start_skt_listener --domain tipc --type rdm 18888:17
    run -9 timeout 10 "$SKT" --domain tipc --type rdm --records line 18888:17 <<<""
    assert_one_line "$output" "message too small"
    run -9 timeout 10 "$SKT" --domain tipc --type rdm --records line 18888:17 <"$(lines 66001)"
    assert_one_line "$output" "66000"
    stop "$listener_pid"
}

@test "mistakes are said before a socket is opened" {
    refuses 2 "address 18888: an address is TYPE:INSTANCE" --domain tipc 18888
    refuses 2 "types below 64 are TIPC's own" -l --domain tipc 5:1
    refuses 2 "--eof-message: needs" --domain tipc -u --eof-message 18888:17
    refuses 2 "--shutdown: needs" --domain tipc --shutdown wr 18888:17
}

@test "one client after the other" {
    listener_input=/dev/null start_skt_listener -k --domain tipc 18888:17
    for word in one two; do
        run -0 timeout 10 "$SKT" --send-only --domain tipc 18888:17 <<<"$word"
    done
    wait_for_text "$listener_out" two
    stop "$listener_pid"
    assert_equal "$(cat "$listener_out")" $'one\ntwo'
}

@test "tipc and ss show the name that we announce, and socat gets there" {
    echo answer >answer
    listener_input=answer start_skt_listener --domain tipc 18888:40
    assert_equal "$address" "tipc:18888:40@0"
    tipc nametable show >names
    grep -qE '^18888 +40 +40 +cluster ' names
    tipc socket list | grep -qx '  bound to {18888,40,40}'
    ss_shows "^LISTEN.* 0:$(awk '$1 == 18888 { print $5 }' names) " --tipc
    # {type, instance, domain} in the machine's order: a name (2), of the cluster (2)
    run -0 timeout 10 socat -t 5 - SOCKET-CONNECT:30:0:x0202c8490000x2800000000000000,shut-none <<<"from socat"
    assert_equal "$output" answer
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_out")" "0 from socat"
}

@test "socat is reached by the name that tipc shows" {
    background_input=/dev/null start_background socat -u SOCKET-LISTEN:30:0:x0102c8490000x2900000029000000 -
    bound() { tipc nametable show | grep -qE '^18888 +41 +41 '; }
    wait_until bound
    run -0 timeout 10 "$SKT" --domain tipc -q 0 18888:41 <<<"to socat"
    end_status "$started_pid"
    assert_equal "$(cat "$started_out")" "to socat"
}
