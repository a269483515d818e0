#!/usr/bin/env bats
# TLS as a server: who is let in, and that nobody who is slow, or speaks something else, is in the way.

load helpers
load tls

setup_file() { make_certificates; }
setup() {
    tls_setup
    ours=(--ssl-cert "$tls/server.pem")
    trusting=(--ssl --ssl-trustfile "$tls/ca.pem")
}

# ask [OPTION...]: openssl s_client says its input, and ends with it, or by -ign_eof with the server; what it hears is in
# $output. The server is verified. The listener should have -d: s_client takes the server's end for that of both.
ask() {
    run --separate-stderr timeout 10 openssl s_client -quiet -no_ign_eof -verify_return_error -CAfile "$tls/ca.pem" \
        -verify_hostname localhost -connect "127.0.0.1:$port" "$@"
}

hear() { # what is said, OPTION of s_client...
    local words=$1
    shift
    printf '%s\n' "$words" >said
    ask "$@" <said
}

# The listener echoes what python says
echoes() { # [OPTION of tls.py...]
    peer_options=(--trust="$tls/ca.pem" --name=localhost "$@")
    start_tls_peer "connect:$port" handshake send:hello expect:hello notify drain close
    peer_succeeds
}

listener_ends_with() { # TEXT
    end_status "$listener_pid"
    assert_equal "$status $(<"$listener_out")" "0 $1"
}

# --- who it is ---------------------------------------------------------------------------------------------------------

@test "openssl, curl, socat, ncat and python get what they come for" {
    need curl socat ncat
    printf 'HTTP/1.0 200 OK\r\n\r\nhello' >answer
    start_skt_listener -k "${ours[@]}" --send-file answer 127.0.0.1 0
    run -0 curl -sS --max-time 10 --cacert "$tls/ca.pem" "https://localhost:$port/"
    assert_equal "$output" hello
    run -0 curl -sS --max-time 10 --cacert "$tls/ca.pem" --tls-max 1.2 "https://localhost:$port/"
    assert_equal "$output" hello
    run -0 timeout 10 socat -u "OPENSSL:localhost:$port,cafile=$tls/ca.pem" -
    assert_contains "$output" hello
    run timeout 3 ncat --recv-only --ssl --ssl-verify --ssl-trustfile "$tls/ca.pem" localhost "$port"
    assert_contains "$output" hello
    hear x -ign_eof
    assert_contains "$output" hello
    peer_options=(--trust="$tls/ca.pem" --name=localhost)
    start_tls_peer "connect:$port" handshake notify drain close
    peer_succeeds
}

@test "without a certificate one is made for the run, and -v tells its digest" {
    start_skt_listener -v -k --ssl --echo 127.0.0.1 0
    local told
    told=$(sed -n 's/^Our certificate is sha256://p' "$listener_err")
    run bash -c 'openssl s_client -connect "127.0.0.1:$1" </dev/null 2>/dev/null | openssl x509 -outform DER | sha256sum' - "$port"
    assert_equal "$output" "$told  -"
    run -0 timeout 10 "$SKT" --ssl-pin "$told" 127.0.0.1 "$port" <<<echoed
    assert_equal "$output" echoed
    run --separate-stderr timeout 10 "$SKT" --ssl 127.0.0.1 "$port" <<<echoed
    assert_equal "$status" 7
    start_skt_listener -v --ssl -d 127.0.0.1 0
    refute_contains "$(<"$listener_err")" "$told"
}

@test "the certificates above ours are sent with it" {
    start_skt_listener --ssl-cert "$tls/sub.pem" -d 127.0.0.1 0
    hear chained
    assert_equal "$status" 0
    listener_ends_with chained
}

