#!/usr/bin/env bats
# The end of input, on either side and in either order: each direction ends by itself, and all of it arrives.

load helpers

# remember: puts what meet has set into the arrays below, a session's number is its place in them.
remember() {
    skts+=("$skt_pid") outs+=("$skt_out") errs+=("$skt_err") peers+=("$peer_pid") peer_outs+=("$peer_out")
}

# meet_all STEP...: meet (see helpers.bash) as client and as listener over every kind of connection, all at the same
# time; @ in a step is the session's number. With `prepare` defined, it is called with that number before each.
meet_all() {
    local role kind
    skts=() outs=() errs=() peers=() peer_outs=()
    for role in client listener; do
        for kind in tcp unix seqpacket; do
            [ "$(type -t prepare)" != function ] || prepare "${#skts[@]}"
            meet "$role" "$kind" "${@//@/${#skts[@]}}"
            remember
        done
    done
}

# Both ends of session I ended by themselves, well and without a word.
ended_well() {
    end_status "${skts[$1]}"
    assert_equal "session $1: $status $(<"${errs[$1]}")" "session $1: 0 "
    end_status "${peers[$1]}"
    assert_equal "peer $1: $status" "peer $1: 0"
}

# peer_digest I sent|received: what the peer's step "digest" has printed, without the count of bytes.
peer_digest() { awk -v which="$2" '$1 == which { print $3 }' "${peer_outs[$1]}"; }

# slowly FILE: makes the FIFO $slow_input, out of which FILE trickles, a quarter at a time with a pause before each.
slowly() {
    slow_input=slowly-$job_count
    mkfifo "$slow_input"
    background_input=/dev/null start_background bash -c 'exec >"$2"; quarter=$(($(wc -c <"$1") / 4))
        for i in 0 1 2 3; do sleep 0.3; tail -c +$((i * quarter + 1)) "$1" | head -c "$quarter"; done' \
        - "$1" "$slow_input"
}

# --- our input ends first --------------------------------------------------------------------------------

@test "a reply that comes 3 s after our input has ended is complete" {
    input=$(random_file 100000)
    meet_all drain sleep:3 sendbytes:1048576 halfclose digest
    for i in "${!skts[@]}"; do
        ended_well "$i"
        assert_equal "$(peer_digest "$i" received)" "$(digest "$input")"
        assert_equal "$(digest "${outs[i]}")" "$(peer_digest "$i" sent)"
        assert_equal "$(wc -c <"${outs[i]}")" 1048576
    done
}

# As listeners, nc and ncat cannot play this part: they end when their client has ended.
@test "a late reply from nc, ncat and socat is complete" {
    need python3 nc.openbsd ncat socat
    request=$(random_file 100000)
    reply=$(random_file 1M)
    # foreign_with_late_reply COMMAND...: its input is the reply, 1.5 s after it has started
    foreign_with_late_reply() {
        late=late-$job_count
        mkfifo "$late"
        background_input=/dev/null start_background bash -c 'exec >"$2"; sleep 1.5; cat "$1"' - "$reply" "$late"
        background_input=$late start_background "$@"
        got+=("$started_out") foreign+=("$started_pid") names+=("$1")
    }
    names=() skts=() outs=() errs=() got=() foreign=()

    port=$(free_port tcp)
    foreign_with_late_reply socat -t 10 - "TCP-LISTEN:$port,bind=127.0.0.1"
    wait_listening tcp "$port"
    background_input=$request start_background "$SKT" 127.0.0.1 "$port"
    skts+=("$started_pid") outs+=("$started_out") errs+=("$started_err")

    for command in 'nc.openbsd -N 127.0.0.1 ' 'ncat 127.0.0.1 ' 'socat -t 10 - TCP:127.0.0.1:'; do
        listener_input=$request start_skt_listener 127.0.0.1 0
        skts+=("$listener_pid") outs+=("$listener_out") errs+=("$listener_err")
        # shellcheck disable=SC2086  # several words
        foreign_with_late_reply $command$port
    done
    for i in "${!skts[@]}"; do
        end_status "${skts[i]}"
        assert_equal "${names[i]}: $status $(<"${errs[i]}")" "${names[i]}: 0 "
        assert_same_file "${outs[i]}" "$reply"
        end_status "${foreign[i]}"
        assert_same_file "${got[i]}" "$request"
    done
}

