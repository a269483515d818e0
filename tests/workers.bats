#!/usr/bin/env bats
# --workers: several processes serve one port. One that dies is made again, and only its own clients are lost.

load helpers

workers_of() { cat "/proc/$1/task/$1/children" 2>/dev/null; }

has_workers() { [ "$(workers_of "$listener_pid" | wc -w)" -eq "$1" ]; }

# start_workers N WORD...: a server by N processes. $listener_pid is the first one.
start_workers() {
    start_skt_listener -k --workers "$@"
    wait_until has_workers "$1"
}

is_stopped() { [[ $(<"/proc/$1/stat") == *") T "* ]]; }

is_gone() { [ ! -e "/proc/$1" ]; }

# Ask so often who serves; the numbers of the processes, each once.
who_serves() {
    python3 - "$1" "$port" <<'PYTHON'
import socket, sys

found = set()
for _ in range(int(sys.argv[1])):
    with socket.create_connection(("127.0.0.1", int(sys.argv[2])), timeout=10) as client:
        found.add(client.makefile().read())
print(*sorted(found))
PYTHON
}

@test "several processes serve one port, and the kernel spreads clients over all of them" {
    need python3 nc ncat socat
    # shellcheck disable=SC2016  # for the other shell
    start_workers 3 -c 'echo -n $PPID' 127.0.0.1 0
    local expected
    expected=$(workers_of "$listener_pid" | tr ' ' '\n' | sort | xargs)
    assert_equal "$(who_serves 100)" "$expected"
    assert_contains " $expected " " $(nc -N 127.0.0.1 "$port" </dev/null) "
    assert_contains " $expected " " $(ncat --recv-only 127.0.0.1 "$port") "
    assert_contains " $expected " " $(socat -u "TCP:127.0.0.1:$port" -) "
    assert_equal "$(<"$listener_err")" ""
}

@test "a worker that is killed takes only its own clients with it, and is made again" {
    need python3
    start_workers 3 --echo 127.0.0.1 0
    cat >clients.py <<'PYTHON'
import os, signal, socket, sys

port, workers = int(sys.argv[1]), list(map(int, sys.argv[2:]))

def sockets_of(pid):
    """The ports of clients whose connections a process has."""
    inodes = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            inodes.add(os.readlink(f"/proc/{pid}/fd/{fd}"))
        except FileNotFoundError:
            pass
    found = set()
    for line in open("/proc/net/tcp").readlines()[1:]:
        words = line.split()
        if f"socket:[{words[9]}]" in inodes and words[3] == "01":
            found.add(int(words[2].split(":")[1], 16))
    return found

clients = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(60)]
for client in clients:
    client.sendall(b"a")
    assert client.recv(1) == b"a"
served = {pid: sockets_of(pid) for pid in workers}
assert sum(map(len, served.values())) == 60 and all(served.values()), served
victim = workers[1]
os.kill(victim, signal.SIGKILL)
lost = 0
for client in clients:
    if client.getsockname()[1] in served[victim]:
        try:
            assert client.recv(1) == b""
        except ConnectionResetError:
            pass
        lost += 1
    else:
        client.sendall(b"b")
        assert client.recv(1) == b"b"
assert lost == len(served[victim])
for _ in range(60): # also those who wait for the next worker
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(b"c")
        assert client.recv(1) == b"c"
PYTHON
    local before
    before=$(workers_of "$listener_pid")
    # shellcheck disable=SC2086  # words
    run -0 timeout 60 python3 clients.py "$port" $before
    # the one that was killed is a child as long as it has not been waited for
    is_another() { has_workers 3 && [ "$(workers_of "$listener_pid")" != "$before" ]; }
    wait_until is_another
    assert_one_line "$(<"$listener_err")" "skt: worker 2, process $(cut -d ' ' -f 2 <<<"$before"): ended by signal 9 (Killed); another one "
}

@test "who waits to be accepted by a worker that is killed is served by the next one" {
    need python3
    start_workers 1 --echo 127.0.0.1 0
    local worker
    worker=$(workers_of "$listener_pid" | xargs)
    kill -STOP "$worker"
    start_peer "connect:tcp:$port" print:connected send:hello expect:hello halfclose drain close
    wait_for_text "$peer_out" connected
    kill -KILL "$worker"
    peer_succeeds
}