@test "a certificate may be larger than what is gathered for one write" {
    { printf '[req]\ndistinguished_name=dn\n[dn]\n[names]\nsubjectAltName=DNS:localhost'
        seq -f ',DNS:a-rather-long-name-%06.0f.test' 2600 | tr -d '\n'
        echo
    } >config
    openssl req -new -x509 -config config -extensions names -key "$tls/server.key" -CA "$tls/ca.pem" \
        -CAkey "$tls/ca.key" -subj /CN=x -days 3 -out large.pem
    for words in "" -k; do
        # shellcheck disable=SC2086  # words
        start_skt_listener $words -O 4K -d --ssl-cert large.pem --ssl-key "$tls/server.key" 127.0.0.1 0
        run -0 timeout 10 "$SKT" -I 4K --send-only "${trusting[@]}" localhost "$port" <<<large
        wait_for_text "$listener_out" large
    done
}

@test "--ssl-trustfile takes only clients whose certificate it has signed, in 1.2 and 1.3" {
    for version in tls1_2 tls1_3; do
        for words in "" --ssl-verify; do
            # shellcheck disable=SC2086  # words
            start_skt_listener -v "${ours[@]}" $words --ssl-trustfile "$tls/ca.pem" -d 127.0.0.1 0
            hear none "-$version"
            hear wrong "-$version" -cert "$tls/self.pem"
            hear strange "-$version" -cert "$tls/foreign.pem"
            hear server "-$version" -cert "$tls/server.pem"
            alive "$listener_pid"
            hear right "-$version" -cert "$tls/client.pem"
            listener_ends_with right
            assert_contains "$(<"$listener_err")" "peer did not return a certificate"
            assert_contains "$(<"$listener_err")" "the peer's certificate is not accepted: self-signed certificate"
            assert_contains "$(<"$listener_err")" "the peer's certificate is not accepted: unsuitable certificate purpose"
            assert_contains "$(<"$listener_err")" "PEER CN=client,O=test"
        done
    done
}

@test "--ssl-verify alone takes those that the system trusts" {
    SSL_CERT_FILE=$tls/ca.pem start_skt_listener "${ours[@]}" --ssl-verify -d 127.0.0.1 0
    hear none
    hear wrong -cert "$tls/self.pem"
    hear right -cert "$tls/client.pem"
    listener_ends_with right
}

@test "--ssl-pin takes the client with that certificate alone" {
    start_skt_listener "${ours[@]}" --ssl-pin "$(pin_of self)" -d 127.0.0.1 0
    hear none
    hear other -cert "$tls/client.pem"
    hear right -cert "$tls/self.pem"
    listener_ends_with right
    assert_contains "$(<"$listener_err")" "it is not the one that was asked for"
}

@test "without one of these a client needs no certificate, and what it shows is not looked at" {
    start_skt_listener -k "${ours[@]}" -d 127.0.0.1 0
    hear one
    hear two -cert "$tls/self.pem"
    wait_for_text "$listener_out" two
    assert_file_is "$listener_out" 'one\ntwo\n'
}

@test "what will be spoken is chosen, and a client that speaks none of it is refused" {
    start_skt_listener -v -k "${ours[@]}" --ssl-alpn h2,http/1.1 --echo 127.0.0.1 0
    echoes --alpn=http/1.1,h2
    assert_contains "$(<"$listener_err")" "ALPN h2"
    echoes
    hear x -alpn spdy
    assert_contains "$stderr" "no application protocol"
}

# --- one, or many ------------------------------------------------------------------------------------------------------

@test "what ends a handshake does not end a listener for one client" {
    start_skt_listener "${ours[@]}" -d 127.0.0.1 0
    local steps
    for steps in close reset 'send:GET\x20/\x20HTTP/1.0\r\n\r\n drain' 'send:\x16\x03\x01 close' 'sendbytes:1000 drain'; do
        # shellcheck disable=SC2086  # words
        start_peer "connect:tcp:$port" $steps
        end_status "$peer_pid"
        alive "$listener_pid"
    done
    start_tls_peer "connect:$port" hello close # and one in the middle of it
    end_status "$peer_pid"
    hear right
    listener_ends_with right
    refute_contains "$(<"$listener_err")" right
    while read -r line; do
        assert_contains "$line" "skt: 127.0.0.1 port "
    done <"$listener_err"
}

