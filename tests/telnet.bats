#!/usr/bin/env bats
# -t: the negotiation of telnet (RFC 854) is answered and does not show, and bytes 255 arrive as they are.

load helpers

# What stands for what on the wire: IAC ff, DONT fe, DO fd, WONT fc, WILL fb, SB fa, SE f0.
command_all='A\xff\xfd\x01B\xff\xffC\xff\xfb\x03\xff\xfa\x18\x01vt100\xff\xf0D\xff\xf1E'
data_all='AB\xffCDE'
answers_all='\xff\xfc\x01\xff\xfe\x03'

start_urgent_peer() {
    need python3
    start_background python3 "$SKT_SRCDIR/tests/peers/urgent.py" "listen:tcp:place" "$@"
    peer_pid=$started_pid peer_out=$started_out peer_err=$started_err
    wait_for_line place "$peer_pid" "$peer_err"
    port=$(<place)
}

@test "commands are answered and taken out, connecting and listening, over TCP and Unix sockets" {
    local role kind
    for role in client listener; do
        for kind in tcp unix; do
            options=(-t -d) # nothing is sent but answers
            meet "$role" "$kind" "send:$command_all" "expect:$answers_all" halfclose drain
            end_status "$skt_pid"
            assert_equal "$role $kind: $status $(<"$skt_err")" "$role $kind: 0 "
            assert_file_is "$skt_out" "$data_all"
            peer_succeeds
        done
    done
}

@test "it does not matter how the bytes are split" {
    options=(-t -d)
    meet client tcp nodelay "each:0.003:$command_all" "expect:$answers_all" halfclose drain
    end_status "$skt_pid"
    assert_file_is "$skt_out" "$data_all"
    peer_succeeds
}

@test "each request has one answer, and what asks for nothing has none" {
    options=(-t -d)
    meet client tcp 'send:\xff\xfd\x01' 'expect:\xff\xfc\x01' 'send:\xff\xfd\x01' 'expect:\xff\xfc\x01' \
        'send:\xff\xfc\x01\xff\xfe\x07\xff\xf6' refuses:0.2 halfclose drain
    end_status "$skt_pid"
    assert_equal "$status $(<"$skt_out")" "0 "
    peer_succeeds
}

@test "bytes 255 of our own are told from commands, and arrive as they are at another skt" {
    printf 'a\xffb\xff\xff' >in
    input=in options=(-t)
    meet client tcp 'expect:a\xff\xffb\xff\xff\xff\xff' halfclose drain
    end_status "$skt_pid"
    assert_equal "$status" 0
    peer_succeeds

    local file=$BATS_TEST_TMPDIR/bytes
    foreign_bytes >"$file"
    listener_input=$file start_skt_listener -t 127.0.0.1 0
    timeout 20 "$SKT" -t 127.0.0.1 "$port" <"$file" >got
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_same_file got "$file"
    assert_same_file "$listener_out" "$file"
}

# A megabyte, in which every fourth byte is 255.
foreign_bytes() {
    need python3
    python3 -c 'import os, sys; sys.stdout.buffer.write(bytes(b if i % 4 else 255 for i, b in enumerate(os.urandom(1 << 20))))'
}

@test "no answer is lost, and none stands within our bytes, while the peer takes nothing" {
    need python3
    foreign_bytes >in
    listener_input=in start_skt_listener -t -O 8K 127.0.0.1 0
    run -0 foreign telnet.py "$port" 60000
    assert_equal "$output" "data $(digest in) answers 60000"
    end_status "$listener_pid"
    assert_equal "$status $(<"$listener_err")" "0 "
    assert_equal "$(wc -c <"$listener_out")" 60000
}

@test "-C gives telnet the line ends that it wants" {
    printf 'one\ntwo\xff\r\n' >in
    input=in options=(-t -C)
    meet client tcp 'send:\xff\xfd\x01' 'expect:\xff\xfc\x01one\r\ntwo\xff\xff\r\n' halfclose drain
    end_status "$skt_pid"
    assert_equal "$status" 0
}

@test "a command that is marked as urgent stays in its place" {
    start_urgent_peer send:one$'\377' urgent:$'\362' send:two end drain
    run -0 timeout 10 "$SKT" -t 127.0.0.1 "$port" </dev/null
    assert_equal "$output" onetwo
    start_skt_listener -t 127.0.0.1 0
    run -0 foreign urgent.py "connect:tcp:$port" send:one$'\377' urgent:$'\362' send:two end drain
    end_status "$listener_pid"
    assert_file_is "$listener_out" onetwo
}

@test "what is shown and counted is the data" {
    options=(-t -d --hex-dump=dump --stats)
    meet client tcp "send:$command_all" "expect:$answers_all" halfclose drain
    end_status "$skt_pid"
    assert_contains "$(cat dump)" "41 42 ff 43 44 45"
    assert_contains "$(cat "$skt_err")" "received 6 bytes"
}

