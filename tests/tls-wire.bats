#!/usr/bin/env bats
# TLS on the wire: its ends, bulk in both directions, and records that are none.

load helpers
load tls

setup_file() { make_certificates; }
setup() {
    tls_setup
    peer_options=(--cert="$tls/server.pem")
    trusting=(--ssl --ssl-trustfile "$tls/ca.pem")
}

# converse ROLE VERSION [OPTION...] -- STEP...: skt, whose input is $input, and the peer, which does the steps after the
# handshake. Sets $skt_pid $skt_out $skt_err
converse() {
    local role=$1 version=$2 words=()
    shift 2
    while [ "$1" != -- ]; do
        words+=("$1")
        shift
    done
    shift
    peer_options+=(--version="$version")
    if [ "$role" = client ]; then
        start_tls_peer "${before[@]}" listen accept handshake "$@"
        background_input=${input:-/dev/null} start_background "$SKT" "${trusting[@]}" "${words[@]}" localhost "$port"
        skt_pid=$started_pid skt_out=$started_out skt_err=$started_err
    else
        listener_input=${input:-/dev/null} start_skt_listener --ssl-cert "$tls/server.pem" "${words[@]}" 127.0.0.1 0
        skt_pid=$listener_pid skt_out=$listener_out skt_err=$listener_err
        start_tls_peer "${before[@]}" "connect:$port" handshake "$@"
    fi
}

each_role_and_version() { for case in "client 1.3" "listener 1.3" "client 1.2" "listener 1.2"; do "$@"; done; }

ends_well() {
    end_status "$skt_pid"
    assert_equal "$case: $status $(<"$skt_err")" "$case: 0 "
    peer_succeeds
}

ends_badly() { # STATUS WORDS
    end_status "$skt_pid"
    assert_equal "$case: $status $(<"$skt_err")" "$case: $1 $(<"$skt_err")"
    assert_one_line "$(<"$skt_err")" "$2"
}

# --- ends --------------------------------------------------------------------------------------------------------------

@test "our end is a close_notify, and the peer goes on to its own last byte" {
    echo question >in
    goes_on() {
        # shellcheck disable=SC2086  # words
        input=in converse $case -- 'expect:question\n' drain send:answer sendbytes:100000 notify close
        ends_well
        assert_equal "$(wc -c <"$skt_out")" 100006
    }
    each_role_and_version goes_on
}

@test "the peer's end is a close_notify, and we go on to our last byte" {
    goes_on() {
        hold_input
        # shellcheck disable=SC2086  # words
        input=$held_input converse $case -- send:greeting notify touch:notified recv:5 drain close
        wait_for_text "$skt_out" greeting
        wait_until is_still "$skt_pid"
        alive "$skt_pid"
        say 'later'
        release_input
        ends_well
        rm notified
    }
    each_role_and_version goes_on
}

@test "where our side fails there is no close_notify, so that the peer knows, and its answer is not waited for" {
    mkdir folder
    breaks_off() {
        # shellcheck disable=SC2086  # words
        input=folder converse $case -- drainraw waitfile:never
        ends_badly 9 "standard input: Is a directory"
        stop "$peer_pid"
    }
    each_role_and_version breaks_off
    hold_input
    say 'the beginning'
    case="client 1.3"
    input=$held_input converse client 1.3 -w 1 -- 'expect:the beginning' drainraw
    ends_badly 6 "idle for 1 s"
    peer_succeeds
    start_tls_peer listen accept handshake 'expect:the beginning' touch:begun drainraw
    hold_input
    say 'the beginning'
    background_input=$held_input start_background "$SKT" "${trusting[@]}" localhost "$port"
    wait_until test -e begun
    kill_by_term "$started_pid"
    peer_succeeds
}

@test "an end of the connection without close_notify is a failure that says so" {
    is_cut() {
        # shellcheck disable=SC2086  # words
        converse $case -- send:answer halfclose stall
        ends_badly 1 "ended without TLS's close_notify: it may be cut short"
        assert_equal "$(<"$skt_out")" answer
        stop "$peer_pid"
    }
    each_role_and_version is_cut
}

@test "--ssl-lax-eof takes it for the peer's end, and the other direction goes on" {
    is_taken() {
        hold_input
        # shellcheck disable=SC2086  # words
        input=$held_input converse $case --ssl-lax-eof -- send:answer halfclose recv:5 drain close
        wait_for_text "$skt_out" answer
        wait_until is_still "$skt_pid"
        say 'later'
        release_input
        ends_well
    }
    each_role_and_version is_taken
}

