#!/usr/bin/env bats
# The exit statuses that scripts rely on, one by one, for both sides of a connection; and that a signal that ends
# skt is what its parent sees.

load helpers

# --- 0: done ---------------------------------------------------------------------------------------------------------

@test "0: both directions have ended in order, on both sides" {
    start_skt_listener 127.0.0.1 0
    run -0 timeout 10 "$SKT" 127.0.0.1 "$port" <<<x
    end_status "$listener_pid"
    assert_equal "$status" 0
    start_peer listen:tcp accept send:x drain close
    run -0 timeout 10 "$SKT" 127.0.0.1 "$port" </dev/null
}

@test "0: a port answers -z" {
    start_skt_listener -k 127.0.0.1 0
    run -0 timeout 10 "$SKT" -z 127.0.0.1 "$port"
}

@test "0: --help, --version and --completion" {
    run -0 "$SKT" --help
    run -0 "$SKT" --version
    run -0 "$SKT" --completion bash
}

# --- 4 and 5: the kernel lacks it ------------------------------------------------------------------------------------

# lacking ERRNO STATUS TEXT ARGUMENTS...: as a kernel answers socket(2) that lacks it.
lacking() {
    run "-$2" timeout 10 strace -f -o trace -e trace=socket -e "inject=socket:error=$1" "$SKT" "${@:4}"
    assert_one_line "$output" "$3"
}

@test "4 and 5: a protocol or family that the kernel lacks is told, with what would bring it" {
    need_tracer
    lacking EPROTONOSUPPORT 4 "skt: socket (inet, stream, protocol sctp): Protocol not supported; needs a kernel with CONFIG_IP_SCTP, module sctp" \
        --sctp 127.0.0.1 80
    lacking ESOCKTNOSUPPORT 5 "skt: socket (inet6, seqpacket): Socket type not supported; needs a kernel with CONFIG_IP_SCTP, module sctp" \
        --seqpacket -l ::1 80
    lacking ESOCKTNOSUPPORT 5 "needs a kernel with CONFIG_IP_DCCP, modules dccp_ipv4 and dccp_ipv6" -Z -l 127.0.0.1 80
    lacking EPROTONOSUPPORT 4 "needs a kernel that has UDP-Lite" --udplite 127.0.0.1 80
    lacking EPROTONOSUPPORT 4 "needs a kernel with CONFIG_MPTCP" mptcp://127.0.0.1:80
    lacking ENOPROTOOPT 4 "switched off: sysctl net.mptcp.enabled=1" --mptcp 127.0.0.1 80
    lacking EAFNOSUPPORT 4 "Address family not supported by protocol; needs a kernel with CONFIG_IPV6" -6 ::1 80
    lacking EACCES 4 "needs our group in the range of sysctl net.ipv4.ping_group_range" --type dgram --protocol icmp 127.0.0.1
    lacking EAFNOSUPPORT 4 "skt: socket (mctp, dgram): Address family not supported by protocol; needs a kernel with CONFIG_MCTP" \
        --domain 45 --type dgram hex:00
    lacking EAFNOSUPPORT 5 "skt: socket (bluetooth, stream, protocol 3): Address family not supported by protocol; needs a kernel with CONFIG_BT, module bluetooth" \
        -l --domain bluetooth --protocol rfcomm hex:00
    lacking EAFNOSUPPORT 4 "skt: socket (domain 99, stream): Address family not supported by protocol; this kernel lacks it" \
        --domain 99 hex:00
    lacking ESOCKTNOSUPPORT 4 "skt: socket (xdp, stream): Socket type not supported; this kernel lacks it" --domain xdp hex:00
    lacking EPROTONOSUPPORT 4 "skt: socket (netlink, raw, protocol 99): Protocol not supported" --domain netlink --protocol 99
    run -0 timeout 10 strace -f -o trace -e trace=socket -e inject=socket:error=EPERM "$SKT" --domain list
    assert_contains "$output" "unix          1  (stream) (dgram) (seqpacket)"
    run -0 timeout 10 strace -f -o trace -e trace=socket -e inject=socket:error=EAFNOSUPPORT "$SKT" --domain list
    assert_contains "$output" "unix          1  -stream -dgram -seqpacket"
    assert_contains "$output" "                   needs a kernel with CONFIG_IPV6"
}

# --- 1: the connection failed while in use ---------------------------------------------------------------------------

