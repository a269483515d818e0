#!/usr/bin/env bats
# Programs in place of the standard streams: -e and -c. What they get, what arrives, how they end, and what is left.

load helpers

# The two ways in which a program gets a connection: it has the socket itself, or the pump is between.
ways=(direct pumped)
declare -gA way=([direct]='' [pumped]=--no-splice [spliced]='-w 60' [terminal]=--pty=raw)

# Starts a listener that runs a program, in one of these ways: serve WAY ARGUMENT...
serve() {
    # shellcheck disable=SC2086  # one or two words
    start_skt_listener ${way[$1]} "${@:2}" 127.0.0.1 0
}

# The processes that run this file.
running() { find /proc/[0-9]*/exe -maxdepth 0 -lname "$1" 2>/dev/null | cut -d / -f 3; }
is_running() { [ -n "$(running "$1")" ]; }
is_gone() { [ -z "$(running "$1")" ]; }

# A command that nothing else on the machine has, with the time it would sleep: nap NAME SECONDS
nap() {
    cp "$(command -v sleep)" "nap-$BATS_TEST_NUMBER-$1"
    echo "$PWD/nap-$BATS_TEST_NUMBER-$1 $2"
}

# Connects, sends a word, and resets the connection once FILE is there: reset_after FILE
reset_after() {
    python3 - "$port" "$1" <<'PYTHON'
import os, socket, struct, sys, time
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as s:
    s.sendall(b"word\n")
    while not os.path.exists(sys.argv[2]):
        time.sleep(0.02)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
PYTHON
}

# --- what arrives ------------------------------------------------------------------------------------------------

@test "8 MiB through cat come back whole to a client that half-closes, again and again, however cat is joined" {
    need nc.openbsd
    sent=$(random_file 8M)
    for kind in direct pumped spliced terminal; do
        for _ in {1..10}; do
            serve "$kind" -e cat
            timeout 60 nc.openbsd -N 127.0.0.1 "$port" <"$sent" >back
            end_status "$listener_pid"
            assert_equal "$kind: $status $(<"$listener_err")" "$kind: 0 "
            assert_same_file back "$sent"
        done
    done
}

@test "the same from a connecting end, with ncat, socat and nc listening" {
    need ncat socat nc.openbsd
    sent=$(random_file 2M)
    for kind in direct pumped spliced terminal; do
        for foreign in ncat socat; do
            port=$(free_port tcp)
            case $foreign in
            ncat) background_input=$sent start_background ncat -l 127.0.0.1 "$port" ;;
            socat) background_input=$sent start_background socat -t 20 - "TCP-LISTEN:$port,bind=127.0.0.1" ;;
            esac
            wait_listening tcp "$port"
            # shellcheck disable=SC2086
            timeout 60 "$SKT" ${way[$kind]} -e cat 127.0.0.1 "$port"
            end_status "$started_pid" 20
            assert_same_file "$started_out" "$sent"
        done
    done
}

@test "what a program writes after the client has half-closed arrives" {
    need nc.openbsd
    for kind in "${ways[@]}" spliced; do
        serve "$kind" -c 'cat >/dev/null; sleep 0.5; echo TAIL' # the subject: some time after
        run -0 timeout 10 nc.openbsd -N 127.0.0.1 "$port" <"$(random_file 300K)"
        assert_equal "$kind: $output" "$kind: TAIL"
        end_status "$listener_pid"
        assert_equal "$status" 0
    done
}

@test "what a program wrote last arrives, though it reads nothing and ends at once" {
    need python3
    sent=$(random_file 3M)
    for kind in "${ways[@]}" spliced terminal; do
        for _ in {1..10}; do
            serve "$kind" -c 'head -c 200000 /dev/zero; echo; echo LAST'
            # a client that sends all the while, and reads only when the program is long gone
            timeout 20 "$SKT" 127.0.0.1 "$port" <"$sent" >back || true # some of what it sends may be refused
            assert_equal "$kind: $(tail -n 1 back) $(wc -c <back)" "$kind: LAST 200006"
            end_status "$listener_pid"
            assert_equal "$kind: $status" "$kind: 0"
        done
    done
}

