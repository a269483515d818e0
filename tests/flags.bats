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
    in_netns true
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

# --- urgent data ------------------------------------------------------------------------------------------------

# tests/peers/urgent.py listening; sets $peer_pid, $peer_out and, in `where`, the words with which skt reaches it.
start_urgent_listener() { # tcp|unix STEP...
    need python3
    local kind=$1 place=$PWD/place-$((++job_count)) # no other listener has this one's name
    shift
    start_background python3 "$SKT_SRCDIR/tests/peers/urgent.py" "listen:$kind:$place" "$@"
    peer_pid=$started_pid peer_out=$started_out peer_err=$started_err
    if [ "$kind" = tcp ]; then
        wait_for_line "$place" "$peer_pid" "$peer_err"
        where=(127.0.0.1 "$(<"$place")")
    else
        wait_listening unix "$place"
        where=(-U "$place")
    fi
}

need_unix_urgent() {
    python3 -c 'import socket; a, b = socket.socketpair(); a.send(b"x", socket.MSG_OOB)' 2>/dev/null ||
        skip "this kernel has no urgent data on Unix sockets (CONFIG_AF_UNIX_OOB)"
}

@test "--oob sends urgent data before the input" {
    local kind
    need_unix_urgent
    for kind in tcp unix; do
        start_urgent_listener "$kind" take drain
        echo input | timeout 10 "$SKT" --oob abc "${where[@]}"
        peer_succeeds
        assert_equal "$kind: $(tr '\n' ' ' <"$peer_out")" "$kind: urgent c rest abinput  "
    done
}

@test "a listener sends --oob to its client" {
    start_skt_listener --oob '!' 127.0.0.1 0
    run -0 foreign urgent.py "connect:tcp:$port" take end
    assert_equal "$output" "urgent !"
    end_status "$listener_pid"
    assert_equal "$status" 0
}

@test "--oob is part of what -o keeps" {
    start_urgent_listener tcp take drain
    echo input | "$SKT" --oob abc -o copy "${where[@]}"
    peer_succeeds
    assert_file_is copy 'abcinput\n'
}

@test "the offsets of --hex-dump go on behind --oob, also with a program" {
    start_urgent_listener tcp take drain
    echo input | "$SKT" --oob abc --hex-dump dump "${where[@]}"
    peer_succeeds
    assert_equal "$(cut -c 1-13 dump)" $'> 00000000  6\n> 00000003  6'
    start_urgent_listener tcp take drain
    "$SKT" --oob abc --hex-dump dump -e 'echo input' "${where[@]}"
    peer_succeeds
    assert_equal "$(cut -c 1-13 dump)" $'> 00000000  6\n> 00000003  6'
}

@test "--oob-file receives urgent data, and the rest comes as usual" {
    local kind
    need_unix_urgent
    for kind in tcp unix; do
        start_urgent_listener "$kind" send:one urgent:X waitfile:urgent:X send:two urgent:Y waitfile:urgent:XY \
            send:three end drain
        run -0 --separate-stderr timeout 20 "$SKT" --oob-file urgent "${where[@]}" </dev/null
        assert_equal "$kind: $output $stderr" "$kind: onetwothree "
        assert_file_is urgent XY
        peer_succeeds
    done
}

@test "urgent data overtakes what standard output does not take" {
    mkfifo slow
    start_urgent_listener tcp fill:280000 urgent:X waitfile:urgent:X end drain
    exec 7<>slow
    background_input=/dev/null start_background \
        bash -c 'exec "$@" >slow 7>&-' - "$SKT" --oob-file urgent "${where[@]}"
    wait_for_text urgent X
    skt_pid=$started_pid
    start_background bash -c 'exec timeout 15 cat <slow 7>&-'
    reader_pid=$started_pid reader_out=$started_out
    exec 7>&-
    end_status "$skt_pid"
    assert_equal "$status" 0
    end_status "$reader_pid"
    assert_equal "$(wc -c <"$reader_out")" 280000
    peer_succeeds
}

@test "urgent data right before the end, and right behind other data, is received" {
    local kind i
    need_unix_urgent
    for kind in tcp unix; do
        for i in 1 2 3 4 5; do
            start_urgent_listener "$kind" send:a urgent:X end drain
            run -0 timeout 10 "$SKT" --oob-file urgent "${where[@]}" </dev/null
            assert_equal "$kind: $output $(<urgent)" "$kind: a X"
        done
    done
}

