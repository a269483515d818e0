#!/usr/bin/env bats
# Many programs at once: -k with -e or -c, of clients that connect and of peers that send datagrams.

load helpers

# The two ways in which a program gets a connection: it has the socket itself, or the pump is between.
ways=(direct pumped)
declare -gA way=([direct]='' [pumped]=--no-splice [terminal]=--pty=raw)

# Starts a server that runs a program for each, in one of these ways: serve WAY ARGUMENT...
serve() {
    # shellcheck disable=SC2086  # one or two words
    start_skt_listener -k ${way[$1]} "${@:2}" 127.0.0.1 0
}

# programs WHAT...: tests/peers/programs.py against the listener; datagrams: tests/peers/datagrams.py
programs() { foreign programs.py "$1" "$listener_pid" "$port" "${@:2}"; }
datagrams() { foreign datagrams.py "$@"; }

# What says its process id, and then what it hears.
talker='echo $$; exec cat'

children() { cat /proc/"$1"/task/*/children; }
has_children() { [ "$(children "$listener_pid" | wc -w)" -eq "$1" ]; }

@test "100 programs are there at once, and nothing is left of them" {
    need python3
    for kind in "${ways[@]}" terminal; do
        serve "$kind" -c "$talker"
        run -0 programs held 100
        assert_equal "$kind: $output" "$kind: 100 programs, 100 children, 100 answered
0 children, 0 descriptors more"
        assert_file_is "$listener_err" ''
    done
}

@test "clients and programs that are killed at random moments leave nothing, and the others are served" {
    need python3
    for kind in "${ways[@]}"; do
        serve "$kind" -c "$talker"
        run -0 programs kill 300
        [[ $output =~ ^kill:\ 300\ answered,\ 0\ children,\ 0\ descriptors\ more,\ ([0-9-]+)\ KiB ]] || fail "$kind: $output"
        need_plain_build # sanitizers hold back what was freed
        assert_at_most "${BASH_REMATCH[1]}" 1024
    done
}

@test "nc, ncat, socat and skt have programs at the same time" {
    need nc.openbsd ncat socat
    for kind in "${ways[@]}"; do
        serve "$kind" -c "$talker"
        outs=()
        for words in "nc.openbsd -N 127.0.0.1 $port" "ncat 127.0.0.1 $port" "socat - TCP:127.0.0.1:$port" "$SKT 127.0.0.1 $port"; do
            hold_input
            # shellcheck disable=SC2086  # words
            background_input=$held_input start_background $words
            outs+=("$started_out")
            wait_until file_has_line "$started_out"
        done
        has_children 4
        assert_equal "$(cat "${outs[@]}" | sort -u | wc -l)" 4
        stop "$listener_pid"
    done
}

@test "a client that reads nothing, and one that says nothing, keep nobody waiting" {
    for kind in "${ways[@]}"; do
        serve "$kind" -e cat
        start_peer "connect:tcp:$port" print:connected stall
        wait_for_text "$peer_out" connected
        start_peer rcvbuf:4096 "connect:tcp:$port" print:connected sendbytes:30000000
        wait_for_text "$peer_out" connected
        start_peer "connect:tcp:$port" send:hello expect:hello halfclose drain close
        peer_succeeds
        stop "$listener_pid"
    done
}

@test "a program that does not heed SIGTERM keeps nobody waiting, and is killed when its time is over" {
    need python3
    for kind in "${ways[@]}"; do
        serve "$kind" --kill-after 1.5 -c "trap '' TERM; echo \$\$; while :; do sleep 0.05; done"
        run -0 timeout 10 python3 - "$port" <<'PYTHON'
import os, socket, struct, sys, time
def client():
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5)
    return s, int(s.makefile().readline())
first, program = client()
first.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
started = time.monotonic()
first.close()
other, _ = client()
third, _ = client()
os.kill(program, 0)  # they did not have to wait for its end
while True:
    try:
        os.kill(program, 0)
        time.sleep(0.02)
    except ProcessLookupError:
        break
took = time.monotonic() - started
assert 1.45 < took < 5, took
os.kill(_, 0)
PYTHON
        wait_for_text "$listener_err" "Connection reset by peer"
        assert_equal "$(wc -l <"$listener_err")" 1
        kill_by_term "$listener_pid"
    done
}

@test "told to end, skt ends all of its programs in the same time, and those that they have started" {
    need python3
    for kind in "${ways[@]}" terminal; do
        cp "$(command -v sleep)" "nap-$kind"
        serve "$kind" --kill-after 0.5 -c "trap '' TERM HUP; $PWD/nap-$kind 600 & echo \$\$; wait; wait; $PWD/nap-$kind 601"
        clients=()
        for _ in {1..20}; do
            start_peer "connect:tcp:$port" print:connected recvline stall
            clients+=("$peer_pid")
        done
        wait_until has_children 20
        started=$(now_ms)
        kill_by_term "$listener_pid"
        took=$(($(now_ms) - started))
        assert_at_least "$took" 450
        assert_at_most "$took" 3000
        wait_until is_gone "$PWD/nap-$kind"
        for client in "${clients[@]}"; do stop "$client"; done
    done
}

is_gone() { [ -z "$(find /proc/[0-9]*/exe -maxdepth 0 -lname "$1" 2>/dev/null)" ]; }

