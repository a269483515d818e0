#!/usr/bin/env bats
# What the calls of send(2) and recv(2) are given: flags, urgent data, whole blocks, messages that are too large.

load helpers

# --- flags of every call ----------------------------------------------------------------------------------------

# The flags of each call that the program made, as strace spells them: "MSG_MORE|MSG_NOSIGNAL", each once.
traced() { # CALL ARGUMENTS...
    local call=$1
    shift
    background_input=input start_background strace -f -qq -e trace="$call" -o trace "$SKT" "$@"
    end_status "$started_pid"
    assert_equal "$status $(cat "$started_err")" "0 "
    grep -oE 'MSG_[A-Z_|]+(, NULL, 0|, \{sa_family|\))' trace | grep -oE 'MSG_[A-Z_|]+' | sort -u
}

@test "--send-flags goes with every send of a stream" {
    need_tracer
    start_peer listen:tcp accept expect:text halfclose close
    printf text >input
    run -0 traced sendto --send-flags MSG_More,dontroute 127.0.0.1 "$port"
    assert_equal "$output" "MSG_DONTROUTE|MSG_DONTWAIT|MSG_NOSIGNAL|MSG_MORE"
    peer_succeeds
}

@test "--send-flags goes with every datagram, and --recv-flags with every receive" {
    need_tracer
    start_peer listen:udp expect:text datagram:3
    printf text >input
    run -0 traced sendto,recvmsg -u -W 1 --send-flags confirm --recv-flags 0x10000 127.0.0.1 "$port"
    assert_contains "$output" "MSG_CONFIRM"
    run -0 grep -E 'recvmsg\(.*(MSG_FASTOPEN|MSG_BATCH|0x10000|MSG_WAITFORONE)' trace
    peer_succeeds
}

@test "--send-flags goes with a listener's answers to datagrams" {
    need_tracer
    printf answer >input
    background_input=input start_background strace -f -qq -e trace=sendto -o trace \
        "$SKT" -lu --announce=where -q 0 --send-flags confirm 127.0.0.1 0
    wait_until 10 file_has_line where
    port_of "$(<where)"
    start_peer "connect:udp:$port" send:x expect:answer
    peer_succeeds
    end_status "$started_pid"
    assert_contains "$(<trace)" MSG_CONFIRM
}

@test "--send-flags dontroute does not reach what is behind a gateway" {
    try_far_host() {
        ip link add left type veth peer name right
        ip address add 10.9.0.1/24 dev left
        ip link set right up
        ip link set left up
        ip route add default via 10.9.0.2
        echo x | "$SKT" -u -q 0 10.77.0.1 9 || return 50
        echo x | "$SKT" -u -q 0 --send-flags dontroute 10.77.0.1 9
    }
    run -1 --separate-stderr in_netns try_far_host
    assert_contains "$stderr" "Network is unreachable"
}

@test "--send-flags more joins what is sent in pieces, and all of it arrives" {
    hold_input
    input=$held_input
    options=(--send-flags more -i 1ms)
    meet client tcp drain print:done halfclose close
    say 'one\ntwo\nthree\n'
    release_input
    end_status "$skt_pid"
    assert_equal "$status $(cat "$skt_err")" "0 "
    peer_succeeds
}

@test "flags that make no sense are refused, with the option that does" {
    local row
    while IFS='|' read -r words message; do
        # shellcheck disable=SC2086  # words
        run -2 --separate-stderr "$SKT" $words 127.0.0.1 1
        assert_one_line "$stderr" "$message"
    done <<'ROWS'
--recv-flags peek|--recv-flags peek: peek: every receive would find the same data again: use --peek N
--recv-flags oob|use --oob-file or --oob-inline
--recv-flags waitall|use --block N
--recv-flags errqueue|errors are told without it
--recv-flags trunc|--recv-flags trunc with stream: throws away the bytes of a stream
-u --send-flags more|--send-flags more with dgram: would join all messages into one that is never sent
-u --send-flags oob|--send-flags oob with dgram: only a stream has urgent data
--send-flags more,waitall|waitall: is a flag of the other direction
--send-flags nosuch|nosuch: not known; known: confirm dontroute dontwait eor more nosignal oob
-z --send-flags more|exclude each other
ROWS
}
