#!/usr/bin/env bats
# --relay with TLS on either side of it, or on both; and the options of TLS that do not go together.

load helpers
load tls

setup_file() { make_certificates; }
setup() { tls_setup; }

# The four ways: what the relay is told, and whether the two sides encrypt. Each sets $outer and $inner (yes, no)
ways=("no yes" "yes no" "yes yes")

# start_way OUTER INNER [OPTION...] -- STEP...: a far peer that does the steps, and the relay before it
start_way() {
    outer=$1 inner=$2
    shift 2
    local words=()
    while [ "$1" != -- ]; do
        words+=("$1")
        shift
    done
    shift
    if [ "$inner" = yes ]; then
        peer_options=(--cert="$tls/${certificate:-server}.pem")
        start_tls_peer listen accept handshake "$@"
        words+=(--relay "tls://localhost:$port" --relay-ssl-trustfile "$tls/ca.pem")
    else
        local step steps=()
        for step; do
            case $step in
            notify) steps+=(halfclose) ;;
            *) steps+=("$step") ;;
            esac
        done
        start_peer listen:tcp accept "${steps[@]}"
        words+=(--relay "127.0.0.1:$port")
    fi
    far_pid=$peer_pid far_out=$peer_out far_err=$peer_err
    [ "$outer" = no ] || words+=(--ssl-cert "$tls/server.pem")
    start_skt_listener "${words[@]}" 127.0.0.1 0
}

# start_near STEP...: the client
start_near() {
    if [ "$outer" = yes ]; then
        peer_options=(--trust="$tls/ca.pem" --name=localhost)
        start_tls_peer "connect:$port" handshake "$@"
        return
    fi
    local step steps=()
    for step; do
        case $step in
        notify) steps+=(halfclose) ;;
        *) steps+=("$step") ;;
        esac
    done
    start_peer "connect:tcp:$port" "${steps[@]}"
}

far_succeeds() { peer_succeeds "$far_pid" "$far_err"; }

relay_ends() { # STATUS WORDS
    end_status "$listener_pid"
    assert_equal "$way: $status" "$way: $1"
    if [ -z "$2" ]; then
        assert_equal "$(<"$listener_err")" ""
    else
        assert_one_line "$(<"$listener_err")" "$2"
    fi
}

@test "both ends are passed on, whichever side encrypts" {
    for way in "${ways[@]}"; do
        for words in "" -k; do
            # shellcheck disable=SC2086  # words
            start_way $way $words -- expect:question drain send:answer notify close
            start_near send:question notify expect:answer drain close
            peer_succeeds
            far_succeeds
            [ -n "$words" ] || relay_ends 0 ""
            # shellcheck disable=SC2086  # words
            start_way $way $words -- send:greeting notify expect:late drain close
            start_near expect:greeting drain send:late notify close
            peer_succeeds
            far_succeeds
            [ -n "$words" ] || relay_ends 0 ""
        done
    done
}

@test "much goes each way at once, whole" {
    for way in "${ways[@]}"; do
        # shellcheck disable=SC2086  # words
        start_way $way -- exchange:4000000 checkseq close
        start_near exchange:4000000 checkseq close
        end_status "$peer_pid" 30
        assert_equal "$way: $status $(<"$peer_err")" "$way: 0 "
        far_succeeds
        relay_ends 0 ""
    done
}

@test "a far side that is cut short is no end for the client" {
    for way in "no yes" "yes yes"; do
        # shellcheck disable=SC2086  # words
        start_way $way -- send:half halfclose stall
        if [ "$outer" = yes ]; then
            start_near expect:half isreset
        else
            start_peer "connect:tcp:$port" expect:half drain
        fi
        relay_ends 1 "ended without TLS's close_notify"
        end_status "$peer_pid"
        if [ "$outer" = yes ]; then
            assert_equal "$status $(<"$peer_err")" "0 "
        else
            assert_contains "$(<"$peer_err")" "Connection reset by peer"
        fi
        stop "$far_pid"
    done
}