@test "a slow reader gets all of it long after the program has ended" {
    need python3
    for kind in "${ways[@]}"; do
        serve "$kind" -c 'head -c 5000000 /dev/zero'
        run -0 timeout 30 python3 - "$port" <<'PYTHON'
import socket, sys, time
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as s:
    time.sleep(1)  # the subject
    total = 0
    while data := s.recv(1 << 16):
        total += len(data)
        if total < 1 << 20:
            time.sleep(0.02)  # likewise
print(total)
PYTHON
        assert_equal "$kind: $output" "$kind: 5000000"
        end_status "$listener_pid"
        assert_equal "$status" 0
    done
}

@test "32 MiB each way through a program that blocks on both sides do not stall" {
    need python3
    sent=$(random_file 32M)
    for kind in "${ways[@]}" spliced terminal; do
        serve "$kind" -e 'dd bs=1000 status=none'
        timeout 60 "$SKT" 127.0.0.1 "$port" <"$sent" >back
        assert_same_file back "$sent"
        end_status "$listener_pid"
        assert_equal "$status" 0
    done
}

@test "a program that closes its output and goes on reading gets everything, and the client hears of the end" {
    serve pumped -c 'exec >&-; cat >got; echo done >>got'
    run -0 timeout 10 "$SKT" 127.0.0.1 "$port" <<<"all of it"
    assert_equal "$output" ""
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is got 'all of it\ndone\n'
}

@test "a program that closes its input and goes on writing is not cut short" {
    for kind in "${ways[@]}" spliced; do
        serve "$kind" -c 'exec <&-; sleep 1; echo late' # the subject: all that is sent has met the closed input by then
        run -0 timeout 10 "$SKT" 127.0.0.1 "$port" <"$(random_file 1M)"
        assert_equal "$kind: $output" "$kind: late"
        end_status "$listener_pid"
        assert_equal "$status" 0
    done
}

@test "once a program has ended, its client has a second to end, and skt ends as soon as it does" {
    need python3
    for stays in 0.1 30; do
        serve direct -e 'echo answer'
        run -0 timeout 20 python3 - "$port" "$listener_pid" "$stays" <<'PYTHON'
import os, select, socket, sys, time
port, pid, stays = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
skt = os.pidfd_open(pid)
began = time.monotonic()  # before the program does, so that a pause of ours takes nothing from its second
with socket.create_connection(("127.0.0.1", port)) as s:
    answer = s.makefile("rb").read()
    assert answer == b"answer\n", answer
    ended = select.select([skt], [], [], stays)[0]
    took = time.monotonic() - began
if stays < 1:
    assert not ended, "it did not wait for its client"
    assert select.select([skt], [], [], 0.7)[0], "it did not hear that its client had ended"
else:
    assert ended and 0.99 < took < 3, took
PYTHON
        end_status "$listener_pid"
        assert_equal "$status" 0
    done
}

@test "whoever a program leaves behind may still finish its output" {
    for kind in "${ways[@]}" spliced; do
        serve "$kind" -c '(sleep 1; echo from the child) & echo from the parent' # the subject: the parent has long ended
        run -0 timeout 10 "$SKT" 127.0.0.1 "$port" </dev/null
        assert_equal "$kind: $output" "$kind: from the parent"$'\n'"from the child"
        end_status "$listener_pid"
        assert_equal "$status" 0
    done
}

@test "skt ends with a program that has the socket itself, and with the output of one that has not" {
    left=$(nap left 600)
    serve direct -c "$left & echo left"
    exec {connection}<>"/dev/tcp/127.0.0.1/$port"
    read -r -t 10 word <&"$connection"
    assert_equal "$word" left
    end_status "$listener_pid"
    assert_equal "$status" 0
    exec {connection}>&-
    kill "$(running "${left% *}")"
    serve pumped -c "exec >&- 2>&- <&-; $left & exit 4"
    timeout 10 "$SKT" 127.0.0.1 "$port" </dev/null
    end_status "$listener_pid"
    assert_equal "$status" 4
    wait_until is_running "${left% *}"
    kill "$(running "${left% *}")"
}

