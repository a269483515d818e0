#!/usr/bin/env bats
# Sockets that somebody else has opened, and sockets that are given away: fd:N, --receive-fd, --pass-fd.

load helpers

kinds="tcp udp unix unixdgram seqpacket"

# The program as the child of tests/peers/descriptors.py: given VERB ARGUMENTS... -- OPTIONS... With $tracer before it.
tracer=()
child_of() {
    local words=()
    while [ "$1" != -- ]; do
        words+=("$1")
        shift
    done
    shift
    foreign descriptors.py "${words[@]}" -- "${tracer[@]}" "$SKT" "$@"
}

# --- inherited -----------------------------------------------------------------------------------------------------

@test "fd:N is a connected socket of any kind that we came with" {
    local kind
    echo answer >input
    for kind in $kinds; do
        run -0 --separate-stderr child_of inherit "$kind" $'question\n' -- -q 1 fd:9 <input
        assert_equal "$kind: $(sort <<<"$output") $stderr" "$kind: answer"$'\n'"question "
    done
}

@test "fd:N over IPv6" {
    need_ipv6
    run -0 child_of inherit tcp6 question -- -v fd:9 </dev/null
    assert_contains "$output" "Connection to fd:9 (::1) "
    assert_contains "$output" question
}

@test "an inherited socket keeps messages apart as its type does" {
    printf 'one\ntwo\n' >input
    run -0 child_of inherit seqpacket question -- --records line fd:9 <input
    # two programs write there, so that the one's line may stand between the other's two messages
    assert_contains "$output" question
    assert_equal "$(tr -d '\n' <<<"${output/question/}")" onetwo
    run -2 child_of inherit tcp question -- --records line fd:9 <input
    assert_contains "$output" "--records: needs a type that keeps messages apart"
}

@test "-l fd:N takes clients at a socket that we came with, which blocks afterwards as it did before" {
    local kind
    echo answer >input
    for kind in $kinds; do
        run -0 --separate-stderr child_of listen "$kind" $'question\n' -- -l -q 1 fd:9 <input
        # two programs write there
        assert_equal "$kind: $(sort <<<"$output") $stderr" "$kind: answer"$'\n'"blocks"$'\n'"question "
    done
}

@test "-l fd:N says where it listens" {
    run -0 child_of listen tcp question -- -l --announce=where fd:9 </dev/null
    assert_contains "$(<where)" tcp://127.0.0.1:
}

@test "a socket file that we did not make stays" {
    cat >parent.py <<'PYTHON'
import os, socket, subprocess, sys
one = socket.socket(socket.AF_UNIX)
one.bind("path")
one.listen()
os.dup2(one.fileno(), 9, inheritable=True)
process = subprocess.Popen(sys.argv[1:], close_fds=False)
client = socket.socket(socket.AF_UNIX)
client.connect("path")
client.sendall(b"question")
client.close()
sys.exit(process.wait(10))
PYTHON
    run -0 python3 parent.py "$SKT" -l fd:9 </dev/null
    assert_equal "$output" question
    [ -S path ]
}

@test "descriptors that come with datagrams of a socket that we came with are not taken, also with -v" {
    need python3
    cat >parent.py <<'PYTHON'
import array, os, socket, subprocess, sys
one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
one.bind("path")
sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sender.bind("")
near, far = os.pipe()
rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [far]))]
for i in range(3):
    sender.sendmsg([b"x"], rights, 0, "path")
os.close(far)
os.dup2(one.fileno(), 9, inheritable=True)
process = subprocess.Popen(sys.argv[1:], close_fds=False, stdout=subprocess.PIPE)
for i in range(3):
    process.stdout.read(1)