@test "waiting after urgent data takes no time of the processor" {
    local kind
    need_unix_urgent
    for kind in tcp unix; do
        start_urgent_listener "$kind" urgent:X waitfile:go:go end drain
        hold_input
        background_input=$held_input start_background "$SKT" --oob-file urgent "${where[@]}"
        wait_for_text urgent X
        assert_idle "$started_pid" 10
        echo go >go
        release_input
        end_status "$started_pid"
        assert_equal "$status" 0
        rm -f go
    done
}

@test "--oob-file takes a descriptor, and one that is not open is told before connecting" {
    start_urgent_listener tcp urgent:X waitfile:urgent:X end drain
    run -0 timeout 10 "$SKT" --oob-file fd:9 "${where[@]}" </dev/null 9>urgent
    assert_file_is urgent X
    peer_succeeds
    run -9 --separate-stderr "$SKT" --oob-file fd:9 127.0.0.1 1 9>&-
    assert_equal "$stderr" "skt: fd:9: Bad file descriptor"
}

@test "a file that takes no urgent data ends the session with status 9" {
    [ -c /dev/full ] || skip "needs /dev/full"
    start_urgent_listener tcp urgent:X drain
    run -9 --separate-stderr timeout 10 "$SKT" -d --oob-file /dev/full "${where[@]}"
    assert_one_line "$stderr" "skt: /dev/full: No space left on device"
}

@test "--oob-inline leaves urgent data in its place" {
    local kind
    need_unix_urgent
    for kind in tcp unix; do
        start_urgent_listener "$kind" send:one urgent:X send:two end drain
        run -0 timeout 10 "$SKT" --oob-inline "${where[@]}" </dev/null
        assert_equal "$kind: $output" "$kind: oneXtwo"
    done
}

@test "--oob-inline is set on accepted sockets, too" {
    need_unix_urgent
    start_skt_listener --oob-inline -U path
    run -0 foreign urgent.py connect:unix:path send:one urgent:X send:two end drain
    end_status "$listener_pid"
    assert_file_is "$listener_out" oneXtwo
}

@test "--send-flags oob marks the last byte of each piece" {
    start_urgent_listener tcp take drain
    printf abc | "$SKT" --send-flags oob "${where[@]}"
    peer_succeeds
    assert_equal "$(tr '\n' ' ' <"$peer_out")" "urgent c rest ab "
}

@test "urgent data is refused where there is none" {
    run -2 --separate-stderr "$SKT" -u --oob x 127.0.0.1 1
    assert_equal "$stderr" "skt: --oob: needs a type with urgent data (stream): dgram has none"
    run -2 --separate-stderr "$SKT" --protocol mptcp --oob-file x 127.0.0.1 1
    assert_equal "$stderr" "skt: --oob-file: needs a type with urgent data (stream): mptcp has none"
    run -2 --separate-stderr "$SKT" --oob-inline --oob-file x 127.0.0.1 1
    assert_equal "$stderr" "skt: --oob-file and --oob-inline: exclude each other"
    run -2 --separate-stderr "$SKT" --oob "" 127.0.0.1 1
    assert_equal "$stderr" "skt: --oob '': empty"
}

# --- peeking ----------------------------------------------------------------------------------------------------

@test "--peek shows the first bytes, or the first message, or all there is before the end, and ends" {
    start_peer listen:tcp accept send:he send:llo drain
    run -0 --separate-stderr timeout 10 "$SKT" --peek 4 127.0.0.1 "$port"
    assert_equal "$output $stderr" "hell "
    start_peer listen:tcp accept send:he halfclose drain
    run -0 timeout 10 "$SKT" --peek 4 127.0.0.1 "$port"
    assert_equal "$output" he
    start_peer listen:seqpacket:path accept send:hello send:you drain
    run -0 timeout 10 "$SKT" --peek 20 -U --seqpacket path
    assert_equal "$output" hello
}

@test "--peek leaves what it shows in a socket that lives on" {
    run -0 foreign descriptors.py inherit unix question -- sh -c '"$0" --peek 5 fd:9; echo; exec "$0" -d fd:9' "$SKT"
    assert_equal "$output" "quest"$'\n'"question"
}