@test "standard error goes to the client only with --stderr" {
    for kind in "${ways[@]}"; do
        serve "$kind" -c 'echo out; echo error >&2'
        run -0 timeout 10 "$SKT" 127.0.0.1 "$port" </dev/null
        assert_equal "$kind: $output" "$kind: out"
        end_status "$listener_pid"
        assert_file_is "$listener_err" 'error\n'
        serve "$kind" --stderr -c 'echo out; echo error >&2'
        run -0 timeout 10 "$SKT" 127.0.0.1 "$port" </dev/null
        assert_equal "$kind: $output" "$kind: out"$'\n'error
        end_status "$listener_pid"
        assert_file_is "$listener_err" ''
    done
}

@test "a copy, line ends, pauses and telnet work on what a program says" {
    need nc.openbsd
    start_skt_listener -C -o copy --stats -e 'printf "one\ntwo\n"' 127.0.0.1 0
    timeout 10 nc.openbsd -N 127.0.0.1 "$port" </dev/null >back
    end_status "$listener_pid"
    assert_file_is back 'one\r\ntwo\r\n'
    assert_file_is copy 'one\r\ntwo\r\n'
    assert_contains "$(<"$listener_err")" 'sent 10 bytes'
    start_skt_listener -i 0.3 -c 'echo one; echo two' 127.0.0.1 0
    started=$(now_ms)
    timeout 10 nc.openbsd -N 127.0.0.1 "$port" </dev/null >back
    assert_at_least "$(($(now_ms) - started))" 290
    assert_file_is back 'one\ntwo\n'
    start_skt_listener -t -e cat 127.0.0.1 0
    run -0 timeout 10 nc.openbsd -N 127.0.0.1 "$port" < <(printf 'a\377\375\001b')
    assert_equal "$(printf '%s' "$output" | tr -cd ab)" ab
}

# --- messages ------------------------------------------------------------------------------------------------------

@test "each write of a program is a message, and a shell reads datagrams line by line" {
    need python3
    start_skt_listener -u -c 'read -r a; read -r b; printf "got %s" "$a"; printf "and %s" "$b"' 127.0.0.1 0
    run -0 timeout 10 python3 - "$port" <<'PYTHON'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
s.connect(("127.0.0.1", int(sys.argv[1])))
s.send(b"one\n")
s.send(b"two\n")
print([s.recv(100), s.recv(100)])
PYTHON
    assert_equal "$output" "[b'got one', b'and two']"
    end_status "$listener_pid"
    assert_equal "$status" 0
}

@test "a datagram listener starts its program when somebody writes, and the program knows who" {
    need python3
    start_skt_listener -u -c 'echo started >>starts; read -r a; echo "$PROTO $UDPREMOTEIP $UDPREMOTEPORT $REMOTE_PORT"' 127.0.0.1 0
    [ ! -e starts ]
    run -0 timeout 10 python3 - "$port" <<'PYTHON'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5)
s.connect(("127.0.0.1", int(sys.argv[1])))
s.send(b"one\n")
own = s.getsockname()[1]
assert s.recv(100).decode() == f"UDP 127.0.0.1 {own} {own}\n"
PYTHON
    end_status "$listener_pid"
    assert_equal "$status $(<starts)" "0 started"
}

@test "a datagram listener that nobody writes to starts nothing, and ends when told to" {
    start_skt_listener -u -c 'echo started >starts' 127.0.0.1 0
    kill "$listener_pid"
    end_status "$listener_pid"
    assert_equal "$status" 143
    [ ! -e starts ]
}