@test "a reply that trickles in after our input has ended arrives to its last byte" {
    input=$(random_file 10)
    meet_all drain trickle:6:1024:0.3 halfclose digest
    for i in "${!skts[@]}"; do
        ended_well "$i"
        assert_equal "$(digest "${outs[i]}")" "$(peer_digest "$i" sent)"
        assert_equal "$(wc -c <"${outs[i]}")" 6144
    done
}

@test "the peer sees the end of our input at once, while we still listen to it" {
    input=$(random_file 10)
    meet_all drain touch:ended-@ waitfile:go send:answer close
    for i in "${!skts[@]}"; do
        wait_until test -e "ended-$i"
        alive "${skts[i]}"
    done
    touch go
    for i in "${!skts[@]}"; do
        ended_well "$i"
        assert_file_is "${outs[i]}" answer
    done
}

@test "-N, which nc needs for this, is accepted" {
    input=$(random_file 10)
    options=(-N)
    meet client tcp drain send:answer close
    end_status "$skt_pid"
    assert_equal "$status $(<"$skt_err")" "0 "
    assert_file_is "$skt_out" answer
}

# --- the peer ends first ---------------------------------------------------------------------------------

@test "what we still have to send arrives after the peer has ended" {
    request=$(random_file 4096)
    prepare() { slowly "$request" && input=$slow_input; }
    meet_all send:hello halfclose drain digest
    for i in "${!skts[@]}"; do
        ended_well "$i"
        assert_file_is "${outs[i]}" hello
        assert_equal "$(peer_digest "$i" received)" "$(digest "$request")"
    done
}

@test "what we still have to send arrives after nc, ncat or socat have ended" {
    need python3 nc.openbsd ncat socat
    printf hello >hello
    request=$(random_file 4096)
    skts=() outs=() errs=() got=() foreign=()
    for name in nc.openbsd ncat socat; do
        port=$(free_port tcp)
        background_input=hello
        case $name in
        nc.openbsd) start_background nc.openbsd -N -l 127.0.0.1 "$port" ;;
        ncat) start_background ncat -l 127.0.0.1 "$port" ;;
        socat) start_background socat -t 10 - "TCP-LISTEN:$port,bind=127.0.0.1" ;;
        esac
        got+=("$started_out") foreign+=("$started_pid")
        wait_listening tcp "$port"
        slowly "$request"
        background_input=$slow_input start_background "$SKT" 127.0.0.1 "$port"
        skts+=("$started_pid") outs+=("$started_out") errs+=("$started_err")
    done
    for i in "${!skts[@]}"; do
        end_status "${skts[i]}"
        assert_equal "$i: $status $(<"${errs[i]}")" "$i: 0 "
        assert_file_is "${outs[i]}" hello
        end_status "${foreign[i]}"
        assert_same_file "${got[i]}" "$request"
    done
}

@test "the next program of the pipeline sees the peer's end while we still send" {
    held=() holders=() nexts=()
    prepare() {
        hold_input
        held+=("$held_input") holders+=("$held_pid") input=$held_input
        mkfifo "pipe-$1"
        start_background bash -c 'exec cat <"$0" >"$1"' "pipe-$1" "next-$1"
        nexts+=("$started_pid") streams=">pipe-$1"
    }
    meet_all send:hello halfclose expect:more drain
    for i in "${!skts[@]}"; do
        end_status "${nexts[i]}"
        assert_equal "$status $(<"next-$i")" "0 hello"
        alive "${skts[i]}"
        printf more >"${held[i]}"
        stop "${holders[i]}"
        ended_well "$i"
    done
}

@test "the next program of the pipeline sees the end of a peer that has said nothing, too" {
    for role in client listener; do
        hold_input
        rm -f pipe next
        mkfifo pipe
        start_background bash -c 'exec cat <pipe >next'
        next_pid=$started_pid
        input=$held_input streams='>pipe' meet "$role" tcp halfclose expect:some drain
        say some # now it is more than a port scan, to a listener
        end_status "$next_pid"
        assert_equal "$status $(<next)" "0 "
        alive "$skt_pid"
        release_input
        end_status "$skt_pid"
        assert_equal "$role: $status $(<"$skt_err")" "$role: 0 "
        end_status "$peer_pid"
        assert_equal "$status" 0
    done
}

