# A link that delays, loses, doubles and overtakes: what the kernel's own emulator does to the loopback interface.
# modules: sch_netem
# limit: 300

much() {
    local i
    for i in {1..100}; do
        echo "$i"
        cat much-of-this
    done
}

# counted WORD: of the packets that the emulator has seen
counted() { tc -s qdisc show dev lo | sed -nE "s/.*[ (]$1 ([0-9]+).*/\1/p" | head -n 1; }

@test "a relay carries 100 MiB each way over a bad link, all of it and in its order" {
    start_python <<'END'
from foreign import *
signal.alarm(280)
listener = Socket(socket.AF_INET, socket.SOCK_STREAM)
listener.bind(address(socket.AF_INET, "2s4s8x", b"\0\0", bytes([127, 0, 0, 1])))
listener.listen()
ready(struct.unpack("!xxH", listener.getsockname()[:4])[0])
client, _ = listener.accept()
while data := client.recv(1 << 18):
    while data:
        data = data[client.send(data):]
client.shutdown(socket.SHUT_WR)
END
    start_skt_listener --relay "127.0.0.1:$ready" 127.0.0.1 0
    tc qdisc add dev lo root netem delay 2ms 1ms loss 1% duplicate 1% reorder 10% limit 10000
    mv "$(random_file 1M)" much-of-this
    much | timeout 280 "$SKT" 127.0.0.1 "$port" | cmp - <(much)
    end_status "$listener_pid"
    assert_equal "$status" 0
    python_succeeds
    assert_at_least "$(counted dropped)" 10
}