@test "records of a Unix seqpacket go through a program" {
    start_skt_listener -U --seqpacket -e cat "$PWD/socket"
    hold_input
    background_input=$held_input start_background "$SKT" -U --seqpacket --records line "$PWD/socket"
    say 'one\n'
    wait_for_text "$started_out" one # the program would read both at once
    say 'two\n'
    release_input
    end_status "$started_pid"
    assert_equal "$status" 0
    assert_file_is "$started_out" 'one\ntwo\n'
    end_status "$listener_pid"
    assert_equal "$status" 0
}

@test "with --records the messages are marked in a program's streams" {
    start_skt_listener -U --seqpacket --records u16 -c 'od -An -tx1 >seen; printf "\0\1a\0\2bc"' "$PWD/socket"
    run -0 timeout 10 "$SKT" -U --seqpacket --records line "$PWD/socket" < <(echo one; echo three)
    assert_equal "$output" $'a\nbc'
    end_status "$listener_pid"
    assert_equal "$(<seen)" " 00 03 6f 6e 65 00 05 74 68 72 65 65"
}

@test "a write that no datagram can hold is an error that says both sizes" {
    need python3
    start_background python3 -c 'import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1], flush=True); time.sleep(60)'
    wait_until file_has_line "$started_out"
    run -9 timeout 10 "$SKT" -u -e 'dd if=/dev/zero bs=100000 count=1 status=none' 127.0.0.1 "$(<"$started_out")"
    assert_one_line "$output" "100000 bytes, at most 65507"
}

# --- what a program gets --------------------------------------------------------------------------------------------

@test "a program has descriptors 0, 1 and 2, default signals and an empty mask, whatever skt was started with" {
    need python3 nc.openbsd
    for kind in "${ways[@]}" terminal; do
        # shellcheck disable=SC2086
        background_input=/dev/null start_background bash -c 'trap "" PIPE CHLD USR1; exec 5</dev/null 77</dev/null "$@"' - \
            env --ignore-signal=HUP --block-signal=USR2 "$SKT" -l --announce=where ${way[$kind]} -e "python3 -S -E -c \"
import os
fds = []
for fd in range(256):
    try:
        os.fstat(fd)
        fds.append(fd)
    except OSError:
        pass
lines = open('/proc/self/status').read().split()
print(fds, *[w + lines[lines.index(w) + 1] for w in ('SigBlk:', )], flush=True)
for line in open('/proc/%d/status' % os.getpid()):
    if line.startswith('SigIgn'):
        print(line.split()[1])
\"" 127.0.0.1 0
        listener_pid=$started_pid
        wait_until file_has_line where
        port=$(sed 's/.*://' where)
        rm where
        run -0 timeout 10 nc.openbsd -N 127.0.0.1 "$port" </dev/null
        # Python itself ignores SIGPIPE and SIGXFSZ
        assert_equal "$kind: ${output//$'\r'/}" "$kind: [0, 1, 2] SigBlk:0000000000000000"$'\n'0000000001001000
        end_status "$listener_pid"
        assert_equal "$status" 0
    done
}

@test "its sockets and pipes block, as programs expect" {
    need python3
    for kind in "${ways[@]}" spliced; do
        serve "$kind" -e 'python3 -c "import os; print(os.get_blocking(0), os.get_blocking(1))"'
        run -0 timeout 10 "$SKT" 127.0.0.1 "$port" </dev/null
        assert_equal "$kind: $output" "$kind: True True"
    done
}

@test "a program that is handed the connection has the socket itself, and one that is not has pipes" {
    serve direct -e 'readlink /proc/self/fd/0 /proc/self/fd/1'
    run -0 timeout 10 "$SKT" 127.0.0.1 "$port" </dev/null
    assert_contains "$output" "socket:"
    serve spliced -e 'readlink /proc/self/fd/0 /proc/self/fd/1'
    run -0 timeout 10 "$SKT" 127.0.0.1 "$port" </dev/null
    assert_contains "$output" "pipe:"
}

