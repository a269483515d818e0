#!/usr/bin/env bats
# One call fails: each system call of a session, with each error that it may answer, and each allocation.
#
# tests/peers/inject.py says how a run is judged. By default the first, the second, the middle and the last call of
# each kind fail; with SKT_TEST_SWEEP=full in the environment, each one does.

load helpers
load tls

setup() {
    skt_setup
    need_own_calls
}

# Options and one scenario. The last line of the output has the figures.
sweep() {
    need strace
    strace -o /dev/null true 2>/dev/null || skip "strace may not trace processes here"
    local ordinals=some
    [ "${SKT_TEST_SWEEP:-}" != full ] || ordinals=all
    run foreign inject.py --ordinals="$ordinals" "$@" "$SKT"
    echo "$output"
    [ "$status" -eq 0 ]
    echo "# ${lines[-1]}" >&3
}

# A certificate, in server.pem
tls_ready() {
    need openssl
    has_tls || skip "this build has no TLS"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout key -out server.pem 2>/dev/null
    cat key >>server.pem
}

# The shim that lets an allocation fail, in $shim.
make_shim() {
    [ "${SKT_SANITIZED:-no}" = no ] || skip "a sanitizer has an allocator of its own"
    local compiler
    read -ra compiler <<<"${CC:-cc}"
    need "${compiler[0]}"
    shim=$PWD/failmalloc.so
    "${compiler[@]}" -std=c11 -D_GNU_SOURCE -shared -fPIC -o "$shim" "$SKT_SRCDIR/tests/peers/failmalloc.c" -ldl ||
        skip "${compiler[*]} makes no shared object here"
    # whether it can connect is not what is asked
    LD_PRELOAD=$shim FAILMALLOC_AT=1 FAILMALLOC_SAYS=$PWD/said "$SKT" 127.0.0.1 1 2>/dev/null || true
    [ -s said ] || skip "the program does not take its allocator from outside, as one that is linked statically"
}

sweep_allocations() {
    make_shim
    for scenario; do
        for lasting in '' --lasting; do
            run foreign inject.py $lasting --shim="$shim" "$scenario" "$SKT"
            echo "$output"
            [ "$status" -eq 0 ]
        done
    done
}

# --- system calls ----------------------------------------------------------------------------------------

@test "whichever system call of a TCP client fails, it recovers or says so, and never lies" { sweep tcp-client; }

@test "whichever system call of a TCP listener fails, it recovers or says so, and never lies" { sweep tcp-listener; }

@test "whichever system call of a Unix client fails, it recovers or says so, and never lies" { sweep unix-client; }

@test "whichever system call of a Unix listener fails, it recovers or says so, and never lies" { sweep unix-listener; }

@test "whichever system call of a client of records fails, it recovers or says so, and never lies" {
    sweep seqpacket-client
}

@test "whichever system call of a listener for records fails, it recovers or says so, and never lies" {
    sweep seqpacket-listener
}

@test "whichever system call of a TLS client or listener fails, it recovers or says so, and never lies" {
    tls_ready
    sweep --cert=server.pem tls-client
    sweep --cert=server.pem tls-listener
}

@test "whichever system call of a lookup fails, the client recovers or says so" { sweep name-client; }

@test "whichever system call on the way through a proxy fails, the client recovers or says so" { sweep proxy-client; }

@test "whichever write of a copy fails, the client says so, and never lies about the copy" {
    sweep --copy --only=openat,write,close tcp-client
}

@test "a final error that lasts is said once, by a client" { sweep --lasting tcp-client; }

@test "a final error that lasts is said once, by a listener" { sweep --lasting unix-listener; }

@test "whichever system call fails of a client whose program has the socket, it recovers or says so" {
    sweep --exec= tcp-client
}

@test "whichever system call fails of a listener whose program has pipes, it recovers or says so" {
    sweep --exec='-w 60' tcp-listener
}

@test "whichever system call fails of a client whose program has a terminal, it recovers or says so" {
    sweep --exec=--pty=raw tcp-client
}

@test "whichever system call fails of a client whose program writes records, it recovers or says so" {
    sweep --exec= seqpacket-client
}

# --- allocations -----------------------------------------------------------------------------------------

@test "without memory for any one allocation a client ends with one message, and never crashes" {
    sweep_allocations tcp-client unix-client seqpacket-client proxy-client
}

@test "without memory for any one allocation a listener ends with one message, and never crashes" {
    sweep_allocations tcp-listener unix-listener seqpacket-listener
}

@test "without memory for any one allocation a hub goes on, or ends with one message" {
    make_shim
    for words in "-k --label" --broker --chat; do
        # shellcheck disable=SC2086  # words
        run -0 foreign starved.py "$SKT" "$shim" $words
        assert_one_line "$output" " went on"
        echo "# $words: $output" >&3
    done
}

@test "without memory for any one allocation of its own TLS ends with one message, and never crashes" {
    tls_ready
    make_shim
    for scenario in tls-client tls-listener; do
        for lasting in '' --lasting; do
            run foreign inject.py --own $lasting --cert=server.pem --shim="$shim" "$scenario" "$SKT"
            echo "$output"
            [ "$status" -eq 0 ]
        done
    done
}

# --- would it be seen? -----------------------------------------------------------------------------------

@test "the sweep tells a program that hides its failures from one that does not" {
    need strace
    strace -o /dev/null true 2>/dev/null || skip "strace may not trace processes here"
    printf '#!/bin/sh\n"%s" "$@" 2>/dev/null\nexit 0\n' "$SKT" >liar
    printf '#!/bin/sh\nexec "%s" "$@" 2>/dev/null\n' "$SKT" >mute
    chmod +x liar mute
    run -1 foreign inject.py --only=socket tcp-client ./liar
    assert_contains "$output" "LIE tcp-client socket 1 EMFILE"
    run -1 foreign inject.py --only=socket tcp-client ./mute
    assert_contains "$output" "MUTE tcp-client socket 1 EMFILE"
}
