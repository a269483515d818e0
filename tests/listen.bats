#!/usr/bin/env bats
# Listening over TCP: where, how often and for whom; what is announced; and what a listener lives through.

load helpers

# say_to TEXT ARGUMENTS...: a client of ours that says a line and ends.
say_to() { timeout 10 "$SKT" "${@:2}" <<<"$1"; }

# Listen as start_skt_listener does, but run by another program: start_listener_under COMMAND... -- ARGUMENTS...
start_listener_under() {
    local under=()
    while [ "$1" != -- ]; do
        under+=("$1")
        shift
    done
    announced=$BATS_TEST_TMPDIR/announced-$((job_count + 1))
    start_background "${under[@]}" "$SKT" -l --announce="$announced" "${@:2}"
    listener_pid=$started_pid listener_out=$started_out listener_err=$started_err
    wait_for_line "$announced" "$listener_pid" "$listener_err"
    IFS= read -r address <"$announced"
    port_of "$address"
}

# --- with each of the peers --------------------------------------------------------------------------------------

# serve_to COMMAND...: a client that takes our file and sends its own; each gets all that the other sends.
serve_to() {
    head -c 300000 /dev/urandom >theirs
    head -c 300000 /dev/urandom >ours
    listener_input=ours start_skt_listener 127.0.0.1 0
    timeout 10 "$@" "$port" <theirs >received
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_same_file received ours
    assert_same_file "$listener_out" theirs
    assert_file_is "$listener_err" ''
}

@test "nc.openbsd gets all that we send, and we what it sends" {
    need nc.openbsd
    serve_to nc.openbsd -N 127.0.0.1
}

@test "the traditional netcat gets all that we send, and we what it sends" {
    need nc.traditional
    serve_to nc.traditional 127.0.0.1
}

@test "Ncat gets all that we send, and we what it sends" {
    need ncat
    serve_to ncat 127.0.0.1
}

@test "socat gets all that we send, and we what it sends" {
    need socat
    # shellcheck disable=SC2016  # for the inner shell
    serve_to bash -c 'exec socat -t 10 - "TCP:127.0.0.1:$1"' -
}

@test "curl is served a page by a listener whose input is one" {
    need curl
    printf 'HTTP/1.0 200 OK\r\n\r\na page\n' >page
    listener_input=page start_skt_listener 127.0.0.1 0
    run -0 --separate-stderr curl -sS --max-time 10 "http://127.0.0.1:$port/where"
    assert_equal "$output" "a page"
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_contains "$(cat "$listener_out")" "GET /where HTTP/1.1"
}

# --- where ------------------------------------------------------------------------------------------------------

@test "without an address IPv4 and IPv6 are taken on the port that the kernel has picked" {
    need_ipv6
    start_skt_listener -k -d 0
    foreign peer.py "connect:tcp:$port" send:four\\n close
    foreign peer.py "connect:tcp6:$port" send:six\\n close
    wait_for_text "$listener_out" six
    assert_file_is "$listener_out" 'four\nsix\n'
}

@test "without an address IPv4 and IPv6 are taken on the port that is given" {
    need python3
    need_ipv6
    local given
    given=$(free_port tcp inet6)
    start_skt_listener -k -d "$given"
    assert_equal "$port" "$given"
    foreign peer.py "connect:tcp:$given" send:four\\n close
    foreign peer.py "connect:tcp6:$given" send:six\\n close
    wait_for_text "$listener_out" six
    assert_file_is "$listener_out" 'four\nsix\n'
}

@test "without an address IPv4 is still taken where the system has no IPv6" {
    need strace
    need_plain_build
    start_listener_under strace -f -o trace -e trace=socket -e inject=socket:error=EAFNOSUPPORT:when=1 -- -d 0
    assert_contains "$(cat trace)" "(INJECTED)"
    assert_equal "$address" "tcp://0.0.0.0:$port"
    say_to four 127.0.0.1 "$port"
    end_status "$listener_pid"
    assert_file_is "$listener_out" 'four\n'
}