@test "programs that heed SIGTERM end at once when skt is told to end" {
    need python3
    for kind in "${ways[@]}"; do
        serve "$kind" -c "$talker"
        for _ in {1..10}; do start_peer "connect:tcp:$port" recvline stall; done
        wait_until has_children 10
        started=$(now_ms)
        kill_by_term "$listener_pid"
        assert_at_most "$(($(now_ms) - started))" 2000
    done
}

@test "a program that cannot be started is said, that client goes, and the server goes on" {
    need prlimit setpriv
    options=() as=()
    if [ "$(id -u)" -eq 0 ]; then # root has as many processes as it likes
        options=(--user nobody)
        as=(setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups)
        chmod 755 .
    fi
    for kind in "${ways[@]}"; do
        serve "$kind" "${options[@]}" -c "$talker"
        start_peer "connect:tcp:$port" recvline send:first\\n expect:first\\n print:there waitfile:"go-$kind" send:x\\n expect:x\\n close
        first=$peer_pid first_err=$peer_err
        wait_for_text "$peer_out" there
        "${as[@]}" prlimit --pid "$listener_pid" --nproc=1:
        start_peer "connect:tcp:$port" drain close
        peer_succeeds
        wait_for_text "$listener_err" "/bin/sh: Resource temporarily unavailable"
        "${as[@]}" prlimit --pid "$listener_pid" --nproc=1000:
        start_peer "connect:tcp:$port" recvline send:again\\n expect:again\\n halfclose drain close
        peer_succeeds
        touch "go-$kind"
        peer_succeeds "$first" "$first_err"
        assert_equal "$(wc -l <"$listener_err")" 1
        kill_by_term "$listener_pid"
    done
}

@test "without descriptors for one more program its client waits or goes, and the server does not spin" {
    need python3
    for kind in "${ways[@]}"; do
        background_input=/dev/null start_background bash -c 'ulimit -n 24; exec "$@"' - "$SKT" -l -k ${way[$kind]} -c "$talker" --announce="where-$kind" 127.0.0.1 0
        listener_pid=$started_pid listener_err=$started_err
        wait_until test -s "where-$kind"
        port_of "$(<"where-$kind")"
        clients=()
        for _ in {1..15}; do
            start_peer "connect:tcp:$port" recvline stall
            clients+=("$peer_pid")
        done
        wait_until is_still "$listener_pid"
        assert_idle "$listener_pid" 5
        for client in "${clients[@]}"; do stop "$client"; done
        start_peer "connect:tcp:$port" recvline send:again\\n expect:again\\n halfclose drain close
        peer_succeeds
        kill_by_term "$listener_pid"
    done
}

@test "--max-conns bounds how many programs there are, and the next client has its turn when one has ended" {
    for kind in "${ways[@]}"; do
        serve "$kind" --max-conns 2 -c "$talker"
        start_peer "connect:tcp:$port" recvline print:there waitfile:"go-$kind" halfclose drain close
        first=$peer_pid first_err=$peer_err
        wait_for_text "$peer_out" there
        start_peer "connect:tcp:$port" recvline print:there stall
        wait_for_text "$peer_out" there
        start_peer "connect:tcp:$port" refuses:0.3 touch:"go-$kind" recvline send:x\\n expect:x\\n halfclose drain close
        peer_succeeds
        peer_succeeds "$first" "$first_err"
        stop "$listener_pid"
    done
}

