#!/usr/bin/env bats
# Clients that hear each other, or share the standard streams: -k, --broker, --chat.

load helpers

# hub WHAT...: tests/peers/hub.py against the listener
hub() { foreign hub.py "$listener_pid" "$port" "$@"; }

@test "1,000 clients of a broker hear every line of all others, and it takes nothing while they are idle" {
    need python3
    start_skt_listener --broker 127.0.0.1 0
    run -0 hub all "${hub_clients:-1000}"
    assert_contains "$output" "all: 1998000 of 1998000 lines, 0 ticks idle"
    assert_file_is "$listener_err" ''
}

@test "one that reads nothing costs the others nothing, and is told how much it has missed" {
    need python3
    start_skt_listener --broker 127.0.0.1 0
    run -0 hub slow 5 20000
    [[ ${lines[0]} =~ had\ ([0-9]+)\ %,\ (-?[0-9]+)\ KiB ]]
    assert_at_least "${BASH_REMATCH[1]}" 95
    more=${BASH_REMATCH[2]}
    assert_equal "${lines[1]}" "stopped: 20000 of 20000 lines had or told of, 0 others, 0 misplaced"
    assert_one_line "$(<"$listener_err")" "lines missed"
    need_plain_build # sanitizers hold back what was freed
    assert_at_most "$more" 16384
}

@test "what a slow client is told of stands where it was missed, also with a short queue" {
    need python3
    for size in 1024 40000 100000; do
        start_skt_listener --broker --queue $size 127.0.0.1 0
        run -0 hub slow 3 10000
        assert_equal "${lines[1]}" "stopped: 10000 of 10000 lines had or told of, 0 others, 0 misplaced"
    done
}

@test "--slow disconnect sends one away that reads nothing, and the others have everything" {
    need python3
    start_skt_listener --broker --slow disconnect 127.0.0.1 0
    run -0 hub slow 3 20000
    assert_contains "${lines[0]}" "had 100 %"
    wait_for_text "$listener_err" "too slow, disconnected"
    assert_equal "$(wc -l <"$listener_err")" 1
}

@test "--slow block has all wait for one that reads nothing, and nobody misses a line" {
    need python3
    start_skt_listener --broker --slow block 127.0.0.1 0
    run -0 hub block 3 40000
    assert_contains "$output" "block: 40000 of 40000 lines at the worst"
    [[ $output =~ stopped\ after\ ([0-9]+)\ of\ ([0-9]+) ]]
    assert_at_most "${BASH_REMATCH[1]}" $((BASH_REMATCH[2] / 2))
    assert_file_is "$listener_err" ''
}

@test "who is gone is waited for no more, though it has not said all yet" {
    need python3
    start_skt_listener --broker --slow block 127.0.0.1 0
    run -0 hub reset 20000
    assert_equal "$output" "reset: 20000 of 20000 lines"
}

@test "clients that are killed at random moments leave nothing behind, and the others go on" {
    need python3
    start_skt_listener --broker 127.0.0.1 0
    run -0 hub kill 30
    assert_equal "$output" "kill: 100 of 100 lines, 0 descriptors more"
    alive "$listener_pid"
}

@test "nc, ncat, socat and skt hear each other through a broker" {
    need nc.openbsd ncat socat
    start_skt_listener -v --broker 127.0.0.1 0
    outs=()
    for words in "nc.openbsd" "ncat" "socat - TCP:" "$SKT"; do
        hold_input
        held+=("$held_input")
        # shellcheck disable=SC2086  # words
        case $words in
        socat*) background_input=$held_input start_background $words"127.0.0.1:$port" ;;
        *) background_input=$held_input start_background $words 127.0.0.1 "$port" ;;
        esac
        outs+=("$started_out")
        wait_until has_clients ${#outs[@]}
    done
    say 'from the last\n'
    for out in "${outs[@]:0:3}"; do
        wait_for_text "$out" "from the last"
    done
    start_peer "connect:tcp:$port" send:one\\n waitfile:never close
    for out in "${outs[@]}"; do
        wait_for_text "$out" one
    done
    assert_file_is "${outs[3]}" 'one\n' # nobody hears himself
}

