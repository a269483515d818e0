#!/usr/bin/env bats
# Datagrams over UDP, connecting and listening.

load helpers

# --- connecting ------------------------------------------------------------------------------------------

@test "our input goes out as a datagram, and the answer is printed" {
    start_peer listen:udp 'expect:question\n' 'send:answer\n'
    run -0 --separate-stderr timeout 10 "$SKT" -u -w 8 -W 1 127.0.0.1 "$port" <<<question
    assert_equal "$output" answer
    assert_equal "$stderr" ""
    peer_succeeds
}

@test "our input goes out as a datagram, and the answer is printed, over IPv6" {
    need_ipv6
    start_peer listen:udp6 'expect:question\n' 'send:answer\n'
    run -0 --separate-stderr timeout 10 "$SKT" -u -w 8 -W 1 ::1 "$port" <<<question
    assert_equal "$output" answer
    assert_equal "$stderr" ""
    peer_succeeds
}

# An nc that listens, with one datagram as input: answers_us COMMAND
answers_us() {
    need python3 "$1"
    port=$(free_port udp)
    printf 'answer\n' >answer
    background_input=answer start_background "$1" -u -l 127.0.0.1 "$port"
    wait_listening udp "$port"
    run -0 timeout 10 "$SKT" -u -w 8 -W 1 127.0.0.1 "$port" <<<question
    assert_equal "$output" answer
    wait_for_text "$started_out" question
}

@test "nc.openbsd's listener gets our datagram and answers it" {
    answers_us nc
}

@test "ncat's listener gets our datagram and answers it" {
    answers_us ncat
}

@test "socat's receiver gets our datagram and answers it" {
    need python3 socat
    port=$(free_port udp)
    start_background socat "UDP-RECVFROM:$port,bind=127.0.0.1" EXEC:cat
    wait_listening udp "$port"
    run -0 timeout 10 "$SKT" -u -w 8 -W 1 127.0.0.1 "$port" <<<"there and back"
    assert_equal "$output" "there and back"
}

@test "udp://HOST:PORT says it all in one word" {
    start_peer listen:udp 'expect:question\n' 'send:answer\n'
    run -0 timeout 10 "$SKT" -W 1 "udp://127.0.0.1:$port" <<<question
    assert_equal "$output" answer
    peer_succeeds
}

@test "-s and -p choose where our datagrams come from" {
    need python3
    own_port=$(free_port udp)
    start_skt_listener -u -v -W 1 127.0.0.1 0
    run -0 timeout 10 "$SKT" -u -q 0.1 -s 127.0.0.1 -p "$own_port" 127.0.0.1 "$port" <<<hello
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_contains "$(cat "$listener_err")" "Connection received on 127.0.0.1 $own_port"
}

@test "-v says that we connected, in nc's words" {
    start_peer listen:udp recv:2
    run -0 --separate-stderr timeout 10 "$SKT" -n -u -v -q 0.1 127.0.0.1 "$port" <<<x
    assert_equal "$stderr" "Connection to 127.0.0.1 $port port [udp/*] succeeded!"
    peer_succeeds
}

# --- listening -------------------------------------------------------------------------------------------

@test "a listener prints a datagram and answers it" {
    printf 'answer\n' >answer
    listener_input=answer start_skt_listener -u -W 1 127.0.0.1 0
    run -0 foreign peer.py "connect:udp:127.0.0.1:$port" 'send:question\n' 'expect:answer\n'
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'question\n'
}

@test "a listener prints a datagram and answers it, over IPv6" {
    need_ipv6
    printf 'answer\n' >answer
    listener_input=answer start_skt_listener -u -W 1 ::1 0
    run -0 foreign peer.py "connect:udp6:[::1]:$port" 'send:question\n' 'expect:answer\n'
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'question\n'
}