@test "an end within a record is never one" {
    is_cut() {
        local words
        for words in "" --ssl-lax-eof; do
            for cut in 1 22 "$((22 + ${#case} % 2))"; do
                # shellcheck disable=SC2086  # words
                converse $case $words -- send:whole hold send:half "cut:$cut" halfclose drainmore
                ends_badly 1 "ended without TLS's close_notify: it may be cut short"
                assert_equal "$(<"$skt_out")" whole
                stop "$peer_pid"
            done
        done
    }
    each_role_and_version is_cut
}

@test "a reset is a failure, also with --ssl-lax-eof" {
    is_reset() {
        for words in "" --ssl-lax-eof; do
            hold_input
            # shellcheck disable=SC2086  # words
            input=$held_input converse $case $words -- send:answer waitfile:go reset
            wait_for_text "$skt_out" answer
            touch go
            ends_badly 1 "Connection reset by peer"
            release_input
            rm go
        done
    }
    each_role_and_version is_reset
}

@test "a peer that closes at once after its close_notify is no failure if it has read all" {
    closes() { # in one write: what the peer's kernel still holds back (Nagle) would go with its close
        echo question >in
        # shellcheck disable=SC2086  # words
        input=in converse $case -- 'expect:question\n' hold send:answer notify let close
        ends_well
        hold_input
        # shellcheck disable=SC2086  # words
        input=$held_input converse $case -- 'expect:question' hold send:answer notify let close touch:closed
        say question
        wait_until test -e closed
        wait_until is_still "$skt_pid"
        release_input
        ends_well
        rm closed
    }
    each_role_and_version closes
}

@test "and one if it has not" {
    closes() {
        hold_input
        # shellcheck disable=SC2086  # words
        input=$held_input converse $case -- touch:ready send:hello waitfile:go notify close
        wait_for_text "$skt_out" hello
        say 'nobody reads this'
        wait_until is_still "$skt_pid"
        touch go
        wait_until is_still "$skt_pid"
        release_input
        ends_badly 1 "(sent 17 bytes"
        rm ready go
    }
    each_role_and_version closes
}

@test "what was sent arrives though nobody reads the server's session tickets" {
    local much
    much=$(random_file 300K)
    peer_options+=(--tickets=20)
    input=$much converse client 1.3 --send-only -- sleep:0.2 drain digest notify drainmore
    end_status "$skt_pid"
    assert_equal "$status $(<"$skt_err")" "0 "
    peer_succeeds
    assert_contains "$(<"$peer_out")" "received 307200 $(digest "$much")"
}

@test "a slow peer is waited for, also where a record takes longer than -w" {
    head -c 20000 /dev/zero >in
    peer_options=(--cert="$tls/server.pem")
    start_tls_peer rcvbuf:2048 listen accept handshake sip:500:0.05
    run -0 --separate-stderr timeout 30 "$SKT" "${trusting[@]}" --send-only -w 1 localhost "$port" <in
    peer_succeeds
}

@test "the end of both directions is told by the end of the connection" {
    is_told() {
        echo question >in
        # shellcheck disable=SC2086  # words
        input=in converse $case -- drain notify drainmore
        ends_well
    }
    each_role_and_version is_told
}

# --- bulk --------------------------------------------------------------------------------------------------------------

@test "32 MiB go each way at once, whole" {
    whole() {
        local much
        much=$(random_file 32M)
        # shellcheck disable=SC2086  # words
        input=$much converse $case -- exchange:33554432 close digest
        end_status "$skt_pid" 60
        assert_equal "$case: $status $(<"$skt_err")" "$case: 0 "
        end_status "$peer_pid" 30
        assert_contains "$(<"$peer_out")" "received 33554432 $(digest "$much")"
        is_sequence "$skt_out" 33554432
        rm "$skt_out" "$much"
    }
    each_role_and_version whole
}

# is_sequence FILE SIZE
is_sequence() {
    python3 - "$SKT_SRCDIR/tests/peers" "$@" <<'PYTHON'
import sys
sys.path.insert(0, sys.argv[1])
import peer
with open(sys.argv[2], "rb") as file:
    assert file.read() == peer.Sequence().take(int(sys.argv[3])), "it differs"
PYTHON
}

@test "and through small buffers, with a peer that stops reading for a while" {
    whole() {
        local much
        much=$(random_file 256K)
        before=(sndbuf:16384 rcvbuf:16384)
        # shellcheck disable=SC2086  # words
        input=$much converse $case -O 16K -I 16K -- pause:0.7 exchange:262144 close digest
        end_status "$skt_pid" 60
        assert_equal "$case: $status $(<"$skt_err")" "$case: 0 "
        end_status "$peer_pid" 30
        assert_contains "$(<"$peer_out")" "received 262144 $(digest "$much")"
        is_sequence "$skt_out" 262144
    }
    each_role_and_version whole
}