@test "the peer sees our end while what it has said still waits for our output" {
    options=(--no-splice)
    for role in client listener; do
        hold_input
        rm -f slow go
        mkfifo slow
        start_background bash -c 'exec <slow; until [ -e go ]; do sleep 0.02; done; exec cat'
        reader_pid=$started_pid reader_out=$started_out
        input=$held_input streams='>slow' meet "$role" tcp sendbytes:100000 halfclose drain digest
        wait_until is_still "$skt_pid" # it has read all, and half of it has no room in the pipe
        release_input
        peer_succeeds
        alive "$skt_pid"
        touch go
        end_status "$skt_pid"
        assert_equal "$status" 0
        end_status "$reader_pid"
        assert_equal "$(digest "$reader_out")" "$(awk '$1 == "sent" { print $3 }' "$peer_out")"
    done
}

# With SO_LINGER of 0 closing alone would reset the connection.
@test "a client that says nothing sees an orderly end, whatever closing does" {
    for linger in off 0 1; do
        start_skt_listener -k --sockopt "linger=$linger" 127.0.0.1 0
        start_peer connect:"tcp:$port" halfclose drain
        peer_succeeds
    done
    start_skt_listener -k 127.0.0.1 0
    start_peer connect:"tcp:$port" halfclose drain
    peer_succeeds
    start_skt_listener -k -U here
    start_peer connect:unix:here halfclose drain
    peer_succeeds
}

@test "what a peer that has ended does not take is waited for, and its reset is told" {
    for role in client listener; do
        hold_input
        rm -f go
        input=$held_input meet "$role" tcp halfclose waitfile:go reset
        wait_until is_still "$skt_pid"
        cat "$(random_file 500K)" >"$held_input"
        release_input
        wait_until is_still "$skt_pid" # all of it is in the kernel, and some has arrived
        touch go
        end_status "$skt_pid"
        assert_equal "$status" 1
        assert_contains "$(<"$skt_err")" "Connection reset by peer (sent 512000 bytes, "
    done
}

@test "a reset behind the end of a peer that was sent nothing is told" {
    hold_input
    listener_input=$held_input start_skt_listener 127.0.0.1 0
    kill -STOP "$listener_pid" # until all of it is there
    start_peer connect:"tcp:$port" send:all halfclose reset
    peer_succeeds
    kill -CONT "$listener_pid"
    end_status "$listener_pid"
    assert_equal "$status $(<"$listener_out")" "1 all"
    assert_one_line "$(<"$listener_err")" "Broken pipe (sent 0 bytes; received 3 bytes)"
}

@test "nothing is lost in either direction when both ends end at the same time" {
    input=$(random_file 100000)
    meet_all exchange:100000 digest
    for i in "${!skts[@]}"; do
        ended_well "$i"
        assert_equal "$(peer_digest "$i" received)" "$(digest "$input")"
        assert_equal "$(digest "${outs[i]}")" "$(peer_digest "$i" sent)"
    done
}

# --- the other direction does not matter -----------------------------------------------------------------

# Two cells (data, its end) of each of twelve sessions, and in each what the other direction had.
matrix_is_full() {
    run -0 foreign matrix.py "$SKT" "$1"
    assert_equal "$(grep -v ' ok$' <<<"$output")" ""
    assert_equal "$(grep -c ' data ok$\| end ok$' <<<"$output")" 24
    assert_equal "$(grep -c ' rest ok$' <<<"$output")" 12
}

@test "over TCP, data and its end come through in all 24 cells: quiet, filled or ended the other way" {
    matrix_is_full tcp
}

@test "over Unix streams, data and its end come through in all 24 cells" { matrix_is_full unix; }

@test "over Unix records, data and its end come through in all 24 cells" { matrix_is_full seqpacket; }

# --- the reader of our output goes away ------------------------------------------------------------------

@test "skt ends within a second, with status 9, when the reader of its output goes away" {
    hold_input
    input=$held_input readers=()
    prepare() {
        mkfifo "pipe-$1"
        start_background bash -c 'exec head -c1 <"$0" >"$1"' "pipe-$1" "first-$1"
        readers+=("$started_pid") streams=">pipe-$1"
    }
    meet_all send:hello drain
    for i in "${!skts[@]}"; do
        end_status "${readers[i]}"
        gone=$(now_ms)
        end_status "${skts[i]}"
        assert_at_most $(($(now_ms) - gone)) 2000
        assert_equal "session $i: $status" "session $i: 9"
        assert_equal "$(wc -l <"${errs[i]}")" 1
        assert_contains "$(<"${errs[i]}")" "skt: standard output: "
        assert_file_is "first-$i" h
    done
}