@test "1: the peer resets the connection, seen by the side that connected" {
    start_peer listen:tcp accept recv:2 reset
    run -1 timeout 10 "$SKT" 127.0.0.1 "$port" <<<x
    assert_equal "$output" \
        "skt: 127.0.0.1 port $port: Connection reset by peer (sent 2 bytes; received 0 bytes)"
}

@test "1: the peer resets the connection, seen by the side that listened" {
    start_skt_listener -d 127.0.0.1 0
    start_peer "connect:tcp:$port" send:before\\n waitfile:read reset
    wait_for_text "$listener_out" before
    touch read
    end_status "$listener_pid"
    assert_equal "$status" 1
    assert_contains "$(cat "$listener_err")" ": Connection reset by peer (sent 0 bytes; received 7 bytes)"
}

@test "1: the peer takes no more than a part of what we send" {
    head -c 8M /dev/zero >much
    start_peer listen:tcp accept recv:1000 close
    run -1 timeout 10 "$SKT" 127.0.0.1 "$port" <much
    assert_equal "${#lines[@]}" 1
    [[ $output =~ ^"skt: 127.0.0.1 port $port: "[A-Z][a-z\ ]+" (sent "[0-9]+" bytes" ]] || fail "$output"
}

# --- 2: usage ----------------------------------------------------------------------------------------------------------

@test "2: a command line that means nothing" {
    run -2 "$SKT"
    run -2 "$SKT" 127.0.0.1
    run -2 "$SKT" 127.0.0.1 70000
    run -2 "$SKT" --nonsense 127.0.0.1 80
    run -2 "$SKT" -l -z 127.0.0.1 80
}

# --- 3: name lookup ------------------------------------------------------------------------------------------------------

without_names() {
    use_hosts '127.0.0.1 four'
    run -3 timeout 10 "$SKT" unknown.example 80 </dev/null
    run -3 timeout 10 "$SKT" -l unknown.example 0 </dev/null
    run -3 timeout 10 "$SKT" -u unknown.example 80 </dev/null
    run -3 timeout 10 "$SKT" -z unknown.example 80-90 </dev/null
    run -3 timeout 10 "$SKT" -6 four 80 </dev/null
    run -3 timeout 10 "$SKT" -s unknown.example 127.0.0.1 80 </dev/null
    run -3 timeout 10 "$SKT" fe80::1%nosuch0 80 </dev/null
}

@test "3: a name that cannot be found" {
    in_netns without_names
}

# --- 4: connect ------------------------------------------------------------------------------------------------------------

@test "4: nobody listens there" {
    need python3
    local closed
    closed=$(free_port tcp)
    run -4 timeout 10 "$SKT" 127.0.0.1 "$closed" </dev/null
    assert_equal "$output" "skt: connect to 127.0.0.1 port $closed (tcp) failed: Connection refused"
    run -4 timeout 10 "$SKT" -z 127.0.0.1 "$closed"
    run -4 timeout 10 "$SKT" -U absent </dev/null
}

@test "4: a datagram is refused" {
    need python3
    local closed
    closed=$(free_port udp)
    run -4 timeout 10 "$SKT" -u 127.0.0.1 "$closed" <<<x
    assert_contains "$output" "skt: 127.0.0.1 port $closed: Connection refused"
}

@test "4: there is no way there" {
    in_netns true
    run -4 in_netns timeout 10 "$SKT" 192.0.2.1 80
    assert_equal "$output" "skt: connect to 192.0.2.1 port 80 (tcp) failed: Network is unreachable"
}

@test "4: the address to come from is not ours" {
    run -4 timeout 10 "$SKT" -s 192.0.2.1 127.0.0.1 80 </dev/null
}

# --- 5: listen --------------------------------------------------------------------------------------------------------------

@test "5: somebody listens there already" {
    start_skt_listener -k 127.0.0.1 0
    run -5 timeout 10 "$SKT" -l 127.0.0.1 "$port"
    assert_equal "$output" "skt: listen on 127.0.0.1 port $port (tcp): Address already in use"
    start_skt_listener -u -d -k 127.0.0.1 0
    run -5 timeout 10 "$SKT" -l -u 127.0.0.1 "$port"
    assert_equal "$output" "skt: bind to 127.0.0.1 port $port (udp): Address already in use"
}

@test "5: the address to listen at is not ours, or is a file" {
    run -5 timeout 10 "$SKT" -l 192.0.2.1 0
    touch file
    run -5 timeout 10 "$SKT" -l -U file
    [ -f file ]
}