@test "--peek with --pass-fd shows the bytes before the descriptor, which still has them" {
    start_peer listen:tcp accept send:hello expect:question halfclose drain
    run -0 timeout 10 python3 "$SKT_SRCDIR/tests/peers/descriptors.py" pass question -- \
        "$SKT" -F --peek 5 127.0.0.1 "$port"
    assert_equal "$output" "before b'hello\\x00' blocks"$'\n'"hello"
    peer_succeeds
}

@test "--peek gives up after -w, and shows what is there" {
    start_peer listen:tcp accept send:he print:sent drain
    exec {connection}<>"/dev/tcp/127.0.0.1/$port"
    wait_for_text "$peer_out" sent
    run -6 --separate-stderr timeout 10 "$SKT" --peek 4 -w 300ms "fd:$connection"
    exec {connection}>&-
    assert_equal "$output" he
    assert_contains "$stderr" "timed out: 2 of 4 bytes are there"
}

# --- blocks -----------------------------------------------------------------------------------------------------

@test "--block gives a stream on in whole blocks, the last one shorter" {
    need_tracer
    start_peer listen:tcp accept each:0.01:abcdefghijk halfclose drain
    run -0 timeout 10 strace -qq -e trace=write -e write=none -o trace "$SKT" -d --block 4 127.0.0.1 "$port"
    assert_equal "$output" abcdefghijk
    assert_equal "$(sed -n 's/^write([0-9]*, "\([a-k]*\)".*/\1/p' trace | tr '\n' ' ')" "abcd efgh ijk "
}

@test "a large block is waited for, however much of it is there" {
    local size
    for size in 65538 100000 131072; do
        head -c $((size - 1)) /dev/urandom >first
        head -c 200000 /dev/urandom >rest
        start_peer listen:tcp accept sendfile:first sleep:0.2 sendfile:rest halfclose drain # the subject: a pause in it
        timeout 10 "$SKT" -d --block "$size" 127.0.0.1 "$port" >copy
        cat first rest | cmp - copy
    done
}

@test "-W counts blocks" {
    start_peer listen:tcp accept each:0.01:abcdefghijk drain
    run -0 timeout 10 "$SKT" -d --block 3 -W 2 127.0.0.1 "$port"
    assert_equal "$output" abcdef
    run -2 --separate-stderr "$SKT" -u --block 3 127.0.0.1 1
    assert_contains "$stderr" "--block: needs a type that carries bytes without borders (stream): dgram keeps messages apart"
}

# --- messages that are too large --------------------------------------------------------------------------------

@test "a Unix message that was cut is told with both sizes" {
    local kind
    need_root
    for kind in DGRAM SEQPACKET; do
        rm -f path
        start_skt_listener -U --type "$kind" path
        run -0 python3 - "$kind" <<'PYTHON'
import socket, sys
one = socket.socket(socket.AF_UNIX, getattr(socket, "SOCK_" + sys.argv[1]))
one.setsockopt(socket.SOL_SOCKET, 32, 4 << 20)  # SO_SNDBUFFORCE
one.connect("path")
one.send(b"x" * 1500000)
PYTHON
        end_status "$listener_pid"
        assert_equal "$status" 1
        assert_one_line "$(<"$listener_err")" "1500000 bytes, room for 1048551: message cut"
    done
}

@test "-v tells who has sent a datagram to a Unix socket" {
    need python3
    start_skt_listener -v -u -k -U "$PWD/path"
    run -0 python3 -c 'import os, socket
one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
one.bind("mine")
one.sendto(b"x", "path")
one.sendto(b"y", "path")
print(os.getpid())'
    wait_for_text "$listener_out" xy
    assert_equal "$(grep "^Peer" "$listener_err")" "Peer is pid $output, uid $(id -u), gid $(id -g)"
}

@test "-v tells who is at the other end of a Unix connection" {
    start_skt_listener -v -U path
    run -0 --separate-stderr "$SKT" -v -U path <<<x
    assert_contains "$stderr" "Peer is pid $listener_pid, uid $(id -u), gid $(id -g)"
    end_status "$listener_pid"
    run -0 grep -x "Peer is pid [0-9]*, uid $(id -u), gid $(id -g)" "$listener_err"
}