@test "skt ends when the reader of its output goes away and nothing is ever written any more" {
    hold_input
    input=$held_input
    mkfifo pipe
    start_background bash -c 'exec head -c1 <pipe'
    reader_pid=$started_pid
    streams='>pipe' meet client tcp send:h waitfile:never
    end_status "$reader_pid"
    end_status "$skt_pid" 2
    assert_equal "$status" 9
}

# --- a terminal ------------------------------------------------------------------------------------------

@test "the session ends when the peer ends if standard input is a terminal" {
    start_peer listen:tcp accept expect:typed\\n send:answer close
    run -0 foreign terminal.py --type='typed\n' "$SKT" 127.0.0.1 "$port"
    assert_equal "$output" answer
    end_status "$peer_pid"
    assert_equal "$status" 0

    announced=$PWD/announced
    start_background python3 "$SKT_SRCDIR/tests/peers/terminal.py" "$SKT" -l --announce="$announced" 127.0.0.1 0
    terminal_pid=$started_pid terminal_out=$started_out
    wait_for_line "$announced" "$started_pid" "$started_err"
    port_of "$(<"$announced")"
    start_peer "connect:tcp:$port" send:hello close
    end_status "$terminal_pid"
    assert_equal "$status" 0
    assert_file_is "$terminal_out" hello
}

@test "Ctrl-D on a terminal ends our direction only" {
    start_peer listen:tcp accept expect:typed\\n drain send:answer close
    run -0 foreign terminal.py --type='typed\n\x04' "$SKT" 127.0.0.1 "$port"
    assert_equal "$output" answer
    end_status "$peer_pid"
    assert_equal "$status" 0
}

# --- standard streams that are closed --------------------------------------------------------------------

@test "</dev/null ends our direction at once, and all of the peer's is received" {
    input=/dev/null
    meet_all drain sendbytes:100000 halfclose digest
    for i in "${!skts[@]}"; do
        ended_well "$i"
        assert_equal "$(digest "${outs[i]}")" "$(peer_digest "$i" sent)"
    done
}