@test "-4 without an address takes no IPv6, and -6 no IPv4" {
    need_ipv6
    start_skt_listener -4 -k -d 0
    assert_equal "$address" "tcp://0.0.0.0:$port"
    run -4 timeout 10 "$SKT" ::1 "$port" </dev/null
    run -0 timeout 10 "$SKT" 127.0.0.1 "$port" </dev/null
    start_skt_listener -6 -k -d 0
    assert_equal "$address" "tcp://[::]:$port"
    run -4 timeout 10 "$SKT" 127.0.0.1 "$port" </dev/null
    run -0 timeout 10 "$SKT" ::1 "$port" </dev/null
}

# listens_at ADDRESS WORDS...: with these words, it is at this address ("P" is the port) and serves a client.
listens_at() {
    start_skt_listener -d "${@:2}"
    assert_equal "$address" "tcp://${1/P/$port}"
    say_to served "$address"
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'served\n'
}

@test "-l PORT, -l -p PORT and -lp PORT mean every interface" {
    need python3
    need_ipv6
    given=$(free_port tcp inet6)
    listens_at "[::]:$given" "$given"
    listens_at "[::]:$given" -p "$given"
    listens_at "[::]:P" -lp 0
    listens_at "[::]:P" "*" 0
    listens_at "[::]:P" "*:0"
    listens_at "[::]:P" :0
    listens_at "[::]:P" tcp://:0
}

@test "-l HOST PORT, -l HOST:PORT, -l HOST -p PORT and -l -s HOST -p PORT mean one address" {
    need python3
    given=$(free_port tcp)
    listens_at "127.0.0.1:$given" 127.0.0.1 "$given"
    listens_at "127.0.0.1:$given" "127.0.0.1:$given"
    listens_at "127.0.0.1:$given" 127.0.0.1 -p "$given"
    listens_at "127.0.0.1:$given" -s 127.0.0.1 -p "$given"
    listens_at "127.0.0.1:$given" -s 127.0.0.1 "$given"
    listens_at "127.0.0.1:$given" "tcp://127.0.0.1:$given"
}

@test "an IPv6 address can be listened on, in brackets with a port or as it is" {
    need_ipv6
    listens_at "[::1]:P" ::1 0
    listens_at "[::1]:P" "[::1]:0"
    listens_at "[::1]:P" -s ::1 -p 0
    listens_at "[::1]:P" tcp6://[::1]:0
}

by_names() {
    use_hosts '::1 both' '127.0.0.1 both' '192.0.2.1 partly-ours' '127.0.0.1 partly-ours'
    start_skt_listener -k -d both 0
    assert_equal "$(sort "$announced")" "tcp://127.0.0.1:$port
tcp://[::1]:$port"
    foreign peer.py "connect:tcp:$port" send:four\\n close
    foreign peer.py "connect:tcp6:$port" send:six\\n close
    foreign peer.py "connect:tcp:$port" send:four-again\\n close
    wait_for_text "$listener_out" four-again
    assert_file_is "$listener_out" 'four\nsix\nfour-again\n'
    start_skt_listener -d partly-ours 0
    assert_file_is "$announced" "tcp://127.0.0.1:$port\n"
}

@test "a name with several addresses is listened on at each that is ours, on one port" {
    need python3
    in_netns by_names
}

@test "localhost can be listened on" {
    start_skt_listener -d localhost 0
    say_to here localhost "$port"
    end_status "$listener_pid"
    assert_file_is "$listener_out" 'here\n'
}

# --- --announce ---------------------------------------------------------------------------------------------------

@test "--announce writes the address to standard error, a line for each" {
    start_background "$SKT" -l -d --announce 127.0.0.1 0
    wait_until file_has_line "$started_err"
    port_of "$(cat "$started_err")"
    assert_file_is "$started_err" "tcp://127.0.0.1:$port\n"
    say_to hello 127.0.0.1 "$port"
    end_status "$started_pid"
    assert_file_is "$started_out" 'hello\n'
    assert_file_is "$started_err" "tcp://127.0.0.1:$port\n"
}

