#!/usr/bin/env bats
# Bytes that are moved inside the kernel: from and to all that a standard stream may be, with and without it.

load helpers

# Enough for every pipe and socket buffer to be full at times.
MUCH=6M

# each_kind COMMAND...: for both kinds of socket, in both roles, with and without splicing; sets kind, role and options.
each_kind() {
    for kind in tcp unix; do
        for role in client listener; do
            for how in "" --no-splice; do
                options=()
                [ -z "$how" ] || options=("$how")
                "$@" || fail "failed: $* ($kind, $role, ${how:-splicing})"
            done
        done
    done
}

# A FIFO that COMMAND... writes into; its path is in $made. Its input is $command_input.
from_command() {
    made=from-$job_count
    mkfifo "$made"
    background_input=${command_input:-/dev/null} \
        start_background bash -c 'to=$1; shift; exec "$@" >"$to"' - "$made" "$@"
}

uploads() {
    meet "$role" "$kind" drain digest
    end_status "$skt_pid" 30
    assert_equal "$status $(<"$skt_err")" "0 "
    peer_succeeds
    assert_equal "$(tail -n 1 "$peer_out")" "received $(wc -c <"$wanted") $(digest "$wanted")"
}

# The peer sends $wanted; what came is in the file $got.
downloads() {
    meet "$role" "$kind" sendfile:"$wanted" halfclose drain close
    end_status "$skt_pid" 30
    assert_equal "$status $(<"$skt_err")" "0 "
    peer_succeeds
}

# --- what is sent ----------------------------------------------------------------------------------------------------

@test "a file is sent whole" {
    wanted=$(random_file $MUCH)
    input=$wanted
    each_kind uploads
}

@test "a file is sent from where its reader stands, and the reader stands at its end then" {
    whole=$(random_file $MUCH)
    tail -c +1000001 "$whole" >rest
    for how in --stats --no-splice; do
        start_peer listen:tcp accept drain digest
        run -0 bash -c 'dd bs=1000000 count=1 of=/dev/null status=none; "$@" 2>/dev/null; wc -c' \
            - "$SKT" "$how" 127.0.0.1 "$port" <"$whole"
        assert_equal "$output" 0
        peer_succeeds
        assert_equal "$(tail -n 1 "$peer_out")" "received $(wc -c <rest) $(digest rest)"
    done
}

from_pipe() {
    from_command cat "$wanted"
    input=$made
    uploads
}

@test "a pipe is sent whole" {
    wanted=$(random_file $MUCH)
    each_kind from_pipe
}

from_slow_pipe() {
    command_input=$wanted from_command bash -c 'dd bs=1000000 count=1 iflag=fullblock status=none
        for i in 1 2 3; do sleep 0.03; dd bs=77 count=1 status=none; dd bs=100000 count=1 status=none; done
        exec cat'
    input=$made
    uploads
}

@test "a pipe that dries up now and then is sent whole" {
    wanted=$(random_file $MUCH)
    each_kind from_slow_pipe
}

from_socket() {
    need python3
    rm -f source
    start_peer listen:unix:source accept sendfile:"$wanted" halfclose drain
    local source_pid=$peer_pid source_err=$peer_err
    made=from-$job_count
    cat >connected.py <<'PYTHON'
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect("source")
os.dup2(s.fileno(), 0)
os.execv(sys.argv[1], sys.argv[1:])
PYTHON
    start_peer "listen:$kind:$([ $kind = tcp ] || echo far-$job_count)" accept drain digest
    words=(127.0.0.1 "$port")
    [ "$kind" = tcp ] || words=(-U "$port")
    start_background python3 connected.py "$SKT" "${options[@]}" "${words[@]}"
    end_status "$started_pid" 30
    assert_equal "$status" 0
    peer_succeeds
    assert_equal "$(tail -n 1 "$peer_out")" "received $(wc -c <"$wanted") $(digest "$wanted")"
}

@test "what comes in by a socket as standard input is sent whole" {
    wanted=$(random_file $MUCH)
    role=client
    for kind in tcp unix; do
        for how in --stats --no-splice; do
            options=("$how")
            from_socket
        done
    done
}

@test "a character device is sent whole" {
    head -c $MUCH /dev/zero >zeros
    wanted=zeros
    for how in "" --no-splice; do
        start_peer listen:tcp accept "recv:$(wc -c <zeros)" digest close
        # it has no end: the peer's closing is what ends it
        run -1 timeout 20 "$SKT" $how 127.0.0.1 "$port" </dev/zero
        peer_succeeds
        assert_equal "$(tail -n 1 "$peer_out")" "received $(wc -c <zeros) $(digest zeros)"
    done
}

