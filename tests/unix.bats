#!/usr/bin/env bats
# Local sockets: streams, datagrams and records, at a path or by a name in the abstract namespace.

load helpers

# A name that nobody else has, for programs that are waited for by name.
unique_name() { mktemp -u skt-XXXXXXXXXX; }

# What is in the folder, but for what the helpers leave there.
files_here() {
    find . ! -name . ! -name 'job-*' ! -name 'announced-*' ! -name 'peer-*' ! -name '*stderr*' -printf '%P\n' | sort
}

# A socket that nobody listens at any more, at PATH.
dead_socket() { python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$1"; }

answers_at() { run -0 foreign peer.py "connect:$1" 'send:question\n' 'expect:answer\n'; }

# --- streams ---------------------------------------------------------------------------------------------

@test "a stream client sends its input, half-closes, and prints the answer" {
    start_peer listen:unix:s accept 'expect:question\n' drain 'send:answer\n' close
    run -0 --separate-stderr timeout 10 "$SKT" -U s <<<question
    assert_equal "$output$stderr" answer
    peer_succeeds
}

@test "a stream listener answers its client" {
    printf 'answer\n' >answer
    listener_input=answer start_skt_listener -U s
    assert_equal "$address" unix:s
    run -0 foreign peer.py connect:unix:s 'send:question\n' halfclose 'expect:answer\n' drain
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_err")" "0 "
    assert_file_is "$listener_out" 'question\n'
}

@test "unix:PATH says it all in one word" {
    printf 'answer\n' >answer
    background_input=answer start_background "$SKT" -l --announce=bound "unix:$PWD/s"
    wait_for_line bound "$started_pid" "$started_err"
    run -0 timeout 10 "$SKT" "$(cat bound)" <<<question
    assert_equal "$output" answer
    end_status "$started_pid"
    assert_equal "$status" 0
}

@test "a path with two slashes in front is announced as skt takes it back" {
    start_skt_listener -U "/$PWD/s"
    run -0 timeout 10 "$SKT" "$address" <<<question
    end_status "$listener_pid"
    assert_file_is "$listener_out" 'question\n'
}

@test "nc.openbsd and skt talk over a stream, either one listening" {
    need nc
    printf 'answer\n' >answer
    path=$(unique_name)
    background_input=answer start_background nc -N -l -U "$path"
    wait_listening unix "$path"
    run -0 timeout 10 "$SKT" -U "$path" <<<question
    assert_equal "$output" answer
    end_status "$started_pid"
    assert_file_is "$started_out" 'question\n'

    listener_input=answer start_skt_listener -U s
    run -0 timeout 10 nc -N -U s <<<question
    assert_equal "$output" answer
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'question\n'
}

@test "ncat and skt talk over a stream, either one listening" {
    need ncat
    printf 'answer\n' >answer
    path=$(unique_name)
    background_input=answer start_background ncat -l -U "$path"
    wait_listening unix "$path"
    run -0 timeout 10 "$SKT" -U "$path" <<<question
    assert_equal "$output" answer
    end_status "$started_pid"
    assert_file_is "$started_out" 'question\n'

    listener_input=answer start_skt_listener -U s
    run -0 timeout 10 ncat -U s <<<question
    assert_equal "$output" answer
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'question\n'
}

@test "socat and skt talk over a stream, either one listening" {
    need socat
    path=$(unique_name)
    start_background socat "UNIX-LISTEN:$path" EXEC:cat
    wait_listening unix "$path"
    run -0 timeout 10 "$SKT" -U "$path" <<<"there and back"
    assert_equal "$output" "there and back"

    printf 'answer\n' >answer
    listener_input=answer start_skt_listener -U s
    run -0 timeout 10 socat -t 10 - UNIX-CONNECT:s <<<question
    assert_equal "$output" answer
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'question\n'
}

@test "4 MiB go each way at once, and arrive whole" {
    body=$(random_file 4M)
    start_peer listen:unix:s accept exchange:4194304 digest
    run -0 timeout 20 bash -c '"$1" -U s <"$2" >back' - "$SKT" "$body"
    peer_succeeds
    assert_contains "$(cat "$peer_out")" "received 4194304 $(digest "$body")"
    assert_contains "$(cat "$peer_out")" "sent 4194304 $(digest back)"

    listener_input=$body start_skt_listener -U t
    run -0 foreign peer.py connect:unix:t exchange:4194304 digest
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_contains "$output" "received 4194304 $(digest "$body")"
    assert_contains "$output" "sent 4194304 $(digest "$listener_out")"
}

@test "without -k, a second client is refused as soon as the first is in" {
    hold_input
    listener_input=$held_input start_skt_listener -U s
    start_peer connect:unix:s 'send:first\n' 'expect:answer\n' drain
    wait_for_text "$listener_out" first
    run -4 --separate-stderr timeout 10 "$SKT" -U s <<<second
    assert_one_line "$stderr" "Connection refused"
    say 'answer\n'
    release_input
    peer_succeeds
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'first\n'
}

@test "a client that says nothing does not end a listener" {
    start_skt_listener -v -U s
    run -0 foreign peer.py connect:unix:s close
    wait_for_text "$listener_err" "Connection closed without a byte"
    listens() { foreign peer.py connect:unix:s 'send:hello\n' 2>/dev/null; }
    wait_until listens
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'hello\n'
}

@test "-k serves one client after the other at the same socket file" {
    start_skt_listener -k -U s
    inode=$(stat -c %i s)
    for i in 1 2 3; do
        run -0 foreign peer.py connect:unix:s "send:client $i\n" halfclose drain
    done
    wait_for_text "$listener_out" "client 3"
    assert_file_is "$listener_out" 'client 1\nclient 2\nclient 3\n'
    assert_equal "$(stat -c %i s)" "$inode"
    alive "$listener_pid"
}

@test "a peer that closes with our bytes unread makes it status 1, and all that it sent is printed" {
    start_peer listen:unix:s accept recv:1 sendbytes:100000 close digest
    printf 'more than was read\n' >input
    run -1 --separate-stderr timeout 10 bash -c '"$1" -U s <input >back' - "$SKT"
    assert_one_line "$stderr" "Connection reset by peer"
    assert_contains "$stderr" "received 100000 bytes"
    peer_succeeds
    assert_contains "$(cat "$peer_out")" "sent 100000 $(digest back)"
}

@test "a peer that closes while we still send makes it status 1" {
    start_peer listen:unix:s accept recv:1 close
    hold_input
    background_input=$held_input start_background "$SKT" -U s
    say 'some'
    peer_succeeds
    say 'more' || true # skt may have ended already
    end_status "$started_pid"
    assert_equal "$status" 1
    assert_one_line "$(cat "$started_err")" "skt: s: "
}

@test "nobody at the path is status 4" {
    run -4 --separate-stderr timeout 10 "$SKT" -U missing </dev/null
    assert_one_line "$stderr" "missing"
    assert_contains "$stderr" "No such file or directory"
    need python3
    dead_socket dead
    run -4 --separate-stderr timeout 10 "$SKT" -U dead </dev/null
    assert_one_line "$stderr" "Connection refused"
    assert_equal "$(files_here)" dead
}

# --- datagrams -------------------------------------------------------------------------------------------

@test "a datagram client can be answered, and leaves nothing in the file system" {
    start_peer listen:unixdgram:s 'expect:question\n' 'send:answer\n' waitfile:seen
    printf 'question\n' >question
    before=$(files_here)
    background_input=question start_background "$SKT" -u -U -q -1 s
    wait_for_text "$started_out" answer
    assert_equal "$(files_here)" "$before" # not while it runs either
    stop "$started_pid"
    assert_equal "$(files_here)" "$before"
    touch seen
    peer_succeeds
}

@test "nc.openbsd's datagram listener gets our message and answers it" {
    need nc
    printf 'answer\n' >answer
    path=$(unique_name)
    background_input=answer start_background nc -l -u -U "$path"
    wait_listening unix "$path"
    run -0 timeout 10 "$SKT" -u -U -w 8 -W 1 "$path" <<<question
    assert_equal "$output" answer
    wait_for_text "$started_out" question
}

@test "socat's datagram receiver gets our message and answers it" {
    need socat
    path=$(unique_name)
    start_background socat "UNIX-RECVFROM:$path" EXEC:cat
    wait_listening unix "$path"
    run -0 timeout 10 "$SKT" -u -U -w 8 -W 1 "$path" <<<"there and back"
    assert_equal "$output" "there and back"
}

@test "a datagram listener answers its first sender" {
    printf 'answer\n' >answer
    listener_input=answer start_skt_listener -u -U -W 1 s
    run -0 foreign peer.py bind:unixdgram:mine connect:unixdgram:s 'send:question\n' 'expect:answer\n'
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_err")" "0 "
    assert_file_is "$listener_out" 'question\n'
}

@test "the datagrams of nc.openbsd and socat reach our listener, and its answers them" {
    printf 'answer\n' >answer
    printf 'question\n' >question
    need nc socat
    listener_input=answer start_skt_listener -u -U -W 1 s
    background_input=question start_background nc -u -U s
    wait_for_text "$started_out" answer
    end_status "$listener_pid"
    assert_file_is "$listener_out" 'question\n'

    listener_input=answer start_skt_listener -u -U -W 1 t
    background_input=question start_background socat -t 10 - UNIX-SENDTO:t,bind=socat-end
    wait_for_text "$started_out" answer
    end_status "$listener_pid"
    assert_file_is "$listener_out" 'question\n'
}

@test "skt and skt exchange datagrams, none of them cut" {
    body=$(random_file 100000)
    listener_input=$body start_skt_listener -u -U -W 1 s
    run -0 timeout 10 bash -c '"$1" -u -U -W 1 s <"$2" >back' - "$SKT" "$body"
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_same_file back "$body"
    assert_same_file "$listener_out" "$body"
}

@test "all datagrams of a sender without a name arrive" {
    start_skt_listener -u -U -W 3 s
    run -0 foreign peer.py connect:unixdgram:s 'send:one\n' 'send:two\n' 'send:three\n'
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_err")" "0 "
    assert_file_is "$listener_out" 'one\ntwo\nthree\n'
}

@test "that a sender without a name cannot be answered is said" {
    printf 'answer\n' >answer
    listener_input=answer start_skt_listener -u -U s
    run -0 foreign peer.py connect:unixdgram:s 'send:question\n'
    end_status "$listener_pid"
    assert_equal "$status" 1
    assert_one_line "$(cat "$listener_err")" \
        "the sender has no name that could be answered (sent 0 bytes, 7 more unsent"
    assert_file_is "$listener_out" 'question\n'

    listener_input=answer start_skt_listener -u -U -k t
    run -0 foreign peer.py connect:unixdgram:t 'send:question\n'
    wait_for_text "$listener_err" "answer to"
    run -0 foreign peer.py connect:unixdgram:t 'send:again\n'
    wait_for_text "$listener_out" again
    alive "$listener_pid"
}

@test "a datagram listener takes the first sender only, and the others are refused" {
    hold_input
    listener_input=$held_input start_skt_listener -u -U s
    start_peer bind:unixdgram:mine connect:unixdgram:s 'send:first\n' 'expect:answer\n' 'send:again\n'
    wait_for_text "$listener_out" first
    run -1 foreign peer.py bind:unixdgram:other connect:unixdgram:s 'send:second\n'
    assert_contains "$output" "not permitted"
    say 'answer\n'
    peer_succeeds
    wait_for_text "$listener_out" again
    assert_file_is "$listener_out" 'first\nagain\n'
}

@test "with -k, a datagram listener takes all and answers the last, also after one has gone" {
    hold_input
    listener_input=$held_input start_skt_listener -u -U -k s
    start_peer bind:unixdgram:one connect:unixdgram:s 'send:from one\n' 'expect:to one\n'
    wait_for_text "$listener_out" "from one"
    say 'to one\n'
    peer_succeeds
    say 'nobody is there\n'
    wait_for_text "$listener_err" "answer to one: Connection refused"
    start_peer bind:unixdgram:two connect:unixdgram:s 'send:from two\n' 'expect:to two\n'
    wait_for_text "$listener_out" "from two"
    say 'to two\n'
    peer_succeeds
    alive "$listener_pid"
}

@test "-s gives a datagram client a path of its own, which is gone at its end" {
    start_peer listen:unixdgram:s 'expect:one\n' waitfile:seen 'send:answer\n'
    printf 'one\n' >input
    background_input=input start_background "$SKT" -u -U -s mine -w 8 -W 1 s
    wait_until test -S mine
    assert_equal "$(stat -c %a mine)" 600
    touch seen
    end_status "$started_pid"
    assert_equal "$status" 0
    assert_file_is "$started_out" 'answer\n'
    [ ! -e mine ]
    peer_succeeds
}

@test "-s of a file that is no socket is status 4, and the file stays" {
    start_peer listen:unixdgram:s
    echo precious >mine
    run -4 --separate-stderr timeout 10 "$SKT" -u -U -s mine s <<<hello
    assert_one_line "$stderr" "mine: exists and is not a socket"
    assert_file_is mine 'precious\n'
}

@test "a receiver that is slow loses no datagram" {
    steps=(listen:unixdgram:s)
    for i in {1..300}; do steps+=("expect:line $i"); done
    start_peer "${steps[@]}" send:all
    kill -STOP "$peer_pid" # its queue is full after a few
    printf 'line %d\n' {1..300} >input
    background_input=input start_background "$SKT" -u -U -w 8 -W 1 --records line s
    sleeping() { grep -q '^State:.S' "/proc/$started_pid/status"; }
    wait_until sleeping
    kill -CONT "$peer_pid"
    peer_succeeds
    end_status "$started_pid"
    assert_equal "$status" 0
    assert_file_is "$started_out" 'all\n'
}

@test "a peer that goes away is status 4 or 1, and said" {
    start_peer listen:unixdgram:s 'expect:one\n' close
    hold_input
    background_input=$held_input start_background "$SKT" -u -U s
    say 'one\n'
    peer_succeeds
    say 'two\n'
    end_status "$started_pid"
    assert_equal "$status" 4
    assert_one_line "$(cat "$started_err")" "skt: s: Connection refused (sent 4 bytes"
}

# --- records ---------------------------------------------------------------------------------------------

@test "seqpacket keeps records apart, both ways" {
    start_peer listen:seqpacket:s accept expect:one expect:two send:three send:four halfclose drain
    run -0 --separate-stderr timeout 10 "$SKT" -U --seqpacket --records line s < <(printf 'one\ntwo\n')
    assert_equal "$output$stderr" three$'\n'four
    peer_succeeds

    printf 'one\ntwo\n' >input
    listener_input=input start_skt_listener -U --seqpacket --records line t
    run -0 foreign peer.py connect:seqpacket:t expect:one expect:two send:three send:four halfclose drain
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'three\nfour\n'
}

@test "an empty record is data, and not the end of a seqpacket connection" {
    start_peer listen:seqpacket:s accept expect:one datagram:0 send:two datagram:0 close
    run -0 --separate-stderr timeout 10 "$SKT" -U --seqpacket --stats s < <(printf one)
    assert_equal "$output" two
    assert_contains "$stderr" "received 3 bytes in 3 messages"
    peer_succeeds

    start_skt_listener -U --seqpacket --stats t
    run -0 foreign peer.py connect:seqpacket:t datagram:0 send:two datagram:0 close
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" two
    assert_contains "$(cat "$listener_err")" "received 3 bytes in 3 messages"
}

@test "a seqpacket connection may begin with an empty record, from either end" {
    start_peer listen:seqpacket:s accept datagram:0 send:one close
    run -0 --separate-stderr timeout 10 "$SKT" -U --seqpacket --stats s </dev/null
    assert_equal "$output" one
    assert_contains "$stderr" "received 3 bytes in 2 messages"
    start_peer listen:seqpacket:t accept recv:0 expect:one drain
    run -0 timeout 10 "$SKT" -U --seqpacket --records line t < <(printf '\none\n')
    peer_succeeds
}

@test "the end of our input half-closes a seqpacket connection, and the answer still comes" {
    start_peer listen:seqpacket:s accept 'expect:question\n' drain sleep:0.5 'send:answer\n' close # the subject: it is late
    run -0 --separate-stderr timeout 10 "$SKT" -U --seqpacket s <<<question
    assert_equal "$output$stderr" answer
    peer_succeeds
}

@test "the peer's half-close of a seqpacket connection leaves our direction open" {
    hold_input
    start_peer listen:seqpacket:s accept 'send:question\n' halfclose 'expect:answer\n' drain
    background_input=$held_input start_background "$SKT" -U --seqpacket s
    wait_for_text "$started_out" question
    say 'answer\n'
    release_input
    end_status "$started_pid"
    assert_equal "$status $(cat "$started_err")" "0 "
    peer_succeeds
}

@test "a record of 100000 bytes goes over seqpacket whole, both ways" {
    body=$(random_file 100000)
    start_peer listen:seqpacket:s accept recv:100000 "datagram:100000" digest close
    run -0 timeout 10 bash -c '"$1" -U --seqpacket s <"$2" >back' - "$SKT" "$body"
    peer_succeeds
    assert_contains "$(cat "$peer_out")" "received 100000 $(digest "$body")"
    assert_contains "$(cat "$peer_out")" "sent 100000 $(digest back)"
}

@test "socat and skt talk over seqpacket, either one listening" {
    need socat
    path=$(unique_name)
    start_background socat "UNIX-LISTEN:$path,type=5" EXEC:cat
    wait_listening unix "$path"
    run -0 timeout 10 "$SKT" -U --seqpacket "$path" <<<"there and back"
    assert_equal "$output" "there and back"

    printf 'answer\n' >answer
    listener_input=answer start_skt_listener -U --seqpacket s
    run -0 timeout 10 socat -t 10 - UNIX-CONNECT:s,type=5 <<<question
    assert_equal "$output" answer
    end_status "$listener_pid"
    assert_equal "$status" 0
}

# --- descriptors as ancillary data ------------------------------------------------------------------------

# passes TYPE connect|listen PATH: a peer of that socket type that hands over three descriptors with each of 20
# messages, after it was spoken to or has connected, and then says "last". It prints a word when it listens.
passes() {
    python3 -c 'import array, socket, sys, time
name, role, path = sys.argv[1:]
kind = getattr(socket, "SOCK_" + name)
end, sender = socket.socket(socket.AF_UNIX, kind), None
if role == "connect":
    end.connect(path)
else:
    end.bind(path)
    if name != "DGRAM":
        end.listen()
    print("listening", flush=True)
    end = end.accept()[0] if name != "DGRAM" else end
    sender = end.recvfrom(100)[1] or None
descriptors = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))]
for text in [b"x\n"] * 20 + [b"last\n"]:
    end.sendmsg([text], descriptors, 0, *([sender] if sender else []))