@test "--announce=fd:N writes the address to that descriptor" {
    # shellcheck disable=SC2016  # for the inner shell
    start_background bash -c 'exec "$@" 7>there' - "$SKT" -l -d --announce=fd:7 127.0.0.1 0
    wait_until file_has_line there
    port_of "$(cat there)"
    assert_file_is there "tcp://127.0.0.1:$port\n"
    assert_file_is "$started_err" ''
    run -9 --separate-stderr timeout 10 "$SKT" -l --announce=fd:77 127.0.0.1 0
    assert_equal "$stderr" "skt: fd:77: Bad file descriptor"
}

@test "a descriptor that is named and not open is told before one of ours gets its number" {
    local words
    for words in "--announce=fd:3 -l 127.0.0.1 0" "--oob-file fd:3 127.0.0.1 1"; do
        # shellcheck disable=SC2086  # words
        run -9 --separate-stderr timeout 10 bash -c 'exec "$@" 3>&-' - "$SKT" -o copy $words
        assert_equal "$stderr" "skt: fd:3: Bad file descriptor"
        [ ! -e copy ]
    done
}

@test "--announce=FILE makes a file that only we can read, with the address and nothing else" {
    echo "something longer than an address, from an earlier run" >there
    chmod 600 there
    umask 0
    for file in new there; do
        start_background "$SKT" -l -d --announce="$file" 127.0.0.1 0
        wait_for_text "$file" tcp:
        port_of "$(cat "$file")"
        assert_file_is "$file" "tcp://127.0.0.1:$port\n"
        assert_equal "$(stat -c %a "$file")" 600
        assert_file_is "$started_err" ''
    done
}

@test "--announce writes through no symbolic link, and then nothing is listening" {
    echo precious >target
    ln -s target link
    run -9 --separate-stderr timeout 10 "$SKT" -l --announce=link 127.0.0.1 0
    assert_equal "$stderr" "skt: link: is a symbolic link, and those are not followed"
    assert_file_is target 'precious\n'
    ln -s absent dangling
    run -9 --separate-stderr timeout 10 "$SKT" -l --announce=dangling 127.0.0.1 0
    [ ! -e absent ]
}

@test "an announcement that cannot be written is status 9 and names the file" {
    run -9 --separate-stderr timeout 10 "$SKT" -l --announce=/dev/full 127.0.0.1 0
    assert_equal "$stderr" "skt: announce to /dev/full: No space left on device"
    run -9 --separate-stderr timeout 10 "$SKT" -l --announce=no/such/folder 127.0.0.1 0
    assert_equal "$stderr" "skt: no/such/folder: No such file or directory"
}

# --- who else is there --------------------------------------------------------------------------------------------

@test "a second listener on the same port fails with status 5, wherever the first one listens" {
    need_ipv6
    start_skt_listener -d -k 127.0.0.1 0
    run -5 --separate-stderr timeout 10 "$SKT" -l 127.0.0.1 "$port"
    assert_equal "$stderr" "skt: listen on 127.0.0.1 port $port (tcp): Address already in use"
    run -5 --separate-stderr timeout 10 "$SKT" -l "$port"
    assert_equal "$stderr" "skt: listen on port $port (tcp): Address already in use"
    start_skt_listener -d -k 0
    for words in "$port" "127.0.0.1 $port" "::1 $port" "-4 $port" "-6 $port"; do
        # shellcheck disable=SC2086  # host and port
        run -5 timeout 10 "$SKT" -l $words
        assert_contains "$output" "Address already in use"
    done
    # the first one is as it was
    say_to still 127.0.0.1 "$port"
    wait_for_text "$listener_out" still
}

@test "a port is not shared with a listener that offers to share it" {
    need python3 nc.openbsd
    local given
    given=$(free_port tcp)
    start_background nc.openbsd -l -k 127.0.0.1 "$given" # it always sets SO_REUSEPORT
    wait_listening tcp "$given"
    run -5 timeout 10 "$SKT" -l 127.0.0.1 "$given"
    assert_equal "$output" "skt: listen on 127.0.0.1 port $given (tcp): Address already in use"
}

# Have both of the listeners had a client by now?
both_served() {
    say_to x 127.0.0.1 "$port"
    [ -s "$first_out" ] && [ -s "$listener_out" ]
}