@test "/dev/null as input is an end at once" {
    : >empty
    wanted=empty input=/dev/null role=client
    for kind in tcp unix; do
        uploads
        options=(--no-splice)
        uploads
        options=()
    done
}

@test "a file that is appended to is sent up to where it ends when its end is reached" {
    for how in "" --no-splice; do
        cp "$(random_file 12M)" growing # more than all buffers hold
        start_peer rcvbuf:4096 listen:tcp accept waitfile:grown drain digest
        background_input=growing start_background "$SKT" $how -v 127.0.0.1 "$port"
        wait_for_text "$started_err" succeeded
        head -c 100000 /dev/urandom >>growing
        touch grown
        end_status "$started_pid"
        assert_equal "$status" 0
        peer_succeeds
        assert_equal "$(tail -n 1 "$peer_out")" "received $(wc -c <growing) $(digest growing)"
        rm grown
    done
}

@test "a file opened for appending as input is sent whole" {
    wanted=$(random_file $MUCH)
    for how in "" --no-splice; do
        start_peer listen:tcp accept drain digest
        run -0 python3 -c 'import os, sys
os.dup2(os.open(sys.argv[1], os.O_RDWR | os.O_APPEND), 0)
os.execv(sys.argv[2], sys.argv[2:])' "$wanted" "$SKT" ${how:+"$how"} 127.0.0.1 "$port"
        peer_succeeds
        assert_equal "$(tail -n 1 "$peer_out")" "received $(wc -c <"$wanted") $(digest "$wanted")"
    done
}

@test "a sparse file of more than 4 GiB arrives in its full length" {
    truncate -s 4300M sparse
    for how in "" --no-splice; do
        listener_input=/dev/null
        start_background bash -c '"$0" -l -U "$1" --announce="$2" '"$how"' </dev/null | wc -c' "$SKT" "$PWD/s" "$PWD/where"
        wait_for_text where s
        run -0 timeout 60 "$SKT" $how -U "$PWD/s" <sparse
        end_status "$started_pid" 60
        assert_equal "$status $(<"$started_out")" "0 4508876800"
        rm where
    done
}

# --- what is received ------------------------------------------------------------------------------------------------

to_file() {
    streams='>got' downloads
    assert_same_file got "$wanted"
}

@test "a file receives everything" {
    wanted=$(random_file $MUCH)
    each_kind to_file
}

to_appended_file() {
    echo "what was there" >got
    streams='>>got' downloads
    { echo "what was there" && cat "$wanted"; } | cmp - got
}

@test "a file that is appended to, which cannot be spliced to, receives everything after what it held" {
    wanted=$(random_file $MUCH)
    each_kind to_appended_file
}

to_pipe() {
    rm -f got
    streams='> >(cat >got)' downloads
    wait_until size_is got "$(wc -c <"$wanted")"
    assert_same_file got "$wanted"
}

size_is() { [ "$(stat -c %s "$1")" -eq "$2" ]; }

@test "a pipe receives everything" {
    wanted=$(random_file $MUCH)
    each_kind to_pipe
}

to_null() { streams='>/dev/null' downloads; }

@test "/dev/null receives everything" {
    wanted=$(random_file $MUCH)
    options=()
    each_kind to_null
}

@test "a terminal receives everything" {
    need python3
    base64 -w 70 "$(random_file 300K)" >text
    for how in --stats --no-splice; do
        start_peer listen:tcp accept sendfile:text halfclose drain close
        run -0 foreign terminal.py --all --raw bash -c '"$@" 2>/dev/null' - "$SKT" "$how" 127.0.0.1 "$port"
        assert_equal "$(digest <<<"$output")" "$(digest text)"
        peer_succeeds
    done
}

@test "a full pipe whose reader wakes up only after the peer has ended gets everything" {
    need python3
    cat >nearly_full.py <<'PYTHON'
"""nearly_full.py GO GOT COMMAND...: run it with a pipe as output that has room for 64 KiB; read that once GO is there."""
import fcntl, os, subprocess, sys, time
go, got, *command = sys.argv[1:]
reading, writing = os.pipe()
filled = os.write(writing, bytes(fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 1 << 20) - (1 << 16)))
process = subprocess.Popen(command, stdout=writing)
os.close(writing)
while not os.path.exists(go):
    time.sleep(0.01)
