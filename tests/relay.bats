#!/usr/bin/env bats
# --relay: each connection is joined with another socket.

load helpers

# start_far STEP...: a scripted peer that listens at tcp, for the relay to connect to. Sets $far_port $far_pid $far_out
# $far_err
start_far() {
    start_peer listen:tcp "$@"
    far_port=$port far_pid=$peer_pid far_out=$peer_out far_err=$peer_err
}

# start_relay OPTION...: skt -l, joined with 127.0.0.1 $far_port
start_relay() { start_skt_listener --relay "127.0.0.1:$far_port" "$@" 127.0.0.1 0; }

far_succeeds() { peer_succeeds "$far_pid" "$far_err"; }

# peer_fails ERROR: the scripted peer has ended with its last step failing so
peer_fails() {
    end_status "${2:-$peer_pid}"
    assert_equal "$status" 1
    assert_contains "$(<"${3:-$peer_err}")" "$1"
}

# The relay has ended by itself with this status, and has said nothing but this
relay_ends() { # STATUS WORDS
    end_status "$listener_pid"
    assert_equal "$status" "$1"
    if [ -z "$2" ]; then
        assert_equal "$(<"$listener_err")" ""
    else
        assert_one_line "$(<"$listener_err")" "$2"
    fi
}

# --- bytes and their end -------------------------------------------------------------------------------------------

@test "the client's end is passed on, and the answer still comes" {
    start_far accept expect:question drain send:answer close
    start_relay
    start_peer "connect:tcp:$port" send:question halfclose expect:answer drain close
    peer_succeeds
    far_succeeds
    relay_ends 0 ""
}

@test "the other side's end is passed on, and the client can go on" {
    start_far accept send:greeting halfclose expect:late drain close
    start_relay
    start_peer "connect:tcp:$port" expect:greeting drain send:late close
    peer_succeeds
    far_succeeds
    relay_ends 0 ""
}

@test "without --keep-open there is one client, and what it does not say needs no other" {
    start_far accept drain close accept expect:x drain close
    start_relay -v
    start_peer "connect:tcp:$port" close
    peer_succeeds
    wait_for_text "$listener_err" "Connection closed without a byte"
    start_peer "connect:tcp:$port" send:x halfclose drain close
    peer_succeeds
    far_succeeds
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_contains "$(<"$listener_err")" "Connection to 127.0.0.1 $far_port port [tcp/*] succeeded!"
}

@test "an urgent byte is not lost, and stays in its place" {
    start_far accept expect:ab!cd drain send:xy close
    start_relay
    python3 - "$port" <<'PYTHON'
import socket, sys
client = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
client.send(b"ab")
client.send(b"!", socket.MSG_OOB)
client.send(b"cd")
client.shutdown(socket.SHUT_WR)
assert client.recv(10) == b"xy"
PYTHON
    far_succeeds
    relay_ends 0 ""
}

# both_ways WORDS...: 100 MiB each way at once, between ncat and socat, through the relay that these words say
both_ways() {
    local up down far
    up=$(random_file 100M) down=$(random_file 100M) far=$(free_port tcp)
    background_input=$down start_foreign socat -t 60 "TCP-LISTEN:$far,bind=127.0.0.1" 'STDIO!!CREATE:up-copy'
    local far_pid=$started_pid
    wait_listening tcp "$far"
    start_skt_listener "$@" --relay "tcp://127.0.0.1:$far" 127.0.0.1 0
    run -0 timeout 60 bash -c 'ncat 127.0.0.1 "$1" <"$2" >down-copy' - "$port" "$up"
    end_status "$far_pid" 30
    assert_equal "$status" 0
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_equal "$(digest up-copy down-copy)" "$(digest "$up" "$down")"
}

@test "100 MiB go each way at once, whole" {
    need ncat socat python3
    both_ways --stats
    assert_contains "$(<"$listener_err")" "sent 104857600 bytes"
    assert_contains "$(<"$listener_err")" "received 104857600 bytes"
}

@test "the same with every byte copied, and a copy for a file" {
    need ncat socat python3
    both_ways --no-splice -o copy
    assert_equal "$(wc -c <copy)" 209715200
}