print("closed" if os.read(near, 1) == b"" else "?", flush=True)  # nobody has the other side any more
process.terminate()
process.wait(10)
PYTHON
    local way
    for way in "-l" "-lk" "-lk --label"; do
        # shellcheck disable=SC2086  # two words
        run -0 --separate-stderr timeout 10 python3 parent.py "$SKT" -v $way fd:9 </dev/null
        assert_equal "$output" closed
        rm path
    done
}

@test "a datagram socket that we came with answers from the address that was asked if it tells which" {
    need python3
    need_ipv6
    cat >parent.py <<'PYTHON'
import os, socket, subprocess, sys
family, kinds, asked = sys.argv[1:4]
one = socket.socket(int(family), socket.SOCK_DGRAM)
one.bind(("", 0))
for kind in kinds.split():
    level, option = kind.split(":")
    one.setsockopt(int(level), int(option), 1)
os.dup2(one.fileno(), 9, inheritable=True)
if os.path.exists("where"):
    os.remove("where")
process = subprocess.Popen(sys.argv[4:] + ["--announce=where"], close_fds=False)
while process.poll() is None and not (os.path.exists("where") and open("where").read().endswith("\n")):
    pass
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(10)
client.bind(("127.0.0.1", 0))
client.connect((asked, one.getsockname()[1]))  # and hears nobody else
client.send(b"question")
try:
    print(client.recv(100).decode())
finally:
    process.terminate()
    process.wait(10)
PYTHON
    printf answer >answer
    run -0 timeout 20 python3 parent.py 2 0:8 127.0.0.7 "$SKT" -lk --echo fd:9 # IP_PKTINFO
    assert_equal "$output" question
    run -0 timeout 20 python3 parent.py 2 "" 127.0.0.7 "$SKT" -lk --echo --sockopt pktinfo fd:9
    assert_equal "$output" question
    run -0 timeout 20 python3 parent.py 2 "" 127.0.0.7 "$SKT" -l -W 1 -q 1 --sockopt pktinfo fd:9 <answer
    assert_contains "$output" answer
    run -0 timeout 20 python3 parent.py 10 "" 127.0.0.7 "$SKT" -lk --echo --sockopt pktinfo fd:9
    assert_equal "$output" question
}

@test "-v does not tell who has sent what came before the kernel noted it" {
    need python3
    cat >parent.py <<'PYTHON'
import os, socket, subprocess, sys
one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
one.bind("path")
for i in range(2):
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sender.bind("")
    sender.sendto(b"x", "path")
    one.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
os.dup2(one.fileno(), 9, inheritable=True)
print(os.getpid(), flush=True)
sys.exit(subprocess.call(sys.argv[1:], close_fds=False))
PYTHON
    run -0 --separate-stderr timeout 10 python3 parent.py "$SKT" -v -lk -W 2 fd:9 </dev/null
    assert_equal "$(grep "^Peer" <<<"$stderr")" "Peer is pid ${output%%[^0-9]*}, uid $(id -u), gid $(id -g)"
}

@test "fd:0 is the far end, as from inetd, and not this side's input or output too" {
    run -0 --separate-stderr child_of standard tcp question -- -o copy fd:0
    assert_equal "$output $stderr" " "
    assert_file_is copy question
}