holds_socket() { [[ $(readlink "/proc/$1/fd"/* 2>/dev/null) == *socket:* ]]; }

@test "whichever standard streams are closed, the peer gets nothing back and no socket takes their place" {
    printf question >question
    input=question
    skts=() outs=() errs=() peers=() peer_outs=() closings=()
    for role in client listener; do
        for in in '' '<&-'; do
            for out in '' '>&-'; do
                for err in '' '2>&-'; do
                    streams="$in $out $err" meet "$role" tcp waitfile:go save:"got-${#skts[@]}" send:secret halfclose drain
                    remember
                    closings+=("$in $out $err")
                done
            done
        done
    done
    assert_equal "${#skts[@]}" 16
    for pid in "${skts[@]}"; do
        wait_until holds_socket "$pid"
        refute_contains "$(readlink "/proc/$pid/fd/0" "/proc/$pid/fd/1" "/proc/$pid/fd/2")" socket:
    done
    touch go
    for i in "${!skts[@]}"; do
        end_status "${skts[i]}"
        want=0
        [[ ${closings[i]} != *'>&- '* ]] || want=9
        assert_equal "${closings[i]}: $status" "${closings[i]}: $want"
        end_status "${peers[i]}" # by a reset, if what it sends is lost
        [[ ${closings[i]} == *'<&- >&- '* ]] || assert_equal "${closings[i]}: $status" "${closings[i]}: 0"
        want=question
        [[ ${closings[i]} != *'<&-'* ]] || want=
        assert_file_is "got-$i" "$want"
        [[ ${closings[i]} == *'>&- '* ]] || assert_file_is "${outs[i]}" secret
        [[ ${closings[i]} != *'>&- ' ]] || assert_contains "$(<"${errs[i]}")" "skt: standard output: "
    done
}

@test "a closed standard output is no fault when nothing is to be written" {
    printf question >question
    input=question streams='>&-' meet client tcp expect:question drain close
    end_status "$skt_pid"
    assert_equal "$status $(<"$skt_err")" "0 "
    end_status "$peer_pid"
    assert_equal "$status" 0
}

# --- options ---------------------------------------------------------------------------------------------

@test "-q 0 ends with our input, and all that was sent has arrived" {
    input=$(random_file 300000)
    options=(-q 0)
    meet_all drain digest stall
    for i in "${!skts[@]}"; do
        end_status "${skts[i]}"
        assert_equal "session $i: $status $(<"${errs[i]}")" "session $i: 0 "
        wait_for_text "${peer_outs[i]}" received
        assert_equal "$(peer_digest "$i" received)" "$(digest "$input")"
    done
}

@test "-q waits as long as it says for the peer's end, in fractions of a second too, and no longer" {
    options=(-q 1.5)
    began=$(now_ms)
    meet client tcp drain sleep:0.3 send:answer stall # sooner than that
    end_status "$skt_pid"
    took=$(($(now_ms) - began))
    assert_equal "$status $(<"$skt_err")" "0 "
    assert_at_least "$took" 1500
    assert_at_most "$took" 5000
    assert_file_is "$skt_out" answer
}

@test "-q counts from the end of our input, not from the start" {
    options=(-q 1) # the input takes longer
    slowly "$(random_file 400)"
    input=$slow_input meet listener unix recv:400 drain sleep:0.1 send:answer stall # sooner than that
    end_status "$skt_pid"
    assert_equal "$status $(<"$skt_err")" "0 "
    assert_file_is "$skt_out" answer
}

@test "-q -1 waits as long as the peer takes" {
    options=(-q -1)
    meet client tcp drain sleep:1 send:answer close # the subject
    end_status "$skt_pid"
    assert_equal "$status $(<"$skt_err")" "0 "
    assert_file_is "$skt_out" answer
}

@test "-d and --recv-only read no input and leave our direction open" {
    request=$(random_file 1000)
    for word in -d --recv-only; do
        start_peer listen:tcp accept send:hello refuses:0.3 close
        run -0 bash -c '"$0" "$1" 127.0.0.1 "$2" >out && cat >rest' "$SKT" "$word" "$port" <"$request"
        assert_file_is out hello
        assert_same_file rest "$request"
        end_status "$peer_pid"
        assert_equal "$word: $status" "$word: 0"

        announced=$PWD/announced$word
        background_input=$request start_background \
            bash -c '"$0" -l "$1" --announce="$2" 127.0.0.1 0 && cat >rest-too' "$SKT" "$word" "$announced"
        job=$started_pid out=$started_out
        wait_for_line "$announced" "$job" "$started_err"
        port_of "$(<"$announced")"
        start_peer "connect:tcp:$port" send:hello refuses:0.3 close
        end_status "$job"
        assert_equal "$word: $status" "$word: 0"
        assert_file_is "$out" hello
        assert_same_file rest-too "$request"
        end_status "$peer_pid"
        assert_equal "$word: $status" "$word: 0"
    done
}

@test "--no-shutdown and --shutdown=none keep our direction open until the peer ends" {
    printf hello >hello
    input=hello
    for word in --no-shutdown --shutdown=none; do
        options=("$word")
        meet_all expect:hello refuses:0.3 send:answer halfclose drain
        for i in "${!skts[@]}"; do
            ended_well "$i"
            assert_file_is "${outs[i]}" answer
        done
    done
}

@test "--shutdown=wr is what happens anyway" {
    input=$(random_file 10)
    options=(--shutdown=wr)
    meet listener tcp drain send:answer close
    end_status "$skt_pid"
    assert_equal "$status $(<"$skt_err")" "0 "
    assert_file_is "$skt_out" answer
}

@test "--shutdown=rdwr ends both directions with our input, and all that was sent has arrived" {
    input=$(random_file 300000)
    options=(--shutdown=rdwr)
    meet_all drain digest stall
    for i in "${!skts[@]}"; do
        end_status "${skts[i]}"
        assert_equal "session $i: $status $(<"${errs[i]}")" "session $i: 0 "
        wait_for_text "${peer_outs[i]}" received
        assert_equal "$(peer_digest "$i" received)" "$(digest "$input")"
    done
}

@test "--send-only throws away what comes in and ends with our input, which arrives whole" {
    input=$(random_file 300000)
    options=(--send-only)
    meet_all send:noise drain digest stall
    for i in "${!skts[@]}"; do
        end_status "${skts[i]}"
        assert_equal "session $i: $status $(<"${errs[i]}")" "session $i: 0 "
        assert_file_is "${outs[i]}" ""
        wait_for_text "${peer_outs[i]}" received
        assert_equal "$(peer_digest "$i" received)" "$(digest "$input")"
    done
}