@test "nc.openbsd's datagram reaches our listener, and our answer nc" {
    need nc
    printf 'answer\n' >answer
    listener_input=answer start_skt_listener -u -W 1 127.0.0.1 0
    printf 'question\n' >question
    background_input=question start_background nc -u 127.0.0.1 "$port"
    wait_for_text "$started_out" answer
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'question\n'
}

@test "ncat's datagram reaches our listener, and our answer ncat" {
    need ncat
    printf 'answer\n' >answer
    listener_input=answer start_skt_listener -u -W 1 127.0.0.1 0
    hold_input
    background_input=$held_input start_background ncat -u 127.0.0.1 "$port"
    say 'question\n'
    wait_for_text "$started_out" answer
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'question\n'
}

@test "socat's datagram reaches our listener, and our answer socat" {
    need socat
    printf 'answer\n' >answer
    listener_input=answer start_skt_listener -u -W 1 127.0.0.1 0
    printf 'question\n' >question
    background_input=question start_background socat -t 10 - "UDP:127.0.0.1:$port"
    wait_for_text "$started_out" answer
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'question\n'
}

@test "a listener without an address takes datagrams over IPv4 and over IPv6 on one port" {
    need_ipv6
    start_skt_listener -u -k 0
    assert_equal "$(cat "$announced")" "udp://[::]:$port"
    run -0 foreign peer.py "connect:udp:127.0.0.1:$port" 'send:four\n'
    wait_for_text "$listener_out" four
    run -0 foreign peer.py "connect:udp6:[::1]:$port" 'send:six\n'
    wait_for_text "$listener_out" six
    assert_file_is "$listener_out" 'four\nsix\n'
}

@test "a listener without an address answers the first sender, whichever family it is of" {
    need_ipv6
    printf 'answer\n' >answer
    for kind in udp:127.0.0.1 'udp6:[::1]'; do
        listener_input=answer start_skt_listener -u -W 1 0
        run -0 foreign peer.py "connect:$kind:$port" 'send:question\n' 'expect:answer\n'
        end_status "$listener_pid"
        assert_equal "$status" 0
    done
}