@test "and a client that is cut short is none for the far side" {
    for way in "yes no" "yes yes"; do
        # shellcheck disable=SC2086  # words
        start_way $way -- expect:half drain
        start_near send:half halfclose stall
        relay_ends 1 "ended without TLS's close_notify"
        end_status "$far_pid"
        assert_equal "$way $status" "$way 1"
        assert_contains "$(<"$far_err")" "Connection reset by peer"
        stop "$peer_pid"
    done
}

@test "a far side that is not who it has to be is told of, and the client is reset" {
    for way in "no yes" "yes yes"; do
        for words in "" -k; do
            # shellcheck disable=SC2086  # words
            certificate=self start_way $way $words -- drain
            if [ "$outer" = yes ]; then
                start_near isreset
            else
                start_peer "connect:tcp:$port" drain
            fi
            end_status "$peer_pid"
            [ "$outer" = yes ] || assert_contains "$(<"$peer_err")" "Connection reset by peer"
            [ "$outer" = no ] || assert_equal "$status $(<"$peer_err")" "0 "
            wait_for_text "$listener_err" "the peer's certificate is not accepted: self-signed certificate (for "
            if [ -n "$words" ]; then
                alive "$listener_pid"
            else
                relay_ends 7 "self-signed certificate"
            fi
            stop "$far_pid"
        done
    done
}

@test "a far side that stalls in its handshake holds up nobody, and is given up in time" {
    start_tls_peer listen accept stall
    local far=$port
    start_tls_peer listen accept # to be taken for a moment: the port of the second
    start_skt_listener -k --relay "tls://localhost:$far" --relay-insecure --relay-wait 0.7 127.0.0.1 0
    start_peer "connect:tcp:$port" drain
    local first=$peer_pid
    wait_until is_still "$listener_pid"
    assert_idle "$listener_pid"
    start_peer "connect:tcp:$port" drain
    end_status "$first"
    assert_equal "$status" 1 # reset
    wait_for_text "$listener_err" "timed out within the TLS handshake"
    alive "$listener_pid"
    start_skt_listener --relay "tls://localhost:$far" --relay-insecure -w 0.5 127.0.0.1 0
    start_peer "connect:tcp:$port" drain
    end_status "$listener_pid"
    assert_equal "$status" 6
}

@test "a client that goes while the far side shakes hands is not waited for" {
    start_tls_peer listen accept stall
    start_skt_listener -k --relay "tls://localhost:$port" --relay-insecure 127.0.0.1 0
    local fds
    fds=$(open_fds "$listener_pid")
    start_peer "connect:tcp:$port" sleep:0.2 reset
    end_status "$peer_pid"
    wait_until has_fds "$listener_pid" "$fds"
}

@test "what there is to say about the far side has options of its own" {
    peer_options=(--cert="$tls/other.pem" --trust="$tls/ca.pem" --alpn=h2)
    start_tls_peer listen accept handshake facts drain notify close
    start_skt_listener --relay "127.0.0.1:$port" --relay-ssl --relay-ssl-cert "$tls/client.crt" \
        --relay-ssl-key "$tls/client.key" --relay-ssl-trustfile "$tls/ca.pem" --relay-ssl-servername other.test \
        --relay-ssl-alpn h2 127.0.0.1 0
    local far=$peer_pid err=$peer_err out=$peer_out
    start_peer "connect:tcp:$port" send:x halfclose drain
    peer_succeeds
    peer_succeeds "$far" "$err"
    assert_contains "$(<"$out")" "ALPN h2"
    assert_contains "$(<"$out")" "SNI other.test"
    assert_contains "$(<"$out")" "PEER $(pin_of client)"
    peer_options=(--cert="$tls/self.pem")
    start_tls_peer listen accept handshake send:x halfclose drain
    start_skt_listener --relay "127.0.0.1:$port" --relay-ssl-pin "$(pin_of self)" --relay-ssl-lax-eof 127.0.0.1 0
    start_peer "connect:tcp:$port" expect:x drain halfclose
    peer_succeeds
    way=pin relay_ends 0 ""
}