@test "a client that stalls holds up nobody, whether there is one client, or one after the other, or all at once" {
    for words in "" "-k --serial" -k; do
        # shellcheck disable=SC2086  # words
        start_skt_listener "${ours[@]}" -d $words 127.0.0.1 0
        for i in 1 2 3; do
            start_peer "connect:tcp:$port" 'send:\x16\x03\x01' stall
        done
        timed hear right
        assert_at_most "$elapsed" 3000
        wait_for_text "$listener_out" right
        [ -n "$words" ] || listener_ends_with right
        [ -z "$words" ] || { hear again && wait_for_text "$listener_out" again; }
        stop "$listener_pid"
    done
}

@test "however many stall, there is room for one who does not" {
    start_skt_listener "${ours[@]}" -d 127.0.0.1 0
    python3 - "$port" <<'PYTHON' &
import signal, socket, sys
clients = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(300)]
open("there", "w").close()
signal.alarm(20)
signal.pause()
PYTHON
    job_pids+=("$!")
    wait_until test -e there
    timed hear right
    assert_at_most "$elapsed" 8000
    listener_ends_with right
    assert_contains "$(<"$listener_err")" "makes room for others"
}

comes_in() {
    timeout 5 python3 "$SKT_SRCDIR/tests/peers/tls.py" "${peer_options[@]}" "connect:$port" handshake send:hello \
        expect:hello notify drain close 2>/dev/null
}

@test "at --max-conns those who stall make room, and those who are served do not" {
    local words
    for words in "" "--when-full refuse"; do
        # shellcheck disable=SC2086  # words
        start_skt_listener -k "${ours[@]}" --echo --max-conns 2 $words 127.0.0.1 0
        peer_options=(--trust="$tls/ca.pem" --name=localhost)
        start_tls_peer "connect:$port" handshake send:first expect:first touch:served waitfile:go send:still expect:still \
            notify drain
        local served=$peer_pid served_err=$peer_err
        wait_until test -e served
        start_peer "connect:tcp:$port" touch:stands drain
        wait_until test -e stands
        wait_until comes_in
        assert_one_line "$(<"$listener_err")" "makes room for others"
        peer_succeeds
        touch go
        peer_succeeds "$served" "$served_err"
        rm served stands go
        stop "$listener_pid"
    done
}

@test "clients that stall are given up in time" {
    start_skt_listener "${ours[@]}" --ssl-timeout 0.3 -d 127.0.0.1 0
    start_peer "connect:tcp:$port" 'send:\x16\x03\x01' drain
    timed peer_succeeds
    assert_at_most "$elapsed" 3000
    assert_one_line "$(<"$listener_err")" "timed out within the TLS handshake"
    hear right
    listener_ends_with right
    start_skt_listener -k "${ours[@]}" --ssl-timeout 0.3 -d 127.0.0.1 0
    start_peer "connect:tcp:$port" 'send:\x16\x03\x01' drain
    peer_succeeds
    assert_one_line "$(<"$listener_err")" "timed out within the TLS handshake"
    alive "$listener_pid"
}

@test "-w is the time of a client's handshake, too" {
    local words
    for words in "" -k "-k --serial"; do
        # shellcheck disable=SC2086  # words
        start_skt_listener "${ours[@]}" -w 0.3 -d $words 127.0.0.1 0
        start_peer "connect:tcp:$port" 'send:\x16\x03\x01' drain
        timed peer_succeeds
        assert_at_most "$elapsed" 3000
        assert_one_line "$(<"$listener_err")" "timed out within the TLS handshake"
        alive "$listener_pid"
    done
}

