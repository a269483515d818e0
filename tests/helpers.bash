# helpers.bash: the hard parts of the tests, in one place.
#
# A test file begins with
#
#     #!/usr/bin/env bats
#     load helpers
#
# and has nothing else to prepare: loading this file defines setup and teardown. A file that needs more of its
# own writes   setup() { skt_setup; MORE; }   and   teardown() { MORE; skt_teardown; }.
#
# Each test runs in a folder of its own, which is empty, is the current folder, and goes away afterwards. No
# port is a constant, no sleep is a guess, every wait has a limit, and what is started in the background is
# stopped in teardown, by its process id.
#
# Given by `make check`; the defaults suit `bats tests/FILE.bats` after ./bootstrap:
#   SKT            the program under test, an absolute path
#   SKT_SRCDIR     where the sources are
#   SKT_BUILDDIR   where the build is
#   SKT_PYTHON     python3 itself
#
# Waiting
#   wait_until [SECONDS] CONDITION...   try the command every 20 ms until it succeeds; fail after SECONDS (10)
#   wait_listening tcp|udp PORT, wait_listening unix PATH|@NAME     until somebody has that address (no connecting)
#   wait_for_text FILE TEXT             until FILE holds TEXT
#   end_status PID [SECONDS]            wait for our own background job to end by itself (10); its exit
#                                       status goes to $status (128 + N: ended by signal N). Not in $(...)
#   now_ms                              prints a clock, for "at least" and generous "at most"
#   timed COMMAND...                    run it; how long it took goes to $elapsed, in ms
#
# In the background. Standard input comes from $background_input (a file; empty when it is not set). SIGINT and
# SIGQUIT, which a script's background jobs ignore, and SIGHUP, which nohup does, are back at their defaults.
#   start_background COMMAND...         sets $started_pid $started_out $started_err (files of what it prints)
#   start_skt_listener ARGUMENTS...     skt -l --announce=FILE ARGUMENTS..., and waits until it listens. Give
#                                       `127.0.0.1 0` for a port of the kernel's choice. Input: $listener_input
#                                       (a file; empty when not set). Sets $port, $address (the first line
#                                       announced, an operand for skt), $announced (the file with all lines),
#                                       $listener_pid $listener_out $listener_err
#   start_foreign COMMAND...            start_background that skips the test where COMMAND is not installed
#   start_peer STEP...                  tests/peers/peer.py, a scripted peer (its manual is at its top); sets
#                                       $port once it listens, and $peer_pid $peer_out $peer_err
#   peer_succeeds [PID ERR]             waits until the scripted peer (the last one started, or that one) has
#                                       ended, and fails unless it has done every step
#   foreign SCRIPT.py ARGUMENTS...      run a script of tests/peers/ to its end; for `run foreign ...`. Each has
#                                       its manual at its top: peer.py, and terminal.py, which gives a command
#                                       a terminal as standard input
#   meet ROLE KIND STEP...              skt as ROLE (client, listener) over KIND (tcp, unix, seqpacket) and peer.py
#                                       at its other end, which does the steps once they are connected. skt's
#                                       options are in the array `options`, its input in $input (a file; empty when
#                                       not set), and $streams holds redirections, such as '>&-'. Sets $skt_pid
#                                       $skt_out $skt_err and, as start_peer, $peer_pid $peer_out $peer_err
#   kill_by_term PID                    SIGTERM, of which it has to die, at once and of nothing else
#   stop PID                            end it now, by SIGTERM, and after a second by SIGKILL
#   For odd standard streams: start_background bash -c 'exec "$@" >&-' - "$SKT" ...   (exec keeps the pid)
#
# Input that stays open
#   hold_input                          makes a FIFO whose writing side stays open; its path is $held_input
#   say TEXT                            writes TEXT (with printf's \n, \r, \0 and %%) into it
#   release_input                       lets it end: the reader sees the end of input
#
# Addresses for programs that cannot bind port 0
#   free_port tcp|udp [inet|inet6]      prints a port that nobody has, outside of what the kernel gives to port 0;
#                                       the test says `need python3` before
#
# Looking at a process
#   alive PID      cpu_ticks PID (user + system, 1/100 s)      rss_kib PID      open_fds PID (prints how many)
#   has_fds PID COUNT                   so many are open
#   is_still PID                        it has done all it can for now: asleep, and no processor time goes by
#   assert_idle PID [TICKS]             for a second it uses at most so much processor time (1)
#
# A network of its own
#   in_netns COMMAND...                 run inside a new user and network namespace, loopback up; skips where
#                                       that is refused. COMMAND may be a function; it sees exported variables
#                                       and these helpers. Nothing outside can be reached from it. What it mounts
#                                       nobody else sees. `in_netns true` before `run in_netns ...`, which cannot skip
#   start_other_netns                   within in_netns: one more network namespace, joined to this one by veth
#                                       interfaces: "here", 10.9.0.1 and fd09::1, and there "there", 10.9.0.2
#                                       and fd09::2; both up
#   in_other COMMAND...                 run in that one (a file, not a function)
#   start_lower STEP...                 tests/peers/lower.py in that one, whose socket is open then (its manual is at
#                                       its top); sets $lower_pid $lower_out $lower_err
#   lower_succeeds                      as peer_succeeds
#   without_capability NAME COMMAND...  run without a capability ("net_raw") that root would have
#   use_hosts LINE...                   within in_netns: the names of these lines (as in /etc/hosts) are all there
#                                       are; the name server is 127.0.0.1
#   start_deaf_listener [WHERE]         at WHERE (tcp; as peer.py has it) is a listener whose queue is full: who
#                                       connects to it gets no answer at all. Sets $port
#
# Files
#   random_file SIZE                    makes a file of SIZE random bytes (10, 64K, 3M); prints its path
#   digest FILE...                      prints the SHA-256 of each, a line each; without FILE, of its input
#
# Needs: each skips the test, with the reason, where it is not met
#   need COMMAND...      need_ipv6      need_root      need_tls (skt has it, and openssl is there)
#   need_plain_build (no sanitizers: for what they change, such as memory in use, or what cannot be together with
#   them, such as strace)      need_tracer (strace)
#
# Assertions, which print both sides when they fail
#   assert_equal GOT WANT               assert_contains TEXT PART        refute_contains TEXT PART
#   assert_same_file GOT WANT           assert_file_is FILE TEXT (the whole content, printf escapes in TEXT)
#   assert_one_line TEXT PART (and has PART)
#   refuses_each ARRAY                  skt with the words of each key of the array ends with status 2 and one line
#                                       that has its value; where strace works, without having opened a socket
#   assert_at_least NUMBER LEAST        assert_at_most NUMBER MOST
#   fail WORDS...                       fails with a message
#
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2317  # what is set here is read in the tests; functions are passed by name
# shellcheck disable=SC2016  # what is in single quotes is for another shell