@test "--reuse-port shares the port among those that ask for it" {
    start_skt_listener --reuse-port -d -k 127.0.0.1 0
    first_out=$listener_out
    run -5 timeout 10 "$SKT" -l 127.0.0.1 "$port"
    start_skt_listener --reuse-port -d -k 127.0.0.1 "$port"
    wait_until 10 both_served
}

has_time_wait() { grep -q "^ *[0-9]*: 0100007F:$(printf %04X "$port") [0-9A-F:]* 06" /proc/net/tcp; }

@test "a listener can be started again at once while its last connection lingers in TIME_WAIT" {
    echo bye >bye
    listener_input=bye start_skt_listener 127.0.0.1 0
    # we end first, so this side has the wait
    foreign peer.py "connect:tcp:$port" drain close
    end_status "$listener_pid"
    wait_until 5 has_time_wait
    start_skt_listener -d 127.0.0.1 "$port"
    say_to again 127.0.0.1 "$port"
    end_status "$listener_pid"
    assert_file_is "$listener_out" 'again\n'
}

@test "a listener can be started while the last one still serves its client on that port" {
    start_skt_listener -d 127.0.0.1 0
    start_peer "connect:tcp:$port" send:first\\n stall
    wait_for_text "$listener_out" first
    start_skt_listener -d 127.0.0.1 "$port"
    say_to second 127.0.0.1 "$port"
    end_status "$listener_pid"
    assert_file_is "$listener_out" 'second\n'
}

# The backlog as the kernel has it.
backlog_of() { ss -Hltn "sport = :$1" | awk '{ print $3 }'; }

@test "--backlog is how many may wait, without it as many as the system lets" {
    need ss
    start_skt_listener --backlog 3 -d 127.0.0.1 0
    assert_equal "$(backlog_of "$port")" 3
    start_skt_listener -d 127.0.0.1 0
    assert_equal "$(backlog_of "$port")" "$(cat /proc/sys/net/core/somaxconn)"
}

@test "two hundred clients that come at once get into the queue without a stall" {
    [ "$(cat /proc/sys/net/core/somaxconn)" -ge 200 ] || skip "this system lets fewer wait"
    start_skt_listener -k -d 127.0.0.1 0
    kill -STOP "$listener_pid" # nobody accepts meanwhile
    cat >burst.py <<'PYTHON'
import socket, sys, time
began = time.monotonic()
clients = [socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=8) for _ in range(200)]
print("stalled" if time.monotonic() - began > 4 else "at once") # a full queue costs a second and more, each time
PYTHON
    run -0 timeout 20 python3 burst.py "$port"
    assert_equal "$output" "at once"
    kill -CONT "$listener_pid"
    say_to after 127.0.0.1 "$port"
    wait_for_text "$listener_out" after
}

# --- one client ---------------------------------------------------------------------------------------------------

@test "without -k a second client is refused at once while the first is served" {
    start_skt_listener -d 127.0.0.1 0
    start_peer "connect:tcp:$port" send:first\\n waitfile:refused send:still\\n
    wait_for_text "$listener_out" first
    run -4 --separate-stderr timeout 10 "$SKT" 127.0.0.1 "$port" </dev/null
    assert_equal "$stderr" "skt: connect to 127.0.0.1 port $port (tcp) failed: Connection refused"
    touch refused
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'first\nstill\n'
}

# client_sides COUNT: so many connections to our port there are, seen from the client.
client_sides() {
    [ "$(grep -c "^ *[0-9]*: [0-9A-F:]* 0100007F:$(printf %04X "$port") 0[1458]" /proc/net/tcp)" -eq "$1" ]
}

@test "without -k a second client that was already waiting is not left hanging" {
    start_skt_listener -d 127.0.0.1 0
    kill -STOP "$listener_pid"
    start_peer "connect:tcp:$port" send:first\\n stall
    wait_until client_sides 1
    start_background "$SKT" 127.0.0.1 "$port"
    wait_until client_sides 2
    kill -CONT "$listener_pid"
    end_status "$started_pid"
    assert_equal "$status" 1
    assert_contains "$(cat "$started_err")" "Connection reset by peer"
    wait_for_text "$listener_out" first
}

