#!/usr/bin/env bats
# --reconnect: when the connection is lost another one is made, and the input goes on where it was acknowledged.

load helpers
load examples # make_certificate

start_dropper() { # WHERE STEP...
    need python3
    local ports=$BATS_TEST_TMPDIR/dropper.port
    rm -f "$ports"
    start_background python3 "$SKT_SRCDIR/tests/peers/dropper.py" "$ports" "$@"
    dropper_pid=$started_pid dropper_out=$started_out dropper_err=$started_err
    wait_for_line "$ports" "$dropper_pid" "$dropper_err"
    read -r port <"$ports"
}

# The dropper has done all of its steps.
dropper_ends() {
    end_status "$dropper_pid" 30
    assert_equal "$status $(<"$dropper_err")" "0 "
}

# The bytes that are told apart by where they are.
sequence() { # SIZE
    python3 -c '
import sys
size = int(sys.argv[1])
sys.stdout.buffer.write(b"".join((i & 0xFFFFFF).to_bytes(3, "big") for i in range(size // 3 + 1))[:size])' "$1" >sequence
}

has_text() { [ -e "$1" ] && [ "$(<"$1")" = "$2" ]; }

# --- what goes on ----------------------------------------------------------------------------------------------------

@test "each line arrives once, though every line ends the connection" {
    local how word
    for how in fin reset; do
        start_dropper tcp "line:$how" "line:$how" "line:$how" echo
        hold_input
        background_input=$held_input start_background "$SKT" --reconnect --retry-delay 20ms 127.0.0.1 "$port"
        local skt=$started_pid out=$started_out err=$started_err said=''
        for word in one two three; do
            say "$word\n"
            said+=$word$'\n'
            wait_until has_text "$dropper_out" "${said%?}"
        done
        say 'the rest\n'
        release_input
        end_status "$skt" 20
        assert_equal "$how $status $(<"$err")" "$how 0 "
        dropper_ends
        assert_equal "$(<"$dropper_out")" $'one\ntwo\nthree\nthe rest'
        assert_equal "$(<"$out")" $'the rest\ndone'
    done
}

# What the dropper tells: each connection begins where the one before has left off, and the last one has all the rest.
check_offsets() { # SIZE
    python3 - "$1" "$dropper_out" <<'PYTHON'
import sys

place = 0
lines = [tuple(map(int, line.split())) for line in open(sys.argv[2])]
for offset, size, left in lines:
    if size > 0:
        assert offset == place, (offset, place, lines)
    place += size + left
assert place == int(sys.argv[1]), (place, lines)
PYTHON
}

@test "what is acknowledged is not sent again, and nothing else is left out" {
    sequence 15000000
    # that many bytes are read, and whatever else its kernel has acknowledged is lost with the server: never all that is left
    start_dropper tcp:1000000 full:1000000:reset full:6:reset full:0:reset full:2500000:reset full:100000:reset all
    run -0 timeout 60 "$SKT" --reconnect --retry-delay 20ms 127.0.0.1 "$port" <sequence
    assert_equal "$output" "done"
    dropper_ends
    assert_equal "$(wc -l <"$dropper_out")" 6
    check_offsets 15000000
}

@test "the same with a small window, and from a pipe" {
    sequence 3000000
    start_dropper tcp:4096 full:1000:reset full:100000:reset full:6:reset all
    # shellcheck disable=SC2016  # for the other shell
    run -0 timeout 60 bash -c 'cat sequence | "$@"' - "$SKT" --reconnect --retry-delay 20ms 127.0.0.1 "$port"
    dropper_ends
    check_offsets 3000000
}

@test "a server that has ended its own sending may take what is on its way" {
    sequence 5000000
    start_dropper tcp full:1000:deaf all
    run -0 timeout 60 "$SKT" --reconnect --retry-delay 20ms 127.0.0.1 "$port" <sequence
    dropper_ends
    # what it read after that is not told, but the next one begins behind it, and has all to the end
    read -r offset size _ < <(tail -n 1 "$dropper_out")
    assert_at_least "$offset" 1000
    assert_equal $((offset + size)) 5000000
}

@test "the same by TLS, where whole records count, and each connection has a handshake of its own" {
    make_certificate own.pem
    sequence 6000000
    start_dropper tls:own.pem full:1000000:reset full:6:reset full:0:reset full:500000:fin full:100000:reset all
    run -0 timeout 60 "$SKT" --reconnect --retry-delay 20ms --ssl-trustfile certificate.pem 127.0.0.1 "$port" <sequence
    assert_equal "$output" "done"
    dropper_ends
    assert_equal "$(wc -l <"$dropper_out")" 6
    check_offsets 6000000
}

@test "a line arrives once by TLS, though every line ends the connection" {
    make_certificate own.pem
    start_dropper tls:own.pem line:fin line:reset line:fin all
    hold_input
    background_input=$held_input start_background "$SKT" --reconnect --retry-delay 20ms \
        --ssl-trustfile certificate.pem 127.0.0.1 "$port"
    local skt=$started_pid err=$started_err said='' word
    for word in one two three; do
        say "$word\n"
        said+=$word$'\n'
        wait_until has_text "$dropper_out" "${said%?}"
    done
    release_input
    end_status "$skt" 20
    assert_equal "$status $(<"$err")" "0 "
    dropper_ends
}

@test "a server that ends within the handshake is tried again, and one with another certificate is not" {
    make_certificate own.pem
    start_peer listen:tcp accept close accept reset accept close
    background_input=/dev/null start_background "$SKT" --reconnect --retry 2 --retry-delay 20ms \
        --ssl-trustfile certificate.pem 127.0.0.1 "$port"
    peer_succeeds
    end_status "$started_pid"
    assert_equal "$status" 7
    assert_one_line "$(<"$started_err")" "within the TLS handshake"
    mv certificate.pem right.pem
    make_certificate other.pem
    start_dropper tls:other.pem all
    run -7 timeout 20 "$SKT" --reconnect --ssl-trustfile right.pem 127.0.0.1 "$port" </dev/null
    assert_contains "$output" "the peer's certificate is not accepted"
    stop "$dropper_pid"
}

@test "a first handshake that fails is the end, unless --retry is there" {
    make_certificate own.pem
    start_peer listen:tcp accept close
    run -7 --separate-stderr timeout 10 "$SKT" --reconnect --ssl-trustfile certificate.pem 127.0.0.1 "$port" <<<"hello"
    assert_one_line "$stderr" "within the TLS handshake"
    peer_succeeds
}

@test "a server that is silent within the handshake is given up after -w, and tried again where there was one before" {
    make_certificate own.pem
    start_dropper tls:own.pem mute
    timed run -6 timeout 20 "$SKT" --reconnect -w 0.4 --ssl-trustfile certificate.pem 127.0.0.1 "$port" <<<"hello"
    assert_at_most "$elapsed" 5000
    assert_one_line "$output" "timed out within the TLS handshake"
    dropper_ends
    start_dropper tls:own.pem mute all
    run -0 timeout 20 "$SKT" --reconnect --retry 2 -w 0.4 --ssl-trustfile certificate.pem 127.0.0.1 "$port" <<<"hello, hello"
    dropper_ends
    start_dropper tls:own.pem line:reset mute mute all
    hold_input
    background_input=$held_input start_background "$SKT" --reconnect --connect-timeout 0.4 --retry-delay 20ms \
        --ssl-trustfile certificate.pem 127.0.0.1 "$port"
    local skt=$started_pid out=$started_out err=$started_err
    say 'one\n'
    wait_until has_text "$dropper_out" one
    say 'two\n'
    release_input
    end_status "$skt" 20
    assert_equal "$status $(<"$err")" "0 "
    assert_file_is "$out" 'done\n'
    dropper_ends
}

@test "what several connections have said is one output" {
    start_dropper tcp 'say:one\n:fin' 'say:two\n:fin' 'say:three\n:fin' 'say:four\n:fin'
    start_background "$SKT" -d --reconnect --retry-delay 20ms 127.0.0.1 "$port"
    wait_until has_text "$started_out" $'one\ntwo\nthree\nfour'
    kill_by_term "$started_pid"
}

@test "a foreign server may be killed and come back" {
    need socat
    local place server
    place=$(free_port tcp)
    hold_input
    start_background socat -u "TCP-LISTEN:$place,bind=127.0.0.1,reuseaddr" OPEN:first,creat
    server=$started_pid
    wait_listening tcp "$place"
    background_input=$held_input start_background "$SKT" --reconnect --retry-delay 50ms -v 127.0.0.1 "$place"
    local skt=$started_pid err=$started_err
    say 'one\n'
    wait_until has_text first one
    kill -KILL "$server"
    wait_for_text "$err" "Connection refused; again in 0.1 s"
    say 'two\n'
    start_background socat -u "TCP-LISTEN:$place,bind=127.0.0.1,reuseaddr" OPEN:second,creat
    release_input
    end_status "$skt"
    assert_equal "$status" 0
    assert_equal "$(<second)" two
    assert_contains "$(<"$err")" "closed by the peer; again in 0.1 s"
    assert_equal "$(grep -c succeeded "$err")" 2
}

lost_network() {
    cat >server.py <<'PYTHON'
import socket
listener = socket.create_server(("127.0.0.1", 0))
with open("where", "w") as file:
    print(listener.getsockname()[1], file=file)
first, _ = listener.accept()
print(first.makefile().readline(), end="", flush=True)
second, _ = listener.accept() # nothing has told that the first is gone
print("again", flush=True)
print(second.makefile().read(), end="", flush=True)
PYTHON
    start_background python3 server.py
    local server=$started_pid heard=$started_out
    wait_for_line where "$server" "$started_err"
    hold_input
    background_input=$held_input start_background "$SKT" --reconnect --retry-delay 50ms -v \
        --sockopt tcp.user-timeout=300ms 127.0.0.1 "$(<where)"
    local skt=$started_pid err=$started_err
    say 'first\n'
    wait_until has_text "$heard" first
    all_acknowledged() { ! ss -tnH state established | awk '$2 > 0 { found = 1 } END { exit !found }'; }
    wait_until all_acknowledged
    ip link set lo down
    say 'second\n'
    wait_for_text "$err" "Connection timed out (sent 13 bytes, 7 of them not acknowledged"
    wait_for_text "$err" "failed: "
    ip link set lo up
    wait_until has_text "$heard" $'first\nagain'
    say 'third\n'
    release_input
    end_status "$server"
    end_status "$skt"
    assert_equal "$status" 0
    assert_equal "$(<"$heard")" $'first\nagain\nsecond\nthird'
}

@test "a network that is gone for a while loses nothing" {
    need python3 ss
    in_netns lost_network
}

@test "Unix streams are connected again, too" {
    start_dropper unix:s line:fin line:fin echo
    hold_input
    background_input=$held_input start_background "$SKT" --reconnect --retry-delay 20ms -U s
    local skt=$started_pid
    say 'one\n'
    wait_until has_text "$dropper_out" one
    say 'two\n'
    wait_until has_text "$dropper_out" $'one\ntwo'
    say 'three\n'
    release_input
    end_status "$skt"
    assert_equal "$status" 0
    dropper_ends
    assert_equal "$(<"$dropper_out")" $'one\ntwo\nthree'
}

# --- what ends -------------------------------------------------------------------------------------------------------

@test "when all of the input has arrived, the end of the peer is the end" {
    start_dropper tcp echo
    run -0 timeout 20 "$SKT" --reconnect 127.0.0.1 "$port" <<<"hello"
    assert_equal "$output" $'hello\ndone'
    dropper_ends
}

@test "an answer that breaks off when all of the input has arrived is status 1" {
    start_peer listen:tcp accept drain send:half reset
    run -1 --separate-stderr timeout 20 "$SKT" --reconnect 127.0.0.1 "$port" <<<"hello"
    assert_one_line "$stderr" "Connection reset by peer"
}

@test "the first connection has to succeed, unless --retry is there" {
    port=$(free_port tcp)
    run -4 timeout 10 "$SKT" --reconnect 127.0.0.1 "$port" <<<"hello"
    run -4 timeout 10 "$SKT" --reconnect --retry 2 --retry-delay 20ms -v 127.0.0.1 "$port" <<<"hello"
    assert_equal "$(grep -c 'again in' <<<"$output")" 2
}

@test "--retry and --retry-max-time bound the search for another connection, and the input that is left is told" {
    sequence 10000000
    start_dropper tcp full:1000:reset
    run -4 --separate-stderr timeout 20 "$SKT" --reconnect --retry 3 --retry-delay 20ms 127.0.0.1 "$port" <sequence
    [[ $stderr =~ 'Connection refused; '[1-9][0-9]+' bytes of the input are not known to have arrived' ]] || fail "$stderr"
    start_dropper tcp full:1000:reset
    run -6 --separate-stderr timeout 20 "$SKT" --reconnect --retry-delay 20ms --retry-max-time 300ms 127.0.0.1 "$port" <sequence
    assert_contains "$stderr" "timed out after"
}

@test "--max-time and a signal end it while nobody is there" {
    start_dropper tcp say:x:fin
    run -6 --separate-stderr timeout 20 "$SKT" -d --reconnect --max-time 500ms 127.0.0.1 "$port"
    start_dropper tcp say:x:fin
    start_background "$SKT" -d -v --reconnect --retry-delay 1h 127.0.0.1 "$port"
    wait_for_text "$started_err" "again in 3600.0 s"
    kill_by_term "$started_pid"
}

@test "standard output that is gone ends it" {
    start_dropper tcp 'say:one\n:fin' 'say:two\n:fin' 'say:three\n:fin'
    # shellcheck disable=SC2016  # for the other shell
    run timeout 20 bash -c '"$@" | head -n 1; echo "${PIPESTATUS[0]}"' - "$SKT" -d --reconnect --retry-delay 20ms 127.0.0.1 "$port"
    assert_contains "$output" one
    assert_contains "$output" 9
}

@test "a server that ends every connection at once is not overrun" {
    need python3
    cat >closer.py <<'PYTHON'
import socket, time
listener = socket.create_server(("127.0.0.1", 0))
with open("where", "w") as file:
    print(listener.getsockname()[1], file=file)
count, end = 0, time.monotonic() + 2
while time.monotonic() < end:
    listener.settimeout(max(0.01, end - time.monotonic()))
    try:
        listener.accept()[0].close()
    except TimeoutError:
        break
    count += 1
print(count)
PYTHON
    start_background python3 closer.py
    wait_for_line where "$started_pid" "$started_err"
    local closer=$started_pid out=$started_out
    start_background "$SKT" -d --reconnect 127.0.0.1 "$(<where)"
    end_status "$closer"
    # after 0.1, 0.2, 0.4, 0.8 seconds
    assert_at_least "$(<"$out")" 3
    assert_at_most "$(<"$out")" 6
    stop "$started_pid"
}

# --- how much --------------------------------------------------------------------------------------------------------

taken() { awk '/^rchar/ { print $2 }' "/proc/$1/io"; }

# As much may be on its way as the kernel takes, and it takes more than is kept.
bounded() {
    echo "4096 33554432 67108864" >/proc/sys/net/ipv4/tcp_wmem
    sequence 15000000
    start_dropper tcp full:1000:reset full:3000000:reset all
    # shellcheck disable=SC2016  # for the other shell
    background_input=/dev/null start_background bash -c 'exec "$@" <sequence' - "$SKT" --reconnect --retry-delay 20ms \
        127.0.0.1 "$port"
    local skt=$started_pid
    wait_until has_lines "$dropper_out" 1
    assert_at_most "$(rss_kib "$skt")" 16384
    # of 15,000,000 bytes: by now the second connection may be there, which takes 3,000,000
    assert_at_most "$(taken "$skt")" 12000000
    end_status "$skt" 30
    assert_equal "$status" 0
    dropper_ends
    check_offsets 15000000
}

has_lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }

@test "what is kept to be sent again is bounded, and waited for without haste" {
    need_plain_build
    in_netns bounded
}

# --- what is refused -------------------------------------------------------------------------------------------------

@test "what cannot be sent again is refused" {
    declare -A wrong=(
        ["-l --reconnect 0"]="exclude each other"
        ["-u --reconnect 127.0.0.1 5"]="needs a type that carries bytes without borders"
        ["--seqpacket -U --reconnect s"]="needs a type that carries bytes without borders"
        ["-C --reconnect 127.0.0.1 5"]="exclude each other"
        ["-c cat --reconnect 127.0.0.1 5"]="exclude each other"
        ["--echo --reconnect 127.0.0.1 5"]="exclude each other"
        ["--retry-delay 1 127.0.0.1 5"]="--retry-delay: needs --retry or --reconnect"
    )
    refuses_each wrong
    start_peer listen:tcp accept stall
    # shellcheck disable=SC2016  # for the other shell
    run -2 bash -c 'exec 5<>"/dev/tcp/127.0.0.1/$1"; "$2" --reconnect fd:5' - "$port" "$SKT"
    assert_contains "$output" "--reconnect: needs an address to connect to"
}