has_clients() { [ "$(grep -c "Connection received" "$listener_err")" -eq "$1" ]; }

@test "--chat names who speaks, comes and goes, and makes control characters harmless" {
    start_skt_listener -v --chat 127.0.0.1 0
    hold_input
    background_input=$held_input start_background "$SKT" 127.0.0.1 "$port"
    out=$started_out
    wait_for_text "$out" "already connected: nobody."
    start_peer "connect:tcp:$port" 'send:hi\tthere\x1b[31m\r\nand <user1> \x00 part' halfclose drain digest
    peer_succeeds
    wait_for_text "$out" "is disconnected."
    grep -v '^<announce> .* is connected\|already' "$out" >said
    assert_file_is said '<user2> hi\tthere\\x1b[31m\r\n<user2> and <user1> \\x00 part\n<announce> <user2> is disconnected.\n'
}

@test "datagram peers hear each other through a broker, each datagram as it is" {
    need nc.openbsd socat
    for where in udp unixdgram; do
        if [ "$where" = udp ]; then
            start_skt_listener -v -u --broker 127.0.0.1 0
            at=":$port" mine=()
        else
            start_skt_listener -v -u --broker -U sock
            at=":sock" mine=("bind:$where:mine")
        fi
        start_peer "${mine[@]}" "connect:$where$at" send:hello touch:there waitfile:go recv:0 'expect:two\nlines' recv:9000 close
        first=$peer_pid first_err=$peer_err
        wait_until has_clients 1
        start_peer "${mine[@]/mine/other}" "connect:$where$at" datagram:0 'send:two\nlines' datagram:9000 expect:answer close
        touch go
        peer_succeeds "$first" "$first_err"
        case $where in
        udp) words="nc.openbsd -u -w 1 127.0.0.1 $port" ;;
        *) words="socat -u - UNIX-SENDTO:sock,bind=third" ;;
        esac
        # shellcheck disable=SC2086  # words
        printf answer | timeout 10 $words
        peer_succeeds
        stop "$listener_pid"
        rm -f go mine other third there
    done
}

@test "--chat of datagrams has a line for each, and says who comes" {
    need nc.openbsd
    start_skt_listener -v -u --chat 127.0.0.1 0
    hold_input
    background_input=$held_input start_background nc.openbsd -u 127.0.0.1 "$port"
    out=$started_out
    say 'hi\n'
    wait_for_text "$out" "already connected: nobody."
    start_peer "connect:udp:$port" 'send:\x1b[2J' 'send:two\nlines\n' close
    peer_succeeds
    wait_for_text "$out" lines
    grep -v '^<announce> .* is connected\|already' "$out" >said
    assert_file_is said '<user2> \\x1b[2J\n<user2> two\\x0alines\n'
}

@test "with --label datagram senders are clients: each is named, and all get standard input" {
    need nc.openbsd
    hold_input
    listener_input=$held_input start_skt_listener -v -k -u --label --records line 127.0.0.1 0
    start_peer "connect:udp:$port" send:one 'expect:to all' send:three close
    first=$peer_pid first_err=$peer_err
    wait_until has_clients 1
    start_background bash -c 'printf two | exec nc.openbsd -u -w 5 127.0.0.1 "$1"' - "$port"
    wait_for_text "$listener_out" two
    say 'to all\n'
    wait_for_text "$started_out" "to all"
    peer_succeeds "$first" "$first_err"
    wait_for_text "$listener_out" three
    mapfile -t both < <(sed -n 's/^Connection received on //p' "$listener_err")
    assert_file_is "$listener_out" "${both[0]}: one\n${both[1]}: two\n${both[0]}: three\n"
}

@test "datagram senders stay clients after the end of standard input" {
    start_skt_listener -v -k -u --slow block --records line 127.0.0.1 0
    start_peer "connect:udp:$port" send:one sleep:1.3 send:two close # longer than one session lingers
    peer_succeeds
    wait_for_text "$listener_out" two
    assert_file_is "$listener_out" 'one\ntwo\n'
    has_clients 1
}