@test "many bytes are moved inside the kernel, a few by us" {
    need_tracer
    local much calls
    much=$(random_file 50M)
    start_far accept drain digest close
    start_background strace -f -o trace -e trace=splice,recvfrom,sendto,read,write "$SKT" -l -k --announce=where \
        --relay "127.0.0.1:$far_port" 127.0.0.1 0
    wait_for_line where "$started_pid" "$started_err"
    port_of "$(<where)"
    start_peer "connect:tcp:$port" sendfile:"$much" halfclose drain close
    peer_succeeds
    far_succeeds
    assert_equal "$(tail -n 1 "$far_out")" "received $(wc -c <"$much") $(digest "$much")"
    calls=$(awk '/splice\(/ && $NF > 0 { total += $NF } END { printf "%d", total / 2 }' trace)
    assert_at_least "$calls" $((45 << 20))
}

# --- when it goes wrong --------------------------------------------------------------------------------------------

@test "where nobody answers, the client is reset, and one line names both" {
    need python3
    far_port=$(free_port tcp)
    start_relay
    start_peer "connect:tcp:$port" drain
    peer_fails "Connection reset by peer"
    relay_ends 4 "skt: connect to 127.0.0.1 port $far_port (tcp) failed: Connection refused (for 127.0.0.1 port "
}

@test "a server says so and goes on, also where a client has sent much by then" {
    need python3
    far_port=$(free_port tcp)
    start_relay -k
    local held
    held=$(open_fds "$listener_pid")
    start_peer "connect:tcp:$port" sendbytes:20000000
    end_status "$peer_pid"
    assert_equal "$status" 1
    start_peer "connect:tcp:$port" halfclose recv:1
    end_status "$peer_pid"
    assert_equal "$status" 1
    wait_until 5 has_fds "$listener_pid" "$held"
    assert_equal "$(grep -c "port $far_port (tcp) failed: Connection refused" "$listener_err")" 2
    start_peer "listen:tcp:$far_port" accept expect:hello drain close
    local far=$peer_pid far_said=$peer_err
    port_of "$address"
    start_peer "connect:tcp:$port" send:hello halfclose drain close
    peer_succeeds
    peer_succeeds "$far" "$far_said"
}

has_fds() { [ "$(open_fds "$1")" -le "$2" ]; }

@test "a name that there is not is status 3" {
    start_skt_listener --relay tcp://nowhere.invalid:80 127.0.0.1 0
    start_peer "connect:tcp:$port" drain
    peer_fails "Connection reset by peer"
    relay_ends 3 "skt: lookup of nowhere.invalid"
}