@test "a worker that dies as soon as it lives is made again later and later" {
    start_workers 1 --echo 127.0.0.1 0
    local worker last='' i
    for i in 1 2 3 4; do
        is_new() { worker=$(workers_of "$listener_pid" | xargs) && [ -n "$worker" ] && [ "$worker" != "$last" ]; }
        wait_until is_new
        kill -KILL "$worker"
        last=$worker
    done
    wait_until has_lines "$listener_err" 4
    assert_equal "$(sed 's/.*another one //' "$listener_err" | xargs)" "in 0.1 s in 0.2 s in 0.4 s in 0.8 s"
}

has_lines() { [ "$(wc -l <"$1")" -eq "$2" ]; }

@test "nothing is left of workers that have died" {
    start_workers 2 --echo 127.0.0.1 0
    local before i worker
    wait_until is_still "$listener_pid"
    before=$(open_fds "$listener_pid")
    for i in 1 2 3; do
        worker=$(workers_of "$listener_pid" | cut -d ' ' -f 1)
        kill -KILL "$worker"
        wait_until is_gone "$worker"
        wait_until has_workers 2
    done
    wait_until has_fds "$listener_pid" "$before"
    # each has the socket that it serves at, and, once it has begun, none of the others'
    for worker in $(workers_of "$listener_pid"); do
        wait_until has_one_socket "$worker"
    done
}

has_one_socket() { [ "$(find "/proc/$1/fd" -lname 'socket:*' | wc -l)" -eq 1 ]; }

@test "4,000 clients come, are answered and go, and nothing is left of them in any worker" {
    need python3
    need_plain_build
    start_workers 2 --echo --max-conns 5000 127.0.0.1 0
    local worker before=() workers
    read -ra workers <<<"$(workers_of "$listener_pid")"
    run -0 foreign many.py "$listener_pid" "$port" 200 # each of them has what it opens for the first
    for worker in "${workers[@]}"; do
        before+=("$(open_fds "$worker")")
    done
    run -0 foreign many.py "$listener_pid" "$port" 4000
    assert_contains "$output" "4000 answered, 0 ticks idle, 0 KiB more"
    local i rss=()
    for i in 0 1; do
        wait_until has_fds "${workers[i]}" "${before[i]}"
        rss+=("$(rss_kib "${workers[i]}")")
    done
    run -0 foreign many.py "$listener_pid" "$port" 4000
    for i in 0 1; do
        wait_until has_fds "${workers[i]}" "${before[i]}"
        assert_at_most $(($(rss_kib "${workers[i]}") - rss[i])) 1024
    done
    assert_equal "$(workers_of "$listener_pid" | xargs)" "${workers[*]}"
}

# --- signals ---------------------------------------------------------------------------------------------------------

@test "a signal ends all of them, with their programs, and the status says which" {
    local signal workers programs
    for signal in TERM INT HUP; do
        start_workers 2 -c 'echo there; exec sleep 600' 127.0.0.1 0
        workers=$(workers_of "$listener_pid")
        start_peer "connect:tcp:$port" expect:there print:there drain
        wait_for_text "$peer_out" there
        programs=$(for worker in $workers; do workers_of "$worker"; done)
        kill "-$signal" "$listener_pid"
        end_status "$listener_pid"
        assert_equal "$signal $status $(<"$listener_err")" "$signal $((128 + $(kill -l "$signal"))) "
        for worker in $workers $programs; do
            is_gone "$worker" || fail "$worker is left"
        done
    done
}

@test "a worker that was stopped does not hold up the end of all" {
    start_workers 2 -c 'trap "echo told; exit" TERM; echo there; sleep 600 & wait' 127.0.0.1 0
    local worker workers
    workers=$(workers_of "$listener_pid")
    start_peer "connect:tcp:$port" expect:there\\n print:there expect:told\\n drain
    wait_for_text "$peer_out" there
    for worker in $workers; do
        kill -STOP "$worker"
        wait_until is_stopped "$worker"
    done
    kill -TERM "$listener_pid"
    end_status "$listener_pid" 4 # before anybody is killed
    assert_equal "$status $(<"$listener_err")" "143 "
    peer_succeeds # the program was told, too
}