@test "a connection that closes without a byte is told with -v and does not end the listener" {
    start_skt_listener -v -n 127.0.0.1 0
    foreign peer.py "connect:tcp:$port" close
    told() { [ "$(grep -c "^Connection closed without a byte$" "$listener_err")" -eq "$1" ]; }
    wait_until told 1
    wait_listening tcp "$port"
    foreign peer.py "connect:tcp:$port" reset
    wait_until told 2 # before, a further client would be one too many
    wait_listening tcp "$port"
    run -0 timeout 10 "$SKT" -z 127.0.0.1 "$port"
    wait_until told 3
    alive "$listener_pid"
    say_to real 127.0.0.1 "$port"
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'real\n'
}

@test "a connection that closes without a byte is not told without -v" {
    start_skt_listener 127.0.0.1 0
    foreign peer.py "connect:tcp:$port" close
    foreign peer.py "connect:tcp:$port" reset
    wait_until say_to real 127.0.0.1 "$port" # who comes while the one before is looked at is refused
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'real\n'
    assert_file_is "$listener_err" ''
}

@test "a listener without an address knows an IPv4 client by its IPv4 address" {
    start_skt_listener -v -n -d 0
    foreign peer.py bind:tcp:0 "connect:tcp:$port" send:x close
    end_status "$listener_pid"
    run -0 grep '^Connection received on 127\.0\.0\.1 [0-9]*$' "$listener_err"
}

# --- -k: --serial, and all at once ------------------------------------------------------------------------------------------

@test "-k --serial serves one client after the other, and the next one waits in the queue" {
    start_skt_listener -k --serial -d 127.0.0.1 0
    start_peer "connect:tcp:$port" send:one\\n waitfile:queued send:done\\n
    wait_for_text "$listener_out" one
    start_background "$SKT" 127.0.0.1 "$port"
    wait_until client_sides 2
    alive "$started_pid"
    touch queued
    end_status "$started_pid"
    assert_equal "$status" 0
    say_to three 127.0.0.1 "$port"
    wait_for_text "$listener_out" three
    assert_file_is "$listener_out" 'one\ndone\nthree\n'
    assert_file_is "$listener_err" ''
    alive "$listener_pid"
}

@test "-k goes on after a client that was reset, and says which one that was" {
    start_skt_listener -k -d 127.0.0.1 0
    start_peer "connect:tcp:$port" send:before\\n waitfile:read reset
    wait_for_text "$listener_out" before
    touch read
    wait_for_text "$listener_err" "Connection reset by peer"
    run -0 grep '^skt: 127\.0\.0\.1 port [0-9]*: Connection reset by peer (sent 0 bytes; received 7 bytes)$' \
        "$listener_err"
    say_to after 127.0.0.1 "$port"
    wait_for_text "$listener_out" after
    assert_file_is "$listener_out" 'before\nafter\n'
}

@test "-k sends the input that comes to the client that is there" {
    hold_input
    listener_input=$held_input start_skt_listener -k 127.0.0.1 0
    start_peer "connect:tcp:$port" recvline print:one touch:one-done close
    say 'for one\n'
    end_status "$peer_pid"
    assert_file_is "$peer_out" one
    start_peer "connect:tcp:$port" send:here\\n 'expect:for two\n' print:two close
    wait_for_text "$listener_out" here
    say 'for two\n'
    end_status "$peer_pid"
    assert_equal "$status" 0
}

@test "-k lives through a hundred clients that come at once and are reset" {
    start_skt_listener -k -d 127.0.0.1 0
    cat >storm.py <<'PYTHON'
import socket, struct, sys
clients = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(100)]
for client in clients:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
PYTHON
    timeout 10 python3 storm.py "$port"
    say_to after 127.0.0.1 "$port"
    wait_for_text "$listener_out" after
    alive "$listener_pid"
}

# --- what accept(2) may say --------------------------------------------------------------------------------------------