@test "-k sends standard input to all clients, and standard output has what all of them send" {
    need nc.openbsd ncat
    hold_input
    listener_input=$held_input start_skt_listener -v -k 127.0.0.1 0
    outs=()
    for words in "nc.openbsd -d" "ncat --recv-only" "$SKT -d"; do
        # shellcheck disable=SC2086  # words
        start_background $words 127.0.0.1 "$port"
        outs+=("$started_out")
        wait_until has_clients ${#outs[@]}
    done
    say 'to all\n'
    for out in "${outs[@]}"; do
        wait_for_text "$out" "to all"
    done
    printf 'one\n' | timeout 10 nc.openbsd -N 127.0.0.1 "$port"
    start_peer "connect:tcp:$port" send:two\\n halfclose drain digest
    peer_succeeds
    assert_file_is "$listener_out" 'one\ntwo\n'
    assert_contains "$(tail -n 1 "$peer_out")" "received 0 " # clients do not hear each other
}

@test "-k keeps lines of several clients whole, and gives on what one has left in the middle of a line" {
    start_skt_listener -v -k -d 127.0.0.1 0
    start_peer "connect:tcp:$port" waitfile:both send:hel waitfile:go send:lo\\nlast halfclose drain close
    first=$peer_pid first_err=$peer_err
    start_peer "connect:tcp:$port" waitfile:both waitfile:second send:world\\n touch:go waitfile:end close
    wait_until has_clients 2
    touch both second
    peer_succeeds "$first" "$first_err"
    touch end
    wait_for_text "$listener_out" last
    run -0 sort "$listener_out"
    assert_equal "$output" "$(printf 'hello\nlast\nworld')"
}

# The beginning of a line from one, that of a long one from the other, the end of the first one's input, and the rest: in
# $output, what the server makes of it. Fails if it was given more time than others wait for the end of a line.
leave_in_a_line() {
    local speaks
    start_skt_listener -k -d 127.0.0.1 0
    exec {one}<>"/dev/tcp/127.0.0.1/$port" {other}<>"/dev/tcp/127.0.0.1/$port"
    wait_until is_still "$listener_pid"
    printf last >&"$one"
    wait_until is_still "$listener_pid"
    speaks=$(now_ms)
    printf '%040000d' 0 >&"$other"
    wait_until test -s "$listener_out"
    exec {one}>&-
    wait_until is_still "$listener_pid"
    printf 'end\n' >&"$other"
    wait_for_text "$listener_out" end
    speaks=$(($(now_ms) - speaks))
    exec {other}>&-
    wait_for_text "$listener_out" last
    output=$(tr -d 0 <"$listener_out")
    kill_by_term "$listener_pid"
    [ "$speaks" -lt 900 ]
}

@test "what one has left without an end stands behind the line of another, not in it" {
    succeeds_within 60 leave_in_a_line || fail "this machine is too slow to speak in time"
    assert_equal "$output" $'end\nlast'
}

# The same of one that is sent away in the middle of its line, for it says nothing more, while the other goes on: in $output,
# what the server makes of it, with these options.
send_away_in_a_line() {
    local speaks
    start_skt_listener -k -d -w 0.5 "$@" 127.0.0.1 0
    exec {one}<>"/dev/tcp/127.0.0.1/$port" {other}<>"/dev/tcp/127.0.0.1/$port"
    wait_until is_still "$listener_pid"
    printf last >&"$one"
    printf 'first\n' >&"$other" # so that it is not idle itself
    wait_until is_still "$listener_pid"
    speaks=$(now_ms)
    printf '%040000d' 0 >&"$other"
    until grep -q idle "$listener_err"; do
        printf 0 >&"$other"
        [ $(($(now_ms) - speaks)) -lt 900 ] || return
    done
    printf 'end\n' >&"$other"
    wait_for_text "$listener_out" end
    speaks=$(($(now_ms) - speaks))
    wait_for_text "$listener_out" last
    exec {one}>&- {other}>&-
    output=$(tr -d 0 <"$listener_out")
    kill_by_term "$listener_pid"
    [ "$speaks" -lt 900 ]
}

@test "what one has said that is sent away stands behind the line of another, too" {
    succeeds_within 60 send_away_in_a_line || fail "this machine is too slow to speak in time"
    assert_equal "$output" $'first\nend\nlast'
    succeeds_within 60 send_away_in_a_line --label || fail "this machine is too slow to speak in time"
    [[ $output =~ ^1.*:\ first.*:\ end.*:\ last$ ]] || fail "$output"
    assert_equal "$(wc -l <<<"$output")" 3
}

@test "a line that does not go on is given on after a second" {
    start_skt_listener -v -k -d 127.0.0.1 0
    start_peer "connect:tcp:$port" print:there stall
    start_peer "connect:tcp:$port" waitfile:both send:prompt stall
    wait_until has_clients 2
    touch both
    wait_for_text "$listener_out" prompt
}

@test "a line without an end keeps nobody from speaking for longer than a second" {
    need python3
    start_skt_listener --broker 127.0.0.1 0
    run -0 hub endless 10
    assert_contains "$output" "endless: 100 of 100 lines"
    start_skt_listener --broker --label 127.0.0.1 0
    run -0 hub endless 10
    [[ $output =~ ^endless:\ 100\ of\ 100\ lines,\ ([0-9]+)\ pieces ]] || fail "$output"
    assert_at_least "${BASH_REMATCH[1]}" 10 # each with its label
}

@test "whoever waits for the end of another's line costs nothing, however many they are" {
    need python3
    need_plain_build
    background_input=/dev/null start_background bash -c 'exec "$@" >/dev/null' - "$SKT" -l -k -d --max-conns 5000 --announce=where 127.0.0.1 0
    listener_pid=$started_pid
    wait_until test -s where
    port_of "$(<where)"
    run -0 hub long 3000
    [[ $output =~ ^long:\ 3000\ ended,\ ([0-9]+)\ ticks ]] || fail "$output"
    assert_at_most "${BASH_REMATCH[1]}" 60
}

@test "with --label, what others say in the middle of a line has lines of its own" {
    start_skt_listener -v -k -d --label 127.0.0.1 0
    start_peer "connect:tcp:$port" waitfile:both send:par waitfile:second send:t\\nnext\\n touch:go waitfile:end close
    wait_until has_clients 1
    start_peer "connect:tcp:$port" waitfile:first send:whole\\n touch:said waitfile:end close
    wait_until has_clients 2
    mapfile -t both < <(sed -n 's/^Connection received on //p' "$listener_err")
    touch both
    wait_for_text "$listener_out" par # kept back for a second
    touch first
    wait_for_text "$listener_out" whole
    touch second
    wait_for_text "$listener_out" next
    touch end
    assert_file_is "$listener_out" "${both[0]}: par\\n${both[1]}: whole\\n${both[0]}: t\\n${both[0]}: next\\n"
}

@test "--label says of each line who has sent it" {
    start_skt_listener -v -k -d --label 127.0.0.1 0
    start_peer "connect:tcp:$port" 'send:one\ntwo\npart' halfclose drain close
    peer_succeeds
    wait_for_text "$listener_out" part
    who=$(sed -n 's/^Connection received on //p' "$listener_err")
    assert_file_is "$listener_out" "$who: one\n$who: two\n$who: part\n"
}

@test "records stay records in a hub, also empty ones" {
    start_skt_listener -v --broker --seqpacket -U s
    start_peer connect:seqpacket:s waitfile:go expect:one recv:0 expect:three touch:done close
    first=$peer_pid first_err=$peer_err
    wait_until has_clients 1
    start_peer connect:seqpacket:s touch:go send:one datagram:0 send:three waitfile:done close
    peer_succeeds
    peer_succeeds "$first" "$first_err"
}

@test "a record that is too large for a client is missed by it, and costs nobody anything else" {
    for end in "--broker" "--chat" "-k --records netstring"; do
        hold_input
        # shellcheck disable=SC2086  # words
        listener_input=$held_input start_skt_listener -v $end --seqpacket -U s
        start_background "$SKT" -d --seqpacket -U s
        out=$started_out
        wait_until has_clients 1
        if [[ $end = -k* ]]; then
            { printf 300000: && head -c 300000 /dev/zero && printf ,5:hello,; } >"$held_input"
        else
            size=300000
            [[ $end = --chat ]] && size=100000 # control characters become four
            start_peer sndbuf:212992 connect:seqpacket:s datagram:$size send:hello stall
        fi
        wait_for_text "$out" hello
        assert_contains "$(<"$out")" "too large: 1 message missed"
        assert_contains "$(<"$listener_err")" "too large: 1 message missed"
        alive "$listener_pid"
        stop "$listener_pid"
        release_input
    done
}

@test "--hex-dump and --stats tell clients apart" {
    start_skt_listener --broker --stats --hex-dump dump -U s
    start_peer connect:unix:s send:one\\n waitfile:go expect:two\\n send:three\\n halfclose drain close
    first=$peer_pid first_err=$peer_err
    wait_for_text dump one
    start_peer connect:unix:s send:two\\n expect:three\\n close
    touch go
    peer_succeeds
    peer_succeeds "$first" "$first_err"
    wait_until told_of_both
    assert_equal "$(cut -c 1-10 dump)" "# client 1
< 00000000
# client 2
< 00000000
# client 1
> 00000000
< 00000004
# client 2
> 00000000"
    assert_contains "$(<"$listener_err")" "skt: client 1: sent 4 bytes, "
    assert_contains "$(<"$listener_err")" "skt: client 2: received 4 bytes, "
}

told_of_both() { [ "$(grep -c "received .* bytes" "$listener_err")" -eq 2 ]; }

@test "slow standard output is waited for, and nothing of it is lost" {
    mkfifo out
    head -c 20000000 /dev/zero | tr '\0' 'x' | fold -w 99 >much
    "$SKT" -l -k -d --announce=there 127.0.0.1 0 >out 3>&- &
    job_pids+=($!)
    exec 9<out
    wait_until test -s there
    port_of "$(<there)"
    for _ in 1 2; do
        start_background bash -c '"$1" 127.0.0.1 "$2" <much' - "$SKT" "$port"
    done
    timeout 30 head -n "$((2 * $(wc -l <much)))" <&9 >got
    assert_equal "$(sort -u got | wc -l)" "$(sort -u much | wc -l)"
    exec 9<&-
}

@test "the end of standard input is told to all, and the server goes on" {
    start_skt_listener -k 127.0.0.1 0
    for text in one two; do
        start_peer "connect:tcp:$port" drain send:$text\\n close
        peer_succeeds
    done
    wait_for_text "$listener_out" two
    assert_file_is "$listener_out" 'one\ntwo\n'
}

@test "standard output that fails ends the server with status 9" {
    "$SKT" -l -k -d --announce=there 127.0.0.1 0 >/dev/full 2>err 3>&- &
    listener_pid=$!
    job_pids+=("$listener_pid")
    wait_until test -s there
    port_of "$(<there)"
    run timeout 5 "$SKT" 127.0.0.1 "$port" <<<hello
    assert_at_most "$status" 1 # what it is told of the server's end depends on when it looks
    end_status "$listener_pid"
    assert_equal "$status" 9
    assert_contains "$(<err)" "standard output: No space left on device"
}

@test "-k --max-conns bounds how many share the standard streams" {
    start_skt_listener -k -d --max-conns 1 127.0.0.1 0
    start_peer "connect:tcp:$port" send:one\\n waitfile:go halfclose drain close
    first=$peer_pid first_err=$peer_err
    wait_for_text "$listener_out" one
    start_peer "connect:tcp:$port" send:two\\n touch:go halfclose drain close
    peer_succeeds
    peer_succeeds "$first" "$first_err"
    wait_for_text "$listener_out" two
}
