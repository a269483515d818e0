#!/usr/bin/env bats
# Time: what each limit bounds, what it does not, what is said when it is over, and pauses between lines.
# Lower bounds are exact; upper bounds only tell a limit from none, as the machine may be busy.

load helpers

# How long our job has run until it ended, in $elapsed; it was started at $began.
end_timed() {
    end_status "$1" "${2:-10}"
    elapsed=$(($(now_ms) - began))
}

# --- connecting --------------------------------------------------------------------------------------------------

@test "-w ends a connection attempt that nobody answers, with status 6 and a word for it" {
    start_deaf_listener
    timed run -6 --separate-stderr timeout 10 "$SKT" -w 0.5 127.0.0.1 "$port" </dev/null
    assert_equal "$output" ""
    assert_equal "$stderr" "skt: connect to 127.0.0.1 port $port (tcp): timed out"
    assert_at_least "$elapsed" 500
    assert_at_most "$elapsed" 4000
}

@test "--connect-timeout ends a connection attempt, and takes fractions and units" {
    start_deaf_listener
    for limit in 0.2 200ms .2s; do
        timed run -6 --separate-stderr timeout 10 "$SKT" --connect-timeout "$limit" 127.0.0.1 "$port" </dev/null
        assert_equal "$stderr" "skt: connect to 127.0.0.1 port $port (tcp): timed out"
        assert_at_least "$elapsed" 200
        assert_at_most "$elapsed" 3000
    done
}

@test "--connect-timeout goes before -w, whichever is longer" {
    start_deaf_listener
    timed run -6 timeout 10 "$SKT" -w 30 --connect-timeout 300ms 127.0.0.1 "$port" </dev/null
    assert_at_most "$elapsed" 5000
    timed run -6 timeout 10 "$SKT" -w 100ms --connect-timeout 700ms 127.0.0.1 "$port" </dev/null
    assert_at_least "$elapsed" 700
}

@test "--connect-timeout does not bound the session that follows" {
    start_peer listen:tcp accept sleep:0.8 send:late\\n close # longer than the limit
    timed run -0 timeout 10 "$SKT" --connect-timeout 400ms 127.0.0.1 "$port" </dev/null
    assert_equal "$output" late
    assert_at_least "$elapsed" 800
}

@test "-z has -w for each port" {
    start_deaf_listener
    timed run -6 --separate-stderr timeout 10 "$SKT" -z -w 300ms 127.0.0.1 "$port"
    assert_equal "$stderr" "skt: connect to 127.0.0.1 port $port (tcp): timed out"
    assert_at_least "$elapsed" 300
    assert_at_most "$elapsed" 3000
}

# --- accepting -------------------------------------------------------------------------------------------------------

@test "--accept-timeout ends a listener to which nobody comes, with status 6 and a word for it" {
    timed run -6 --separate-stderr timeout 10 "$SKT" -l --accept-timeout 500ms 127.0.0.1 0 </dev/null
    assert_equal "$output" ""
    assert_equal "$stderr" "skt: accept: timed out: no client came"
    assert_at_least "$elapsed" 500
    assert_at_most "$elapsed" 4000
}

@test "--accept-timeout does not bound the session that follows" {
    start_skt_listener --accept-timeout 2 127.0.0.1 0
    (echo early && sleep 2.2 && echo late) | timeout 10 "$SKT" 127.0.0.1 "$port" # longer than the limit
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'early\nlate\n'
}

@test "--accept-timeout with -k is for each client anew" {
    start_skt_listener -k --accept-timeout 2 127.0.0.1 0
    for client in one two three; do
        sleep 0.8 # three of them are longer than the limit; one leaves a busy machine room
        timeout 10 "$SKT" 127.0.0.1 "$port" <<<"$client"
    done
    end_status "$listener_pid"
    assert_equal "$status" 6
    assert_file_is "$listener_out" 'one\ntwo\nthree\n'
    assert_file_is "$listener_err" 'skt: accept: timed out: no client came\n'
}

@test "a connection without a byte does not put off --accept-timeout" {
    start_skt_listener --accept-timeout 1 127.0.0.1 0
    began=$(now_ms)
    scan_fails() {
        scanned=0
        timeout 10 "$SKT" -z 127.0.0.1 "$port" 2>/dev/null || scanned=$?
        [ "$scanned" -ne 0 ]
    }
    wait_until 10 scan_fails
    assert_equal "$scanned" 4 # refused: nobody listens any more
    end_timed "$listener_pid"
    assert_equal "$status" 6
    assert_at_most "$elapsed" 5000
    assert_file_is "$listener_err" 'skt: accept: timed out: no client came\n'
}