@test "5: listening is not permitted" {
    need strace
    need_plain_build
    run -5 timeout 10 strace -f -o trace -e trace=bind -e inject=bind:error=EACCES "$SKT" -l 127.0.0.1 80
    assert_equal "$output" "skt: listen on 127.0.0.1 port 80 (tcp): Permission denied"
}

# --- 6: timed out -------------------------------------------------------------------------------------------------------------

@test "6: nobody answers, nobody comes, nothing moves, or the time is over" {
    start_deaf_listener
    run -6 timeout 10 "$SKT" -w 100ms 127.0.0.1 "$port" </dev/null
    run -6 timeout 10 "$SKT" -z -w 100ms 127.0.0.1 "$port" </dev/null
    run -6 timeout 10 "$SKT" -l --accept-timeout 100ms 127.0.0.1 0 </dev/null
    start_peer listen:tcp accept accept stall
    run -6 timeout 10 "$SKT" --idle-timeout 100ms 127.0.0.1 "$port" </dev/null
    run -6 timeout 10 "$SKT" --max-time 100ms 127.0.0.1 "$port" </dev/null
}

# --- 9: this side -------------------------------------------------------------------------------------------------------------

@test "9: standard output is full" {
    start_peer listen:tcp accept send:x drain close
    run -9 timeout 10 bash -c '"$0" 127.0.0.1 "$1" </dev/null >/dev/full' "$SKT" "$port"
    assert_equal "$output" "skt: standard output: No space left on device (sent 0 bytes; received 1 bytes, 1 of them not written)"
}

# sender_hears_of_full OUTPUT [OPTION...] - a listener with OPTIONs, whose standard output is the file OUTPUT, cannot
# write what comes (9), and who has sent it is reset: skt and ncat end with 1. (nc.openbsd and socat 1.7 say 0 then.)
sender_hears_of_full() {
    local full_output=$1 sender
    shift
    for sender in "$SKT" ncat; do
        hold_input
        # shellcheck disable=SC2016  # for the inner shell
        background_input=$held_input start_background bash -c 'exec "${@:2}" >"$1"' - "$full_output" \
            "$SKT" -l --announce=where "$@" 127.0.0.1 0
        wait_until file_has_line where
        run -1 timeout 10 "$sender" 127.0.0.1 "$(sed 's/.*://' where)" <<<original
        assert_contains "$output" "Connection reset by peer"
        end_status "$started_pid"
        assert_equal "$sender: $status" "$sender: 9"
        rm where
    done
}

@test "9: standard output is full, and who has sent what is lost gets another status than 0" {
    need ncat
    sender_hears_of_full /dev/full
    sender_hears_of_full /dev/full --no-splice
}

@test "9: a copy of what is received is full, and who has sent it gets another status than 0" {
    need ncat
    sender_hears_of_full /dev/null -o /dev/full
    sender_hears_of_full /dev/null --hex-dump /dev/full
}

@test "9: standard input fails while standard output is slow, and the other side is told our end all the same" {
    need python3
    cat >parent.py <<'PYTHON'
import os, socket, subprocess, sys
one, other = socket.socketpair()
reading, writing = os.pipe()
os.set_blocking(writing, False)
filled = os.write(writing, bytes(1 << 20))
os.set_blocking(writing, True)
one.settimeout(5)
one.sendall(b"answer")
os.dup2(other.fileno(), 9, inheritable=True)
other.close()
process = subprocess.Popen(sys.argv[1:], close_fds=False, stdin=os.open("/", os.O_RDONLY), stdout=writing)
os.close(9)
os.close(writing)
told = one.recv(1)
one.close()
with open(reading, "rb") as pipe:
    print(told, pipe.read()[filled:])
sys.exit(process.wait(10))
PYTHON
    run -9 --separate-stderr timeout 20 python3 parent.py "$SKT" fd:9
    assert_equal "$output" "b'' b'answer'"
    assert_equal "$stderr" "skt: standard input: Is a directory (sent 0 bytes; received 6 bytes)"
}

@test "9: standard output is closed, and there is something for it" {
    start_peer listen:tcp accept send:x drain close
    run -9 timeout 10 bash -c '"$0" 127.0.0.1 "$1" </dev/null >&-' "$SKT" "$port"
    assert_contains "$output" "skt: standard output: Bad file descriptor"
}