@test "a descriptor that is no socket, or not such a one, is a usage error" {
    run -2 --separate-stderr "$SKT" fd:9 9>&-
    assert_equal "$stderr" "skt: fd:9: is not open"
    run -2 --separate-stderr "$SKT" fd:9 9</dev/null
    assert_equal "$stderr" "skt: fd:9: is not a socket"
    run -2 --separate-stderr "$SKT" fd:0 </dev/null
    assert_equal "$stderr" "skt: fd:0: is not a socket"
    run -2 --separate-stderr child_of bare tcp -- fd:9
    assert_equal "$stderr" "skt: fd:9: is a socket that is not connected"
    run -2 --separate-stderr child_of bare tcp -- -l fd:9
    assert_equal "$stderr" "skt: fd:9: is a socket that does not listen: leave out -l"
    run -2 --separate-stderr child_of inherit tcp x -- -u fd:9
    assert_equal "$stderr" "skt: fd:9: is a socket of stream, not dgram"
    run -2 --separate-stderr child_of inherit tcp x -- -U fd:9
    assert_equal "$stderr" "skt: fd:9: is a socket of inet, not unix"
    run -2 --separate-stderr child_of inherit tcp x -- --protocol mptcp fd:9
    assert_equal "$stderr" "skt: fd:9: is a socket of protocol 6, not 262"
    run -2 --separate-stderr child_of inherit udp x -- -l fd:9
    assert_equal "$stderr" "skt: fd:9: is a socket that is connected: leave out -l"
    run -2 --separate-stderr child_of inherit tcp x -- -s 127.0.0.1 fd:9
    assert_equal "$stderr" "skt: -s and fd:9: the socket is open already"
    run -2 --separate-stderr child_of inherit tcp x -- --retry 1 fd:9
    assert_equal "$stderr" "skt: --retry and fd:9: the socket is open already"
    run -2 --separate-stderr child_of inherit tcp x -- -l --retry 1 --relay fd:9 127.0.0.1 0
    assert_equal "$stderr" "skt: -l and --retry: nothing is connected to, unless --relay says where"
    run -2 --separate-stderr child_of inherit tcp x -- fd:9 80
    assert_equal "$stderr" "skt: surplus operand 80: the descriptor says it all"
}

@test "a socket that listens needs -l" {
    run -2 --separate-stderr child_of listen tcp x -- fd:9
    assert_equal "$stderr" "skt: fd:9: is a socket that listens: that needs -l"
}

@test "socket options are set on an inherited socket, too" {
    need_tracer
    tracer=(strace -qq -e trace=setsockopt -o trace)
    run -0 child_of inherit tcp x -- -M 9 -d fd:9
    assert_contains "$(<trace)" "IP_TTL, [9]"
}

@test "so are those that are due after bind, a filter and groups" {
    need_tracer
    tracer=(strace -qq -e trace=setsockopt -o trace)
    printf '1\n6 0 0 262144\n' >filter
    local late=(--sockopt 0:1:08000000:bound --sockopt 0:1:10000000:connected) option
    run -0 child_of inherit udp x -- --filter filter "${late[@]}" -q 0 fd:9 </dev/null
    assert_equal "$(sed -nE 's/.*(FILTER|TOS, \[[0-9]+\]).*/\1/p' trace | tr '\n' ' ')" "FILTER TOS, [8] TOS, [16] "
    run -0 child_of listen udp x -- -l --filter filter "${late[@]}" -W 1 fd:9 </dev/null
    assert_equal "$(sed -nE 's/.*(FILTER|TOS, \[[0-9]+\]).*/\1/p' trace | tr '\n' ' ')" "FILTER TOS, [8] TOS, [16] "
    run -0 child_of listen tcp x -- -l --sockopt 0:1:08000000:bound fd:9 </dev/null
    assert_contains "$(<trace)" "IP_TOS, [8]"
    for option in -d -l; do
        run -6 child_of bare netlink -- $option --groups link --max-time 0.1 fd:9
        assert_contains "$(<trace)" "NETLINK_ADD_MEMBERSHIP, [1]"
    done
    tracer=()
    run -2 --separate-stderr child_of bare netlink -- --groups nosuch fd:9
    assert_one_line "$stderr" "skt: group nosuch: a group is "
}

@test "what an interface would have to be known for is refused on a socket that is open already" {
    run -2 --separate-stderr "$SKT" --domain packet --promiscuous fd:9
    assert_equal "$stderr" "skt: --promiscuous and fd:9: the socket is open already"
    run -2 --separate-stderr "$SKT" --domain packet --promiscuous --receive-fd
    assert_equal "$stderr" "skt: --promiscuous and --receive-fd: exclude each other"
}