@test "it does not matter how records are split, or glued together" {
    is_whole() {
        # shellcheck disable=SC2086  # words
        converse $case -- split:1:0.0005 send:one sendbytes:60 split:7:0 sendbytes:1000 split:16000:0 sendbytes:200000 \
            split:0:0 hold sendbytes:10 sendbytes:0 sendbytes:90000 send:two notify let drain
        ends_well
        assert_equal "$(wc -c <"$skt_out") $(head -c 3 "$skt_out") $(tail -c 3 "$skt_out")" "291076 one two"
    }
    each_role_and_version is_whole
}

@test "a whole record is passed on though nothing comes after it" {
    is_passed() {
        hold_input
        # shellcheck disable=SC2086  # words
        input=$held_input converse $case -- hold sendbytes:16384 sendbytes:16384 sendbytes:16384 sendbytes:16384 sendbytes:16384 send:x let stall
        wait_until eval '[ "$(wc -c <"$skt_out")" -eq 81921 ]'
        assert_idle "$skt_pid"
        stop "$skt_pid"
        stop "$peer_pid"
    }
    each_role_and_version is_passed
}

@test "half a record takes no processor time" {
    is_quiet() {
        hold_input
        # shellcheck disable=SC2086  # words
        input=$held_input converse $case -- hold sendbytes:16384 cut:100 stall
        wait_until is_still "$skt_pid"
        assert_idle "$skt_pid"
        stop "$skt_pid"
        stop "$peer_pid"
    }
    each_role_and_version is_quiet
}

# Say each line to openssl, which looks at the first letter of each read alone: the next one when that is done.
say_each() { # FIFO COUNT
    python3 - "$@" <<'PYTHON'
import fcntl, signal, struct, sys, termios
signal.alarm(30)
with open(sys.argv[1], "wb", buffering=0) as fifo:
    def say(text):
        fifo.write(text)
        while struct.unpack("i", fcntl.ioctl(fifo, termios.FIONREAD, b"0000"))[0]:
            pass
    for number in range(1, int(sys.argv[2]) + 1):
        say(b"K\n")
        say(b"k\n")
        say(b"line %d\n" % number)
PYTHON
}

@test "keys are changed by a server in the midst of it, with and without an answer" {
    local much keep
    much=$(random_file 16M)
    mkfifo keys
    exec {keep}<>keys
    start_background bash -c 'exec openssl s_server -accept 127.0.0.1:0 -cert "$1" -tls1_3 <keys' - "$tls/server.pem"
    server_out=$started_out server_pid=$started_pid
    wait_for_text "$server_out" "ACCEPT 127.0.0.1:"
    port=$(sed -n 's/^ACCEPT 127.0.0.1:\([0-9]*\).*/\1/p' "$server_out")
    hold_input
    background_input=$held_input start_background "$SKT" "${trusting[@]}" localhost "$port"
    local skt_out=$started_out skt_err=$started_err
    skt_pid=$started_pid
    wait_for_text "$server_out" "Secure Renegotiation"
    background_input=$much start_background cp /dev/stdin "$held_input"
    say_each keys 50
    release_input
    exec {keep}>&-
    end_status "$skt_pid" 30
    assert_equal "$status $(<"$skt_err")" "0 "
    wait_for_text "$server_out" DONE
    assert_equal "$(<"$skt_out")" "$(seq -f 'line %.0f' 50)"
    python3 - "$server_out" "$much" <<'PYTHON'
import sys
got, want = (open(name, "rb").read() for name in sys.argv[1:])
for noise in b"SSL_do_handshake -> 1\n", b"Read BLOCK\n": # of the server's own, in the midst of it
    got = got.replace(noise, b"")
assert want in got, "it differs"
PYTHON
}

@test "and by a client" {
    local much keep
    much=$(random_file 16M)
    mkfifo keys
    exec {keep}<>keys
    hold_input
    listener_input=$held_input start_skt_listener --ssl-cert "$tls/server.pem" 127.0.0.1 0
    background_input=$much start_background cp /dev/stdin "$held_input"
    start_background bash -c 'exec openssl s_client -connect "127.0.0.1:$1" -tls1_3 -quiet -no_ign_eof <keys' - "$port"
    say_each keys 50
    received() { [ "$(wc -c <"$started_out")" -ge 16777216 ]; }
    wait_until 20 received
    release_input
    echo Q >keys
    exec {keep}>&-
    end_status "$listener_pid"
    assert_equal "$status $(<"$listener_err")" "0 "
    assert_equal "$(<"$listener_out")" "$(seq -f 'line %.0f' 50)"
    assert_same_file "$started_out" "$much"
}