@test "one that does not answer at all is given up after -w, and others are served meanwhile" {
    start_deaf_listener
    far_port=$port
    start_relay -k -w 1
    local began client clients=()
    began=$(now_ms)
    for _ in 1 2 3 4 5; do
        exec {client}<>"/dev/tcp/127.0.0.1/$port" # at the same time, which programs would not be
        printf hello >&"$client"
        clients+=("$client")
    done
    for client in "${clients[@]}"; do
        run -1 timeout 10 cat <&"$client"
        assert_contains "$output" "Connection reset by peer"
        exec {client}>&-
    done
    assert_at_most $(($(now_ms) - began)) 4000 # not one after the other
    assert_at_least $(($(now_ms) - began)) 1000
    assert_equal "$(grep -c "skt: connect to 127.0.0.1 port $far_port (tcp): timed out (for 127.0.0.1 port " "$listener_err")" 5
}

@test "--relay-wait is for the other side alone, -w the same without it" {
    start_deaf_listener
    far_port=$port
    start_relay --relay-wait 300ms -w 1h
    local began
    began=$(now_ms)
    start_peer "connect:tcp:$port" drain
    peer_fails "Connection reset by peer"
    relay_ends 6 "skt: connect to 127.0.0.1 port $far_port (tcp): timed out"
    assert_at_most $(($(now_ms) - began)) 3000
}

@test "what a client sends while the other side is awaited is neither lost nor kept by us" {
    need python3
    need_plain_build
    start_deaf_listener
    far_port=$port
    start_relay -k
    start_peer "connect:tcp:$port" print:there sendbytes:30000000
    wait_for_text "$peer_out" there
    start_peer "connect:tcp:$port" send:hello print:said stall
    wait_for_text "$peer_out" said
    local before
    before=$(rss_kib "$listener_pid")
    start_peer "connect:tcp:$port" send:hello print:said stall
    wait_for_text "$peer_out" said
    assert_at_most $(($(rss_kib "$listener_pid") - before)) 500
    wait_until 10 rests "$listener_pid"
}

# Does a process use no time in a second? On a busy machine it may still have to come to that.
rests() {
    local before
    before=$(cpu_ticks "$1")
    sleep 1 # the subject of the test
    [ "$(cpu_ticks "$1")" = "$before" ]
}

@test "a client that is gone before the other side has answered is not kept" {
    start_deaf_listener
    far_port=$port
    start_relay -k
    local held
    held=$(open_fds "$listener_pid")
    start_peer "connect:tcp:$port" send:hello reset
    peer_succeeds
    wait_until 5 has_fds "$listener_pid" "$held"
    assert_one_line "$(<"$listener_err")" "Connection reset by peer"
}

@test "a reset by the other side is one of the client, after all that came before it" {
    start_far accept expect:question send:part waitfile:heard reset
    start_relay
    start_peer "connect:tcp:$port" send:question expect:part touch:heard recv:1
    peer_fails "Connection reset by peer"
    relay_ends 1 "skt: 127.0.0.1 port $far_port: Connection reset by peer (for 127.0.0.1 port "
    assert_contains "$(<"$listener_err")" ") (sent 4 bytes"
}

@test "a reset by the client is one of the other side" {
    start_far accept expect:part touch:heard recv:1
    start_relay
    start_peer "connect:tcp:$port" send:part waitfile:heard reset
    peer_succeeds
    peer_fails "Connection reset by peer" "$far_pid" "$far_err"
    end_status "$listener_pid"
    assert_equal "$status" 1
    assert_one_line "$(<"$listener_err")" "Connection reset by peer"
}

@test "a session that is idle for too long ends by a reset of both" {
    start_far accept expect:x recv:1
    start_relay --idle-timeout 300ms
    start_peer "connect:tcp:$port" send:x recv:1
    peer_fails "Connection reset by peer"
    peer_fails "Connection reset by peer" "$far_pid" "$far_err"
    relay_ends 6 "timed out: idle for 0.3 s"
}

@test "a relay that is told to end resets those that it has joined, and those that it has not yet" {
    start_far accept expect:x touch:joined recv:1
    start_relay
    start_peer "connect:tcp:$port" send:x waitfile:joined recv:1
    wait_until 10 test -e joined
    kill_by_term "$listener_pid"
    peer_fails "Connection reset by peer"
    peer_fails "Connection reset by peer" "$far_pid" "$far_err"
    start_deaf_listener
    far_port=$port
    for more in -k -n; do
        start_relay "$more"
        start_peer "connect:tcp:$port" send:x print:sent recv:1
        wait_for_text "$peer_out" sent
        wait_until 10 has_taken_one
        kill_by_term "$listener_pid"
        peer_fails "Connection reset by peer"
    done
}

# Has the relay a socket for its client, and another one that is connecting?
has_taken_one() { [ "$(readlink "/proc/$listener_pid/fd/"* | grep -c socket:)" -ge 2 ]; }

@test "a slow reader on either side bounds what is held, and holds up nobody" {
    need_plain_build
    start_peer listen:tcp accept print:there stall
    far_port=$port
    local far_out=$peer_out
    start_relay -k
    start_peer "connect:tcp:$port" print:there sendbytes:100000000
    wait_for_text "$far_out" there
    wait_until 10 is_stuck "$peer_pid"
    assert_at_most "$(rss_kib "$listener_pid")" 12000
    wait_until 10 rests "$listener_pid"
    start_far accept print:there sendbytes:100000000
    start_skt_listener -k --relay "127.0.0.1:$far_port" 127.0.0.1 0
    start_peer rcvbuf:4096 "connect:tcp:$port" stall
    wait_for_text "$far_out" there
    wait_until 10 is_stuck "$far_pid"
    assert_at_most "$(rss_kib "$listener_pid")" 12000
    wait_until 10 rests "$listener_pid"
}

# Has a process come to rest in a write?
is_stuck() {
    local before
    before=$(cpu_ticks "$1")
    sleep 0.3
    [ "$(cpu_ticks "$1")" = "$before" ] && grep -qE 'sk_stream_wait|wait_woken|poll' "/proc/$1/wchan" 2>/dev/null
}

# --- many ----------------------------------------------------------------------------------------------------------

@test "200 clients at once have a connection each, and leave nothing behind" {
    need socat
    local held
    start_foreign socat TCP-LISTEN:0,bind=127.0.0.1,fork,backlog=256 PIPE
    far_port=$(wait_port_of "$started_pid")
    start_relay -k
    held=$(open_fds "$listener_pid")
    run -0 foreign many.py "$listener_pid" "$port" 200
    assert_contains "$output" "200 answered, 0 ticks idle"
    wait_until 10 has_fds "$listener_pid" "$held"
    assert_equal "$(<"$listener_err")" ""
}

@test "an idle client takes less than 2 KiB of our memory, its two connections together" {
    need python3
    need_plain_build
    [ "$(ulimit -H -n)" = unlimited ] || [ "$(ulimit -H -n)" -ge 8100 ] || skip "the limit of descriptors is $(ulimit -H -n)"
    start_skt_listener -k --echo --max-conns 4000 127.0.0.1 0
    far_port=$port
    start_relay -k --max-conns 4000
    run -0 foreign many.py "$listener_pid" "$port" 4000
    assert_contains "$output" "4000 answered, 0 ticks idle"
    [[ $output =~ ([0-9]+)\ KiB\ more ]]
    assert_at_most "${BASH_REMATCH[1]}" 8000
    assert_equal "$(<"$listener_err")" ""
}

# The port that a process listens at, once it does
wait_port_of() {
    wait_until 10 port_of_pid "$1" >/dev/null
    port_of_pid "$1"
}

port_of_pid() {
    local inode found
    for inode in $(readlink "/proc/$1/fd/"* | sed -n 's/^socket:\[\(.*\)\]/\1/p'); do
        found=$(awk -v inode="$inode" '$10 == inode && $4 == "0A" { sub(/.*:/, "", $2); print $2 }' /proc/net/tcp)
        [ -z "$found" ] || { echo $((16#$found)); return; }
    done
    return 1
}

@test "--max-conns bounds the clients, and those that wait are served in their turn" {
    need socat
    start_foreign socat TCP-LISTEN:0,bind=127.0.0.1,fork PIPE
    far_port=$(wait_port_of "$started_pid")
    start_relay -k --max-conns 3
    run -0 foreign many.py "$listener_pid" "$port" 20 few
    assert_contains "$output" "20 answered"
}

@test "whoever may not connect is joined with nobody" {
    start_far accept expect:x drain close
    start_relay -k --deny 127.0.0.1
    start_peer "connect:tcp:$port" drain
    peer_fails "Connection reset by peer"
    assert_equal "$(grep -c . "$far_out")" 0
    alive "$far_pid"
}

@test "clients that are killed at any moment leave nothing behind" {
    need socat
    start_foreign socat TCP-LISTEN:0,bind=127.0.0.1,fork,backlog=256 PIPE
    far_port=$(wait_port_of "$started_pid")
    start_relay -k
    local held
    held=$(open_fds "$listener_pid")
    run -0 foreign relayed.py killed "$port" 60
    wait_until 10 has_fds "$listener_pid" "$held"
    start_peer "connect:tcp:$port" send:hello expect:hello halfclose drain close
    peer_succeeds
}

@test "the addresses of a name are raced for each of many clients" {
    need socat
    name_of_three() {
        use_hosts '127.0.0.1 localhost' '::1 three' '127.0.0.7 three' '127.0.0.1 three'
        start_background socat TCP-LISTEN:5000,bind=127.0.0.1,fork,backlog=256 PIPE
        wait_listening tcp 5000
        start_skt_listener -k --relay tcp://three:5000 127.0.0.1 0
        python3 "$SKT_SRCDIR/tests/peers/many.py" "$listener_pid" "$port" 50 | grep -F "50 answered"
        [ ! -s "$listener_err" ]
    }
    in_netns name_of_three
}

@test "a name server that is silent is asked once for all clients, who are reset in their time" {
    need python3
    silent_server() {
        use_hosts '127.0.0.1 localhost'
        start_peer listen:udp:53 stall
        start_skt_listener -k -w 1 --relay tcp://service.example:5000 127.0.0.1 0
        local clients=()
        for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
            start_peer "connect:tcp:$port" send:hello recv:1
            clients+=("$peer_pid $peer_err")
        done
        local tasks=("/proc/$listener_pid/task/"*)
        assert_at_most "${#tasks[@]}" 2
        for client in "${clients[@]}"; do
            end_status "${client%% *}"
            grep -q "Connection reset by peer" "${client#* }"
        done
        assert_equal "$(grep -c "skt: lookup of service.example: timed out (for 127.0.0.1 port " "$listener_err")" 12
        tasks=("/proc/$listener_pid/task/"*)
        assert_at_most "${#tasks[@]}" 2
        kill_by_term "$listener_pid"
    }
    in_netns silent_server
}

@test "100 MiB go each way whole where packets are lost, doubled, delayed and overtaken" {
    need socat
    # SC2154: of the helpers
    # shellcheck disable=SC2154
    over_bad_link() {
        [ -c /dev/net/tun ]
        start_other_netns
        start_background python3 "$SKT_SRCDIR/tests/peers/lossy.py" "$other_pid" 1
        local link=$started_pid link_out=$started_out
        wait_for_text "$link_out" up
        head -c 100M /dev/urandom >up
        head -c 100M /dev/urandom >down
        background_input=down start_background in_other socat -t 60 TCP-LISTEN:5000 'STDIO!!CREATE:up-copy'
        local far=$started_pid
        in_other_listens() { in_other cat /proc/net/tcp /proc/net/tcp6 | grep -q ':1388 [0-9A-F:]* 0A'; }
        wait_until 10 in_other_listens
        start_skt_listener --relay 10.8.0.2:5000 10.8.0.1 0
        local began
        began=$(now_ms)
        in_other timeout 100 socat -t 60 'STDIO!!CREATE:down-copy' "TCP:10.8.0.1:$port" <up
        end_status "$far" 60
        assert_equal "$status" 0
        end_status "$listener_pid" 60
        assert_equal "$status $(<"$listener_err")" "0 "
        cmp up up-copy
        cmp down down-copy
        kill -TERM "$link"
        wait_for_text "$link_out" lost
        echo "$(tail -n 1 "$link_out") in $(($(now_ms) - began)) ms"
    }
    [ -c /dev/net/tun ] || skip "needs /dev/net/tun"
    in_netns true
    run -0 in_netns over_bad_link
    assert_contains "$output" " lost, "
}

@test "a client that is killed while the other side takes nothing is not kept" {
    start_far accept send:unread print:there stall
    start_relay -k
    local held
    held=$(open_fds "$listener_pid")
    start_peer "connect:tcp:$port" sendbytes:100000000
    wait_for_text "$far_out" there
    wait_until 10 is_stuck "$peer_pid"
    kill -KILL "$peer_pid" # with what it has not read, that is a reset
    wait_until 5 has_fds "$listener_pid" "$held"
    assert_one_line "$(<"$listener_err")" "Connection reset by peer"
}

# --- tried again ---------------------------------------------------------------------------------------------------

@test "with --retry clients wait for the other side to come up, and nothing that they have sent is lost" {
    need nc socat
    far_port=$(free_port tcp)
    start_relay -k -v --retry forever --retry-delay 50ms
    start_peer "connect:tcp:$port" sendbytes:3000000 halfclose expect:3000000\\n drain close
    echo question >question
    background_input=question start_background nc -N 127.0.0.1 "$port"
    local other=$started_pid other_out=$started_out
    wait_until 10 has_said 4 "$listener_err" "failed: Connection refused (for 127.0.0.1 port [0-9]*); again in 0.1 s"
    alive "$peer_pid"
    alive "$other"
    start_foreign socat -t 10 "TCP-LISTEN:$far_port,bind=127.0.0.1,fork" "SYSTEM:wc -c"
    peer_succeeds
    end_status "$other"
    assert_equal "$status $(<"$other_out")" "0 9"
}

# has_said COUNT FILE PATTERN: has that many lines of the pattern
has_said() { [ "$(grep -c "$3" "$2")" -ge "$1" ]; }

@test "with --retry a client is reset after so many tries, or that time, and says why" {
    need python3
    far_port=$(free_port tcp)
    start_relay -v --retry 2 --retry-delay 20ms
    start_peer "connect:tcp:$port" send:x drain
    peer_fails "Connection reset by peer"
    end_status "$listener_pid"
    assert_equal "$status" 4
    assert_equal "$(grep -c "; again in" "$listener_err")" 2
    assert_contains "$(tail -n 1 "$listener_err")" "port $far_port (tcp) failed: Connection refused (for 127.0.0.1 port "
    start_relay --retry forever --retry-max-time 300ms --retry-delay 20ms
    start_peer "connect:tcp:$port" send:x drain
    peer_fails "Connection reset by peer"
    relay_ends 6 "port $far_port (tcp) failed: timed out after "
    start_deaf_listener
    far_port=$port
    start_relay -v --retry 1 --retry-delay 20ms --relay-wait 200ms
    start_peer "connect:tcp:$port" send:x drain
    peer_fails "Connection reset by peer"
    end_status "$listener_pid"
    assert_equal "$status $(grep -c "; again in" "$listener_err")" "6 1"
}

@test "a client that goes while it waits for another try is not kept, and waiting takes nothing" {
    need python3
    far_port=$(free_port tcp)
    start_relay -k -v --retry forever --retry-delay 1h
    local held
    held=$(open_fds "$listener_pid")
    start_peer "connect:tcp:$port" send:hello waitfile:go reset
    wait_for_text "$listener_err" "again in 3600.0 s"
    wait_until 10 rests "$listener_pid"
    touch go
    peer_succeeds
    wait_until 5 has_fds "$listener_pid" "$held"
    start_peer "connect:tcp:$port" send:hello print:sent recv:1
    wait_until 5 has_said 2 "$listener_err" "again in 3600.0 s"
    kill_by_term "$listener_pid"
    peer_fails "Connection reset by peer"
}

@test "with --retry a name is asked for again, once for all clients that wait" {
    need python3
    late_name() {
        use_hosts '127.0.0.1 localhost'
        start_peer listen:tcp accept expect:hello drain send:bye close accept expect:hello drain send:bye close
        local far=$peer_pid far_err=$peer_err far_port=$port
        start_skt_listener -k -v --retry forever --retry-delay 50ms --relay "tcp://late:$far_port" 127.0.0.1 0
        local clients=()
        for _ in 1 2; do
            start_peer "connect:tcp:$port" send:hello halfclose expect:bye drain close
            clients+=("$peer_pid $peer_err")
        done
        wait_until 10 has_said 6 "$listener_err" "lookup of late: .*; again in 0.1 s"
        echo '127.0.0.1 late' >>hosts
        for client in "${clients[@]}"; do
            peer_succeeds "${client%% *}" "${client#* }"
        done
        peer_succeeds "$far" "$far_err"
    }
    in_netns late_name
}

@test "--retry tries both sockets again where we connect both" {
    local near_port
    far_port=$(free_port tcp) near_port=$(free_port tcp)
    start_background "$SKT" -v --retry forever --retry-delay 50ms --relay "127.0.0.1:$far_port" 127.0.0.1 "$near_port"
    local relay=$started_pid relay_err=$started_err
    wait_until 10 has_said 2 "$relay_err" "port $near_port (tcp) failed: Connection refused; again"
    start_peer "listen:tcp:$near_port" accept expect:hello send:bye halfclose drain close
    wait_until 10 has_said 2 "$relay_err" "port $far_port (tcp) failed: Connection refused (for 127.0.0.1 port $near_port); again"
    local near=$peer_pid near_err=$peer_err
    start_peer "listen:tcp:$far_port" accept send:hello expect:bye drain close
    peer_succeeds
    peer_succeeds "$near" "$near_err"
    end_status "$relay"
    assert_equal "$status" 0
}

# --- other sockets -------------------------------------------------------------------------------------------------

@test "a Unix socket is joined with TCP, and back" {
    need socat
    start_far accept expect:question drain send:answer close
    start_skt_listener --relay "127.0.0.1:$far_port" -U here
    run -0 bash -c 'printf question | socat -t 10 - UNIX-CONNECT:here'
    assert_equal "$output" answer
    far_succeeds
    relay_ends 0 ""
    start_foreign socat -t 10 UNIX-LISTEN:there SYSTEM:'cat; echo end'
    wait_listening unix there
    start_skt_listener --relay unix:there 127.0.0.1 0
    run -0 bash -c 'printf "1\n" | nc -N 127.0.0.1 "$1"' - "$port"
    assert_equal "$output" $'1\nend'
    relay_ends 0 ""
}

@test "records of a Unix socket travel through TCP, marked, and come out as they were" {
    start_peer listen:seqpacket:far accept expect:one recv:0 expect:three drain send:answer datagram:0 send:end close
    local far=$peer_pid far_said=$peer_err
    start_skt_listener --records u32 --relay unix:far --relay-type seqpacket 127.0.0.1 0
    local middle=$port first=$listener_pid first_err=$listener_err
    start_skt_listener --records u32 --relay "127.0.0.1:$middle" --seqpacket -U near
    start_peer connect:seqpacket:near send:one datagram:0 send:three halfclose expect:answer recv:0 expect:end close
    peer_succeeds
    peer_succeeds "$far" "$far_said"
    relay_ends 0 ""
    listener_pid=$first listener_err=$first_err
    relay_ends 0 ""
}

@test "messages keep their borders from seqpacket to seqpacket, and to datagrams" {
    start_peer listen:seqpacket:far accept recv:60000 recv:0 expect:x drain send:y close
    local far=$peer_pid far_said=$peer_err
    start_skt_listener --relay unix:far --relay-type seqpacket --seqpacket -U near
    start_peer connect:seqpacket:near datagram:60000 datagram:0 send:x halfclose expect:y close
    peer_succeeds
    peer_succeeds "$far" "$far_said"
    relay_ends 0 ""
    start_peer listen:udp expect:one recv:0 expect:three send:back close
    local far=$peer_pid far_said=$peer_err
    start_skt_listener --relay "udp://127.0.0.1:$port" --seqpacket -U again
    start_peer connect:seqpacket:again send:one datagram:0 send:three expect:back halfclose drain close
    peer_succeeds
    peer_succeeds "$far" "$far_said"
    relay_ends 0 ""
}

@test "lines become datagrams, whose answers are waited for a second after the client's end" {
    start_peer listen:udp expect:one expect:two sleep:0.2 send:back
    start_skt_listener --records line --relay "udp://127.0.0.1:$port" 127.0.0.1 0
    run -0 bash -c 'printf "one\ntwo\n" | nc -N 127.0.0.1 "$1"' - "$port"
    assert_equal "$output" back
    relay_ends 0 ""
}

# start_answering: a UDP server, for the relay to send to. Sets $far_port
start_answering() {
    need python3
    start_background python3 "$SKT_SRCDIR/tests/peers/relayed.py" answer answering
    wait_for_line answering "$started_pid" "$started_err"
    read -r far_port <answering
}

@test "with --keep-open each sender of datagrams has a socket of its own, and answers come back to who has asked" {
    local held
    start_answering
    start_skt_listener -k -u --relay "udp://127.0.0.1:$far_port" --idle-timeout 2 127.0.0.1 0
    held=$(open_fds "$listener_pid")
    run -0 foreign relayed.py table "$port" 30
    local ports=$output
    wait_until 10 has_fds "$listener_pid" "$held"
    run -0 foreign relayed.py table "$port" 30
    assert_equal "$(wc -w <<<"$output")" 30
    [ "$output" != "$ports" ]
    assert_equal "$(<"$listener_err")" ""
}

@test "foreign clients of UDP have their answers through the relay" {
    need socat nc
    start_answering
    start_skt_listener -k -u --relay "udp://127.0.0.1:$far_port" 127.0.0.1 0
    run -0 bash -c 'printf one | socat -t 2 - "UDP:127.0.0.1:$1"' - "$port"
    assert_contains "$output" " one"
    run -0 bash -c 'printf two | nc -u -w 1 127.0.0.1 "$1"' - "$port"
    assert_contains "$output" " two"
}

@test "at --max-conns the datagrams of more senders are dropped, and have their turn when one has been idle" {
    start_answering
    start_skt_listener -k -u --max-conns 5 --relay "udp://127.0.0.1:$far_port" --idle-timeout 1.5 127.0.0.1 0
    local held
    held=$(open_fds "$listener_pid")
    start_peer "connect:udp:$port" print:ready waitfile:go send:x refuses:0.3 # it is there before the others are idle
    wait_for_text "$peer_out" ready
    run -0 foreign relayed.py table "$port" 5
    touch go
    peer_succeeds
    wait_for_text "$listener_err" "of new peers dropped: at a limit of peers"
    wait_until 10 has_fds "$listener_pid" "$held"
    run -0 foreign relayed.py table "$port" 5
}

@test "where a datagram server is gone, one line says so, and later datagrams are a new try" {
    need python3
    far_port=$(free_port udp)
    start_skt_listener -k -u --relay "udp://127.0.0.1:$far_port" 127.0.0.1 0
    start_peer "bind:udp:0" "connect:udp:$port" send:lost waitfile:again send:x expect:y close
    local client=$peer_pid client_err=$peer_err
    wait_for_text "$listener_err" "skt: 127.0.0.1 port $far_port: Connection refused"
    start_peer "listen:udp:$far_port" touch:again expect:x send:y
    peer_succeeds "$client" "$client_err"
    peer_succeeds
    assert_equal "$(wc -l <"$listener_err")" 1
}

@test "datagrams of each sender become a connection of its own, and its lines datagrams to that sender" {
    need socat
    start_foreign socat TCP-LISTEN:0,bind=127.0.0.1,fork SYSTEM:'while read -r line; do echo "heard $line"; done'
    far_port=$(wait_port_of "$started_pid")
    start_skt_listener -k -u --records line --relay "127.0.0.1:$far_port" --idle-timeout 1 127.0.0.1 0
    local held
    held=$(open_fds "$listener_pid")
    start_peer "connect:udp:$port" send:one 'expect:heard one' waitfile:other send:three 'expect:heard three' close
    local first=$peer_pid first_err=$peer_err
    start_peer "connect:udp:$port" send:two 'expect:heard two' touch:other close
    peer_succeeds
    peer_succeeds "$first" "$first_err"
    wait_until 10 has_fds "$listener_pid" "$held"
}

@test "two sockets that we connect are joined as well" {
    start_far accept send:hello drain close
    start_peer listen:tcp accept expect:hello send:bye halfclose drain close
    run -0 timeout 10 "$SKT" --relay "127.0.0.1:$far_port" 127.0.0.1 "$port"
    assert_equal "$output" ""
    peer_succeeds
    far_succeeds
    far_port=$(free_port tcp)
    start_peer listen:tcp accept drain
    run -4 --separate-stderr timeout 10 "$SKT" --relay "127.0.0.1:$far_port" 127.0.0.1 "$port"
    assert_one_line "$stderr" "skt: connect to 127.0.0.1 port $far_port (tcp) failed: Connection refused (for 127.0.0.1 port $port)"
    peer_fails "Connection reset by peer"
}

@test "the other socket may be one that is open already" {
    start_far accept expect:hello drain send:bye close
    start_background bash -c 'exec 7<>"/dev/tcp/127.0.0.1/$1" && exec "$2" -l --announce=where --relay fd:7 127.0.0.1 0' \
        - "$far_port" "$SKT"
    listener_pid=$started_pid listener_err=$started_err
    wait_for_line where "$listener_pid" "$listener_err"
    port_of "$(<where)"
    run -0 bash -c 'printf hello | nc -N 127.0.0.1 "$1"' - "$port"
    assert_equal "$output" bye
    far_succeeds
    relay_ends 0 ""
}

@test "--relay-source, --relay-source-port and --relay-sockopt are about the other socket" {
    need python3
    need_tracer
    local from
    from=$(free_port tcp)
    start_far accept expect:hello drain close
    start_background strace -f -o trace -e trace=bind,setsockopt,connect "$SKT" -l --announce=where \
        --relay "127.0.0.1:$far_port" --relay-source 127.0.0.9 --relay-source-port "$from" --relay-sockopt keepidle=77 \
        127.0.0.1 0
    wait_for_line where "$started_pid" "$started_err"
    port_of "$(<where)"
    start_peer "connect:tcp:$port" send:hello halfclose drain close
    peer_succeeds
    far_succeeds
    run -0 grep -cE "bind\(.*sin_port=htons\($from\), sin_addr=inet_addr\(\"127.0.0.9\"\)" trace
    assert_equal "$output" 1
    grep -q 'TCP_KEEPIDLE, \[77\]' trace
}

@test "--relay-netns opens the other socket in another network" {
    networks() {
        start_other_netns
        background_input=/dev/null start_background in_other python3 "$SKT_SRCDIR/tests/peers/peer.py" \
            --port-file=there listen:tcp accept expect:hello drain send:bye close
        wait_for_line there "$started_pid" "$started_err"
        start_skt_listener --relay "127.0.0.1:$(<there)" --relay-netns "/proc/$other_pid/ns/net" 127.0.0.1 0
        assert_equal "$(printf hello | timeout 10 nc -N 127.0.0.1 "$port")" bye
    }
    in_netns networks
}

@test "a request that makes no sense is refused, with what would be right" {
    declare -A wrong=(
        ["-l --relay localhost 0"]="--relay localhost: no port: use HOST:PORT, or a URL"
        ["-l --relay /tmp/x 0"]="--relay /tmp/x: a path is unix:PATH"
        ["-l --relay tpc://x:1 0"]="--relay tpc://x:1: did you mean tcp?"
        ["-l --relay tcp://*:1 0"]="--relay tcp://*:1: * stands for every interface"
        ["-l --relay 127.0.0.1:99999 0"]="--relay: port 99999: a port is 0 to 65535"
        ["-l --relay 127.0.0.1:0 0"]="--relay: port 0: can only be listened on"
        ["-l --relay TCP-LISTEN:80 0"]="--relay TCP-LISTEN:80: did you mean tcp://HOST:80?"
        ["-l --relay 127.0.0.1:1 --echo 0"]="--echo and --relay: exclude each other"
        ["-l -k --relay fd:0 0"]="fd:0"
        ["-l --relay-source 127.0.0.1 0"]="--relay-source: needs --relay"
        ["-l --relay 127.0.0.1:1 --records u32 0"]="needs a type that keeps messages apart"
        ["-l -u --relay udp://127.0.0.1:1 --records u32 0"]="both sides of the relay keep messages apart"
        ["-l --relay unix:x --relay-source-port 5 0"]="--relay-source-port: needs addresses with ports"
        ["-l --relay unix:x --relay-type dccp 0"]="domain unix has no type dccp"
        ["-l --relay tcp://127.0.0.1:1 --relay-type dgram 0"]="--relay-type and tcp://127.0.0.1:1: contradict each other"
        ["-l --relay 127.0.0.1:1 --relay-sockopt nonsense=1 0"]="--relay-sockopt nonsense=1"
    )
    refuses_each wrong
}