@test "--accept-timeout counts those that are let in, and --max-time all of it" {
    start_skt_listener "${ours[@]}" --max-time 0.7 -d 127.0.0.1 0
    start_peer "connect:tcp:$port" 'send:\x16\x03\x01' drain
    end_status "$listener_pid"
    assert_equal "$status" 6
    start_skt_listener "${ours[@]}" --accept-timeout 0.5 -d 127.0.0.1 0
    end_status "$listener_pid"
    assert_equal "$status" 6
}

@test "waiting for clients' answers takes no processor time" {
    for words in "" -k; do
        # shellcheck disable=SC2086  # words
        start_skt_listener "${ours[@]}" -d $words 127.0.0.1 0
        start_peer "connect:tcp:$port" 'send:\x16\x03\x01' stall
        start_peer "connect:tcp:$port" stall
        wait_until is_still "$listener_pid"
        assert_idle "$listener_pid"
    done
}

@test "200 clients that come at once are all served" {
    for words in -k "-k --workers 2"; do
        # shellcheck disable=SC2086  # words
        start_skt_listener $words "${ours[@]}" --echo 127.0.0.1 0
        run -0 python3 - "$port" "$tls/ca.pem" <<'PYTHON'
import socket, ssl, sys, threading
port, trust = int(sys.argv[1]), sys.argv[2]
context = ssl.create_default_context(cafile=trust)
raw = [socket.create_connection(("127.0.0.1", port), 20) for _ in range(200)]
failed = []
def talk(number, connection):
    try:
        with context.wrap_socket(connection, server_hostname="localhost") as client:
            words = b"client %d\n" % number * 1000
            client.sendall(words)
            got = b""
            while len(got) < len(words):
                more = client.recv(65536)
                if not more:
                    break
                got += more
            if got != words:
                failed.append(f"{number}: {len(got)} bytes")
    except OSError as error:
        failed.append(f"{number}: {error}")
threads = [threading.Thread(target=talk, args=pair) for pair in enumerate(raw)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not failed, failed
PYTHON
        alive "$listener_pid"
        stop "$listener_pid"
    done
}

@test "500 idle clients take little memory, no processor time, and leave nothing behind" {
    need_plain_build
    start_skt_listener -k "${ours[@]}" --echo 127.0.0.1 0
    local before after fds
    fds=$(open_fds "$listener_pid") # before a client that may not have gone yet
    echoes
    before=$(rss_kib "$listener_pid")
    cat >idle.py <<'PYTHON'
import signal, socket, ssl, sys
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
clients = []
for _ in range(500):
    clients.append(context.wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[1])))))
    clients[-1].sendall(b"x" * 20000)
    left = 20000
    while left:
        left -= len(clients[-1].recv(left))
open("there", "w").close()
signal.pause()
PYTHON
    start_background python3 idle.py "$port"
    local idle=$started_pid
    wait_until 60 test -e there
    wait_until is_still "$listener_pid"
    after=$(rss_kib "$listener_pid")
    echo "# $(((after - before) * 1024 / 500)) bytes a client" >&3
    assert_at_most $(((after - before) * 1024 / 500)) 32000
    assert_idle "$listener_pid"
    stop "$idle"
    wait_until has_fds "$listener_pid" "$fds"
}

# --- what a client is joined with ----------------------------------------------------------------------------------------