@test "-w does not bound the wait for a client, but the idle time after it" {
    start_skt_listener -w 500ms 127.0.0.1 0
    sleep 0.7 # longer than -w: the subject of the test
    alive "$listener_pid"
    hold_input
    say 'hello\n' # before it is counted how long nothing comes
    began=$(now_ms)
    background_input=$held_input start_background "$SKT" 127.0.0.1 "$port"
    end_timed "$listener_pid"
    assert_equal "$status" 6
    assert_at_least "$elapsed" 500
    assert_file_is "$listener_out" 'hello\n'
    assert_contains "$(cat "$listener_err")" ": timed out: idle for 0.5 s (sent 0 bytes; received 6 bytes)"
}

@test "a client that says nothing at all ends a listener by its idle time, too" {
    start_skt_listener --idle-timeout 500ms -d 127.0.0.1 0
    start_peer "connect:tcp:$port" stall
    began=$(now_ms)
    end_timed "$listener_pid"
    assert_equal "$status" 6
    assert_contains "$(cat "$listener_err")" ": timed out: idle for 0.5 s (sent 0 bytes; received 0 bytes)"
}

# --- idle ------------------------------------------------------------------------------------------------------------

@test "-w and --idle-timeout end an idle session with status 6 and a word for it" {
    hold_input
    for option in -w --idle-timeout; do
        start_peer listen:tcp accept send:here\\n print:sent stall
        exec {connection}<>"/dev/tcp/127.0.0.1/$port"
        wait_for_text "$peer_out" sent # so that nothing but idleness is waited for
        timed run -6 --separate-stderr timeout 10 "$SKT" "$option" 500ms "fd:$connection" <"$held_input"
        assert_equal "$output" here
        assert_equal "$stderr" \
            "skt: 127.0.0.1 port $port: timed out: idle for 0.5 s (sent 0 bytes; received 5 bytes)"
        assert_at_least "$elapsed" 500
        assert_at_most "$elapsed" 4000
        exec {connection}>&-
    done
}

@test "an idle session is idle too when its input has ended" {
    start_peer listen:tcp accept stall
    timed run -6 timeout 10 "$SKT" --idle-timeout 500ms 127.0.0.1 "$port" <<<question
    assert_contains "$output" "idle for 0.5 s (sent 9 bytes; received 0 bytes)"
    assert_at_least "$elapsed" 500
}

@test "a session is idle when the other side takes nothing, whatever the kernel still has room for" {
    # a telnet client's wire has few of these bytes at a time, so that much room is left when poll says that there is none
    head -c 20000000 /dev/zero | tr '\0' '\377' >much
    start_peer listen:tcp accept stall
    run -6 timeout 10 "$SKT" -t --idle-timeout 500ms 127.0.0.1 "$port" <much
    assert_contains "$output" "timed out: idle for 0.5 s (sent "
}

@test "a session that only receives is not idle" {
    start_peer listen:tcp accept trickle:5:100:0.5 close
    began=$(now_ms)
    timeout 10 "$SKT" --idle-timeout 2 -d 127.0.0.1 "$port" >got
    assert_at_least "$(($(now_ms) - began))" 2500
    assert_equal "$(wc -c <got)" 500
}

@test "a session that only sends is not idle" {
    start_peer listen:tcp accept drain digest close
    began=$(now_ms)
    (for i in 1 2 3 4 5; do
        sleep 0.5 # the subject: together longer than the limit
        echo "$i"
    done) | timeout 10 "$SKT" --idle-timeout 2 127.0.0.1 "$port"
    assert_at_least "$(($(now_ms) - began))" 2500
    end_status "$peer_pid"
    assert_contains "$(cat "$peer_out")" "received 10 "
}

@test "a conversation is not idle: the time counts anew from each question and each answer" {
    start_peer listen:tcp accept echo
    began=$(now_ms)
    (for i in 1 2 3 4 5; do
        echo "$i"
        sleep 0.5 # the subject: together longer than the limit
    done) | timeout 10 "$SKT" --idle-timeout 2 127.0.0.1 "$port" >got
    assert_at_least "$(($(now_ms) - began))" 2500
    assert_equal "$(tr "\n" " " <got)" "1 2 3 4 5 "
}