@test "--max-per-peer counts a client until its program has ended" {
    for kind in "${ways[@]}"; do
        serve "$kind" -v --max-per-peer 1 -c 'echo $$; cat; while [ ! -e over ]; do sleep 0.05; done'
        start_peer "connect:tcp:$port" recvline print:there halfclose drain close
        first=$peer_pid first_err=$peer_err
        wait_for_text "$peer_out" there
        start_peer "connect:tcp:$port" drain close
        peer_succeeds
        wait_for_text "$listener_err" "Connection refused: it has 1 already"
        touch over
        peer_succeeds "$first" "$first_err"
        wait_until has_children 0
        start_peer "connect:tcp:$port" recvline halfclose drain close
        peer_succeeds
        rm over
    done
}

@test "--serial runs one program after the other" {
    serve direct --serial -c "$talker"
    start_peer "connect:tcp:$port" recvline print:there waitfile:go halfclose drain close
    first=$peer_pid first_err=$peer_err
    wait_for_text "$peer_out" there
    start_peer "connect:tcp:$port" refuses:0.3 touch:go recvline halfclose drain close
    peer_succeeds
    peer_succeeds "$first" "$first_err"
}

# --- handing over ----------------------------------------------------------------------------------------------------

@test "--peek tells a program of the first bytes, which it still reads, and a silent client keeps nobody waiting" {
    for kind in "${ways[@]}"; do
        serve "$kind" --peek 4 --max-conns 10 -c 'case $SKT_PEEKED in 47455420) read -r line; echo "web: $line" ;; *) echo "$SKT_PEEKED"; exec cat ;; esac'
        start_peer "connect:tcp:$port" print:connected stall
        wait_for_text "$peer_out" connected
        start_peer "connect:tcp:$port" send:ab print:connected stall
        wait_for_text "$peer_out" connected
        start_peer "connect:tcp:$port" each:0.05:'GET\x20/\n' expect:'web:\x20GET\x20/\n' halfclose drain close
        peer_succeeds
        start_peer "connect:tcp:$port" send:'\0bcdefgh\n' expect:'00626364\n\0bcdefgh\n' halfclose drain close
        peer_succeeds
        start_peer "connect:tcp:$port" send:x halfclose expect:'78\nx' drain close
        peer_succeeds
        start_peer "connect:tcp:$port" halfclose expect:'\n' drain close
        peer_succeeds
        wait_until has_children 0
        kill_by_term "$listener_pid"
    done
}

@test "--peek with a program is bounded by -w, on both sides" {
    start_skt_listener -k --peek 4 -w 1.5 -e cat 127.0.0.1 0
    start_peer "connect:tcp:$port" send:ab stall
    wait_for_text "$listener_err" "timed out: 2 of 4 bytes are there"
    start_peer "connect:tcp:$port" send:abcd expect:abcd halfclose drain close
    peer_succeeds
    start_peer listen:tcp accept send:hello expect:'68656c\n' drain close
    run -0 timeout 10 "$SKT" --peek 3 -c 'echo $SKT_PEEKED; head -c 5 >got' 127.0.0.1 "$port"
    assert_equal "$output" ""
    assert_file_is got hello
    for words in "--peek 201 -e cat" "-k -u --peek 4 -e cat"; do
        # shellcheck disable=SC2086  # words
        run -2 --separate-stderr "$SKT" -l $words 127.0.0.1 0
        assert_one_line "$stderr" "skt: --peek"
    done
}