@test "a descriptor of somebody else's keeps its flags: then the pump is between" {
    need python3
    run -0 timeout 10 python3 - "$SKT" <<'PYTHON'
import os, socket, subprocess, sys
ours, theirs = socket.socketpair()
theirs.setblocking(False)
child = subprocess.Popen([sys.argv[1], "-e", "readlink /proc/self/fd/0", f"fd:{theirs.fileno()}"],
                         pass_fds=[theirs.fileno()])
assert ours.recv(100).startswith(b"pipe:")
assert not os.get_blocking(theirs.fileno())
ours.close()
assert child.wait() == 0
PYTHON
}

@test "the environment tells who is connected, in the words of UCSPI, Ncat and skt" {
    need nc.openbsd
    for kind in "${ways[@]}"; do
        TCPREMOTEIP=stale UNIXREMOTEPID=stale REMOTE_HOST=stale NCAT_PROTO=stale serve "$kind" -e env
        timeout 10 nc.openbsd -N -p "$(free_port tcp)" 127.0.0.1 "$port" </dev/null >back
        refute_contains "$(<back)" stale
        remote=$(sed -n 's/^TCPREMOTEPORT=//p' back)
        for line in PROTO=TCP TCPLOCALIP=127.0.0.1 "TCPLOCALPORT=$port" TCPREMOTEIP=127.0.0.1 REMOTE_ADDR=127.0.0.1 \
            "REMOTE_PORT=$remote" NCAT_REMOTE_ADDR=127.0.0.1 "NCAT_REMOTE_PORT=$remote" NCAT_LOCAL_ADDR=127.0.0.1 \
            "NCAT_LOCAL_PORT=$port" NCAT_PROTO=TCP SKT_REMOTE_ADDR=127.0.0.1 "SKT_REMOTE_PORT=$remote" \
            SKT_LOCAL_ADDR=127.0.0.1 "SKT_LOCAL_PORT=$port" SKT_PROTOCOL=TCP SKT_TYPE=stream SKT_DOMAIN=inet; do
            grep -qxF "$line" back || fail "$kind: no $line"
        done
        [ "$(grep -c '^TCPREMOTEIP=' back)" -eq 1 ]
    done
}

@test "an IPv4 client of a listener on all interfaces has its IPv4 address" {
    need nc.openbsd
    need_ipv6
    start_skt_listener -c 'echo $TCPREMOTEIP $TCPLOCALIP' 0
    run -0 timeout 10 nc.openbsd -N 127.0.0.1 "$port" </dev/null
    assert_equal "$output" "127.0.0.1 127.0.0.1"
}

@test "each client's program is told of that client, and of the address and the process that serve it" {
    need nc.openbsd
    need_ipv6
    for options in --serial --workers=2 --no-splice ''; do
        # shellcheck disable=SC2016,SC2086  # the program's shell is to expand it; one word or none
        start_skt_listener -k $options -c 'echo $TCPLOCALIP $SKT_LOCAL_ADDR $TCPREMOTEPORT $REMOTE_PORT $((SKT_PID == PPID))' 0
        for host in 127.0.0.1 127.0.0.2 ::1 127.0.0.2 127.0.0.1 127.0.0.1; do
            own=$(free_port tcp)
            run -0 timeout 10 nc.openbsd -N -p "$own" "$host" "$port" </dev/null
            assert_equal "$output" "$host $host $own $own 1"
        done
        kill_by_term "$listener_pid"
    done
}

@test "on a Unix socket the environment tells the path, and whose process the client is" {
    need socat
    start_skt_listener -U -e env "$PWD/socket"
    timeout 10 socat -t 5 - "UNIX-CONNECT:$PWD/socket" </dev/null >back
    for line in PROTO=UNIX "UNIXLOCALPATH=$PWD/socket" "UNIXREMOTEEUID=$(id -u)" "UNIXREMOTEEGID=$(id -g)"; do
        grep -qxF "$line" back || fail "no $line"
    done
    grep -qx 'UNIXREMOTEPID=[1-9][0-9]*' back
    ! grep -q '^TCP' back
}