@test "an end within a command is no orderly end" {
    local rest
    for rest in '\xff' '\xff\xfd' '\xff\xfa\x18' '\xff\xfa\x18\xff'; do
        options=(-t -d)
        meet client tcp "send:data$rest" halfclose drain
        end_status "$skt_pid"
        assert_equal "$status" 1
        assert_one_line "$(cat "$skt_err")" "ended within a telnet command (sent 0 bytes; received 4 bytes)"
        assert_file_is "$skt_out" data
    done
}

@test "a subnegotiation without an end does not swallow the rest in silence" {
    head -c 100000 /dev/zero >zeroes
    options=(-t -d)
    meet client tcp 'send:data\xff\xfa' "sendfile:$PWD/zeroes" stall
    end_status "$skt_pid"
    assert_equal "$status" 1
    assert_one_line "$(cat "$skt_err")" "a telnet subnegotiation without an end"
    assert_file_is "$skt_out" data
}

@test "a client that sends nothing but a broken command is a failure, and no port scan" {
    local rest
    for rest in '\xff' '\xff\xfa\x18'; do
        options=(-t)
        meet listener tcp "send:$rest" halfclose drain
        end_status "$skt_pid"
        assert_equal "$status" 1
        assert_one_line "$(cat "$skt_err")" "ended within a telnet command (sent 0 bytes; received 0 bytes)"
    done
    head -c 100000 /dev/zero >zeroes
    meet listener tcp 'send:\xff\xfa' "sendfile:$PWD/zeroes" stall
    end_status "$skt_pid"
    assert_equal "$status" 1
    assert_one_line "$(cat "$skt_err")" "a telnet subnegotiation without an end"
}

@test "who asks and has ended before the answer has not failed" {
    options=(-t -v)
    hold_input
    input=$held_input
    meet client tcp waitfile:now 'send:\xff\xfd\x01bye' close
    wait_for_text "$skt_err" succeeded
    kill -STOP "$skt_pid"
    touch now
    peer_succeeds
    kill -CONT "$skt_pid"
    wait_for_text "$skt_out" bye
    release_input
    end_status "$skt_pid"
    assert_equal "$status" 0
    assert_one_line "$(<"$skt_err")" succeeded
}

@test "after our end nothing is answered, unless --no-shutdown leaves the way open" {
    options=(-t)
    meet client tcp drain 'send:\xff\xfd\x01x' close
    end_status "$skt_pid"
    assert_equal "$status $(<"$skt_err") $(<"$skt_out")" "0  x"
    options=(-t --no-shutdown)
    meet client tcp 'send:\xff\xfd\x01x' 'expect:\xff\xfc\x01' close
    end_status "$skt_pid"
    assert_equal "$status $(<"$skt_err") $(<"$skt_out")" "0  x"
    peer_succeeds
}

@test "telnetd is satisfied, and serves" {
    need telnetd socat python3
    printf '%s\n' '#!/bin/sh' 'echo ready' 'while read -r line; do echo "got $line"; done' >login
    chmod +x login
    port=$(free_port tcp)
    start_background socat "TCP-LISTEN:$port,bind=127.0.0.1" "EXEC:telnetd -h -E $PWD/login,nofork"
    wait_listening tcp "$port"
    hold_input
    background_input=$held_input start_background timeout 20 "$SKT" -t -C 127.0.0.1 "$port"
    wait_for_text "$started_out" ready
    is_heard() { # what comes while it sets up its terminal, telnetd throws away
        say 'hello\n'
        grep -q "got hello" "$started_out"
    }
    wait_until 10 is_heard
    release_input
    end_status "$started_pid"
    run -1 grep -a $'[\xf0-\xff]' "$started_out"
}

@test "nc and ncat as telnet clients are understood" {
    local client
    for client in "nc.openbsd -t -N" "ncat -t"; do
        need "${client%% *}"
        listener_input=greeting
        printf 'hello\xff\n' >greeting
        start_skt_listener -t 127.0.0.1 0
        # shellcheck disable=SC2086  # words
        timeout 10 $client 127.0.0.1 "$port" <<<answer >got
        end_status "$listener_pid"
        assert_equal "$status" 0
        assert_file_is "$listener_out" 'answer\n'
    done
}

@test "it is for streams, and for sessions only" {
    run -2 "$SKT" -t -u 127.0.0.1 1
    assert_one_line "$output" "skt: -t: needs a type that carries bytes without borders (stream): dgram keeps messages apart"
    local other
    for other in -z -F "--peek 1" "--oob-file x"; do
        # shellcheck disable=SC2086  # words
        run -2 "$SKT" --telnet $other 127.0.0.1 1
        assert_one_line "$output" "exclude each other"
    done
}

@test "nothing is moved round it inside the kernel" {
    need_tracer
    start_peer listen:tcp accept "send:$command_all" halfclose drain
    run -0 strace -f -o trace -e trace=splice,sendfile,tee timeout 10 "$SKT" -t 127.0.0.1 "$port" </dev/null
    run -1 grep -E '(splice|sendfile|tee)\(' trace
}