@test "a program is told of the connection, and has the words" {
    cat >tell <<'SCRIPT'
#!/bin/sh
read -r line
echo "line $line"
env | grep -E '^(SKT_TLS_|SSL_)' | sort
SCRIPT
    chmod +x tell
    for words in "-e ./tell" "-k -c ./tell"; do
        # shellcheck disable=SC2086  # words
        SSL_CLIENT_X=other SKT_TLS_PEER=other start_skt_listener "${ours[@]}" --ssl-trustfile "$tls/ca.pem" --ssl-alpn h2 $words 127.0.0.1 0
        hear hello -ign_eof -cert "$tls/client.pem" -servername some.test -alpn h2
        assert_contains "$output" "line hello"
        assert_contains "$output" "SKT_TLS_VERSION=TLSv1.3"
        assert_contains "$output" "SSL_PROTOCOL=TLSv1.3"
        assert_contains "$output" "SKT_TLS_CIPHER=TLS_"
        assert_contains "$output" "SKT_TLS_SERVER_NAME=some.test"
        assert_contains "$output" "SSL_TLS_SNI_SERVERNAME=some.test"
        assert_contains "$output" "SKT_TLS_ALPN=h2"
        assert_contains "$output" "SKT_TLS_PEER=CN=client,O=test"
        assert_contains "$output" "SSL_PEER_S_DN=CN=client,O=test"
        assert_contains "$output" "SKT_TLS_PEER_PIN=$(pin_of client)"
        refute_contains "$output" other
        stop "$listener_pid"
    done
}

@test "a name or a protocol that could be taken for something else is not told" {
    start_skt_listener -v -k "${ours[@]}" -c 'env | grep -c -e SNI -e SERVER_NAME' 127.0.0.1 0
    for name in $'evil\nSKT_TLS_PEER=admin' 'x, PEER CN=admin' $'\e[31m'; do
        hear x -ign_eof -servername "$name"
        assert_equal "$output" 0
    done
    refute_contains "$(<"$listener_err")" admin
    hear x -ign_eof -servername good_name-1.test
    assert_equal "$output" 2
}

# of_subject NAME LENGTH: a certificate whose subject has so many characters, in $subject
of_subject() {
    local words
    words=$(printf '/O=%047d' {1..10})
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout key.pem -out cert.pem \
        -subj "$words/CN=$(printf "%0$(($2 - 503))d" 0)" 2>made || fail "$(<made)"
    cat key.pem cert.pem >"$1"
    subject=$(openssl x509 -in cert.pem -noout -subject -nameopt RFC2253)
    subject=${subject#subject=}
    assert_equal "${#subject}" "$2"
}

@test "a subject is told whole, or not at all" {
    of_subject longest.pem 511
    whole=$subject
    of_subject longer.pem 512
    start_skt_listener -v -k "${ours[@]}" --ssl-trustfile <(cat longest.pem longer.pem) -c 'env | grep -e PEER= -e PEER_S -e PEER_PIN | sort' \
        127.0.0.1 0
    hear x -ign_eof -cert longest.pem
    assert_equal "$(sed '/PIN/d' <<<"$output")" $'SKT_TLS_PEER='"$whole"$'\nSSL_PEER_S_DN='"$whole"
    assert_contains "$(<"$listener_err")" "PEER $whole,"
    hear x -ign_eof -cert longer.pem
    assert_one_line "$output" "SKT_TLS_PEER_PIN="
    assert_equal "$(grep -c ", PEER CN=" "$listener_err")" 1
}

@test "--chat and --broker pass on what TLS clients say, a chat with their names" {
    for words in --chat --broker; do
        start_skt_listener "${ours[@]}" $words 127.0.0.1 0
        case $words in
        --chat) said='<user2> one' steps=('expect:<announce> ' touch:there drainmore) ;;
        --broker) said=one steps=(touch:there drainmore) ;;
        esac
        start_tls_peer "connect:$port" handshake save:heard "${steps[@]}"
        peer=$peer_pid err=$peer_err
        wait_until test -e there
        wait_until is_still "$listener_pid"
        start_tls_peer "connect:$port" handshake send:one\\n waitfile:go notify close
        wait_for_text heard "$said"
        touch go
        peer_succeeds
        stop "$listener_pid"
        end_status "$peer"
        assert_equal "$status $(<"$err")" "0 "
        rm there go heard
    done
}

