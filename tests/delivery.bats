#!/usr/bin/env bats
# Status 0 only when every byte has arrived. What is lost is said, and nothing is lost without need.

load helpers

# size_is FILE BYTES
size_is() { [ "$(stat -c %s "$1")" -eq "$2" ]; }

# both_roles KIND STEP...: meet as client and as listener; sets the arrays.
both_roles() {
    local role
    skts=() outs=() errs=() peers=() peer_outs=()
    for role in client listener; do
        meet "$role" "$1" "${@:2}"
        skts+=("$skt_pid") outs+=("$skt_out") errs+=("$skt_err") peers+=("$peer_pid") peer_outs+=("$peer_out")
    done
}

# ended_with STATUS I [TEXT]: session I ended, and said one line with TEXT in it; without TEXT, nothing.
ended_with() {
    end_status "${skts[$2]}"
    assert_equal "session $2: $status" "session $2: $1"
    if [ $# -eq 2 ]; then
        assert_file_is "${errs[$2]}" ""
    else
        assert_equal "$(wc -l <"${errs[$2]}")" 1
        assert_contains "$(<"${errs[$2]}")" "$3"
    fi
}

# --- a connection that fails -----------------------------------------------------------------------------

@test "a reset in the middle of a download is status 1 with the count, and what came before is there" {
    hold_input
    input=$held_input
    both_roles tcp sendbytes:300000 digest waitfile:go reset
    for i in "${!skts[@]}"; do
        wait_until size_is "${outs[i]}" 300000
    done
    touch go
    for i in "${!skts[@]}"; do
        ended_with 1 "$i" "Connection reset by peer (sent 0 bytes; received 300000 bytes)"
        assert_equal "sent 300000 $(digest "${outs[i]}")" "$(head -n 1 "${peer_outs[i]}")"
    done
}

# told_a_part I: of 8 MiB, of which the peer has read 100000 bytes, skt says that a part was sent.
told_a_part() {
    [[ $(<"${errs[$1]}") =~ \(sent\ ([0-9]+)\ bytes ]]
    assert_at_least "${BASH_REMATCH[1]}" 100000
    assert_at_most "${BASH_REMATCH[1]}" 8388607
}

@test "a reset in the middle of an upload is status 1 with what was sent of it" {
    input=$(random_file 8M)
    both_roles tcp recv:100000 reset
    for i in "${!skts[@]}"; do
        ended_with 1 "$i" " (sent "
        told_a_part "$i"
    done
}

@test "a peer that closes in the middle of an upload is status 1 with what was sent of it" {
    input=$(random_file 8M)
    for kind in tcp unix seqpacket; do
        first=recv:100000
        [ "$kind" != seqpacket ] || first=recv:131072
        both_roles "$kind" "$first" close
        for i in "${!skts[@]}"; do
            ended_with 1 "$i" " (sent "
            told_a_part "$i"
        done
    done
}

@test "what is sent to a peer that has closed in order is status 1, not lost in silence" {
    for role in client listener; do
        hold_input
        say one
        input=$held_input meet "$role" tcp expect:one close
        end_status "$peer_pid"
        assert_equal "$status" 0
        say two
        release_input
        skts=("$skt_pid") errs=("$skt_err")
        ended_with 1 0 "(sent 6 bytes, 3 of them not acknowledged; received 0 bytes)"
    done
}

@test "a Unix peer that has closed ends the session in order, as nobody is there to send to" {
    hold_input
    input=$held_input
    for role in client listener; do
        say one
        meet "$role" unix expect:one send:two close
        end_status "$skt_pid"
        assert_equal "$status $(<"$skt_err")" "0 "
        assert_file_is "$skt_out" two
    done
}

@test "a peer that closes without reading the last of what it was sent makes it status 1" {
    input=$(random_file 1000)
    for kind in tcp unix; do
        both_roles "$kind" recv:500 close
        for i in "${!skts[@]}"; do
            ended_with 1 "$i" " (sent 1000 bytes"
        done
    done
}

@test "everything is printed, however slowly, when the peer has closed long before" {
    mkfifo pipe
    hold_input
    input=$held_input streams='>pipe' meet client tcp sendbytes:1000000 digest close
    exec 7<pipe
    end_status "$peer_pid"
    assert_equal "$status" 0
    alive "$skt_pid"
    release_input
    cat <&7 >got
    exec 7<&-
    end_status "$skt_pid"
    assert_equal "$status $(<"$skt_err")" "0 "
    assert_equal "sent 1000000 $(digest got)" "$(head -n 1 "$peer_out")"
}

@test "what had come is printed, and then status 1, when the peer resets while nobody reads our output" {
    mkfifo pipe
    hold_input
    input=$held_input streams='>pipe' meet client tcp sendbytes:1000000 touch:sent waitfile:go reset
    exec 7<pipe
    wait_until test -e sent
    touch go
    end_status "$peer_pid"
    cat <&7 >got
    exec 7<&-
    skts=("$skt_pid") errs=("$skt_err")
    ended_with 1 0 "Connection reset by peer"
    [[ $(<"$skt_err") =~ received\ ([0-9]+)\ bytes\) ]]
    assert_equal "$(wc -c <got)" "${BASH_REMATCH[1]}"
    assert_at_least "$(wc -c <got)" 65536
}

@test "SIGPIPE ends nothing: neither a lost peer nor a lost reader is death by signal" {
    input_file=$(random_file 8M)
    mkfifo pipe
    for disposition in --default-signal=PIPE --ignore-signal=PIPE; do
        start_peer listen:tcp accept recv:1000 close
        background_input=$input_file start_background env "$disposition" "$SKT" 127.0.0.1 "$port"
        end_status "$started_pid"
        assert_equal "$disposition: $status" "$disposition: 1"

        # when skt goes on, there is something to write and nobody to read it
        rm -f joined go sent
        start_peer listen:tcp accept touch:joined waitfile:go send:hello touch:sent drain
        start_background bash -c 'exec env "$@" >pipe' - "$disposition" "$SKT" 127.0.0.1 "$port"
        exec 7<pipe
        wait_until test -e joined
        kill -STOP "$started_pid"
        touch go
        wait_until test -e sent
        exec 7<&-
        kill -CONT "$started_pid"
        end_status "$started_pid"
        assert_equal "$disposition: $status" "$disposition: 9"
        assert_contains "$(<"$started_err")" "skt: standard output: Broken pipe"
    done
}

# --- the last bytes --------------------------------------------------------------------------------------

@test "closing never resets the connection under our own last bytes, however much the peer talks" {
    need python3
    cases=() pids=() outs=()
    for case in 'client tcp' 'listener tcp' 'client tcp -q 0' 'listener tcp -q 0' \
        'client tcp --send-only' 'listener tcp --send-only' 'client unix --send-only' 'listener unix -q 0'; do
        # shellcheck disable=SC2086  # several words
        start_background foreign unread.py "$SKT" $case
        cases+=("$case") pids+=("$started_pid") outs+=("$started_out")
    done
    for i in "${!cases[@]}"; do
        end_status "${pids[i]}" 30
        assert_equal "${cases[i]}: $(<"${outs[i]}")" "${cases[i]}: 0 8388608 whole"
    done
}

@test "status 0 waits until the peer's kernel has every byte" {
    input=$(random_file 300000)
    for words in --send-only '-q 10'; do
        read -ra options <<<"-vv $words"
        rm -f go
        # the peer's buffer is small, and it reads nothing for a while
        start_peer rcvbuf:4096 listen:tcp accept waitfile:go drain digest
        start_meeting_skt 127.0.0.1 "$port"
        wait_for_text "$skt_err" "sent: ending -> closed"
        sleep 0.5 # the subject
        alive "$skt_pid"
        touch go
        end_status "$skt_pid"
        assert_equal "$words: $status" "$words: 0"
        end_status "$peer_pid"
        assert_equal "$(tail -n 1 "$peer_out")" "received 300000 $(digest "$input")"
    done
}

@test "-q is status 6, and says how much, when the peer's kernel has not got every byte by then" {
    input=$(random_file 300000)
    options=(-q 0.2)
    start_peer rcvbuf:4096 listen:tcp accept stall
    start_meeting_skt 127.0.0.1 "$port"
    end_status "$skt_pid"
    assert_equal "$status" 6
    [[ $(<"$skt_err") =~ sent\ 300000\ bytes,\ ([0-9]+)\ of\ them\ not\ acknowledged ]]
    assert_at_least "${BASH_REMATCH[1]}" 1
}

@test "an idle timeout in a blocked upload is status 6 with the counts" {
    input=$(random_file 32M)
    options=(--idle-timeout 0.5)
    both_roles tcp stall
    for i in "${!skts[@]}"; do
        ended_with 6 "$i" "more unsent"
    done
}

# --- many short sessions ---------------------------------------------------------------------------------

rounds_are_ok() {
    run -0 foreign rounds.py "$SKT" 40 "$1"
    assert_equal "$output" "240 rounds ok"
}

@test "the peer's last bytes are printed when its end comes with them" { rounds_are_ok peer; }
@test "the peer's last bytes are printed when its close comes with them" { rounds_are_ok close; }
@test "our last bytes arrive when the end of our input comes with them" { rounds_are_ok ours; }
@test "the last bytes arrive when both sides send and end at once" { rounds_are_ok both; }

# --- both directions at once -----------------------------------------------------------------------------

@test "64 MiB each way do not block each other when the peer writes all of its own before it reads" {
    ours=$(random_file 64M)
    theirs=$(random_file 64M)
    for kind in tcp unix; do
        mkfifo "pipe-$kind"
        start_background sha256sum "pipe-$kind"
        hash_pid=$started_pid hash_out=$started_out
        input=$ours streams=">pipe-$kind" meet client "$kind" sendfile:"$theirs" halfclose drain digest
        end_status "$skt_pid" 30
        assert_equal "$kind: $status $(<"$skt_err")" "$kind: 0 "
        end_status "$peer_pid"
        end_status "$hash_pid"
        assert_equal "$(tail -n 1 "$peer_out")" "received 67108864 $(digest "$ours")"
        assert_equal "$(cut -d ' ' -f 1 "$hash_out")" "$(digest "$theirs")"
    done
}

@test "64 MiB each way do not block each other when our own program writes all before it reads" {
    need socat
    ours=$(random_file 64M)
    theirs=$(random_file 64M)
    for kind in tcp unix; do
        rm -f in out announced
        mkfifo in out
        if [ "$kind" = tcp ]; then where=(127.0.0.1 0); else where=(-U "$PWD/socket"); fi
        start_background bash -c 'exec "$@" <in >out' - "$SKT" -l --announce="$PWD/announced" "${where[@]}"
        skt_pid=$started_pid skt_err=$started_err
        # opens both before it writes, so that skt can start; and reads nothing before all is written
        start_background bash -c 'exec 5>in 6<out; cat "$0" >&5; exec 5>&-; exec sha256sum <&6' "$ours"
        program_pid=$started_pid program_out=$started_out
        wait_for_line announced "$skt_pid" "$skt_err"
        port_of "$(<announced)"
        if [ "$kind" = tcp ]; then there=TCP:127.0.0.1:$port; else there=UNIX-CONNECT:socket; fi
        background_input=$theirs start_background socat -t 20 - "$there"
        socat_pid=$started_pid socat_out=$started_out
        end_status "$skt_pid" 30
        assert_equal "$kind: $status $(<"$skt_err")" "$kind: 0 "
        end_status "$program_pid"
        assert_equal "$(cut -d ' ' -f 1 "$program_out")" "$(digest "$theirs")"
        end_status "$socat_pid"
        assert_same_file "$socat_out" "$ours"
    done
}

# --- this side fails -------------------------------------------------------------------------------------

@test "a full disk on standard output is status 9 within a second, though input and peer go on" {
    hold_input
    input=$held_input streams='>/dev/full'
    for kind in tcp unix seqpacket; do
        began=$(now_ms)
        both_roles "$kind" sendbytes:1048576 stall
        for i in "${!skts[@]}"; do
            ended_with 9 "$i" "skt: standard output: No space left on device (sent 0 bytes; received "
        done
        assert_at_most $(($(now_ms) - began)) 5000
    done
}

@test "standard input that cannot be read is status 9, and not the end of it" {
    for kind in tcp unix seqpacket; do
        input=. both_roles "$kind" drain
        for i in "${!skts[@]}"; do
            ended_with 9 "$i" "skt: standard input: Is a directory"
        done
    done
}

@test "what comes from the peer is still printed when standard input cannot be read" {
    input=. meet client tcp send:hello drain
    end_status "$skt_pid"
    assert_equal "$status" 9
    assert_file_is "$skt_out" hello
}

# --- standard streams that others share ------------------------------------------------------------------

@test "standard streams of any sort lose nothing to a slow reader and keep their flags, also when skt is killed" {
    run -0 foreign inherited.py "$SKT"
    assert_equal "$(grep -v ' ok$' <<<"$output")" ""
    assert_equal "${#lines[@]}" 16
}

# --- at rest ---------------------------------------------------------------------------------------------

@test "skt uses no processor time in any state in which it waits" {
    run -0 foreign idle.py "$SKT"
    assert_at_least "${#lines[@]}" 30
    while read -r ticks wakes _ name; do
        [[ $ticks =~ ^[01]$ ]] || fail "$ticks ticks of processor time: $name"
        [ "$wakes" -le 30 ] || fail "woken $wakes times in a second: $name"
    done <<<"$output"
}

@test "skt stays below 8 MiB of resident memory in any state in which it waits" {
    need_plain_build
    run -0 foreign idle.py "$SKT"
    assert_at_least "${#lines[@]}" 30
    while read -r _ _ kib name; do
        [[ $kib =~ ^[0-9]+$ && $kib -lt 8192 ]] || fail "$kib KiB: $name"
    done <<<"$output"
}

# --- signals ---------------------------------------------------------------------------------------------

busy() { [ "$(cpu_ticks "$1")" -ge 3 ]; }

# flood download|upload SKT-WORD...: skt in the middle of a session whose bytes never stop.
flood() {
    port=$(free_port tcp)
    if [ "$1" = download ]; then
        start_background socat -u OPEN:/dev/zero "TCP-LISTEN:$port,bind=127.0.0.1"
        input=/dev/null
    else
        start_background socat -u "TCP-LISTEN:$port,bind=127.0.0.1" OPEN:/dev/null
        input=/dev/zero
    fi
    wait_listening tcp "$port"
    streams='>/dev/null' start_meeting_skt "${@:2}" 127.0.0.1 "$port"
    wait_until busy "$skt_pid"
}

# ends_by SIGNAL NUMBER
ends_by() {
    local began
    began=$(now_ms)
    kill -"$1" "$skt_pid"
    end_status "$skt_pid"
    assert_at_most $(($(now_ms) - began)) 2000
    assert_equal "$1: $status" "$1: $((128 + $2))"
}

@test "TERM, INT and HUP end a session at once in the middle of a flood, by that signal" {
    need socat python3
    for way in download upload; do
        for signal in 'TERM 15' 'INT 2' 'HUP 1'; do
            flood "$way"
            # shellcheck disable=SC2086  # two words
            ends_by $signal
        done
    done
}

# There is always something to do then, so that skt never waits, and each turn takes long.
@test "a signal ends a session at once when skt itself is the slowest of all" {
    need socat python3
    for way in download upload; do
        flood "$way" --hex-dump /dev/null
        ends_by TERM 15
    done
}

@test "being stopped and continued again and again loses nothing in either direction" {
    ours=$(random_file 16M)
    theirs=$(random_file 16M)
    for kind in tcp unix; do
        mkfifo "slow-$kind"
        rm -f stopped
        # the source pauses now and then, and before its end, so that there is something to stop in the middle of
        start_background bash -c 'exec >"$2"; for i in {0..15}; do
                [ "$i" -lt 15 ] || until [ -e stopped ]; do sleep 0.02; done
                tail -c +$((i * 1048576 + 1)) "$1" | head -c 1048576; sleep 0.03; done' - "$ours" "slow-$kind"
        input=slow-$kind meet listener "$kind" sendfile:"$theirs" halfclose drain digest
        stops=0
        while alive "$skt_pid" && [ "$stops" -lt 100 ]; do
            kill -STOP "$skt_pid" 2>/dev/null || break
            sleep 0.01 # the subject, as is the next
            kill -CONT "$skt_pid" 2>/dev/null || break
            sleep 0.01
            stops=$((stops + 1))
            [ "$stops" -lt 5 ] || touch stopped
        done
        assert_at_least "$stops" 5
        end_status "$skt_pid"
        assert_equal "$kind: $status $(<"$skt_err")" "$kind: 0 "
        end_status "$peer_pid"
        assert_equal "$(tail -n 1 "$peer_out")" "received 16777216 $(digest "$ours")"
        assert_same_file "$skt_out" "$theirs"
    done
}

@test "a peer that is stopped for a while gets everything in the end" {
    input=$(random_file 32M)
    meet client tcp recv:1000 touch:begun drain digest
    wait_until test -e begun
    kill -STOP "$peer_pid"
    sleep 0.5 # the subject
    kill -CONT "$peer_pid"
    end_status "$skt_pid"
    assert_equal "$status $(<"$skt_err")" "0 "
    end_status "$peer_pid"
    assert_equal "$(tail -n 1 "$peer_out")" "received 33554432 $(digest "$input")"
}