@test "words are split without a shell" {
    serve direct -e "printf '%s|' \\ a\"b  c\" 'd e\\' \$HOME * \"q\\\"\\\\\\x\" ''"
    run -0 timeout 10 "$SKT" 127.0.0.1 "$port" </dev/null
    assert_equal "$output" ' ab  c|d e\|$HOME|*|q"\\x||'
}

# --- terminals -----------------------------------------------------------------------------------------------------

@test "--pty gives a terminal of its own: echo, a size, and keys that end input or interrupt" {
    need nc.openbsd
    serve direct --pty -c 'tty; stty size; ps -o tty= -p $$; read -r word; echo "[$word]"; cat; echo over'
    timeout 10 nc.openbsd -N 127.0.0.1 "$port" < <(printf 'hello\nmore') >back
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_contains "$(<back)" "/dev/pts/"
    assert_contains "$(<back)" "24 80"
    assert_contains "$(<back)" "[hello]"
    assert_contains "$(<back)" $'over\r'
    serve direct --pty -c 'echo ready; sleep 60'
    timeout 10 "$SKT" 127.0.0.1 "$port" < <(wait_until file_has_text back ready; printf '\003') >back
    end_status "$listener_pid"
    assert_equal "$status" 130
}

@test "--pty has the size of our own terminal, and hears when that changes" {
    need python3
    port=$(free_port tcp)
    run -0 timeout 20 python3 - "$SKT" "$port" <<'PYTHON'
import fcntl, os, pty, signal, socket, struct, subprocess, sys, termios
master, slave = pty.openpty()
size = lambda rows, columns: fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
size(33, 44)
listener = socket.create_server(("127.0.0.1", int(sys.argv[2])))
command = "trap 'stty size; exit' WINCH; stty size; while :; do sleep 0.1; done"
skt = subprocess.Popen([sys.argv[1], "--pty", "-c", command, "127.0.0.1", sys.argv[2]], stdin=slave)
client = listener.accept()[0].makefile("rb")
assert client.readline() == b"33 44\r\n"
size(55, 66)
skt.send_signal(signal.SIGWINCH)
assert client.readline() == b"55 66\r\n"
client.close()
PYTHON
}

@test "through a raw terminal every byte goes as it is, also in lines longer than a terminal's" {
    python3 -c 'import sys; sys.stdout.buffer.write(bytes(range(256)) * 3 + b"x" * 20000 + b"\4\26\n\n\4")' >sent
    serve terminal -e 'dd bs=256 status=none'
    timeout 10 "$SKT" 127.0.0.1 "$port" <sent >back
    assert_same_file back sent
    end_status "$listener_pid"
    assert_equal "$status" 0
}

@test "a client that leaves hangs the terminal up, and nothing is left" {
    napping=$(nap pty 600)
    serve direct --pty -c "touch up; $napping"
    reset_after up
    end_status "$listener_pid"
    assert_equal "$status" 1
    wait_until is_gone "${napping% *}"
}

# --- how it ends ----------------------------------------------------------------------------------------------------

@test "the program's status is skt's, 128 and the signal's number if a signal ended it" {
    for kind in "${ways[@]}" terminal; do
        for command in 'exit 3:3' 'kill -9 $$:137' 'kill -PIPE $$:141' 'exit 0:0' 'exit 255:255'; do
            serve "$kind" -c "${command%:*}"
            timeout 10 "$SKT" 127.0.0.1 "$port" </dev/null
            end_status "$listener_pid"
            assert_equal "$kind: ${command%:*}: $status $(<"$listener_err")" "$kind: ${command%:*}: ${command##*:} "
        done
    done
    start_skt_listener 127.0.0.1 0
    run -7 timeout 10 "$SKT" -c 'exit 7' 127.0.0.1 "$port"
    assert_equal "$output" ""
}