# --- what is no record ---------------------------------------------------------------------------------------------------

malformed=(
    'raw:\x7f\x03\x03\x00\x02\x01\x00'                # no such type
    'raw:\x16\x07\x07\x00\x04\x02\x00\x00\x00'        # no such version
    'raw:\x16\x03\x03\x00\x00\x16\x03\x03\x00\x00'    # nothing in it
    'raw:\x16\x03\x03\x50\x00'                        # longer than one may be
    'raw:\x16\x03\x03\xff\xff'
    'raw:\x15\x03\x03\x00\x02\x02\x28'                # an alert: handshake failure
    'raw:\x15\x03\x03\x00\x02\x01\x00'                # close_notify
    'raw:\x15\x03\x03\x00\x01\x02'                    # half of one
    rawbytes:500
    'raw:HTTP/1.1\x20400\x20Bad\x20Request\r\n\r\n'
    'raw:\x17\x03\x03\x00\x05hello'                   # data before its time
    'raw:\x14\x03\x03\x00\x01\x01\x14\x03\x03\x00\x01\x01'
    'raw:\x16\x03\x03\x00\x04\x0e\x00\x00\x00'        # ServerHelloDone, or what a client never says
    'raw:\x16\x03\x03\x00\x04\x02\xff\xff\xff'        # a message of 16 MiB
    'raw:\x80\x80\x01\x03\x01'                        # version 2
)

@test "a server's answer that is none ends the client at once, and is told" {
    for what in "${malformed[@]}"; do
        start_tls_peer listen accept "$what" "$what" halfclose drainmore
        timed run --separate-stderr timeout 10 "$SKT" "${trusting[@]}" localhost "$port" </dev/null
        assert_equal "$what: $status" "$what: 7"
        assert_one_line "$stderr" "skt: 127.0.0.1 port $port: "
        assert_at_most "$elapsed" 3000
        stop "$peer_pid"
    done
}

@test "a client's that is none is told, and does not end the listener" {
    start_skt_listener --ssl-cert "$tls/server.pem" -d 127.0.0.1 0
    local count=0
    for what in "${malformed[@]}"; do
        start_tls_peer "connect:$port" "$what" "$what" halfclose drainmore
        count=$((count + 1))
        has_said() { [ "$(wc -l <"$listener_err")" -eq "$count" ]; }
        wait_until has_said
        alive "$listener_pid"
        stop "$peer_pid"
    done
    run -0 bash -c 'echo hi | timeout 10 openssl s_client -quiet -no_ign_eof -connect "127.0.0.1:$1" 2>/dev/null' - "$port"
    end_status "$listener_pid"
    assert_equal "$status $(<"$listener_out")" "0 hi"
}

@test "a record that was changed on its way ends the session, and nothing of it is passed on" {
    is_refused() {
        hold_input
        # shellcheck disable=SC2086  # words
        input=$held_input converse $case -- send:good spoil:-1 send:bad drainmore
        ends_badly 7 "decryption failed or bad record mac"
        assert_equal "$(<"$skt_out")" good
        release_input
    }
    each_role_and_version is_refused
}

@test "that it was changed is what is told, also when our own end comes with it" {
    is_told() {
        hold_input
        # shellcheck disable=SC2086  # words
        input=$held_input converse $case -- touch:there waitfile:go hold send:good spoil:-1 send:bad let touch:sent drainmore
        wait_until test -e there
        wait_until is_still "$skt_pid"
        kill -STOP "$skt_pid"
        touch go
        wait_until test -e sent
        release_input
        kill -CONT "$skt_pid"
        ends_badly 7 "decryption failed or bad record mac"
        rm there go sent
    }
    each_role_and_version is_told
}

@test "what is no record ends a session, too" {
    is_refused() {
        for what in 'raw:\x7f\x03\x03\x00\x02\x01\x00' 'raw:plain text, as if there were no TLS' 'raw:\x17\x03\x03\xff\xff' rawbytes:100; do
            hold_input
            # shellcheck disable=SC2086  # words
            input=$held_input converse $case -- send:good "$what" halfclose drainmore
            end_status "$skt_pid"
            [ "$status" -eq 7 ] || [ "$status" -eq 1 ] || fail "$case $what: $status"
            assert_one_line "$(<"$skt_err")" "skt: 127.0.0.1 port "
            assert_equal "$(<"$skt_out")" good
            release_input
        done
    }
    each_role_and_version is_refused
}