bats_require_minimum_version 1.5.0

SKT_SRCDIR=${SKT_SRCDIR:-$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)}
SKT_BUILDDIR=${SKT_BUILDDIR:-$SKT_SRCDIR/build}
SKT=${SKT:-$SKT_BUILDDIR/skt}
export SKT SKT_SRCDIR SKT_BUILDDIR
if [ -n "${SKT_PYTHON:-}" ]; then # the interpreter itself, where python3 is only its launcher
    PATH=${SKT_PYTHON%/*}:$PATH
fi

setup() { skt_setup; }
teardown() { skt_teardown; }

skt_setup() {
    [ -x "$SKT" ] || fail "no program to test at $SKT"
    cd "$BATS_TEST_TMPDIR" || return
    export LC_ALL=C TERM=dumb
    job_pids=()
    job_count=0
    unset background_input listener_input input streams
    options=()
}

skt_teardown() {
    local pid running=() family=()
    for pid in "${job_pids[@]}"; do
        if is_child "$pid"; then # the number of one that has ended may be another's by now
            running+=("$pid")
        fi
    done
    mapfile -t family < <(families "${running[@]}")
    for pid in "${family[@]}"; do
        kill -TERM "$pid" 2>/dev/null || true
        kill -CONT "$pid" 2>/dev/null || true # one that was stopped cannot end
    done
    for pid in "${family[@]}"; do
        end_job "$pid"
    done
    if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
        show_jobs
    fi
    cd / || return
}

# --- waiting ---------------------------------------------------------------------------------------------

now_ms() {
    local now=${EPOCHREALTIME/[.,]/}
    echo "${now%???}"
}

timed() {
    local began
    began=$(now_ms)
    "$@"
    elapsed=$(($(now_ms) - began))
}

# succeeds_within SECONDS COMMAND...: the loop of wait_until, without the message. It starts no process but sleep.
succeeds_within() {
    local whole=${1%%.*} thousandths=000 end
    [[ $1 != *.* ]] || thousandths=${1#*.}000
    end=$((${EPOCHREALTIME/[.,]/} + (whole * 1000 + 10#${thousandths:0:3}) * 1000))
    shift
    until "$@"; do
        [ "${EPOCHREALTIME/[.,]/}" -lt "$end" ] || return 1
        sleep 0.02
    done
}

wait_until() {
    local seconds=10
    if [[ $1 =~ ^[0-9]+([.][0-9]+)?$ ]]; then
        seconds=$1
        shift
    fi
    succeeds_within "$seconds" "$@" || fail "waited $seconds s in vain for: $*"
}

# The decimal port as /proc/net shows it: upper-case hexadecimal. 0A is a listening TCP socket, 07 a bound UDP one.
is_listening() {
    case $1 in
    tcp) cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$2") [0-9A-F:]* 0A" ;;
    udp) cat /proc/net/udp /proc/net/udp6 2>/dev/null | grep -q "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$2") " ;;
    unix) awk -v path="$2" '$8 == path && ($4 == "00010000" || $5 == "0002") { found = 1 } END { exit !found }' \
        /proc/net/unix ;;
    *) fail "is_listening: $1?" ;;
    esac
}

wait_listening() { wait_until 10 is_listening "$@"; }

file_has_text() { [ -e "$1" ] && grep -qF -e "$2" -- "$1"; }
wait_for_text() { wait_until 10 file_has_text "$@"; }

file_has_line() { [ -s "$1" ] && [ "$(wc -l <"$1")" -ge 1 ]; }

has_ended() { ! kill -0 "$1" 2>/dev/null; }

end_status() {
    wait_until "${2:-10}" has_ended "$1"
    status=0
    wait "$1" || status=$?
}

# --- in the background -----------------------------------------------------------------------------------

start_background() {
    local reset=() input=${background_input:-/dev/null} held_fd
    if [ "$(type -t "$1")" = file ]; then
        reset=(env '--default-signal=INT,QUIT,HUP')
    fi
    job_count=$((job_count + 1))
    started_out=$BATS_TEST_TMPDIR/job-$job_count.out
    started_err=$BATS_TEST_TMPDIR/job-$job_count.err
    : >"$started_out"
    : >"$started_err"
    # A held FIFO is opened by now: released before the program opens it, it would take all that was said with it.
    if [ "$input" = "${held_input-}" ]; then
        exec {held_fd}<"$input"
        "${reset[@]}" "$@" <&"$held_fd" {held_fd}<&- >"$started_out" 2>"$started_err" 3>&- 4>&- &
        exec {held_fd}<&-
    else
        "${reset[@]}" "$@" <"$input" >"$started_out" 2>"$started_err" 3>&- 4>&- &
    fi
    started_pid=$!
    job_pids+=("$started_pid")
}

start_skt_listener() {
    local background_input=${listener_input:-/dev/null}
    announced=$BATS_TEST_TMPDIR/announced-$((job_count + 1))
    start_background "$SKT" -l --announce="$announced" "$@"
    listener_pid=$started_pid listener_out=$started_out listener_err=$started_err
    wait_for_line "$announced" "$listener_pid" "$listener_err"
    IFS= read -r address <"$announced"
    port_of "$address"
}

# Until FILE has a line; fails at once, with what PID said, when PID has ended without one.
wait_for_line() {
    has_line_or_is_lost() { file_has_line "$1" || has_ended "$2"; }
    wait_until 10 has_line_or_is_lost "$1" "$2"
    file_has_line "$1" || fail "ended before it listened: $(cat "$3")"
}

# $port from "tcp://127.0.0.1:5000" or "tcp://[::1]:5000"; empty for an address without one.
port_of() {
    port=${1##*:}
    case $1:$port in
    unix:* | *[!0-9]* ) [[ $1 == *://* && $port =~ ^[0-9]+$ ]] || port= ;;
    esac
}

start_foreign() {
    need "$1"
    start_background "$@"
}

start_peer() {
    need python3
    local ports=$BATS_TEST_TMPDIR/peer-$((job_count + 1)).port
    start_background python3 "$SKT_SRCDIR/tests/peers/peer.py" --port-file="$ports" "$@"
    peer_pid=$started_pid peer_out=$started_out peer_err=$started_err
    case " $*" in
    *" listen:"*)
        wait_for_line "$ports" "$peer_pid" "$peer_err"
        read -r port <"$ports"
        ;;
    esac
}

meet() {
    local role=$1 kind=$2 place=meeting-$job_count announced words
    shift 2
    case $kind in
    tcp) place=127.0.0.1: words=(127.0.0.1) ;;
    unix) words=(-U "$place") ;;
    seqpacket) words=(--seqpacket -U "$place") ;;
    esac
    if [ "$role" = client ]; then
        start_peer "listen:$kind:$place" accept "$@"
        [ "$kind" != tcp ] || words+=("$port")
        start_meeting_skt "${words[@]}"
    else
        [ "$kind" != tcp ] || words+=(0)
        announced=$BATS_TEST_TMPDIR/announced-$((job_count + 1))
        start_meeting_skt -l --announce="$announced" "${words[@]}"
        wait_for_line "$announced" "$skt_pid" "$skt_err"
        port_of "$(<"$announced")"
        start_peer "connect:$kind:$place$port" "$@"
    fi
}

# The part of meet that is skt. exec keeps the process id.
start_meeting_skt() {
    background_input=${input:-/dev/null} start_background \
        bash -c 'exec "$@" '"${streams:-}" - "$SKT" "${options[@]}" "$@"
    skt_pid=$started_pid skt_out=$started_out skt_err=$started_err
}

peer_succeeds() {
    end_status "${1:-$peer_pid}"
    assert_equal "$status $(cat "${2:-$peer_err}")" "0 "
}

foreign() {
    need python3
    python3 "$SKT_SRCDIR/tests/peers/$1" "${@:2}"
}

kill_by_term() {
    kill -TERM "$1"
    end_status "$1"
    assert_equal "$1 ended with $status" "$1 ended with 143"
}

stop() {
    kill -TERM "$1" 2>/dev/null || true
    kill -CONT "$1" 2>/dev/null || true
    end_job "$1"
}

# One that was told to end: a second of patience, then by force. It is ours, so waiting is sure to end then.
end_job() {
    succeeds_within 1 has_ended "$1" || kill -KILL "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

# Is it a process that this shell has started? proc(5): the parent is the second word after the name.
is_child() {
    local line words
    read -r line 2>/dev/null <"/proc/$1/stat" || return
    read -ra words <<<"${line##*) }"
    [ "${words[1]}" = "$BASHPID" ]
}

# The processes given and those that they have started and that still run, to the last generation.
families() {
    local pid children
    for pid; do
        echo "$pid"
        mapfile -t children < <(cat "/proc/$pid/task/"*/children 2>/dev/null | tr -s ' ' '\n')
        families "${children[@]}"
    done
}