with open(reading, "rb") as pipe, open(got, "wb") as file:
    file.write(pipe.read()[filled:])
sys.exit(process.wait())
PYTHON
    for kind in tcp unix; do
        for how in --stats --no-splice; do
            start_peer "listen:$kind:$([ $kind = tcp ] || echo "s$how")" accept sendbytes:100000 halfclose digest touch:ended drain close
            words=(127.0.0.1 "$port")
            [ "$kind" = tcp ] || words=(-U "$port")
            start_background python3 nearly_full.py go got "$SKT" "$how" "${words[@]}"
            wait_until test -e ended
            wait_until is_still "$started_pid"
            touch go
            end_status "$started_pid"
            assert_equal "$status" 0
            peer_succeeds
            assert_equal "sent 100000 $(digest got)" "$(head -n 1 "$peer_out")"
            rm go ended
        done
    done
}

# --- when it goes wrong ----------------------------------------------------------------------------------------------

@test "a full disk is status 9 when the bytes are moved inside the kernel, too" {
    full_disk() {
        for how in --stats --no-splice; do
            mount -t tmpfs -o size=1M none disk
            start_peer listen:tcp accept sendbytes:8000000 halfclose drain
            "$SKT" "$how" 127.0.0.1 "$port" >disk/file </dev/null 2>said && status=0 || status=$?
            assert_equal "$how: $status" "$how: 9"
            assert_contains "$(<said)" "skt: standard output: No space left on device (sent 0 bytes; received "
            assert_at_least "$(wc -c <disk/file)" 1000000
        done
    }
    mkdir disk
    in_netns full_disk
}

@test "a reader that goes away in the middle is noticed at once, and is status 9" {
    for how in --stats --no-splice; do
        start_peer listen:tcp accept sendbytes:3000000 stall
        hold_input
        timed run -0 bash -c '"$@" <"$0" 2>err | head -c 2000000 | wc -c; echo "${PIPESTATUS[0]}" >status' \
            "$held_input" timeout 20 "$SKT" "$how" 127.0.0.1 "$port"
        assert_equal "$output" 2000000
        assert_equal "$(<status)" 9
        assert_contains "$(<err)" "standard output: Broken pipe"
        assert_at_most "$elapsed" 5000
    done
}

@test "a reset while bytes are moved inside the kernel is status 1 with the count" {
    for kind in file pipe null; do
        case $kind in
        file) streams='>got' ;;
        pipe) streams='> >(cat >got)' ;;
        null) streams='>/dev/null' ;;
        esac
        hold_input
        input=$held_input
        meet client tcp sendbytes:3000000 waitfile:go reset
        if [ "$kind" = null ]; then
            wait_until is_still "$skt_pid"
        else
            wait_until size_is got 3000000
        fi
        touch go
        end_status "$skt_pid"
        assert_equal "$kind: $status" "$kind: 1"
        assert_contains "$(<"$skt_err")" "Connection reset by peer (sent 0 bytes; received "
        [ "$kind" = null ] || assert_contains "$(<"$skt_err")" "received 3000000 bytes)"
        rm -f go got
    done
}