@test "a conversation that falls silent ends by its idle time, and by --max-time if it does not" {
    start_peer listen:tcp accept echo:1 stall
    hold_input
    say 'asked\n'
    timed run -6 --separate-stderr timeout 10 "$SKT" --idle-timeout 1.5 127.0.0.1 "$port" <"$held_input"
    assert_equal "$output" asked
    assert_contains "$stderr" "idle for 1.5 s (sent 6 bytes; received 6 bytes)"
    assert_at_least "$elapsed" 1500
    start_peer listen:tcp accept trickle:100:10:0.1 stall
    timed run -6 --separate-stderr timeout 10 "$SKT" --max-time 1 127.0.0.1 "$port" <"$held_input"
    [ -n "$output" ]
    assert_contains "$stderr" "the time for all of it is over"
    assert_at_least "$elapsed" 1000
    assert_at_most "$elapsed" 5000
}

@test "a peer that takes no more is idle: status 6, and the counts of what did not arrive" {
    start_peer rcvbuf:4096 listen:tcp accept stall
    head -c 8M /dev/zero >much
    timed run -6 --separate-stderr timeout 20 "$SKT" --idle-timeout 0.5 127.0.0.1 "$port" <much
    assert_at_least "$elapsed" 500
    assert_at_most "$elapsed" 10000
    [[ $stderr =~ ^"skt: 127.0.0.1 port $port: timed out: idle for 0.5 s (sent "[0-9]+" bytes, "[0-9]+" of them not acknowledged, "[0-9]+" more unsent; received 0 bytes)"$ ]] ||
        fail "$stderr"
}

# --- all of it --------------------------------------------------------------------------------------------------------

@test "--max-time ends a session in which bytes flow, with status 6 and a word for it" {
    start_peer listen:tcp accept trickle:100:10:0.1 stall
    timed run -6 --separate-stderr timeout 10 "$SKT" --max-time 1 127.0.0.1 "$port" </dev/null
    [ -n "$output" ]
    assert_contains "$stderr" "skt: 127.0.0.1 port $port: timed out: the time for all of it is over (sent 0 bytes; "
    assert_at_least "$elapsed" 1000
    assert_at_most "$elapsed" 5000
}

@test "--max-time is for connecting and for waiting for clients, too" {
    start_deaf_listener
    timed run -6 --separate-stderr timeout 10 "$SKT" --max-time 500ms 127.0.0.1 "$port" </dev/null
    assert_equal "$stderr" "skt: connect to 127.0.0.1 port $port (tcp): timed out"
    assert_at_least "$elapsed" 500
    assert_at_most "$elapsed" 4000
    timed run -6 --separate-stderr timeout 10 "$SKT" -l --max-time 500ms 127.0.0.1 0 </dev/null
    assert_equal "$stderr" "skt: accept: timed out: no client came"
    assert_at_least "$elapsed" 500
    assert_at_most "$elapsed" 4000
}

@test "--max-time is for the reader of a FIFO that we are to write to, too" {
    local option
    mkfifo copy
    for option in --output --hex-dump --oob-file --announce --pid-file; do
        timed run -6 --separate-stderr timeout 10 "$SKT" -l --max-time 500ms "$option=copy" 127.0.0.1 0 </dev/null
        assert_equal "$option: $stderr" "$option: skt: copy: timed out: nobody reads it"
        assert_at_least "$elapsed" 500
        assert_at_most "$elapsed" 4000
    done
}

@test "--max-time ends a session whose copy nobody takes" {
    start_skt_listener --chargen 127.0.0.1 0
    mkfifo copy
    exec {reader}<>copy # which reads nothing
    timed run -6 --separate-stderr timeout 10 "$SKT" -d --max-time 1 -o copy 127.0.0.1 "$port" </dev/null
    assert_contains "$stderr" "skt: copy: timed out: its reader takes nothing"
    assert_at_least "$elapsed" 1000
    assert_at_most "$elapsed" 5000
    exec {reader}<&-
}