@test "9: standard output is closed, and a file that is asked for is that" {
    local option
    for option in "-o /dev/stdout" "--hex-dump /dev/fd/1" --announce=/proc/self/fd/1; do
        # shellcheck disable=SC2086  # two words
        run -9 --separate-stderr timeout 10 bash -c 'exec "$@" >&-' - "$SKT" -l --discard $option 127.0.0.1 0
        assert_one_line "$stderr" "${option#*[ =]}: Bad file descriptor"
    done
}

@test "9: the reader of standard output is gone" {
    start_peer listen:tcp accept sendbytes:1000000 drain close
    run timeout 10 bash -c '"$0" 127.0.0.1 "$1" </dev/null | head -c 1 | wc -c; exit "${PIPESTATUS[0]}"' "$SKT" "$port"
    assert_equal "$status" 9
    assert_contains "$output" "skt: standard output: Broken pipe"
}

@test "9: standard input cannot be read" {
    start_peer listen:tcp accept drain close
    run -9 timeout 10 "$SKT" 127.0.0.1 "$port" <.
    assert_equal "$output" "skt: standard input: Is a directory (sent 0 bytes; received 0 bytes)"
}

@test "9: a file that is asked for cannot be written" {
    start_peer listen:tcp accept send:x drain close
    run -9 timeout 10 "$SKT" -o no/such/folder 127.0.0.1 "$port" </dev/null
    run -9 timeout 10 "$SKT" -o /dev/full 127.0.0.1 "$port" </dev/null
    run -9 timeout 10 "$SKT" -l --announce=no/such/folder 127.0.0.1 0 </dev/null
    run -9 bash -c '"$0" --help >/dev/full' "$SKT"
}

# --- signals ----------------------------------------------------------------------------------------------------------------

# ends_by_each COMMAND...: started in the background, it is ended by each of the signals, at once and silently.
ends_by_each() {
    local signal number
    for signal in TERM INT HUP QUIT; do
        number=$(kill -l "$signal")
        start_background bash -c 'ulimit -c 0; exec "$@"' - "$@"
        wait_until 10 is_ready
        kill -s "$signal" "$started_pid"
        end_status "$started_pid" 5
        assert_equal "$status of SIG$signal" "$((128 + number)) of SIG$signal"
        assert_file_is "$started_err" ''
    done
}

# The program has begun to wait: its handlers are there, and it sleeps.
is_ready() {
    local caught state
    caught=$(awk '/^SigCgt:/ { print $2 }' "/proc/$started_pid/status") || return 1
    state=$(awk '/^State:/ { print $2 }' "/proc/$started_pid/status")
    ((16#${caught: -4} & 0x4000)) && [ "$state" = S ]
}

@test "a signal ends a listener that waits, and is what the parent sees" {
    ends_by_each "$SKT" -l 127.0.0.1 0
}

@test "a signal ends a connection attempt, and is what the parent sees" {
    start_deaf_listener
    ends_by_each "$SKT" 127.0.0.1 "$port"
    ends_by_each "$SKT" -z 127.0.0.1 "$port"
}

@test "a signal ends a session, and is what the parent sees" {
    start_peer listen:tcp accept accept accept accept accept stall
    ends_by_each "$SKT" -d 127.0.0.1 "$port"
}

in_lookup() {
    use_hosts '127.0.0.1 four'
    start_peer listen:udp:53 stall
    ends_by_each "$SKT" unknown.example 80
}

@test "a signal ends a lookup, and is what the parent sees" {
    need python3
    in_netns in_lookup
}

@test "a signal ends a session in which bytes never stop" {
    start_peer listen:tcp accept drain
    start_background bash -c 'exec "$0" 127.0.0.1 "$1" </dev/zero' "$SKT" "$port"
    moves() { [ "$(cpu_ticks "$started_pid")" -ge 5 ]; }
    wait_until moves
    kill -TERM "$started_pid"
    end_status "$started_pid" 5
    assert_equal "$status" 143
}

@test "a signal that our parent ignores does not end us, as nohup wants it" {
    start_background env --ignore-signal=HUP "$SKT" -l -k -d --announce=announced 127.0.0.1 0
    wait_until file_has_line announced
    port_of "$(cat announced)"
    kill -HUP "$started_pid"
    timeout 10 "$SKT" 127.0.0.1 "$port" <<<still-here
    wait_for_text "$started_out" still-here
    kill -TERM "$started_pid"
    end_status "$started_pid"
    assert_equal "$status" 143
}