@test "when the first process is killed its workers end, too" {
    start_workers 2 --echo 127.0.0.1 0
    local worker workers
    workers=$(workers_of "$listener_pid")
    kill -KILL "$listener_pid"
    for worker in $workers; do
        wait_until is_gone "$worker"
    done
}

@test "SIGHUP has the lists read again by all workers, and by those that are made later" {
    need python3
    echo 127.0.0.1 >allowed
    start_workers 3 --echo --allowfile allowed 127.0.0.1 0
    echo 192.0.2.1 >allowed
    kill -HUP "$listener_pid"
    none_is_let_in() {
        python3 - "$port" <<'PYTHON'
import socket, sys
for _ in range(30):
    try:
        with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5) as client:
            client.sendall(b"x")
            if client.recv(1):
                sys.exit(1)
    except ConnectionError:
        pass
PYTHON
    }
    wait_until none_is_let_in
    local worker workers
    workers=$(workers_of "$listener_pid")
    for worker in $workers; do
        kill -KILL "$worker"
        wait_until is_gone "$worker"
    done
    wait_until has_workers 3
    none_is_let_in
    kill_by_term "$listener_pid"
}

@test "lists that are still being read again when the workers are made are theirs, too" {
    mkfifo list announced
    start_background "$SKT" -l -k --workers 2 --echo --allowfile list --announce=announced 127.0.0.1 0
    local server=$started_pid line announced
    has_socket() { [ -n "$(find "/proc/$server/fd" -lname 'socket:*')" ]; }
    timeout 10 bash -c 'echo 192.0.2.1 >list'
    wait_until has_socket # and waits for a reader of its announcement
    kill -HUP "$server"
    exec {announced}<announced
    timeout 10 bash -c 'echo 127.0.0.1 >list' # who reads it has opened it after the signal
    read -r -t 10 line <&"$announced"
    exec {announced}<&-
    run -0 timeout 10 "$SKT" 127.0.0.1 "${line##*:}" <<<hello
    assert_equal "$output" hello
    kill_by_term "$server"
}

@test "--max-time ends all of them, and is told once" {
    run -6 --separate-stderr timeout 10 "$SKT" -l -k --workers 3 --echo --max-time 0.3 127.0.0.1 0
    assert_one_line "$stderr" "the time for all of it is over"
}

# --- being started ---------------------------------------------------------------------------------------------------

@test "readiness is told once, and the pid file names the first process" {
    need python3
    cat >manager.py <<'PYTHON'
import os, socket, subprocess, sys
there = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
there.bind("notify")
there.settimeout(10)
server = subprocess.Popen(sys.argv[1:], env={**os.environ, "NOTIFY_SOCKET": os.path.abspath("notify")})

def workers():
    return open(f"/proc/{server.pid}/task/{server.pid}/children").read().split()

try:
    assert there.recv(1000).startswith(b"READY=1\n")
    assert int(open("pid").read()) == server.pid
    while not workers(): # it listens, and starts them now
        pass
    worker = workers()[0]
    os.kill(int(worker), 9)
    assert len(open("where").read().splitlines()) == 1
    while worker in workers():
        pass
    assert os.path.exists("pid")
    server.terminate()
    assert server.wait() == -15
finally:
    server.kill() # it would keep our output open
assert there.recv(1000) == b"STOPPING=1"
there.settimeout(0.2)
try:
    raise SystemExit(there.recv(1000))
except TimeoutError:
    pass
assert not os.path.exists("pid")
PYTHON
    run -0 timeout 20 python3 manager.py "$SKT" -l -k --workers 2 --echo --notify --pid-file pid --announce=where 127.0.0.1 0
}

@test "a Unix socket is shared by all workers, and its file stays as long as the first of them" {
    need socat
    start_workers 2 --echo -U s
    local worker i
    for i in 1 2 3 4 5 6; do
        assert_equal "$(echo hello | socat -t 10 - UNIX:s)" hello
    done
    worker=$(workers_of "$listener_pid" | cut -d ' ' -f 1)
    kill -KILL "$worker"
    wait_until is_gone "$worker"
    assert_equal "$(echo hello | socat -t 10 - UNIX:s)" hello
    kill_by_term "$listener_pid"
    [ ! -e s ]
}