@test "--max-time with -k is for all clients together" {
    start_skt_listener -k --max-time 1 127.0.0.1 0
    began=$(now_ms)
    is_refused() {
        local said=0
        timeout 10 "$SKT" 127.0.0.1 "$port" <<<x 2>/dev/null || said=$?
        [ "$said" -eq 4 ]
    }
    wait_until 10 is_refused
    end_timed "$listener_pid"
    assert_equal "$status" 6
    assert_at_least "$(wc -l <"$listener_out")" 2
    assert_at_most "$elapsed" 8000
}

@test "a session that ends in time ends as if there were no limits" {
    start_peer listen:tcp accept send:answer\\n drain close
    timed run -0 --separate-stderr timeout 10 "$SKT" -w 5 --connect-timeout 5 --idle-timeout 5 --max-time 5 \
        127.0.0.1 "$port" <<<question
    assert_equal "$output" answer
    assert_equal "$stderr" ""
    assert_at_most "$elapsed" 4000
}

# A clock on the wall that gains an hour each time somebody looks at it; the others are as they are.
build_wild_clock() {
    cat >clock.c <<'C'
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static long hours;
int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    if (clock == CLOCK_REALTIME)
        now->tv_sec += 3600 * ++hours;
    return result;
}
int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    struct timespec precise;
    (void)clock_gettime(CLOCK_REALTIME, &precise);
    *now = (struct timeval){ .tv_sec = precise.tv_sec };
    return 0;
}
time_t time(time_t *now)
{
    struct timespec precise;
    (void)clock_gettime(CLOCK_REALTIME, &precise);
    return now ? *now = precise.tv_sec : precise.tv_sec;
}
C
    "${CC:-cc}" -shared -fPIC -o clock.so clock.c
}

@test "a change of the clock on the wall changes no limit" {
    need "${CC:-cc}"
    need_plain_build
    build_wild_clock
    local real wild
    real=$(date +%s)
    wild=$(LD_PRELOAD=$PWD/clock.so date +%s)
    assert_at_least "$((wild - real))" 3600 # it does work
    start_peer listen:tcp accept stall
    timed run -6 timeout 10 env LD_PRELOAD="$PWD/clock.so" "$SKT" --max-time 30 -w 700ms 127.0.0.1 "$port" <<<x
    assert_contains "$output" "idle for 0.7 s"
    assert_at_least "$elapsed" 700
}

# --- between lines -------------------------------------------------------------------------------------------------------

@test "-i pauses between two lines" {
    start_peer listen:tcp accept save:got drain close
    began=$(now_ms)
    printf 'one\ntwo\nthree\n' | timeout 20 "$SKT" -i 0.6 127.0.0.1 "$port"
    assert_at_least "$(($(now_ms) - began))" 1200
    end_status "$peer_pid"
    assert_file_is got 'one\ntwo\nthree\n'
}

@test "-i pauses neither before the first line nor after the last" {
    start_peer listen:tcp accept drain send:answer\\n close
    timed run -0 timeout 20 "$SKT" -i 30 127.0.0.1 "$port" <<<question
    assert_equal "$output" answer
    assert_at_most "$elapsed" 10000
}

@test "-i does not delay what comes in meanwhile" {
    start_peer listen:tcp accept save:sent expect:one\\n send:early\\n waitfile:more send:again\\n expect:two\\n
    printf 'one\ntwo\n' >lines
    background_input=lines start_background "$SKT" -i 30 127.0.0.1 "$port"
    wait_for_text "$started_out" early
    touch more
    wait_for_text "$started_out" again
    assert_file_is sent 'one\n' # the second line is still to come
    alive "$started_pid"
}

@test "-i splits what comes at once into its lines, and keeps every byte" {
    start_peer listen:tcp accept save:got drain close
    printf 'a\n\nbb\nlast' >lines
    timeout 20 "$SKT" -i 50ms 127.0.0.1 "$port" <lines
    end_status "$peer_pid"
    assert_same_file got lines
}

# --- -W --------------------------------------------------------------------------------------------------------------------

@test "-W ends with status 0 after so many reads, though the peer has not ended" {
    hold_input
    start_peer listen:tcp accept send:one\\n recvline send:two\\n recvline send:three\\n stall
    background_input=$held_input start_background "$SKT" -W 2 127.0.0.1 "$port"
    wait_for_text "$started_out" one
    alive "$started_pid"
    say 'more\n'
    end_status "$started_pid"
    assert_equal "$status" 0
    assert_file_is "$started_out" 'one\ntwo\n'
    assert_file_is "$started_err" ''
}