@test "a listener passes its clients on, with what they say first, to whoever starts a program for each" {
    need python3 nc.openbsd
    run -0 --separate-stderr timeout 30 python3 - "$SKT" <<'PYTHON'
import array, os, socket, subprocess, sys, threading
skt = sys.argv[1]
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
server = subprocess.Popen([skt, "-l", "-k", "-F", "--peek", "4", "--announce=where", "127.0.0.1", "0"], stdout=theirs)
theirs.close()
while not os.path.exists("where") or not open("where").read().endswith("\n"):
    pass
port = open("where").read().strip().rpartition(":")[2]
children = []

def inetd():
    """The program has the connection as its standard input and output, or skt has it as an inherited descriptor."""
    seen = b""
    while True:
        data, parts, _, _ = ours.recvmsg(100, socket.CMSG_SPACE(4))
        if not data:
            return
        seen += data
        if not parts:
            continue
        fd = array.array("i", parts[0][2])[0]
        os.set_inheritable(fd, True)
        how = {b"cat:\0": (["cat"], fd), b"skt:\0": ([skt, "-e", "cat", f"fd:{fd}"], None)}[seen]
        children.append(subprocess.Popen(how[0], stdin=how[1], stdout=how[1], pass_fds=[fd]))
        os.close(fd)
        seen = b""

threading.Thread(target=inetd, daemon=True).start()
for first in "cat:", "skt:", "cat:", "skt:":
    said = (first + "what else it says\n").encode()
    client = subprocess.run(["nc.openbsd", "-N", "127.0.0.1", port], input=said, capture_output=True, timeout=10)
    assert client.stdout == said, client
for child in children:
    assert child.wait() == 0
server.terminate()
assert server.wait() == -15
print(len(children))
PYTHON
    assert_equal "$output" 4
    assert_equal "$stderr" ""
}

# passed_on COMMAND...: a server, whose standard output is a Unix socket. Two clients say nothing, or too little, and
# twenty all that is asked for; when those have been passed on, the two say more. Prints what came of each: what was shown
# of it, and what its socket still had.
passed_on() {
    cat >taker.py <<'PYTHON'
import os, socket, subprocess, sys
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
server = subprocess.Popen(sys.argv[1:] + ["--announce=where", "127.0.0.1", "0"], stdout=theirs)
theirs.close()
while not os.path.exists("where") or not open("where").read().endswith("\n"):
    pass
port = int(open("where").read().strip().rpartition(":")[2])
ours.settimeout(10)

def client(text):
    end = socket.create_connection(("127.0.0.1", port), timeout=10)
    end.sendall(text)
    return end

def take(count):
    told = []
    while len(told) < count:
        seen, parts = b"", []
        while not parts:
            data, parts, _, _ = socket.recv_fds(ours, 100, 1)
            seen += data
        with socket.socket(fileno=parts[0]) as end:
            assert end.getblocking() and seen.endswith(b"\0"), seen
            told.append(f"{seen[:-1].decode()}: {end.recv(100).decode()}")
            end.sendall(b"thank you")
    print("\n".join(sorted(told)))

silent = [client(b""), client(b"ab")]
spoken = [client(f"{i:04} says more".encode()) for i in range(20)]
take(20)
for end in silent:
    end.sendall(b"late words")
take(2)
for end in silent + spoken:
    assert end.recv(100) == b"thank you"
assert server.poll() is None
server.terminate()
assert server.wait() == -15
PYTHON
    run -0 --separate-stderr timeout 30 python3 taker.py "$@"
}

@test "clients are passed on when they have said enough, and a silent one holds up none that come after it" {
    need python3
    local i
    passed_on "$SKT" -l -k -F --peek 4 --max-conns 22
    for i in {0..19}; do
        printf '%04d: %04d says more\n' "$i" "$i"
    done >wanted
    printf 'abla: ablate words\nlate: late words\n' >>wanted
    assert_equal "$output" "$(<wanted)"
    assert_equal "$stderr" ""
}

@test "--peek with --keep-open shows who has said enough, and a silent client holds up none" {
    start_skt_listener -k --peek 4 127.0.0.1 0
    start_peer "connect:tcp:$port" send:a print:there stall
    wait_for_text "$peer_out" there
    start_peer "connect:tcp:$port" send:hello drain
    wait_for_text "$listener_out" hell
    start_peer "connect:tcp:$port" send:good halfclose drain
    wait_for_text "$listener_out" hellgood
}

@test "what was said in vain stands before no other client's descriptor" {
    need python3
    cat >vain.py <<'PYTHON'
import os, socket, subprocess, sys
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
server = subprocess.Popen([sys.argv[1], "-l", "-k", "-F", "--peek", "4", "-w", "0.5", "--announce=where", "127.0.0.1", "0"],
                          stdout=theirs, stderr=subprocess.PIPE)
theirs.close()
while not os.path.exists("where") or not open("where").read().endswith("\n"):
    pass
port = int(open("where").read().strip().rpartition(":")[2])
ours.settimeout(10)
first = socket.create_connection(("127.0.0.1", port), timeout=10)
first.sendall(b"abc")
assert b"timed out: 3 of 4 bytes are there" in server.stderr.readline()
second = socket.create_connection(("127.0.0.1", port), timeout=10)
second.sendall(b"defg")
seen, parts = b"", []
while not parts:
    data, parts, _, _ = socket.recv_fds(ours, 100, 1)
    seen += data
assert seen == b"defg\0", seen
ours.close()
third = socket.create_connection(("127.0.0.1", port), timeout=10)
third.sendall(b"hijk")
print(server.wait(10), server.stderr.read().decode(), end="")
PYTHON
    run -0 timeout 30 python3 vain.py "$SKT"
    assert_equal "$output" "9 skt: standard output: Broken pipe"
}