@test "the standard streams are joined with all clients" {
    hold_input
    listener_input=$held_input start_skt_listener -k "${ours[@]}" 127.0.0.1 0
    start_tls_peer "connect:$port" handshake send:one 'expect:to all' notify drain
    first=$peer_pid
    start_tls_peer "connect:$port" handshake send:two 'expect:to all' notify drain
    wait_for_text "$listener_out" one
    wait_for_text "$listener_out" two
    say 'to all'
    peer_succeeds "$first"
    peer_succeeds
}

@test "--receive-dir keeps what came whole, and nothing that was cut" {
    mkdir in
    start_skt_listener -k "${ours[@]}" --receive-dir in 127.0.0.1 0
    hear whole
    has_one() { [ "$(find in -type f | wc -l)" -eq 1 ]; }
    wait_until has_one
    start_tls_peer "connect:$port" handshake send:half halfclose drainmore
    end_status "$peer_pid"
    wait_for_text "$listener_err" "close_notify"
    wait_until is_still "$listener_pid"
    has_one
    assert_equal "$(cat in/*)" whole
}

@test "over Unix sockets, too, where the server is named" {
    start_skt_listener -k "${ours[@]}" --echo -U s
    run -0 timeout 10 "$SKT" "${trusting[@]}" --ssl-servername localhost -U s <<<echoed
    assert_equal "$output" echoed
    run --separate-stderr timeout 10 "$SKT" "${trusting[@]}" -U s <<<echoed
    fails_by 2 "whose certificate is expected? use --ssl-servername, --ssl-pin or --insecure"
}

@test "telnet is spoken within TLS" {
    start_skt_listener -t -d "${ours[@]}" 127.0.0.1 0
    start_tls_peer "connect:$port" handshake 'send:A\xff\xfd\x01B' 'expect:\xff\xfc\x01' notify drain
    peer_succeeds
    listener_ends_with AB
}

@test "copies and dumps show the words, not the records" {
    start_skt_listener -v -k "${ours[@]}" --echo -o copy --hex-dump dump 127.0.0.1 0
    echoes
    assert_equal "$(<copy)" hellohello
    assert_contains "$(<dump)" hello
}

# --- trouble -------------------------------------------------------------------------------------------------------------

@test "a full disk, and closed standard streams, are told of as without TLS" {
    [ -e /dev/full ] || skip "there is no /dev/full"
    start_background bash -c 'exec "$@" >/dev/full' - "$SKT" -l -d "${ours[@]}" --announce=where 127.0.0.1 0
    wait_for_line where "$started_pid" "$started_err"
    port_of "$(<where)"
    hear words
    end_status "$started_pid"
    assert_equal "$status" 9
    assert_one_line "$(<"$started_err")" "No space left on device"
    rm where
    start_background bash -c 'exec "$@" <&- >&- 2>&-' - "$SKT" -l "${ours[@]}" --announce=where 127.0.0.1 0
    wait_for_line where "$started_pid" "$started_err"
    port_of "$(<where)"
    echo words >words
    run timeout 10 "$SKT" "${trusting[@]}" localhost "$port" <words
    end_status "$started_pid"
    [ "$status" -ne 0 ] # there was no standard output
}

@test "clients that are killed at any moment leave nothing behind" {
    start_skt_listener -k "${ours[@]}" --echo 127.0.0.1 0
    local fds
    echoes
    wait_until is_still "$listener_pid" # that client has gone
    fds=$(open_fds "$listener_pid")
    run -0 python3 - "$port" "$SKT" <<'PYTHON'
import random, subprocess, sys, time
random.seed(1)
for number in range(60):
    client = subprocess.Popen([sys.argv[2], "--ssl", "--insecure", "127.0.0.1", sys.argv[1]],
                              stdin=open("/dev/zero", "rb"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(random.random() * 0.03)
    client.kill()
    client.wait()
PYTHON
    wait_until has_fds "$listener_pid" "$fds"
    echoes
}