@test "a peer that closes in the middle is status 1, and says how much of a file was not sent" {
    input=$(random_file 8M)
    for kind in tcp unix; do
        meet client "$kind" recv:100000 close
        end_status "$skt_pid"
        assert_equal "$kind: $status" "$kind: 1"
        [[ $(<"$skt_err") =~ \(sent\ ([0-9]+)\ bytes.*\ ([0-9]+)\ more\ unsent ]] || fail "$(<"$skt_err")"
        assert_equal "$((BASH_REMATCH[1] + BASH_REMATCH[2]))" 8388608
    done
}

@test "urgent data in the middle of much is no reason to spin, and no other byte is lost" {
    need python3
    cat >urgent.py <<'PYTHON'
import os, socket, sys, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(1)
with open("where.new", "w") as f: print(s.getsockname()[1], file=f)
os.rename("where.new", "where")
c, _ = s.accept()
data = os.urandom(1 << 20)
with open("sent", "wb") as f: f.write(data * 2)
c.sendall(data)
c.send(b"!", socket.MSG_OOB)
time.sleep(0.5)  # the subject: it waits before the urgent byte, with nothing behind it
c.sendall(data)
c.shutdown(socket.SHUT_WR)
c.recv(1)
PYTHON
    start_background python3 urgent.py
    local urgent_pid=$started_pid
    wait_until test -e where
    hold_input
    background_input=$held_input start_background bash -c '"$@" >got; echo $? >status; times >took' - "$SKT" 127.0.0.1 "$(<where)"
    wait_until size_is got 2097152
    release_input
    wait_until test -s took
    assert_equal "$(<status)" 0
    assert_same_file got sent
    [[ $(tail -n 1 took) =~ ^0m0\..*\ 0m0\. ]] || fail "$(<took)"
    end_status "$urgent_pid"
}

# The peer has said much, fast, and waits for a word about it: nothing of it is held back.
tail_arrives() {
    start_peer listen:tcp accept sendfile:much send:tail recv:4 send:end halfclose drain
    hold_input
    background_input=$held_input start_background "$SKT" "$@" 127.0.0.1 "$port"
    has_all() { [ "$(wc -c <"$started_out")" -eq $((SIZE + 4)) ]; }
    wait_until 10 has_all
    say yes.
    release_input
    end_status "$started_pid" 10
    assert_equal "$status $(<"$started_err")" "0 "
    assert_equal "$(tail -c 7 "$started_out")" tailend
    peer_succeeds
}

@test "what comes last is not held back, however fast it came" {
    SIZE=$((64 << 20))
    truncate -s "$SIZE" much
    tail_arrives
    tail_arrives --no-splice
}

# --- how it is done --------------------------------------------------------------------------------------------------

# calls FILE: which of the moving calls a trace has.
calls() { grep -oE '(splice|sendfile)\(' "$1" | sort -u | tr -d '(\n'; }

@test "bytes are spliced only where nobody has to see them" {
    need_tracer
    input=$(random_file $MUCH)
    while IFS='|' read -r how wanted; do
        start_peer listen:tcp accept sendfile:"$input" halfclose drain
        # shellcheck disable=SC2086  # words
        strace -f -o trace -e trace=splice,sendfile "$SKT" $how 127.0.0.1 "$port" <"$input" >got 2>said
        assert_same_file got "$input"
        assert_equal "$how: $(calls trace)" "$how: $wanted"
        peer_succeeds
    done <<'ROWS'
--stats|sendfilesplice
--no-splice|
-o copy|
--hex-dump copy|
--block 4096|sendfile
--recv-flags dontwait|sendfile
--send-flags more|splice
ROWS
}

@test "a conversation in which much comes at once is spliced from then on" {
    need_tracer
    input=$(random_file $MUCH)
    start_peer listen:tcp accept sendfile:"$input" halfclose drain
    hold_input
    background_input=$held_input start_background bash -c 'strace -o "$1" -e trace=recvfrom,splice "${@:2}" | cat' \
        - trace "$SKT" 127.0.0.1 "$port"
    has_all() { [ "$(wc -c <"$started_out")" -eq "$(wc -c <"$input")" ]; }
    wait_until 10 has_all
    release_input
    end_status "$started_pid"
    assert_same_file "$started_out" "$input"
    assert_equal "$(calls trace)" splice
    run ! grep -E 'recvfrom\(.*, 262144, ' trace # the buffer of those that are not
}

@test "pipes have their old sizes back afterwards, and packet pipes stay what they are" {
    need python3
    cat >pipes.py <<'PYTHON'
import fcntl, os, subprocess, sys, threading
GET = 1032
r_in, w_in = os.pipe()
r_out, w_out = os.pipe()
before = [fcntl.fcntl(fd, GET) for fd in (r_in, r_out)]
got = bytearray()
grown = [0]
size = os.path.getsize(sys.argv[1])
def read():
    while data := os.read(r_out, 65536):
        grown[0] = max(grown[0], fcntl.fcntl(r_out, GET))
        got.extend(data)
        if len(got) == size:
            open("go", "w").close()
reader = threading.Thread(target=read); reader.start()
process = subprocess.Popen(sys.argv[2:], stdin=r_in, stdout=w_out)
data = open(sys.argv[1], "rb").read()
view = memoryview(data)
while view:
    view = view[os.write(w_in, view):]
os.close(w_in)
status = process.wait()
after = [fcntl.fcntl(fd, GET) for fd in (r_in, r_out)]
os.close(w_out)
reader.join()
print(status, before == after, grown[0] > before[1], bytes(got) == data)
PYTHON
    input=$(random_file $MUCH)
    start_peer listen:tcp accept sendfile:"$input" waitfile:go halfclose drain
    run -0 python3 pipes.py "$input" "$SKT" 127.0.0.1 "$port"
    assert_equal "$output" "0 True True True"
    peer_succeeds
}