time.sleep(60)' "$@"
}

@test "descriptors that a peer hands over are not kept" {
    need python3
    hold_input
    for type in DGRAM SEQPACKET STREAM; do
        options=$(sed 's/DGRAM/-u/; s/SEQPACKET/--seqpacket/; s/STREAM//' <<<"$type")
        start_background passes "$type" listen "$type"
        wait_for_text "$started_out" listening
        # shellcheck disable=SC2086  # no word at all if it is empty
        background_input=$held_input start_background "$SKT" -U $options "$type"
        say 'hello\n'
        wait_for_text "$started_out" last
        assert_at_most "$(open_fds "$started_pid")" 9 # 21 messages have brought three each
        stop "$started_pid"

        # shellcheck disable=SC2086
        listener_input=$held_input start_skt_listener -U $options "$type-listener"
        before=$(open_fds "$listener_pid")
        start_background passes "$type" connect "$type-listener"
        wait_for_text "$listener_out" last
        assert_at_most "$(open_fds "$listener_pid")" "$((before + 2))"
        stop "$listener_pid"
    done
}

@test "descriptors that a sender hands over are not kept where -v tells who it is, one for all or a session each" {
    need python3
    for local in "" "-k" "-k --label" "-k --echo"; do
        # shellcheck disable=SC2086
        start_skt_listener -v $local -uU receiver
        before=$(open_fds "$listener_pid")
        run -0 timeout 10 python3 - <<'PYTHON'
import array, os, socket
end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
end.connect("receiver")
null = [os.open("/dev/null", os.O_RDONLY)] * 3
for _ in range(21):
    end.sendmsg([b"x\n"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", null))])
PYTHON
        wait_for_text "$listener_err" "Peer is pid"
        wait_until is_still "$listener_pid"
        assert_at_most "$(open_fds "$listener_pid")" "$((before + 2))" # each of 21 messages has brought three
        stop "$listener_pid"
    done
}

@test "a datagram sender who has gone is told as one who refuses, of a listener too" {
    need python3
    hold_input
    listener_input=$held_input start_skt_listener -u -U path
    python3 -c 'import socket
one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
one.bind("mine")
one.sendto(b"x", "path")
one.recv(100)' 3>&- &
    local sender=$!
    wait_for_text "$listener_out" x
    say 'answer\n'
    wait "$sender"
    say 'more\n'
    end_status "$listener_pid"
    assert_equal "$status" 1
    assert_one_line "$(<"$listener_err")" "datagrams: Connection refused (sent 7 bytes, 5 more unsent;"
}

# --- names in the abstract namespace ---------------------------------------------------------------------

@test "@NAME is a stream in the abstract namespace, and no file" {
    printf 'answer\n' >answer
    name=@$(unique_name)
    listener_input=answer start_skt_listener -U "$name"
    assert_equal "$address" "unix:$name"
    assert_equal "$(files_here)" answer
    run -5 --separate-stderr timeout 10 "$SKT" -l -U "$name" </dev/null
    assert_one_line "$stderr" "$name: Address already in use"
    run -0 foreign peer.py "connect:unix:$name" 'send:question\n' halfclose 'expect:answer\n' drain
    end_status "$listener_pid"
    assert_equal "$status" 0

    start_peer "listen:unix:$name" accept 'expect:question\n' 'send:answer\n' close
    run -0 timeout 10 "$SKT" -U "$name" <<<question
    assert_equal "$output" answer
    peer_succeeds
}

@test "@NAME takes datagrams and records, too" {
    name=@$(unique_name)
    start_peer "listen:unixdgram:$name" 'expect:question\n' 'send:answer\n'
    run -0 timeout 10 "$SKT" -u -U -w 8 -W 1 "$name" <<<question
    assert_equal "$output" answer
    peer_succeeds
    start_peer "listen:seqpacket:$name" accept 'expect:question\n' 'send:answer\n' close
    run -0 timeout 10 "$SKT" -U --seqpacket "$name" <<<question
    assert_equal "$output" answer
    peer_succeeds
    printf 'answer\n' >answer
    listener_input=answer start_skt_listener -u -U -W 1 "$name"
    run -0 foreign peer.py "bind:unixdgram:$name-too" "connect:unixdgram:$name" 'send:question\n' \
        'expect:answer\n'
}

@test "socat and skt meet by a name in the abstract namespace" {
    need socat
    name=$(unique_name)
    start_background socat "ABSTRACT-LISTEN:$name" EXEC:cat
    wait_listening unix "@$name"
    run -0 timeout 10 "$SKT" -U "@$name" <<<"there and back"
    assert_equal "$output" "there and back"
    end_status "$started_pid"

    printf 'answer\n' >answer
    listener_input=answer start_skt_listener -U "@$name"
    run -0 timeout 10 socat -t 10 - "ABSTRACT-CONNECT:$name" <<<question
    assert_equal "$output" answer
}

# --- what is at the path already -------------------------------------------------------------------------

@test "a listener leaves a regular file, a folder and a FIFO alone: status 5" {
    echo precious >file
    mkdir folder
    mkfifo fifo
    for path in file folder fifo; do
        for type in '' -u --seqpacket; do
            # shellcheck disable=SC2086  # no word at all if it is empty
            run -5 --separate-stderr timeout 10 "$SKT" -l -U $type "$path" </dev/null
            assert_one_line "$stderr" "$path: exists and is not a socket"
        done
    done
    assert_file_is file 'precious\n'
    [ -d folder ]
    [ -p fifo ]
}

@test "a listener leaves a symbolic link alone, wherever it leads: status 5" {
    start_peer listen:unix:live accept 'expect:question\n' 'send:answer\n'
    dead_socket dead
    ln -s live to-live
    ln -s dead to-dead
    ln -s nowhere to-nowhere
    for path in to-live to-dead to-nowhere; do
        run -5 --separate-stderr timeout 10 "$SKT" -l -U "$path" </dev/null
        assert_one_line "$stderr" "$path: exists and is not a socket"
        [ -L "$path" ]
    done
    [ -S dead ]
    [ ! -e nowhere ]
    answers_at unix:to-live
    peer_succeeds
}

@test "a listener leaves a living one alone, of whatever type: status 5" {
    start_peer listen:unix:stream accept 'expect:question\n' 'send:answer\n'
    stream_pid=$peer_pid stream_err=$peer_err
    start_peer listen:seqpacket:records accept 'expect:question\n' 'send:answer\n'
    records_pid=$peer_pid records_err=$peer_err
    start_peer listen:unixdgram:datagrams 'expect:question\n' 'send:answer\n'
    before=$(stat -c '%n %i' stream records datagrams)
    for path in stream records datagrams; do
        for type in '' -u --seqpacket; do
            # shellcheck disable=SC2086  # no word at all if it is empty
            run -5 --separate-stderr timeout 10 "$SKT" -l -U $type "$path" </dev/null
            assert_one_line "$stderr" "$path: Address already in use"
        done
    done
    assert_equal "$(stat -c '%n %i' stream records datagrams)" "$before"
    answers_at unix:stream # a connection was not made by the question either: its accept is this one
    answers_at seqpacket:records
    run -0 foreign peer.py bind:unixdgram:mine connect:unixdgram:datagrams 'send:question\n' 'expect:answer\n'
    peer_succeeds
    peer_succeeds "$stream_pid" "$stream_err"
    peer_succeeds "$records_pid" "$records_err"
}

@test "a socket that is bound but does not listen yet is not dead" {
    need python3
    start_background python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind("s"); print("bound", flush=True); time.sleep(60)'
    wait_for_text "$started_out" bound
    run -5 --separate-stderr timeout 10 "$SKT" -l -U s </dev/null
    assert_one_line "$stderr" "Address already in use"
    [ -S s ]
}

@test "a listener takes the place of a dead one" {
    need python3
    for type in '' -u --seqpacket; do
        # shellcheck disable=SC2086  # no word at all if it is empty
        start_skt_listener -k -U $type s
        kill -KILL "$listener_pid"
        end_status "$listener_pid"
        [ -S s ]
    done
    printf 'answer\n' >answer
    listener_input=answer start_skt_listener -U s
    answers_at unix:s
    end_status "$listener_pid"
    assert_equal "$status" 0
    [ ! -e s ]
}

@test "of several listeners that find the same dead socket, one gets its place" {
    dead_socket s
    pids=()
    for i in {1..8}; do
        start_background "$SKT" -l -k -U s
        pids+=("$started_pid")
    done
    one_is_left() {
        left=()
        for pid in "${pids[@]}"; do if alive "$pid"; then left+=("$pid"); fi; done
        [ "${#left[@]}" -eq 1 ]
    }
    wait_until one_is_left
    for pid in "${pids[@]}"; do
        [ "$pid" = "${left[0]}" ] && continue
        end_status "$pid"
        assert_equal "$status" 5
    done
    run -0 foreign peer.py connect:unix:s 'send:hello\n'
    alive "${left[0]}"
}

@test "a dead socket of another user is left alone: status 5" {
    need_own_calls
    need_root
    need setpriv python3
    cp "$SKT" ./skt
    chmod 755 skt
    chmod 777 .
    dead_socket s
    chmod 666 s # so that it can be asked whether it is dead
    run -5 --separate-stderr timeout 10 setpriv --reuid=65534 --regid=65534 --clear-groups \
        ./skt -l -U s </dev/null
    assert_one_line "$stderr" "s: exists and belongs to another user"
    [ -S s ]
}

# --- the socket file -------------------------------------------------------------------------------------

under_umask() {
    umask "$1"
    exec "${@:2}"
}

@test "the socket file has mode 600, whatever the umask, for every type" {
    for mask in 000 022 777; do
        for type in '' -u --seqpacket; do
            # shellcheck disable=SC2086  # no word at all if it is empty
            start_background under_umask "$mask" "$SKT" -l -U $type "s$mask$type"
            wait_until test -S "s$mask$type"
            assert_equal "$(stat -c %a "s$mask$type")" 600
            stop "$started_pid"
        done
    done
}

@test "the socket file is born with its mode, and not given it later" {
    need_tracer
    umask 000
    start_background strace -qq -o trace -e trace=bind,chmod,fchmod,fchmodat,umask "$SKT" -l -U --announce=bound s
    wait_for_line bound "$started_pid" "$started_err"
    assert_equal "$(stat -c %a s)" 600
    assert_equal "$(sed -n '/^bind/,$p' trace | grep -c chmod)" 0
    assert_contains "$(grep -B 1 ^bind trace)" "umask(0177)"
    assert_equal "$(tail -n 1 trace)" "umask(000)                              = 0177"
}

@test "--mode says which mode the socket file has, whatever the umask" {
    umask 077
    for mode in 666 0660 600 0; do
        start_skt_listener -U --mode "$mode" s
        assert_equal "$(stat -c %a s)" "$(printf %o "0$mode")"
        stop "$listener_pid"
    done
}

@test "a socket file whose mode keeps even its owner out is gone at the end, too" {
    need_root
    need setpriv
    cp "$SKT" ./skt
    chmod 755 skt
    chmod 777 .
    start_background setpriv --reuid=65534 --regid=65534 --clear-groups ./skt -l -U --mode 0 s
    wait_until test -S s
    assert_equal "$(stat -c '%a %u' s)" "0 65534"
    stop "$started_pid"
    [ ! -e s ]
}

@test "the socket file is gone after a session, whoever ended it" {
    start_skt_listener -U s
    run -0 foreign peer.py connect:unix:s 'send:hello\n' halfclose drain
    end_status "$listener_pid"
    assert_equal "$status" 0
    [ ! -e s ]
    start_skt_listener -U --seqpacket s
    run -0 foreign peer.py connect:seqpacket:s 'send:hello\n' halfclose drain
    end_status "$listener_pid"
    [ ! -e s ]
    start_skt_listener -u -U -W 1 s
    run -0 foreign peer.py connect:unixdgram:s 'send:hello\n'
    end_status "$listener_pid"
    [ ! -e s ]
}

@test "the socket file is gone after a signal, while listening and within a session" {
    for signal in TERM INT HUP QUIT; do
        start_skt_listener -U s
        kill -s "$signal" "$listener_pid"
        end_status "$listener_pid"
        assert_equal "$status" $((128 + $(kill -l "$signal")))
        [ ! -e s ]

        start_skt_listener -k -U s
        start_peer connect:unix:s 'send:hello\n' stall
        wait_for_text "$listener_out" hello
        kill -s "$signal" "$listener_pid"
        end_status "$listener_pid"
        assert_equal "$status" $((128 + $(kill -l "$signal")))
        [ ! -e s ]

        start_skt_listener -u -U s
        kill -s "$signal" "$listener_pid"
        end_status "$listener_pid"
        assert_equal "$status" $((128 + $(kill -l "$signal")))
        [ ! -e s ]
    done
}

@test "the socket file is gone after a failure" {
    # standard output that takes nothing
    start_background bash -c 'exec "$@" >/dev/full' - "$SKT" -l --announce=bound -U s
    wait_for_line bound "$started_pid" "$started_err"
    run foreign peer.py connect:unix:s 'send:hello\n' drain
    end_status "$started_pid"
    assert_equal "$status" 9
    [ ! -e s ]
    # nobody comes
    run -6 timeout 10 "$SKT" -l -U --accept-timeout 0.1 s </dev/null
    [ ! -e s ]
    # nowhere to announce
    run -9 timeout 10 "$SKT" -l -U --announce=missing/file s </dev/null
    [ ! -e s ]
    # a path for answers, and nobody to connect to
    run -4 timeout 10 "$SKT" -u -U -s s missing </dev/null
    [ ! -e s ]
}

@test "what somebody else has put in the socket file's place stays" {
    start_skt_listener -U s
    rm s
    start_peer listen:unix:s accept 'expect:question\n' 'send:answer\n'
    stop "$listener_pid"
    answers_at unix:s
    peer_succeeds

    start_skt_listener -U t
    rm t
    echo precious >t
    stop "$listener_pid"
    assert_file_is t 'precious\n'
}

@test "while a listener serves its only client, the next one may have its path, and keeps it" {
    start_skt_listener -U s
    start_peer connect:unix:s 'send:to the first\n' waitfile:taken halfclose drain
    first_pid=$listener_pid first_out=$listener_out
    wait_for_text "$first_out" "to the first"
    start_skt_listener -U s
    touch taken
    peer_succeeds
    end_status "$first_pid"
    assert_equal "$status" 0
    run -0 foreign peer.py connect:unix:s 'send:to the second\n'
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'to the second\n'
    [ ! -e s ]
}

@test "a signal while a client still waits to connect removes the path of its -s" {
    start_peer backlog:0 listen:unix:s connect:unix:s touch:full stall
    wait_until test -e full
    background_input=/dev/null start_background "$SKT" -U -s mine s
    wait_until test -S mine
    kill -TERM "$started_pid"
    end_status "$started_pid"
    assert_equal "$status" 143
    [ ! -e mine ]
}

@test "a socket file that is gone already is no failure" {
    start_skt_listener -U s
    start_peer connect:unix:s 'send:hello\n' waitfile:removed halfclose drain
    wait_for_text "$listener_out" hello
    rm s
    touch removed
    peer_succeeds
    end_status "$listener_pid"
    assert_equal "$status $(cat "$listener_err")" "0 "
}

# --- how long a path may be ------------------------------------------------------------------------------

@test "a path of 107 bytes works" {
    path=$(printf 'p%.0s' {1..107})
    printf 'answer\n' >answer
    listener_input=answer start_skt_listener -U "$path"
    assert_equal "$address" "unix:$path"
    [ -S "$path" ]
    answers_at "unix:$path"
    end_status "$listener_pid"
    [ ! -e "$path" ]
    start_peer "listen:unix:$path" accept 'expect:question\n' 'send:answer\n' close
    run -0 timeout 10 "$SKT" -U "$path" <<<question
    assert_equal "$output" answer
}

@test "a name of 107 bytes in the abstract namespace works" {
    name=@$(unique_name)
    name=$name$(printf 'n%.0s' $(seq $((108 - ${#name}))))
    assert_equal "${#name}" 108
    printf 'answer\n' >answer
    listener_input=answer start_skt_listener -U "$name"
    answers_at "unix:$name"
}

@test "a path of 108 or 200 bytes is a usage error that says both sizes, and nothing is made" {
    for size in 108 200; do
        path=$(printf 'p%.0s' $(seq "$size"))
        for how in -l '-l -u' '-l --seqpacket' '' -u; do
            # shellcheck disable=SC2086  # several words
            run -2 --separate-stderr timeout 10 "$SKT" -U $how "$path" </dev/null
            assert_one_line "$stderr" "$path"
            assert_contains "$stderr" "$size bytes"
            assert_contains "$stderr" "at most 107 bytes"
        done
        run -2 --separate-stderr timeout 10 "$SKT" -u -U -s "$path" s </dev/null
        assert_contains "$stderr" "$size bytes"
    done
    run -2 --separate-stderr timeout 10 "$SKT" -U "@$path" </dev/null
    assert_contains "$stderr" "at most 107 bytes"
    assert_equal "$(files_here)" ""
}