@test "fd is still a host, and a path may begin with fd:" {
    run -2 --separate-stderr "$SKT" -n fd 9
    assert_contains "$stderr" "fd: not a numeric address"
    run -4 --separate-stderr "$SKT" -U ./fd:9
    assert_contains "$stderr" "./fd:9"
}

# --- received ------------------------------------------------------------------------------------------------------

@test "--receive-fd takes a connected socket from standard input, and what follows it is input" {
    local kind
    for kind in tcp unix; do
        run -0 --separate-stderr child_of receive "$kind" $'question\n' $'answer\n' -- --receive-fd
        assert_equal "$kind: $(sort <<<"$output") $stderr" "$kind: answer"$'\n'"question "
    done
    run -0 --separate-stderr child_of receive udp $'question\n' $'answer\n' -- --receive-fd -u -q 1
    assert_equal "$(sort <<<"$output")" "answer"$'\n'"question"
    run -0 --separate-stderr child_of receive seqpacket $'question\n' $'answer\n' -- --receive-fd --seqpacket
    assert_equal "$(sort <<<"$output")" "answer"$'\n'"question"
}

@test "--receive-fd says what is wrong with what it gets" {
    run -9 --separate-stderr "$SKT" --receive-fd </dev/null
    assert_equal "$stderr" "skt: standard input: is no Unix socket, over which a descriptor could come"
    run -9 --separate-stderr child_of receive-none "" -- --receive-fd
    assert_equal "$stderr" "skt: standard input: ended before a descriptor came"
    run -9 --separate-stderr child_of receive-none "x" -- --receive-fd
    assert_equal "$stderr" "skt: standard input: no descriptor came with the first byte"
    run -9 --separate-stderr child_of receive-two tcp -- --receive-fd
    assert_equal "$stderr" "skt: standard input: more than one descriptor came"
    run -6 --separate-stderr child_of receive-later -- --receive-fd -w 100ms
    assert_equal "$stderr" "skt: standard input: timed out: no descriptor came"
    run -9 --separate-stderr child_of receive udp x y -- --receive-fd
    assert_equal "$stderr" "skt: the descriptor received: is a socket of dgram, not stream"
    run -9 --separate-stderr child_of receive tcp x y -- --receive-fd -6
    assert_equal "$stderr" "skt: the descriptor received: is a socket of inet, not inet6"
    run -2 --separate-stderr "$SKT" --receive-fd host 80
    assert_equal "$stderr" "skt: surplus operand host: the descriptor says it all"
}

# --- passed on -----------------------------------------------------------------------------------------------------

@test "--pass-fd gives the connected socket to its parent, and ends at once" {
    start_peer listen:tcp accept expect:question send:answer halfclose drain
    run -0 --separate-stderr child_of pass question -- -F 127.0.0.1 "$port"
    assert_equal "$output $stderr" "before b'\\x00' blocks"$'\n'"answer "
    peer_succeeds
}

@test "--pass-fd with -v says what it connected to, and -w bounds the connection" {
    start_peer listen:unix:path accept expect:question send:answer halfclose drain
    run -0 --separate-stderr child_of pass question -- -vF -w 5 -U path
    assert_contains "$stderr" "Connection to path succeeded!"
    peer_succeeds
}

@test "--pass-fd keeps the file of a socket that lives on" {
    start_peer listen:unix:path accept expect:question send:answer halfclose drain
    cat >parent.py <<'PYTHON'
import os, socket, subprocess, sys
near, far = socket.socketpair()
process = subprocess.Popen(sys.argv[1:], stdout=far)
_, passed, _, _ = socket.recv_fds(near, 1, 1)
process.wait(10)
print("there" if os.path.exists("own") else "gone")
taken = socket.socket(fileno=passed[0])
taken.sendall(b"question")
taken.shutdown(socket.SHUT_WR)
print(taken.recv(100).decode(), taken.getsockname())
PYTHON
    run -0 python3 parent.py "$SKT" -F -U -s own path
    assert_equal "$output" "there"$'\n'"answer own"
    peer_succeeds
}