# What the jobs of a failed test have printed; bats shows it with the failure.
show_jobs() {
    local file
    for file in "$BATS_TEST_TMPDIR"/job-*.err; do
        [ -s "$file" ] || continue
        echo "--- ${file##*/} ---"
        head -c 4000 "$file"
    done
}

# --- input that stays open -------------------------------------------------------------------------------

# The holder has the FIFO open for reading too, so that opening it blocks nobody; when the holder ends, the last
# writer is gone and the reader sees the end.
hold_input() {
    held_input=$BATS_TEST_TMPDIR/held-$((job_count + 1))
    mkfifo "$held_input"
    background_input=/dev/null start_background bash -c 'exec sleep 600 5<>"$1"' - "$held_input"
    held_pid=$started_pid
    holds_fifo() { [ "$(readlink "/proc/$held_pid/fd/5" 2>/dev/null)" = "$held_input" ]; }
    wait_until 10 holds_fifo
}

# shellcheck disable=SC2059  # the text is a format, so that it can have escapes
say() { printf "$1" >"$held_input"; }

release_input() { stop "$held_pid"; }

# --- addresses -------------------------------------------------------------------------------------------

# Below the range from which the kernel serves port 0, so that nobody else gets the port between here and its use. Nor
# does another test that runs at the same time: as long as ours does, a process has the name that stands for the port.
free_port() {
    python3 - "$$" "$@" <<'PYTHON'
import os, random, select, socket, sys

test = int(sys.argv.pop(1))


def keep(name):
    """Until the test has ended; the output, which is being waited for, ends now."""
    if os.fork() == 0:
        os.dup2(name.fileno(), 0)
        os.closerange(1, 1024)
        select.select([os.pidfd_open(test)], [], [])
        os._exit(0)


kind = socket.SOCK_DGRAM if sys.argv[1] == "udp" else socket.SOCK_STREAM
family = socket.AF_INET6 if sys.argv[2:] == ["inet6"] else socket.AF_INET
with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
    low, high = map(int, file.read().split())
candidates = range(10000, low) if low > 12000 else range(max(high + 1, 10000), 65536)
if len(candidates) < 100:
    candidates = range(10000, 65536)
for port in random.sample(candidates, 100):
    name = socket.socket(socket.AF_UNIX)
    with socket.socket(family, kind) as probe:
        try:
            name.bind(f"\0skt-test-port-{port}")
            probe.bind(("", port))
        except OSError:
            continue
    print(port, flush=True)
    keep(name)
    break
else:
    sys.exit("no free port found")
PYTHON
}