# hears_on ADDRESS [OPTION...]: whoever writes to that address is heard, is answered from there, and heard again.
hears_on() {
    local ours=$1 kind=udp
    [[ $ours != \[* ]] || kind=udp6
    hold_input
    listener_input=$held_input start_skt_listener -u "${@:2}" 0
    start_peer "connect:$kind:$ours:$port" 'send:one\n' 'expect:answer\n' waitfile:next 'send:two\n'
    local peer=$peer_pid peer_err=$peer_err
    wait_for_text "$listener_out" one
    say 'answer\n'
    touch next
    peer_succeeds "$peer" "$peer_err"
    wait_for_text "$listener_out" two
    rm next
}

@test "a sender is heard at, and answered from, the address of ours that it has written to" {
    need_ipv6
    local options
    for options in "" -4 -k "-k -4"; do
        # shellcheck disable=SC2086  # words
        hears_on 127.0.0.2 $options
        # shellcheck disable=SC2086  # words
        hears_on 127.0.0.1 $options
    done
    hears_on '[::1]'
}

@test "who writes to another address of ours first is the only one who is heard, too" {
    start_skt_listener -u 0
    start_peer "connect:udp:127.0.0.2:$port" 'send:first\n' waitfile:again 'send:again\n'
    wait_for_text "$listener_out" first
    run -0 foreign peer.py "connect:udp:127.0.0.1:$port" 'send:other\n'
    touch again
    peer_succeeds
    wait_for_text "$listener_out" again
    assert_file_is "$listener_out" 'first\nagain\n'
}

@test "a listener on all addresses has the kernel refuse others where it can" {
    start_skt_listener -u 0
    start_peer "connect:udp:127.0.0.1:$port" 'send:first\n' waitfile:again 'send:again\n'
    wait_for_text "$listener_out" first
    run -1 foreign peer.py "connect:udp:127.0.0.1:$port" 'send:second\n' refuses:10
    assert_contains "$output" "Connection refused"
    touch again
    peer_succeeds
    wait_for_text "$listener_out" again
}

listen_on_localhost() {
    use_hosts '127.0.0.1 localhost' '::1 localhost'
    start_background "$SKT" -l -u -k --announce=bound localhost 0
    wait_for_line bound "$started_pid" "$started_err"
    port=$(sed -n 's/.*::1.*://p' bound)
    assert_equal "$(sort bound)" "udp://127.0.0.1:$port"$'\n'"udp://[::1]:$port"
    foreign peer.py "connect:udp:127.0.0.1:$port" 'send:four\n'
    wait_for_text "$started_out" four
    foreign peer.py "connect:udp6:[::1]:$port" 'send:six\n'
    wait_for_text "$started_out" six
}

@test "listening on localhost takes datagrams at ::1 and at 127.0.0.1, on one port" {
    need_ipv6
    in_netns listen_on_localhost
}

@test "a listener answers the first sender only, and the others are refused" {
    hold_input
    listener_input=$held_input start_skt_listener -u 127.0.0.1 0
    start_peer "connect:udp:127.0.0.1:$port" 'send:first\n' 'expect:answer\n' waitfile:refused 'send:again\n'
    first_pid=$peer_pid first_err=$peer_err
    wait_for_text "$listener_out" first
    run -1 foreign peer.py "connect:udp:127.0.0.1:$port" 'send:second\n' refuses:10
    assert_contains "$output" "Connection refused"
    say 'answer\n'
    touch refused
    peer_succeeds "$first_pid" "$first_err"
    wait_for_text "$listener_out" again
    assert_file_is "$listener_out" 'first\nagain\n'
}

@test "a stray datagram that was queued behind the first sender's is not taken for the first sender's" {
    hold_input
    listener_input=$held_input start_skt_listener -u 127.0.0.1 0
    kill -STOP "$listener_pid"
    start_peer "connect:udp:127.0.0.1:$port" 'send:one\n' touch:one-sent waitfile:stray-sent 'send:two\n' \
        'expect:answer\n'
    wait_until test -e one-sent
    run -0 foreign peer.py "connect:udp:127.0.0.1:$port" 'send:stray\n'
    kill -CONT "$listener_pid"
    touch stray-sent
    wait_for_text "$listener_out" two
    say 'answer\n'
    peer_succeeds
    assert_file_is "$listener_out" 'one\ntwo\n'
}

@test "with -k, a listener takes datagrams from all and answers the last sender" {
    hold_input
    listener_input=$held_input start_skt_listener -u -k 127.0.0.1 0
    start_peer "connect:udp:127.0.0.1:$port" 'send:from one\n' 'expect:to one\n' touch:one-answered \
        waitfile:two-answered refuses:0.2 'send:one again\n' 'expect:to one again\n'
    one_pid=$peer_pid one_err=$peer_err
    wait_for_text "$listener_out" "from one"
    say 'to one\n'
    wait_until test -e one-answered
    start_peer "connect:udp:127.0.0.1:$port" 'send:from two\n' 'expect:to two\n'
    wait_for_text "$listener_out" "from two"
    say 'to two\n'
    peer_succeeds
    touch two-answered
    wait_for_text "$listener_out" "one again"
    say 'to one again\n'
    peer_succeeds "$one_pid" "$one_err"
    assert_file_is "$listener_out" 'from one\nfrom two\none again\n'
}

@test "a listener's input waits for the first sender, and none of it is lost" {
    need python3
    body=$(random_file 200K)
    listener_input=$body start_skt_listener -u 0
    body_read() { [ "$(awk '/^pos:/ { print $2 }' "/proc/$listener_pid/fdinfo/0")" -gt 0 ]; }
    wait_until body_read
    run -0 foreign peer.py rcvbuf:1000000 "connect:udp:127.0.0.1:$port" send:x \
        recv:65507 recv:65507 recv:65507 recv:8279 digest
    assert_contains "$output" "received 204800 $(digest "$body")"
    alive "$listener_pid"
}

@test "a second listener on the same port fails with status 5 and leaves the first alone" {
    start_skt_listener -u 127.0.0.1 0
    run -5 --separate-stderr timeout 10 "$SKT" -l -u 127.0.0.1 "$port" </dev/null
    assert_one_line "$stderr" "127.0.0.1 port $port (udp): Address already in use"
    run -0 foreign peer.py "connect:udp:127.0.0.1:$port" 'send:still there\n'
    wait_for_text "$listener_out" "still there"
}

@test "-v says where a listener is bound and who has written" {
    need python3
    own_port=$(free_port udp)
    start_skt_listener -u -v -k 127.0.0.1 0
    wait_for_text "$listener_err" "Bound on 127.0.0.1 $port"
    run -0 foreign peer.py "bind:udp:127.0.0.1:$own_port" "connect:udp:127.0.0.1:$port" 'send:a\n' 'send:b\n'
    wait_for_text "$listener_out" b
    assert_file_is "$listener_err" "Bound on 127.0.0.1 $port\nConnection received on 127.0.0.1 $own_port\n"
}

# --- what a datagram is ----------------------------------------------------------------------------------

@test "an empty datagram to a listener is data and ends nothing" {
    start_skt_listener -u -W 3 --stats 127.0.0.1 0
    run -0 foreign peer.py "connect:udp:127.0.0.1:$port" send:AAAA datagram:0 send:BBBB
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" AAAABBBB
    assert_contains "$(cat "$listener_err")" "received 8 bytes in 3 messages"
}

@test "an empty datagram to a client is data and ends nothing" {
    start_peer listen:udp 'expect:hello\n' send:AAAA datagram:0 send:BBBB
    run -0 --separate-stderr timeout 10 "$SKT" -u -w 8 -W 3 --stats 127.0.0.1 "$port" <<<hello
    assert_equal "$output" AAAABBBB
    assert_contains "$stderr" "received 8 bytes in 3 messages"
    peer_succeeds
}

@test "the first datagram to a listener may be empty" {
    printf 'answer\n' >answer
    listener_input=answer start_skt_listener -u 127.0.0.1 0
    run -0 foreign peer.py "connect:udp:127.0.0.1:$port" datagram:0 'expect:answer\n'
    alive "$listener_pid"
}

@test "a datagram of 65507 bytes arrives uncut, from a client and from a listener" {
    body=$(random_file 65507)
    start_peer listen:udp recv:65507 "sendfile:$body" digest
    run -0 timeout 10 bash -c '"$1" -u -W 1 127.0.0.1 "$2" <"$3" >back' - "$SKT" "$port" "$body"
    peer_succeeds
    assert_contains "$(cat "$peer_out")" "received 65507 $(digest "$body")"
    assert_same_file back "$body"

    listener_input=$body start_skt_listener -u -W 1 127.0.0.1 0
    run -0 foreign peer.py "connect:udp:127.0.0.1:$port" datagram:65507 recv:65507 digest
    assert_contains "$output" "received 65507 $(digest "$body")"
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_equal "sent 65507 $(digest "$listener_out")" "$(grep ^sent <<<"$output")"
}

@test "over IPv6 a datagram has room for 65527 bytes" {
    need_ipv6
    body=$(random_file 65527)
    start_peer listen:udp6 recv:65527 "sendfile:$body" digest
    run -0 timeout 10 bash -c '"$1" -u -W 1 ::1 "$2" <"$3" >back' - "$SKT" "$port" "$body"
    peer_succeeds
    assert_contains "$(cat "$peer_out")" "received 65527 $(digest "$body")"
    assert_same_file back "$body"
}

@test "input larger than a datagram goes out as several, with nothing lost between them" {
    body=$(random_file 150000)
    start_peer rcvbuf:1000000 listen:udp recv:65507 recv:65507 recv:18986 digest
    run -0 timeout 10 "$SKT" -u -q 0.1 127.0.0.1 "$port" <"$body"
    peer_succeeds
    assert_contains "$(cat "$peer_out")" "received 150000 $(digest "$body")"
}

@test "many datagrams come one by one and in order" {
    start_skt_listener -u -W 100 --stats 127.0.0.1 0
    run -0 foreign peer.py "connect:udp:127.0.0.1:$port" trickle:100:1:0.001 digest
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_equal "sent 100 $(digest "$listener_out")" "$(grep ^sent <<<"$output")"
    assert_contains "$(cat "$listener_err")" "received 100 bytes in 100 messages"
}

@test "many lines go out one by one and in order" {
    steps=()
    for i in {1..100}; do steps+=("expect:line $i"); done
    start_peer listen:udp "${steps[@]}" send:all
    run -0 timeout 10 "$SKT" -u -w 8 -W 1 --records line 127.0.0.1 "$port" < <(printf 'line %d\n' {1..100})
    assert_equal "$output" all
    peer_succeeds
}

# --- the end ---------------------------------------------------------------------------------------------

@test "a client ends by itself one second after the last datagram, once its input has ended" {
    start_peer listen:udp 'expect:hello\n'
    start=$(now_ms)
    run -0 --separate-stderr timeout 10 "$SKT" -u 127.0.0.1 "$port" <<<hello
    assert_at_least $(($(now_ms) - start)) 1000
    assert_at_most $(($(now_ms) - start)) 5000
    assert_equal "$stderr" ""
    peer_succeeds
}

@test "every answer gives the next one a second more" {
    start_peer listen:udp 'expect:hello\n' 'trickle:5:1000:0.3' digest # together longer than that
    run -0 timeout 20 bash -c '"$1" -u 127.0.0.1 "$2" <<<hello >answers' - "$SKT" "$port"
    peer_succeeds
    assert_contains "$(cat "$peer_out")" "sent 5000 $(digest answers)"
}

@test "a client whose input is open does not end" {
    start_peer listen:udp 'expect:hello\n' sleep:1.3 'send:late\n' 'expect:bye\n' # longer than a client waits for more
    hold_input
    background_input=$held_input start_background "$SKT" -u -q 0.1 127.0.0.1 "$port"
    say 'hello\n'
    wait_for_text "$started_out" late
    say 'bye\n'
    release_input
    end_status "$started_pid"
    assert_equal "$status" 0
    peer_succeeds
}

# Every second of the default would see the next of these answers; what waits for less sees none.
steady_answers=('expect:one\n' trickle:20:1:0.8)

@test "-q says how long a client waits for answers" {
    start_peer listen:udp "${steady_answers[@]}"
    start=$(now_ms)
    run -0 --separate-stderr timeout 5 "$SKT" -u -q 0.2 127.0.0.1 "$port" <<<one
    assert_equal "$output$stderr" ""
    assert_at_least $(($(now_ms) - start)) 200
    start_peer listen:udp 'expect:two\n' sleep:1.2 'send:late\n' # longer than the usual second
    run -0 timeout 20 "$SKT" -u -q 5 -W 1 127.0.0.1 "$port" <<<two
    assert_equal "$output" late
    peer_succeeds
}

@test "without -q, -w says how long a client waits for answers" {
    start_peer listen:udp "${steady_answers[@]}"
    run -0 --separate-stderr timeout 5 "$SKT" -u -w 0.2 127.0.0.1 "$port" <<<one
    assert_equal "$output$stderr" ""
    start_peer listen:udp 'expect:two\n' sleep:1.2 'send:late\n' # longer than the usual second
    run -0 timeout 20 "$SKT" -u -w 5 -W 1 127.0.0.1 "$port" <<<two
    assert_equal "$output" late
    peer_succeeds
}

@test "-q -1 waits for answers for ever" {
    start_peer listen:udp 'expect:one\n' sleep:1.2 'send:late\n' # longer than a client waits for more
    printf 'one\n' >input
    background_input=input start_background "$SKT" -u -q -1 127.0.0.1 "$port"
    wait_for_text "$started_out" late
    alive "$started_pid"
    peer_succeeds
}

@test "-W ends a client after so many answers, with its input still open" {
    start_peer listen:udp 'expect:hello\n' 'send:1\n' 'send:2\n' 'send:3\n'
    hold_input
    background_input=$held_input start_background "$SKT" -u -w 8 -W 2 127.0.0.1 "$port"
    say 'hello\n'
    end_status "$started_pid"
    assert_equal "$status" 0
    assert_file_is "$started_out" '1\n2\n'
    peer_succeeds
}

@test "-W ends a listener after so many datagrams" {
    start_skt_listener -u -W 2 127.0.0.1 0
    run -0 foreign peer.py "connect:udp:127.0.0.1:$port" 'send:1\n' 'send:2\n' 'send:3\n'
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" '1\n2\n'
}

answers_once() { # OPTION...
    start_skt_listener -u -W 1 "$@" 127.0.0.1 0
    run -0 foreign peer.py "connect:udp:127.0.0.1:$port" 'send:hello\n' 'expect:hello\n'
    end_status "$listener_pid"
    assert_equal "$1: $status" "$1: 0"
}

@test "-W lets a program, --echo and a relay still answer" {
    start_skt_listener -k --echo 127.0.0.1 0
    answers_once --relay "127.0.0.1:$port"
    answers_once --echo
    answers_once -c 'sleep .2; cat'
}

@test "--send-only prints no answer, and ends with its input" {
    start_peer listen:udp 'expect:one\n' 'send:no\n' touch:answered 'expect:two\n'
    hold_input
    background_input=$held_input start_background "$SKT" -u --send-only -q -1 127.0.0.1 "$port"
    say 'one\n'
    wait_until test -e answered
    say 'two\n'
    peer_succeeds
    release_input
    end_status "$started_pid"
    assert_equal "$status" 0
    assert_file_is "$started_out" ''
}

@test "-d leaves the input unread" {
    printf 'not for the peer\n' >input
    listener_input=input start_skt_listener -u -d 127.0.0.1 0
    run -0 foreign peer.py "connect:udp:127.0.0.1:$port" 'send:hello\n' refuses:0.2
    wait_for_text "$listener_out" hello
    alive "$listener_pid"
    assert_equal "$(awk '/^pos:/ { print $2 }' "/proc/$listener_pid/fdinfo/0")" 0
}

@test "--eof-message sends an empty datagram at the end of our input and takes one as the peer's end" {
    start_peer listen:udp 'expect:question\n' recv:0 'send:answer\n' datagram:0
    run -0 --separate-stderr timeout 10 "$SKT" -u --eof-message -q -1 127.0.0.1 "$port" <<<question
    assert_equal "$output$stderr" answer
    peer_succeeds
}

@test "--eof-message of a listener: the sender's end and its own" {
    printf 'answer\n' >answer
    listener_input=answer start_skt_listener -u --eof-message 127.0.0.1 0
    run -0 foreign peer.py "connect:udp:127.0.0.1:$port" 'send:question\n' 'expect:answer\n' recv:0 \
        'send:more\n' datagram:0
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'question\nmore\n'
}

@test "--eof-message of a listener without input waits for somebody to send its end to" {
    start_skt_listener -u --eof-message 127.0.0.1 0
    run -0 foreign peer.py "connect:udp:127.0.0.1:$port" 'send:question\n' recv:0 datagram:0
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'question\n'
}

@test "--eof-message between two skt ends both as soon as both inputs have ended" {
    body=$(random_file 60000)
    printf 'answer\n' >answer
    listener_input=answer start_skt_listener -u --eof-message 127.0.0.1 0
    run -0 --separate-stderr timeout 10 bash -c '"$1" -u --eof-message 127.0.0.1 "$2" <"$3"' - \
        "$SKT" "$port" "$body"
    assert_equal "$output$stderr" answer
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_same_file "$listener_out" "$body"
}

@test "with -k, the end of one sender does not end a listener that heeds --eof-message" {
    start_skt_listener -u -k --eof-message -d 127.0.0.1 0
    run -0 foreign peer.py "connect:udp:127.0.0.1:$port" 'send:one\n' datagram:0
    run -0 foreign peer.py "connect:udp:127.0.0.1:$port" 'send:two\n' datagram:0
    wait_for_text "$listener_out" two
    alive "$listener_pid"
    assert_file_is "$listener_out" 'one\ntwo\n'
}

# --- errors that the network tells of ---------------------------------------------------------------------

@test "a client that nobody listens to says so with status 4, although its input is open" {
    need python3
    port=$(free_port udp)
    hold_input
    background_input=$held_input start_background "$SKT" -u 127.0.0.1 "$port"
    say 'anybody there?\n'
    end_status "$started_pid"
    assert_equal "$status" 4
    assert_one_line "$(cat "$started_err")" "skt: 127.0.0.1 port $port: Connection refused (sent 15 bytes"
}

@test "a client that nobody listens to says so with status 4, over IPv6" {
    need_ipv6
    need python3
    port=$(free_port udp inet6)
    run -4 --separate-stderr timeout 10 "$SKT" -u ::1 "$port" <<<"anybody there?"
    assert_one_line "$stderr" "skt: ::1 port $port: Connection refused"
}

@test "a client whose peer goes away says so with status 4, and has printed what came before" {
    start_peer listen:udp 'expect:one\n' 'send:answer\n' close
    hold_input
    background_input=$held_input start_background "$SKT" -u 127.0.0.1 "$port"
    say 'one\n'
    wait_for_text "$started_out" answer
    peer_succeeds
    say 'two\n'
    end_status "$started_pid"
    assert_equal "$status" 4
    assert_one_line "$(cat "$started_err")" "skt: 127.0.0.1 port $port: Connection refused (sent 8 bytes"
}

@test "a listener outlives a sender that goes away, and answers when it is there again" {
    need python3
    own_port=$(free_port udp)
    hold_input
    listener_input=$held_input start_skt_listener -u -o seen 127.0.0.1 0
    where=("bind:udp:127.0.0.1:$own_port" "connect:udp:127.0.0.1:$port")
    run -0 foreign peer.py "${where[@]}" 'send:one\n'
    wait_for_text "$listener_out" one
    say 'nobody is there\n'
    wait_for_text seen 'nobody is there'
    start_peer "${where[@]}" 'send:two\n' 'expect:answer\n'
    wait_for_text "$listener_out" two
    say 'answer\n'
    peer_succeeds
    assert_file_is "$listener_out" 'one\ntwo\n'
    assert_file_is "$listener_err" ''
}

@test "with -k, an answer to a sender that has gone away harms nobody" {
    hold_input
    listener_input=$held_input start_skt_listener -u -k -o seen 127.0.0.1 0
    run -0 foreign peer.py "connect:udp:127.0.0.1:$port" 'send:one\n'
    wait_for_text "$listener_out" one
    say 'nobody is there\n'
    wait_for_text seen 'nobody is there'
    start_peer "connect:udp:127.0.0.1:$port" 'send:two\n' 'expect:answer\n'
    wait_for_text "$listener_out" two
    say 'answer\n'
    peer_succeeds
    alive "$listener_pid"
}

@test "a full queue is waited for: a datagram of a client is sent once, and not given up" {
    need_tracer
    start_peer listen:udp 'expect:hello\n' refuses:0.2 'send:once\n'
    run -0 --separate-stderr timeout 10 strace -qq -o trace -e trace=sendto \
        -e inject=sendto:error=ENOBUFS:when=1..3 "$SKT" -u -w 8 -W 1 127.0.0.1 "$port" <<<hello
    assert_equal "$output$stderr" once
    assert_equal "$(grep -c INJECTED trace)" 3
    peer_succeeds
}

@test "a full queue is waited for: a datagram of a listener is sent once, and not given up" {
    need_tracer
    printf 'answer\n' >answer
    background_input=answer start_background strace -qq -o trace -e trace=sendto \
        -e inject=sendto:error=ENOBUFS:when=1..3 "$SKT" -l -u --announce=bound 127.0.0.1 0
    wait_for_line bound "$started_pid" "$started_err"
    run -0 foreign peer.py "connect:udp:127.0.0.1:$(sed 's/.*://' bound)" send:x 'expect:answer\n' refuses:0.2
    assert_equal "$(grep -c INJECTED trace)" 3
    alive "$started_pid"
}

@test "interrupted and unready calls lose no datagram" {
    need_tracer
    for error in EINTR EAGAIN; do
        start_peer listen:udp 'expect:hello\n' 'send:answer\n' refuses:0.2
        run -0 --separate-stderr timeout 10 strace -qq -o trace -e trace=sendto,recvmsg,recvfrom \
            -e inject=sendto,recvmsg,recvfrom:error=$error:when=1 "$SKT" -u -w 8 -W 1 127.0.0.1 "$port" <<<hello
        assert_equal "$output$stderr" answer
        assert_equal "$(grep -c INJECTED trace)" 2
        peer_succeeds
    done
}

@test "a large datagram that comes after the last one asked for is no failure" {
    need python3
    start_skt_listener -u -W 1 127.0.0.1 0
    kill -STOP "$listener_pid"
    "$SKT_PYTHON" - "$port" <<'END'
import socket, sys
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.bind(("127.0.0.1", 0))
for message in b"first\n", b"x" * 8000:
    sender.sendto(message, ("127.0.0.1", int(sys.argv[1])))
END
    kill -CONT "$listener_pid"
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'first\n'
}

# --- options that change what is sent ---------------------------------------------------------------------

@test "-C sends CR LF for each LF of a datagram" {
    start_peer listen:udp 'expect:one\r\ntwo\r\n'
    run -0 timeout 10 "$SKT" -u -C -q 0.1 127.0.0.1 "$port" < <(printf 'one\ntwo\n')
    peer_succeeds
}

@test "-i pauses between two messages, and holds up no answer" {
    start_peer listen:udp 'expect:one' 'send:first answer\n' 'expect:two' 'expect:three'
    start=$(now_ms)
    run -0 timeout 10 "$SKT" -u -i 0.3 --records line 127.0.0.1 "$port" < <(printf 'one\ntwo\nthree\n')
    assert_equal "$output" "first answer"
    assert_at_least $(($(now_ms) - start)) 600
    peer_succeeds
}

# The broadcast address of a network of our own.
send_broadcast() {
    ip link add one type veth peer name two || skip "no virtual network devices here"
    ip address add 10.9.9.1/24 brd + dev one
    ip link set one up
    ip link set two up
    port=$(free_port udp)
    start_peer "listen:udp:0.0.0.0:$port" 'expect:to all\n'
    status=0
    timeout 10 "$SKT" -u -q 0.1 10.9.9.255 "$port" <<<refused 2>refusal || status=$?
    assert_equal "$status" 4
    assert_one_line "$(cat refusal)" "Permission denied"
    timeout 10 "$SKT" -u -b -q 0.1 10.9.9.255 "$port" <<<"to all"
    peer_succeeds
}

@test "-b allows the broadcast address, which is refused without it" {
    need python3
    in_netns send_broadcast
}