@test "sockets that were inherited are shared by all workers" {
    need python3 nc
    start_background python3 "$SKT_SRCDIR/tests/peers/manager.py" tcp -- "$SKT" -l -k --workers 2 --echo fd:systemd
    wait_until test -s where
    local port
    port=$(<where)
    for i in 1 2 3 4 5 6; do
        assert_equal "$(echo "hello $i" | timeout 10 nc -N 127.0.0.1 "$port")" "hello $i"
    done
}

@test "workers share no port with anybody else" {
    start_workers 2 --echo 127.0.0.1 0
    run -5 --separate-stderr timeout 10 "$SKT" -l -k --workers 2 --echo 127.0.0.1 "$port"
    assert_one_line "$stderr" "Address already in use"
    run -5 --separate-stderr timeout 10 "$SKT" -l -k --echo 127.0.0.1 "$port"
}

@test "all addresses of a listener are served by all workers" {
    need python3
    # shellcheck disable=SC2016  # for the other shell
    start_workers 2 -c 'echo -n $PPID' 0
    assert_equal "$(who_serves 60)" "$(workers_of "$listener_pid" | tr ' ' '\n' | sort | xargs)"
    ! grep -q 00000000000000000000000000000001 /proc/net/if_inet6 || [ -n "$(timeout 10 nc -N ::1 "$port" </dev/null)" ]
}

@test "files that workers receive are each there, whatever they are called" {
    need python3
    mkdir in
    start_workers 3 --receive-dir in --receive-name %n 127.0.0.1 0
    run -0 timeout 60 python3 - "$port" <<'PYTHON'
import socket, sys
clients = [socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20) for _ in range(60)]
for number, client in enumerate(clients):
    client.sendall(b"%d\n" % number)
    client.shutdown(socket.SHUT_WR)
for client in clients:
    assert client.recv(1) == b""
PYTHON
    assert_equal "$(cat in/* | sort -n)" "$(seq 0 59)"
    assert_equal "$(find in -type f | wc -l)" 60
}

@test "--workers auto is one for each processor" {
    start_skt_listener -k --workers auto --echo 127.0.0.1 0
    wait_until has_workers "$(nproc)"
}

@test "each row of --hex-dump stands under the client whose it is, whichever process has written it" {
    need python3
    start_workers 3 --echo --hex-dump dump 127.0.0.1 0
    cat >clients.py <<'PYTHON'
import socket, sys

port = int(sys.argv[1])
clients = {letter: socket.create_connection(("127.0.0.1", port), timeout=10) for letter in "abcdefghijkl"}
names = {"%s %d" % client.getsockname(): letter for letter, client in clients.items()}
for size in (1, 40, 9000, 3):
    for letter, client in clients.items():
        client.sendall(letter.encode() * size)
    for client in clients.values():
        left = size
        while left > 0:
            left -= len(client.recv(left))
for client in clients.values():
    client.shutdown(socket.SHUT_WR)
    assert client.recv(1) == b""

owner, bytes_of = None, dict.fromkeys(clients, 0)
for line in open("dump"):
    if line.startswith("# "):
        owner = names[line[2:].rstrip("\n")]
    else:
        shown = line.rstrip("\n").split("|")[1]
        assert set(shown) == {owner}, (owner, line)
        bytes_of[owner] += len(shown)
assert set(bytes_of.values()) == {2 * (1 + 40 + 9000 + 3)}, bytes_of
PYTHON
    run -0 timeout 30 python3 clients.py "$port"
    assert_equal "$output" ""
}

# --- what is refused -------------------------------------------------------------------------------------------------

@test "what clients share cannot be shared by processes" {
    declare -A wrong=(
        ["-l -k --workers 2 0"]="--workers: needs clients that share nothing"
        ["-l -k --label --workers 2 0"]="--workers: needs clients that share nothing"
        ["-l -k --broker --workers 2 0"]="exclude each other"
        ["-l -k --chat --workers 2 0"]="exclude each other"
        ["-l -k --serial -c cat --workers 2 0"]="exclude each other"
        ["-l --echo --workers 2 0"]="--workers: needs --keep-open"
        ["-l -k --echo --workers 0 0"]="out of range: 1 to 1024"
        ["-l -k --echo --workers many 0"]="--workers many: "
    )
    refuses_each wrong
}