@test "-l --pass-fd gives the client away that was accepted" {
    mkfifo where
    start_background python3 "$SKT_SRCDIR/tests/peers/descriptors.py" pass "question" -- \
        "$SKT" -lF --announce=where 127.0.0.1 0
    parent_pid=$started_pid parent_out=$started_out
    port_of "$(<where)"
    start_peer "connect:tcp:$port" expect:question send:answer halfclose drain
    peer_succeeds
    end_status "$parent_pid"
    assert_equal "$status $(<"$parent_out")" "0 before b'\\x00' blocks"$'\n'"answer"
}

@test "what --pass-fd gives away is as it was made, also with --keep-open" {
    need python3
    cat >taker.py <<'PYTHON'
import os, socket, subprocess, sys
near, far = socket.socketpair()
server = subprocess.Popen(sys.argv[1:] + ["-l", "-F", "--seqpacket", "--announce=where", "-U", "path"], stdout=far)
far.close()
while not os.path.exists("where") or not open("where").read().endswith("\n"):
    pass
client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
client.connect("path")
_, passed, _, _ = socket.recv_fds(near, 1, 1)
taken = socket.socket(fileno=passed[0])
server.terminate()
server.wait(10)
print(taken.getsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED), taken.getblocking())
taken.send(b"here")
print(client.recv(100).decode())
PYTHON
    for more in "" -k; do
        # shellcheck disable=SC2086  # none, or one
        run -0 timeout 20 python3 taker.py "$SKT" $more
        assert_equal "$output" $'0 True\nhere'
        rm -f where path
    done
}

@test "what --pass-fd sends, --receive-fd takes" {
    start_peer listen:tcp accept send:answer halfclose drain
    run -0 foreign descriptors.py relay -- "$SKT" -F 127.0.0.1 "$port" to "$SKT" --receive-fd
    assert_equal "$output" answer
    peer_succeeds
}

@test "what OpenBSD's nc -F sends, --receive-fd takes" {
    need nc.openbsd
    start_peer listen:tcp accept send:answer halfclose drain
    run -0 foreign descriptors.py relay -- nc.openbsd -F 127.0.0.1 "$port" to "$SKT" --receive-fd
    assert_equal "$output" answer
    peer_succeeds
}

@test "ssh takes the connection that --pass-fd has made (ProxyUseFdpass)" {
    need ssh
    start_peer listen:tcp accept recvline close
    run -255 ssh -F /dev/null -o BatchMode=yes -o ProxyUseFdpass=yes -o "ProxyCommand=$SKT -F 127.0.0.1 %p" \
        -o UserKnownHostsFile=/dev/null -o GlobalKnownHostsFile=/dev/null -p "$port" nobody@some.test true
    refute_contains "$output" "mm_receive_fd"
    peer_succeeds # it got the first line of the protocol
}

@test "--pass-fd without a Unix socket for standard output connects to nobody" {
    start_peer listen:tcp refuses:1
    run -9 --separate-stderr "$SKT" -F 127.0.0.1 "$port"
    assert_equal "$stderr" "skt: standard output: is no Unix socket, over which a descriptor could be passed"
}

@test "--pass-fd is refused with what only a session could do" {
    local option
    for option in "-q 1" "-z" "--send-only" "-W 1" "--records line" "-C" "-i 1" "-o x" "--stats" "--block 5"; do
        # shellcheck disable=SC2086  # two words
        run -2 --separate-stderr "$SKT" -F $option 127.0.0.1 1
        assert_contains "$stderr" "exclude each other"
    done
    run -2 --separate-stderr "$SKT" -lu -F 127.0.0.1 0
    assert_equal "$stderr" "skt: -F with -l: needs a type that accepts connections"
}