# --- what does not go together -----------------------------------------------------------------------------------------

@test "options of TLS that do not go together, or with others, are refused" {
    local pin
    pin=$(printf '%064d' 0)
    local -A wrong=(
        ["-u --ssl localhost 1"]="--ssl: needs a type that carries bytes without borders"
        ["-u --ssl-cert x localhost 1"]="--ssl-cert: needs a type that carries bytes without borders"
        ["-U --seqpacket --ssl x"]="--ssl: needs a type that carries bytes without borders"
        ["--insecure localhost 1"]="--insecure: means nothing without TLS: use --ssl, or tls://HOST:PORT"
        ["--ssl-lax-eof localhost 1"]="--ssl-lax-eof: means nothing without TLS"
        ["--ssl-timeout 3 localhost 1"]="--ssl-timeout: means nothing without TLS"
        ["-l --ssl --insecure 1"]="exclude each other"
        ["-l --ssl-servername x 1"]="exclude each other"
        ["--ssl --insecure --ssl-trustfile x localhost 1"]="exclude each other"
        ["--insecure --ssl-pin $pin localhost 1"]="exclude each other"
        ["--ssl-pin $pin --ssl-trustfile x localhost 1"]="exclude each other"
        ["-l --ssl-pin $pin --ssl-verify 1"]="exclude each other"
        ["--ssl-pin 12 localhost 1"]="--ssl-pin 12: a SHA-256 has 64 hexadecimal digits"
        ["--ssl-pin ${pin}0 localhost 1"]="a SHA-256 has 64 hexadecimal digits"
        ["--ssl-pin ${pin}00 localhost 1"]="a SHA-256 has 64 hexadecimal digits"
        ["--ssl-pin ${pin%0}g localhost 1"]="a SHA-256 has 64 hexadecimal digits"
        ["--ssl-key x localhost 1"]="--ssl-key: needs the certificate, too"
        ["--ssl-alpn a,,b localhost 1"]="--ssl-alpn a,,b: names with commas between them"
        ["--ssl-alpn a, localhost 1"]="names with commas between them"
        ["--ssl-alpn $(printf 'a%.0s' {1..255}) localhost 1"]="names with commas between them"
        ["--ssl -U x"]="--ssl: whose certificate is expected? use --ssl-servername, --ssl-pin or --insecure"
        ["--ssl -z localhost 1"]="exclude each other"
        ["tls://localhost:1 --peek 3"]="exclude each other"
        ["tls://localhost:1 -F"]="exclude each other"
        ["-F --ssl-cert x localhost 1"]="exclude each other"
        ["--relay-ssl localhost 1"]="--relay-ssl: needs --relay"
        ["-l 1 --relay localhost:1 --relay-insecure"]="--relay-insecure: means nothing without TLS: use --relay-ssl, or tls://HOST:PORT"
        ["-l 1 --relay localhost:1 --relay-ssl-key x"]="--relay-ssl-key: needs the certificate, too"
        ["-l 1 --relay tls://localhost:1 --relay-insecure --relay-ssl-trustfile x"]="exclude each other"
        ["-l 1 --relay unix:x --relay-ssl"]="--relay-ssl: whose certificate is expected? use --relay-ssl-servername, --relay-ssl-pin or --relay-insecure"
        ["-l 1 --relay udp://localhost:1 --relay-ssl"]="--relay-ssl: needs a type that carries bytes without borders"
        ["-l 1 --ssl-verify --insecure"]="exclude each other"
        ["tls://localhost"]="port"
    )
    refuses_each wrong
}

@test "a client that says --ssl-verify, as for ncat, verifies as always" {
    peer_options=(--cert="$tls/self.pem")
    start_tls_peer listen accept handshake drain
    run --separate-stderr timeout 10 "$SKT" --ssl --ssl-verify 127.0.0.1 "$port"
    fails_by 7 "self-signed certificate"
}
