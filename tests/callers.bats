#!/usr/bin/env bats
# Clients of a server with -k that have connected and say nothing yet, or nothing at all.

load helpers

# A server whose input has ended: nothing is to be said to anybody.
start_silent_server() { start_skt_listener -k "$@" 127.0.0.1 0; }

# Nothing of those who have gone is left: as many descriptors as before.
is_alone() { [ "$(open_fds "$listener_pid")" = "$fds_alone" ]; }

@test "who says nothing hears our end at once, and is heard as soon as it speaks" {
    for where in tcp unix; do
        case $where in
        tcp) start_silent_server -v && where=tcp:$port ;;
        unix) start_skt_listener -k -v -U s && where=unix:s ;;
        esac
        start_peer "connect:$where" drain print:ended sleep:0.2 send:one print:one waitfile:go send:two halfclose drain close
        wait_for_text "$peer_out" ended
        wait_for_text "$listener_out" one
        assert_equal "$(<"$listener_out")" one
        touch go
        peer_succeeds
        wait_for_text "$listener_out" onetwo
        kill_by_term "$listener_pid"
        refute_contains "$(<"$listener_err")" "without a byte"
        rm go
    done
}

@test "an echo server does not end before its client, however long that says nothing" {
    start_silent_server --echo
    start_peer "connect:tcp:$port" refuses:0.3 send:hello expect:hello refuses:0.2 halfclose drain close
    peer_succeeds
}

@test "what is sent with the end behind it, at once or after a while, is all there" {
    start_silent_server
    start_peer "connect:tcp:$port" send:"first\n" halfclose drain close
    peer_succeeds
    wait_for_text "$listener_out" first
    start_peer "connect:tcp:$port" sleep:0.2 send:"second\n" halfclose drain close
    peer_succeeds
    wait_for_text "$listener_out" second
    start_peer "connect:tcp:$port" drain sendbytes:3000000 halfclose close
    peer_succeeds
    kill_by_term "$listener_pid"
    assert_equal "$(head -n 2 "$listener_out")" $'first\nsecond'
    assert_equal "$(wc -c <"$listener_out")" 3000013
}

@test "who leaves without a byte leaves nothing behind: by an end, by a reset, soon or late" {
    for words in "" --echo; do
        # shellcheck disable=SC2086  # none, or one
        start_silent_server -v $words
        start_peer "connect:tcp:$port" send:x halfclose drain close
        peer_succeeds
        wait_until 10 is_still "$listener_pid"
        fds_alone=$(open_fds "$listener_pid")
        start_peer "connect:tcp:$port" halfclose drain close "connect:tcp:$port" sleep:0.2 halfclose drain close \
            "connect:tcp:$port" reset "connect:tcp:$port" sleep:0.2 reset "connect:tcp:$port" close
        peer_succeeds
        tells_all() { [ "$(grep -cx "Connection closed without a byte" "$listener_err")" = 5 ]; }
        wait_until 10 tells_all
        wait_until 10 is_alone
        assert_equal "$(grep -c "Connection received" "$listener_err")" 6
        refute_contains "$(<"$listener_err")" skt:
        kill_by_term "$listener_pid"
    done
}

@test "who says nothing has a place all the same" {
    start_silent_server --echo --max-conns 1
    start_peer "connect:tcp:$port" print:there waitfile:leave close
    first=$peer_pid first_err=$peer_err
    wait_for_text "$peer_out" there
    start_peer "connect:tcp:$port" send:hello refuses:0.3 touch:leave expect:hello halfclose drain close
    peer_succeeds
    peer_succeeds "$first" "$first_err"

    start_silent_server -v --echo --max-per-peer 1 --when-full refuse
    start_peer "connect:tcp:$port" print:there waitfile:go close
    wait_for_text "$listener_err" "Connection received"
    first=$peer_pid first_err=$peer_err
    start_peer "connect:tcp:$port" drain close
    peer_succeeds
    assert_contains "$(<"$listener_err")" "Connection refused: it has 1 already"
    touch go
    peer_succeeds "$first" "$first_err"
    start_peer "connect:tcp:$port" send:x expect:x halfclose drain close
    peer_succeeds
}

@test "a signal ends a server with those who have not said anything" {
    start_silent_server --echo
    start_peer "connect:tcp:$port" print:there drain close
    wait_for_text "$peer_out" there
    wait_until 10 is_still "$listener_pid"
    kill_by_term "$listener_pid"
    peer_succeeds
}

@test "who says nothing is ended by -w, seen by -vv, and counted by --stats, as who speaks is" {
    start_silent_server --echo -w 0.3
    start_peer "connect:tcp:$port" drain close
    peer_succeeds
    wait_for_text "$listener_err" "idle for 0.3 s"

    start_silent_server --echo -vv
    start_peer "connect:tcp:$port" halfclose drain close
    peer_succeeds
    wait_for_text "$listener_err" "received: open -> "

    start_silent_server --echo --stats
    start_peer "connect:tcp:$port" halfclose drain close
    peer_succeeds
    wait_for_text "$listener_err" "received 0 bytes"
}

# A beginning of a line from one, a line from the other, and the rest: in $output, what the server makes of it.
# Fails if it was given more time than it keeps back what is not a whole line.
say_in_turns() {
    local speaks begun_at
    start_silent_server
    exec {one}<>"/dev/tcp/127.0.0.1/$port" {other}<>"/dev/tcp/127.0.0.1/$port"
    wait_until is_still "$listener_pid"
    begun_at=$(now_ms)
    printf abc >&"$one"
    wait_until is_still "$listener_pid"
    printf 'x\n' >&"$other"
    wait_for_text "$listener_out" x
    speaks=$(($(now_ms) - begun_at))
    printf 'def\n' >&"$one"
    exec {one}>&- {other}>&-
    wait_for_text "$listener_out" def
    output=$(<"$listener_out")
    kill_by_term "$listener_pid"
    [ "$speaks" -lt 900 ]
}

@test "lines stay whole beside a client that is there and has not said anything yet" {
    succeeds_within 60 say_in_turns || fail "this machine is too slow to speak in time"
    assert_equal "$output" $'x\nabcdef'

    start_silent_server # and where nobody else is there, nothing is kept back
    start_peer "connect:tcp:$port" send:"login: " waitfile:seen close
    wait_for_text "$listener_out" "login: "
    touch seen
    peer_succeeds
}

@test "what a client has said and standard output has not taken is counted in the message" {
    start_background bash -c 'exec "$1" -l -k --announce=there 127.0.0.1 0 >/dev/full' - "$SKT"
    server=$started_pid server_err=$started_err
    wait_for_line there "$server" "$server_err"
    port_of "$(<there)"
    start_peer "connect:tcp:$port" send:hello halfclose drain close
    end_status "$server"
    assert_equal "$status $(<"$server_err")" \
        "9 skt: standard output: No space left on device (sent 0 bytes; received 5 bytes, 5 of them not written)"
    end_status "$peer_pid"
}