@test "a program that is not there is 127, one that cannot be run 126, before anything is opened" {
    printf '#!/nonesuch/interpreter\n' >script
    printf 'no program\n' >text
    touch plain
    chmod +x script text
    run -127 timeout 10 "$SKT" -e nonesuch 127.0.0.1 1
    assert_one_line "$output" "skt: nonesuch: no such program in PATH"
    run -127 timeout 10 "$SKT" -l -e ./nonesuch 127.0.0.1 0
    assert_one_line "$output" "skt: ./nonesuch: No such file or directory"
    run -126 timeout 10 "$SKT" -e ./plain 127.0.0.1 1
    assert_one_line "$output" "skt: ./plain: Permission denied"
    run -126 timeout 10 "$SKT" -e . 127.0.0.1 1
    for kind in "${ways[@]}" terminal; do # these are found out only by running them
        serve "$kind" -e ./script
        timeout 10 "$SKT" 127.0.0.1 "$port" </dev/null
        end_status "$listener_pid"
        assert_equal "$status" 127
        serve "$kind" -e ./text
        timeout 10 "$SKT" 127.0.0.1 "$port" </dev/null
        end_status "$listener_pid"
        assert_equal "$status" 126
    done
}

@test "a server goes on after a program that failed, and -v says how it ended" {
    for kind in "${ways[@]}"; do
        serve "$kind" -k -v -c 'read -r n; echo "n $n"; exit "$n"'
        for n in 9 1 0 126; do
            run -0 timeout 10 "$SKT" 127.0.0.1 "$port" <<<"$n"
            assert_equal "$output" "n $n"
        done
        wait_for_text "$listener_err" "/bin/sh: exit status 126"
        assert_contains "$(<"$listener_err")" "/bin/sh: exit status 9"
        kill "$listener_pid"
        end_status "$listener_pid"
        assert_equal "$status" 143
    done
}

@test "a client that resets the connection ends the program, and that is a failure of skt's" {
    need python3
    for kind in "${ways[@]}" spliced; do
        napping=$(nap "$kind" 600)
        serve "$kind" -c "touch up; $napping; echo never >after; exit 0"
        reset_after up
        end_status "$listener_pid"
        assert_equal "$kind: $status" "$kind: 1"
        assert_one_line "$(<"$listener_err")" "Connection reset by peer"
        is_gone "${napping% *}"
        [ ! -e after ]
        rm up
    done
}

@test "so does one that has sent more than the program takes" {
    need python3
    local kind
    for kind in "${ways[@]}" spliced; do
        napping=$(nap "$kind" 600)
        serve "$kind" -c "$napping; exit 0"
        python3 - "$port" <<'PYTHON'
import select, socket, struct, sys
client = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10)
client.setblocking(False)
while select.select([], [client], [], 0.5)[1]:
    client.send(bytes(65536))
client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
client.close()
PYTHON
        end_status "$listener_pid"
        assert_equal "$kind: $status" "$kind: 1"
        assert_one_line "$(<"$listener_err")" "Connection reset by peer"
        is_gone "${napping% *}"
    done
}

@test "a client that only goes leaves the program its time: its input ends, and nothing else" {
    for kind in "${ways[@]}" spliced; do
        serve "$kind" -c 'cat >/dev/null; sleep 0.5; echo finished >after' # the subject: its time
        timeout 10 "$SKT" -q 0 127.0.0.1 "$port" </dev/null
        end_status "$listener_pid"
        assert_equal "$kind: $status $(<after)" "$kind: 0 finished"
        rm after
    done
}

@test "so does one that closes a Unix socket, which is both ends at once" {
    need socat
    for kind in "${ways[@]}" spliced; do
        # shellcheck disable=SC2086  # one or two words
        start_skt_listener ${way[$kind]} -U -c 'sleep 0.5; cat >after; echo finished >>after' ./s # the subject: its time
        echo word | timeout 10 socat -u - UNIX-CONNECT:s
        end_status "$listener_pid"
        assert_equal "$kind: $status $(xargs <after)" "$kind: 0 word finished"
        rm after
    done
}