@test "a server that waits for whoever takes descriptors ends when it is told to" {
    need python3
    cat >stuck.py <<'PYTHON'
import fcntl, os, select, socket, struct, subprocess, sys, termios, time
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
size, count = int(sys.argv[2]), int(sys.argv[3])
peek = ["--peek", str(size)] if size else []
server = subprocess.Popen([sys.argv[1], "-l", "-k", "-F", *peek, "--announce=where", "127.0.0.1", "0"], stdout=theirs)
theirs.close()
while not os.path.exists("where") or not open("where").read().endswith("\n"):
    pass
port = int(open("where").read().strip().rpartition(":")[2])
clients = []
for _ in range(count):
    clients.append(socket.socket())
    clients[-1].setblocking(False)
    clients[-1].connect_ex(("127.0.0.1", port))
    if size:
        select.select([], clients[-1:], [], 10)
        clients[-1].sendall(bytes(size))
def unread():
    return struct.unpack("i", fcntl.ioctl(ours, termios.FIONREAD, bytes(4)))[0]

before = -1
while before < 100 or before != unread():  # until it takes no more
    before = unread()
    time.sleep(0.1)
server.terminate()
print(server.wait(10))
PYTHON
    run -0 timeout 30 python3 stuck.py "$SKT" 60000 20
    assert_equal "$output" "-15"
    rm where
    run -0 timeout 30 python3 stuck.py "$SKT" 0 500
    assert_equal "$output" "-15"
}

@test "a descriptor that was received has a program, too" {
    need python3
    start_peer listen:tcp accept send:hello\\n halfclose expect:HELLO\\n drain close
    run -0 foreign descriptors.py relay -- "$SKT" -F 127.0.0.1 "$port" to "$SKT" --receive-fd -e 'tr a-z A-Z'
    peer_succeeds
}

# --- datagrams --------------------------------------------------------------------------------------------------------

@test "each datagram peer has a program of its own, which knows who it is" {
    need python3
    start_skt_listener -k -u -c 'while read -r line; do echo "$SKT_REMOTE_PORT $UDPREMOTEPORT $REMOTE_ADDR $line"; done' 127.0.0.1 0
    run -0 timeout 20 python3 - "$port" <<'PYTHON'
import socket, sys
peers = []
for i in range(50):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(10)
    s.connect(("127.0.0.1", int(sys.argv[1])))
    peers.append(s)
for turn in range(3):
    for s in peers:
        s.send(b"turn %d\n" % turn)
    for s in peers:
        port = s.getsockname()[1]
        assert s.recv(1000) == b"%d %d 127.0.0.1 turn %d\n" % (port, port, turn)
PYTHON
    has_children 50
    kill_by_term "$listener_pid"
    assert_file_is "$listener_err" ''
}

@test "the same with records of the program's own, in which messages keep their borders both ways" {
    need python3
    start_skt_listener -k -u --records u16 -e cat 127.0.0.1 0
    run -0 datagrams echo "$port" 20 20
    assert_equal "$output" "400 of 400 messages"
    start_skt_listener -k -u --records u16 -e cat -U sock
    run -0 datagrams echo sock 5 20
    assert_equal "$output" "100 of 100 messages"
}

@test "a datagram peer's program ends when its peer has been idle, and the next datagram starts another" {
    start_skt_listener -k -u --idle-timeout 0.4 -c 'echo "begin"; while read -r line; do echo "$line"; done; echo end' 127.0.0.1 0
    before=$(open_fds "$listener_pid")
    start_peer "connect:udp:$port" send:one\\n expect:begin\\n expect:one\\n expect:end\\n send:two\\n expect:begin\\n expect:two\\n
    peer_succeeds
    wait_until has_children 0
    wait_until has_fds "$listener_pid" "$before"
    assert_file_is "$listener_err" ''
}