# --- looking at a process --------------------------------------------------------------------------------

alive() { kill -0 "$1" 2>/dev/null; }

# The name in parentheses may hold blanks: what counts begins after the last one; then utime and stime are the
# 12th and 13th words. proc(5).
cpu_ticks() {
    local line words
    read -r line <"/proc/$1/stat"
    read -ra words <<<"${line##*) }"
    echo $((words[11] + words[12]))
}

rss_kib() { awk '/^VmRSS:/ { print $2 }' "/proc/$1/status"; }

open_fds() {
    local fds=("/proc/$1/fd"/*)
    echo "${#fds[@]}"
}

has_fds() { [ "$(open_fds "$1")" -eq "$2" ]; }

is_still() {
    local before line
    before=$(cpu_ticks "$1")
    sleep 0.1 # in which it would, or is kept from it
    read -r line <"/proc/$1/stat"
    [[ ${line##*) } != [RD]\ * ]] && [ "$(cpu_ticks "$1")" = "$before" ]
}

assert_idle() {
    local before
    before=$(cpu_ticks "$1")
    sleep 1 # the subject
    assert_at_most "$(($(cpu_ticks "$1") - before))" "${2:-1}"
}

# --- a network of its own --------------------------------------------------------------------------------

in_netns() {
    need unshare ip
    local own=(unshare --user --map-root-user --net --mount)
    "${own[@]}" true 2>/dev/null || skip "new user and network namespaces are refused here"
    if [ "$(type -t "$1")" = file ]; then
        "${own[@]}" bash -c 'ip link set lo up && exec "$@"' - "$@"
    else
        # from a file, not by -c: `run` puts back the flags that it found, and "set -c" is none, nor would be -e
        local script=$BATS_TEST_TMPDIR/in-netns-$((++job_count))
        {
            declare -f
            echo 'job_pids=() job_count=1000
                trap "end_all" EXIT
                end_all() { for pid in $(families "${job_pids[@]}"); do stop "$pid"; done; }
                set -eET
                ip link set lo up
                "$@"'
        } >"$script"
        "${own[@]}" bash "$script" "$@"
    fi
}

start_other_netns() {
    need nsenter
    start_background unshare --net sleep 600
    other_pid=$started_pid
    wait_until 10 is_other_netns "$other_pid"
    ip link add here type veth peer name there netns "$other_pid"
    ip address add 10.9.0.1/24 dev here
    ip address add fd09::1/64 dev here nodad
    ip link set here up
    in_other ip link set lo up
    in_other ip address add 10.9.0.2/24 dev there
    in_other ip address add fd09::2/64 dev there nodad
    in_other ip link set there up
    wait_until 10 is_carrier here
}

# Has that process a network of its own by now? While it executes unshare its entry may not be readable.
is_other_netns() {
    local theirs
    theirs=$(readlink "/proc/$1/ns/net") && [ "$theirs" != "$(readlink /proc/self/ns/net)" ]
}

# Does an interface send? When its other side comes up, the kernel puts it to work a moment later, and throws away till
# then what it is given, though it is LOWER_UP already.
is_carrier() { ip -o link show "$1" | grep -q ' state UP '; }

in_other() { nsenter --net="/proc/$other_pid/ns/net" "$@"; }

start_lower() {
    local ready=$BATS_TEST_TMPDIR/ready-$((job_count + 1))
    start_background nsenter --net="/proc/$other_pid/ns/net" \
        python3 "$SKT_SRCDIR/tests/peers/lower.py" --ready="$ready" "$@"
    lower_pid=$started_pid lower_out=$started_out lower_err=$started_err
    wait_until 10 test -e "$ready"
}

lower_succeeds() {
    end_status "$lower_pid"
    assert_equal "$status $(cat "$lower_err")" "0 "
}

without_capability() { setpriv --bounding-set="-$1" --inh-caps="-$1" -- "${@:2}"; }

use_hosts() {
    printf '%s\n' "$@" >hosts
    echo 'hosts: files dns' >nsswitch.conf
    echo 'nameserver 127.0.0.1' >resolv.conf
    local file
    for file in hosts nsswitch.conf resolv.conf; do
        [ ! -e "/etc/$file" ] || mount --bind "$file" "/etc/$file"
    done
}

# With a backlog of 0 the kernel keeps one client that nobody accepts, and drops the packets of all others.
start_deaf_listener() {
    local where=${1:-tcp} filled=$BATS_TEST_TMPDIR/filled-$((job_count + 1))
    start_peer backlog:0 "listen:$where" stall
    start_peer "connect:${where%:*}:$port" "touch:$filled" stall
    wait_until 10 test -e "$filled"
}

# --- files -----------------------------------------------------------------------------------------------

random_file() {
    local path
    path=$(mktemp "$BATS_TEST_TMPDIR/random-XXXXXX")
    head -c "$1" /dev/urandom >"$path"
    echo "$path"
}

digest() { sha256sum "$@" | cut -d ' ' -f 1; }

# --- needs -----------------------------------------------------------------------------------------------

need() {
    local command
    for command; do
        command -v "$command" >/dev/null || skip "needs $command, which is not installed"
    done
}

need_own_calls() {
    [ "${SKT_COVERAGE:-no}" = no ] || skip "a build that counts coverage makes system calls of its own"
}

need_ipv6() {
    grep -qs '^0\{31\}1 .* lo$' /proc/net/if_inet6 || skip "needs IPv6 on the loopback interface"
}

need_root() { [ "$(id -u)" -eq 0 ] || skip "needs root"; }

need_tracer() {
    need strace
    need_plain_build
    traces || skip "strace may not trace processes here"
}

traces() { [ "${SKT_SANITIZED:-no}" = no ] && strace -o /dev/null true 2>/dev/null; }

need_tls() {
    need openssl
    "$SKT" --version | grep -q '^TLS: .*OpenSSL' || skip "skt is built without OpenSSL"
}

need_plain_build() { [ "${SKT_SANITIZED:-no}" = no ] || skip "not with sanitizers"; }

# --- assertions ------------------------------------------------------------------------------------------

fail() {
    printf '%s\n' "$*" >&2
    return 1
}

assert_equal() { [ "$1" = "$2" ] || fail "got:  $1"$'\n'"want: $2"; }

assert_contains() { [[ $1 == *"$2"* ]] || fail "text:    $1"$'\n'"lacks:   $2"; }

refute_contains() { [[ $1 != *"$2"* ]] || fail "text:    $1"$'\n'"but has: $2"; }

assert_same_file() {
    cmp -- "$1" "$2" || fail "files differ: $1 has $(wc -c <"$1") bytes, $2 has $(wc -c <"$2")"
}

# shellcheck disable=SC2059  # the text is a format, so that it can have escapes
assert_file_is() {
    printf "$2" | cmp -s -- "$1" - || fail "$1 holds: $(head -c 2000 "$1" | od -An -c)"$'\n'"want: $2"
}

assert_one_line() {
    [ "$(wc -l <<<"$1")" -eq 1 ] || fail "not one line: $1"
    assert_contains "$1" "$2"
}

refuses_each() {
    local -n reasons=$1
    local words tracer=()
    ! traces || tracer=(strace -f -o trace -e trace=socket)
    for words in "${!reasons[@]}"; do
        # shellcheck disable=SC2086  # words
        run -2 --separate-stderr "${tracer[@]}" "$SKT" $words
        # shellcheck disable=SC2154  # run sets it
        assert_one_line "$stderr" "${reasons[$words]}"
        [ ! -e trace ] || ! grep 'socket(' trace | grep -v 'AF_UNIX.*= -1' || fail "$words opened a socket"
    done
}

assert_at_least() { [ "$1" -ge "$2" ] || fail "got $1, want at least $2"; }

assert_at_most() { [ "$1" -le "$2" ] || fail "got $1, want at most $2"; }