@test "an error of accept that passes does not end the listener, and every client is served" {
    need strace
    need_plain_build
    for error in ECONNABORTED EMFILE EINTR EAGAIN EPROTO ENFILE ENOBUFS ENOMEM EPERM ENETDOWN; do
        start_listener_under strace -f -o trace -e trace=accept4 -e "inject=accept4:error=$error:when=1" -- \
            -k -d 127.0.0.1 0
        for client in one two three; do
            say_to "$client" 127.0.0.1 "$port"
        done
        wait_for_text "$listener_out" three
        assert_contains "$(cat trace)" "$error" # it did happen
        assert_file_is "$listener_out" 'one\ntwo\nthree\n'
        assert_file_is "$listener_err" ''
    done
}

@test "an error of accept that passes does not end a listener without -k" {
    need strace
    need_plain_build
    start_listener_under strace -f -o trace -e trace=accept4 -e inject=accept4:error=ECONNABORTED:when=1..3 -- \
        -d 127.0.0.1 0
    say_to served 127.0.0.1 "$port"
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" 'served\n'
}

@test "an error of accept that does not pass ends the listener with status 5" {
    need strace
    need_plain_build
    start_listener_under strace -f -o trace -e trace=accept4 -e inject=accept4:error=EINVAL -- -d 127.0.0.1 0
    start_peer "connect:tcp:$port" drain
    end_status "$listener_pid"
    assert_equal "$status" 5
    assert_file_is "$listener_err" 'skt: accept: Invalid argument\n'
}

@test "out of descriptors, a listener waits without using the processor and serves when there are some" {
    need prlimit
    need_plain_build
    # 0, 1, 2 and the listening socket are all that it may have; a client would be one more
    # shellcheck disable=SC2016  # for the inner shell
    start_background bash -c 'ulimit -S -n 4 && exec "$@"' - "$SKT" -l -k --serial -d --announce=fd:1 127.0.0.1 0
    listener_out=$started_out listener_pid=$started_pid
    wait_for_line "$listener_out" "$listener_pid" "$started_err"
    port_of "$(cat "$listener_out")"
    start_background "$SKT" 127.0.0.1 "$port"
    assert_idle "$listener_pid" 5
    alive "$listener_pid"
    alive "$started_pid" # it waits in the queue
    prlimit --pid "$listener_pid" --nofile=64:
    end_status "$started_pid" 3
    assert_equal "$status" 0
    say_to now 127.0.0.1 "$port"
    wait_for_text "$listener_out" now
}

@test "a listener in the background leaves the terminal to others, and has what is typed in the foreground" {
    need python3
    run -0 timeout 30 python3 - "$SKT" <<'PYTHON'
import os, pty, re, signal, socket, subprocess, sys, time

skt = sys.argv[1]
child, terminal = pty.fork()
if child == 0:  # what a shell does: a job in a group of its own, and then the same in the foreground
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    job = subprocess.Popen([skt, "-lk", "--announce=where", "127.0.0.1", "0"], preexec_fn=os.setpgrp,
                           stdout=open("out", "w"))
    with open("job.tmp", "w") as file:
        file.write(str(job.pid))
    os.rename("job.tmp", "job")
    print(sys.stdin.readline(), end="", flush=True)
    os.tcsetpgrp(0, job.pid)
    open("front", "w").close()
    sys.exit(job.wait())


def wait_for(condition):
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


wait_for(lambda: os.path.exists("job") and os.path.exists("where") and os.path.getsize("where") > 0)
job = int(open("job").read())
port = int(re.search(r":(\d+)\n", open("where").read()).group(1))
client = socket.create_connection(("127.0.0.1", port), 10)
client.sendall(b"there\n")
wait_for(lambda: os.path.getsize("out") == 6)
os.write(terminal, b"for the shell\n")
wait_for(lambda: os.path.exists("front"))
wait_for(lambda: open(f"/proc/{job}/stat").read().split()[2] == "S")  # and not T, which it would stay
os.write(terminal, b"for skt\n")
print(client.recv(100).decode(), end="")
os.write(terminal, b"\x03")
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) in (2, 254), "status"
PYTHON
    assert_equal "$output" 'for skt'
}