@test "a datagram peer's program that goes on when its input has ended is ended when its time is over again" {
    start_skt_listener -k -u --idle-timeout 0.3 --kill-after 0.2 -c 'trap "" TERM; while :; do sleep 1; done' 127.0.0.1 0
    start_peer "connect:udp:$port" send:one
    peer_succeeds
    wait_until has_children 1
    wait_until has_children 0
    wait_for_text "$listener_err" "timed out: idle for 0.6 s"
    assert_equal "$(wc -l <"$listener_err")" 1
}

@test "a datagram peer's program that reads nothing loses what is too much for its queue, and others lose nothing" {
    need python3
    start_skt_listener -k -u --queue 32K -c 'read -r kind; case $kind in deaf) exec sleep 600 ;; *) exec cat ;; esac' 127.0.0.1 0
    run -0 timeout 20 python3 - "$port" <<'PYTHON'
import socket, sys, time
def peer():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(10)
    s.connect(("127.0.0.1", int(sys.argv[1])))
    return s
deaf, other = peer(), peer()
deaf.send(b"deaf\n")
other.send(b"other\n")
for i in range(1000):
    deaf.send(b"x" * 1000)
    if i % 10 == 0:
        other.send(b"%d" % i)
        assert other.recv(100) == b"%d" % i
PYTHON
    wait_for_text "$listener_err" "dropped: not taken in time"
    kill_by_term "$listener_pid"
    dropped=$(sed -n 's/.*: \([0-9]*\) messages\{0,1\} dropped: not taken in time/\1/p' "$listener_err" | awk '{ n += $1 } END { print n }')
    assert_at_least "$dropped" 500
    assert_at_most "$dropped" 1000
}

@test "with --eof-message an empty datagram is the end of a program's input, and its end is sent as one" {
    start_skt_listener -k -u --eof-message -c 'echo begin; cat; echo over' 127.0.0.1 0
    start_peer "connect:udp:$port" send:one\\n expect:begin\\n expect:one\\n datagram:0 expect:over\\n recv:0 \
        send:two\\n expect:begin\\n expect:two\\n
    peer_succeeds
    wait_until has_children 1
    assert_file_is "$listener_err" ''
}

@test "local datagrams have a program for each sender, too" {
    start_skt_listener -k -u -c 'while read -r line; do echo "$UNIXREMOTEPATH $line"; done' -U sock
    for name in a b; do
        start_peer "bind:unixdgram:$PWD/$name" connect:unixdgram:sock send:hello\\n expect:"$PWD/$name hello\\n"
        peer_succeeds
    done
}

@test "a program has the limit of descriptors that skt was started with" {
    need python3
    ulimit -Sn 256
    for options in '' --workers=2; do
        for kind in "${ways[@]}" terminal; do
            # shellcheck disable=SC2086  # one word or none
            serve "$kind" $options -c 'ulimit -Sn'
            run -0 timeout 10 "$SKT" 127.0.0.1 "$port" </dev/null
            assert_equal "$kind: ${output%$'\r'}" "$kind: 256"
        done
    done
    run -0 bash -c 'grep "^Max open files" "/proc/$0/limits"' "$(children "$listener_pid" | cut -d ' ' -f 1)"
    [[ $output =~ ^Max\ open\ files\ +([0-9]+)\ +([0-9]+) ]]
    assert_equal "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" # the server itself has all that it may
}

@test "clients that have said too little to be peeked at cost next to nothing, and are served when they say more" {
    need python3
    start_skt_listener -k --peek 4 -c 'exec cat' 127.0.0.1 0
    run -0 timeout 30 python3 - "$port" "$listener_pid" <<'PYTHON'
import socket, sys, time

port, pid = int(sys.argv[1]), sys.argv[2]


def ticks():
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


clients = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(500)]
for client in clients:
    client.sendall(b"a")
time.sleep(2)  # a time to measure in, and one for all to have come
before = ticks()
time.sleep(3)
print(ticks() - before)
clients[7].sendall(b"bcd")
assert clients[7].recv(4, socket.MSG_WAITALL) == b"abcd"
clients[8].shutdown(socket.SHUT_WR)  # no more will come
assert clients[8].recv(4) == b"a"
PYTHON
    assert_at_most "$output" 3
}