@test "told to end, skt ends its program and whoever that has started, and not its own group" {
    for kind in "${ways[@]}" terminal; do
        napping=$(nap "$kind" 600)
        rm -f up
        serve "$kind" -c "$napping & touch up; $napping"
        background_input=/dev/null start_background "$SKT" --no-shutdown 127.0.0.1 "$port"
        wait_until test -e up
        kill "$listener_pid"
        end_status "$listener_pid"
        assert_equal "$kind: $status" "$kind: 143"
        wait_until is_gone "${napping% *}"
        stop "$started_pid"
    done
}

@test "a program that does not heed SIGTERM is killed after --kill-after" {
    for kind in "${ways[@]}"; do
        napping=$(nap "$kind" 600)
        rm -f up
        serve "$kind" --kill-after 0.4 -c "trap '' TERM; touch up; $napping"
        background_input=/dev/null start_background "$SKT" --no-shutdown 127.0.0.1 "$port"
        wait_until test -e up
        started=$(now_ms)
        kill "$listener_pid"
        end_status "$listener_pid"
        assert_equal "$kind: $status" "$kind: 143"
        assert_at_least "$(($(now_ms) - started))" 390
        wait_until is_gone "${napping% *}"
        stop "$started_pid"
    done
}

@test "limits of time end the program, too" {
    for options in '--max-time 2' '-w 0.5'; do # the first is for coming, too
        napping=$(nap limit 600)
        # shellcheck disable=SC2086
        start_skt_listener $options -c "$napping" 127.0.0.1 0
        timeout 10 "$SKT" 127.0.0.1 "$port" </dev/null
        end_status "$listener_pid"
        assert_equal "$options: $status" "$options: 6"
        wait_until is_gone "${napping% *}"
    done
}

@test "200 programs one after the other leave no zombie and no descriptor behind" {
    need python3
    for kind in "${ways[@]}" terminal; do
        serve "$kind" -k -e 'cat'
        before=$(open_fds "$listener_pid")
        timeout 60 python3 - "$port" <<'PYTHON'
import socket, sys
for i in range(200):
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as s:
        s.sendall(b"%d\n" % i)
        s.shutdown(socket.SHUT_WR)
        assert s.makefile("rb").read().strip() == b"%d" % i
PYTHON
        idles() { [ "$(open_fds "$listener_pid")" = "$before" ] && [ -z "$(cat /proc/"$listener_pid"/task/*/children)" ]; }
        wait_until idles
        stop "$listener_pid"
    done
}

@test "an idle session with a program costs nothing" {
    for kind in "${ways[@]}" terminal; do
        rm -f up
        serve "$kind" -c 'touch up; exec sleep 60'
        background_input=/dev/null start_background "$SKT" 127.0.0.1 "$port"
        wait_until test -e up
        assert_idle "$listener_pid"
        stop "$listener_pid"
        stop "$started_pid"
    done
}

@test "SIGCHLD ignored by who started skt does not hide how a program ended" {
    start_skt_listener 127.0.0.1 0
    run -3 timeout 10 env --ignore-signal=CHLD "$SKT" -c 'exit 3' 127.0.0.1 "$port"
}

@test "the options of a program are checked" {
    for words in '-e cat -c cat' '-e cat -z' '-e cat -d' '-e cat --recv-only' '-e cat -F' '--stderr' '--pty' \
        '--kill-after 1' '-e cat --pty --stderr' '--pty=blue -e cat'; do
        # shellcheck disable=SC2086
        run -2 timeout 10 "$SKT" $words 127.0.0.1 1
        assert_one_line "$output" "skt: "
    done
    for text in '' ' ' "'a" 'a "b' 'a\' "''"; do
        run -2 timeout 10 "$SKT" -e "$text" 127.0.0.1 1
        assert_one_line "$output" "skt: -e "
    done
    run -2 timeout 10 "$SKT" -c ' ' 127.0.0.1 1
}
