#!/usr/bin/env bats
# TLS as a client: who the server has to be, and what is said to it. Its ends and its records are in tls-wire.bats.

load helpers
load tls

setup_file() { make_certificates; }
setup() {
    tls_setup
    trusting=(--ssl --ssl-trustfile "$tls/ca.pem")
}

# serve CERTIFICATE [STEP...]: a server that says hi and waits for the end; it may be refused
serve() {
    local certificate=$1
    shift
    peer_options+=(--cert="$tls/$certificate.pem")
    start_tls_peer listen accept handshake send:hi "${@:-notify}" drain
}

warning="skt: --insecure: nobody verifies who the server is"

client() { run --separate-stderr timeout 10 "$SKT" "$@" </dev/null; }

# says_hi [WARNING]
says_hi() {
    assert_equal "$status $stderr" "0 ${1-}"
    assert_equal "$output" hi
    peer_succeeds
}

# --- who it is -----------------------------------------------------------------------------------------------------

@test "a server whose certificate is signed by an authority, and for the host, is talked to" {
    serve server
    client "${trusting[@]}" localhost "$port"
    says_hi
    serve server
    client "${trusting[@]}" 127.0.0.1 "$port"
    says_hi
    serve sub
    client --ssl-trustfile "$tls/ca.pem" "tls://localhost:$port"
    says_hi
    for scheme in tls tls4; do
        serve server
        client --ssl-trustfile "$tls/ca.pem" "$scheme://127.0.0.1:$port"
        says_hi
    done
}

@test "one that is not is refused, in one line that says why, before anything is sent" {
    local -A reasons=(
        [self]="self-signed certificate" [other]="hostname mismatch" [wild]="hostname mismatch"
        [late]="certificate has expired" [early]="certificate is not yet valid" [nosan]="hostname mismatch"
        [nul]="hostname mismatch" [foreign]="unable to get local issuer certificate"
        [client]="unsuitable certificate purpose"
    )
    echo secret >in
    for certificate in "${!reasons[@]}"; do
        peer_options=(--cert="$tls/$certificate.pem")
        start_tls_peer listen accept handshake drain
        run --separate-stderr timeout 10 "$SKT" "${trusting[@]}" localhost "$port" <in
        assert_equal "$certificate $status $output" "$certificate 7 "
        assert_one_line "$stderr" "127.0.0.1 port $port: the peer's certificate is not accepted: ${reasons[$certificate]}"
        end_status "$peer_pid"
        assert_equal "$certificate $status" "$certificate 1" # it has got an alert, or nothing at all
    done
}

@test "the certificate has to be for the address that was asked for" {
    serve late
    client "${trusting[@]}" 127.0.0.1 "$port"
    fails_by 7 "certificate has expired"
    serve other
    client "${trusting[@]}" 127.0.0.1 "$port"
    fails_by 7 "IP address mismatch"
}

@test "and for an IPv6 address, with brackets or without" {
    need_ipv6
    for words in "::1 PORT" "[::1]:PORT"; do
        start_skt_listener -k --ssl-cert "$tls/server.pem" -d ::1 0
        # shellcheck disable=SC2086  # words
        client "${trusting[@]}" ${words/PORT/$port}
        assert_equal "$status $stderr" "0 "
        start_skt_listener -k --ssl-cert "$tls/other.pem" -d ::1 0
        # shellcheck disable=SC2086  # words
        client "${trusting[@]}" ${words/PORT/$port}
        fails_by 7 "IP address mismatch"
    done
}

@test "--ssl-servername asks for another server, and that is who it has to be" {
    serve other
    client "${trusting[@]}" --ssl-servername other.test 127.0.0.1 "$port"
    says_hi
    serve server
    client "${trusting[@]}" --ssl-servername other.test 127.0.0.1 "$port"
    fails_by 7 "hostname mismatch"
    serve server
    client "${trusting[@]}" --ssl-servername 127.0.0.1 localhost "$port"
    says_hi
    serve wild
    client "${trusting[@]}" --ssl-servername a.tls.test 127.0.0.1 "$port"
    says_hi
    for name in tls.test a.b.tls.test x.test; do
        serve wild
        client "${trusting[@]}" --ssl-servername "$name" 127.0.0.1 "$port"
        assert_equal "$name $output" "$name "
        [ "$status" -ne 0 ] || fail "$name is taken"
        stop "$peer_pid"
    done
}

@test "a dot at the end of a host's name is none of the name, and two are none" {
    serve server facts notify
    client "${trusting[@]}" --ssl-servername localhost. 127.0.0.1 "$port"
    says_hi
    assert_contains "$(<"$peer_out")" "SNI localhost"$'\n'
    serve server
    client "${trusting[@]}" --ssl-servername localhost.. 127.0.0.1 "$port"
    fails_by 7 "hostname mismatch"
}

@test "what no certificate can be for is refused before anybody is asked" {
    for name in . .. .localhost '[' "$(printf 'a%.0s' {1..300})"; do
        client "${trusting[@]}" --ssl-servername "$name" 127.0.0.1 1
        fails_by 2 "not a name that a certificate can be for"
    done
}

@test "--ssl-pin takes the certificate with that digest, whoever has signed it, and no other" {
    local pin upper
    pin=$(pin_of self)
    upper=$(tr a-f A-F <<<"$pin" | sed 's/../&:/g; s/:$//')
    for word in "$pin" "sha256:$pin" "$upper" "SHA256:$upper"; do
        serve self
        client --ssl-pin "$word" 127.0.0.1 "$port"
        says_hi
    done
    serve server
    client --ssl-pin "$pin" localhost "$port"
    fails_by 7 "the peer's certificate is not accepted: it is not the one that was asked for"
    assert_equal "$output" ""
    serve late
    client --ssl-pin "$(pin_of late)" other.test "$port"
    [ "$status" -ne 0 ] # there is no such host
    client --ssl-pin "$(pin_of late)" 127.0.0.1 "$port"
    says_hi
}

@test "--insecure takes all of them, and says so each time" {
    for certificate in self other late nul foreign client; do
        peer_options=()
        serve "$certificate"
        client --ssl --insecure localhost "$port"
        says_hi "$warning"
    done
}

@test "who signs may be in a file, in a folder, or in the system's place" {
    mkdir folder
    cp "$tls/ca.pem" folder/
    serve server
    client --ssl --ssl-trustfile folder localhost "$port"
    fails_by 7 "unable to get local issuer certificate"
    openssl rehash folder
    serve server
    client --ssl --ssl-trustfile folder localhost "$port"
    says_hi
    serve server
    SSL_CERT_FILE=$tls/ca.pem client --ssl localhost "$port"
    says_hi
    serve server
    SSL_CERT_DIR=$PWD/folder client --ssl localhost "$port"
    says_hi
    serve server
    SSL_CERT_FILE=$PWD/none SSL_CERT_DIR=$PWD/none client --ssl localhost "$port"
    fails_by 7 "unable to get local issuer certificate"
    serve server
    SSL_CERT_FILE=$tls/ca.pem client --ssl --ssl-trustfile "$tls/stranger.pem" localhost "$port"
    fails_by 7 "unable to get local issuer certificate" # the file stands in the place of the system's
}

@test "within --chroot, too, what is wrong with a certificate is told" {
    need_root
    mkdir empty
    export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" # that reads /proc, which is not there
    serve server
    client --ssl --chroot empty localhost "$port"
    fails_by 7 "the peer's certificate is not accepted: unable to get local issuer certificate"
    serve server
    client --ssl --ssl-trustfile "$tls/ca.pem" --chroot empty localhost "$port"
    says_hi
}

@test "curl's and socat's and openssl's servers are talked to, whichever version they speak" {
    need socat ncat
    for version in tls1_2 tls1_3; do
        start_s_server "-$version" -www
        run -0 --separate-stderr bash -c 'printf "GET / HTTP/1.0\r\n\r\n" | timeout 10 "$SKT" -v "${@}"' - \
            "${trusting[@]}" localhost "$port"
        assert_contains "$output" "HTTP/1.0 200 ok"
        assert_contains "$stderr" "VERSION TLSv1.${version#tls1_}"
        stop "$server_pid"
    done
    echo hello >in
    background_input=in start_background socat -t 10 \
        -d -d "OPENSSL-LISTEN:0,cert=$tls/server.pem,verify=0,bind=127.0.0.1" -
    wait_for_text "$started_err" listening
    port=$(sed -n 's/.*listening on AF=2 127.0.0.1:\([0-9]*\)/\1/p' "$started_err")
    run -0 timeout 10 "$SKT" "${trusting[@]}" localhost "$port" <in
    assert_equal "$output" hello
    end_status "$started_pid"
    assert_file_is "$started_out" 'hello\n'
}

# --- what is said to it ----------------------------------------------------------------------------------------------

@test "a server is asked for by name, and not by address" {
    serve server facts notify
    client "${trusting[@]}" localhost "$port"
    says_hi
    assert_contains "$(<"$peer_out")" "SNI localhost"
    serve server facts notify
    client "${trusting[@]}" 127.0.0.1 "$port"
    says_hi
    assert_contains "$(<"$peer_out")" "SNI None"
    serve server facts notify
    client --ssl --insecure --ssl-servername other.test 127.0.0.1 "$port"
    says_hi "$warning"
    assert_contains "$(<"$peer_out")" "SNI other.test"
}

@test "what will be spoken is offered, and the server's choice is told" {
    peer_options=("--alpn=http/1.1,h2")
    serve server facts notify
    client "${trusting[@]}" --ssl-alpn h2,http/1.1 -v localhost "$port"
    assert_equal "$status $output" "0 hi"
    assert_contains "$stderr" "ALPN http/1.1"
    assert_contains "$(<"$peer_out")" "ALPN http/1.1"
    peer_options=(--alpn=h3)
    serve server facts notify
    client "${trusting[@]}" -v localhost "$port"
    refute_contains "$stderr" ALPN
}

@test "-v tells of the connection" {
    serve server
    client "${trusting[@]}" -v localhost "$port"
    assert_contains "$stderr" "TLS with 127.0.0.1 port $port: VERSION TLSv1.3, CIPHER TLS_"
    assert_contains "$stderr" "PEER CN=server,O=test"
    assert_contains "$stderr" "PEER_PIN $(pin_of server)"
}

@test "--ssl-ciphers says which there may be, of version 1.2 and of 1.3" {
    peer_options=(--version=1.2)
    serve server
    client "${trusting[@]}" -v --ssl-ciphers ECDHE-ECDSA-CHACHA20-POLY1305:TLS_AES_128_GCM_SHA256 localhost "$port"
    assert_contains "$stderr" "CIPHER ECDHE-ECDSA-CHACHA20-POLY1305"
    peer_options=()
    serve server
    client "${trusting[@]}" -v --ssl-ciphers ECDHE-ECDSA-CHACHA20-POLY1305:TLS_AES_128_GCM_SHA256 localhost "$port"
    assert_contains "$stderr" "CIPHER TLS_AES_128_GCM_SHA256"
    peer_options=(--version=1.2 --ciphers=ECDHE-ECDSA-AES256-GCM-SHA384)
    serve server
    client "${trusting[@]}" --ssl-ciphers ECDHE-ECDSA-CHACHA20-POLY1305 localhost "$port"
    assert_equal "$status" 7
    assert_one_line "$stderr" "alert"
    for list in nonsense TLS_NONSENSE :; do
        client "${trusting[@]}" --ssl-ciphers "$list" localhost 1
        fails_by 2 "--ssl-ciphers $list: "
        run -2 --separate-stderr timeout 10 "$SKT" -l --ssl --ssl-ciphers "$list" 127.0.0.1 0
    done
}

@test "--ssl-keylog notes the secrets that the other end has, of version 1.2 and of 1.3" {
    for version in tls1_2 tls1_3; do
        start_s_server "-$version" -rev -keylogfile theirs
        run -0 timeout 10 "$SKT" "${trusting[@]}" --ssl-keylog ours localhost "$port" <<<live
        assert_equal "$output" evil
        stop "$server_pid"
        start_skt_listener --echo --ssl-cert "$tls/server.pem" --ssl-keylog ours 127.0.0.1 0
        run -0 timeout 10 openssl s_client "-$version" -quiet -no_ign_eof -keylogfile theirs \
            -connect "127.0.0.1:$port" <<<echo
        end_status "$listener_pid"
    done
    assert_equal "$(stat -c %a ours)" 600
    assert_equal "$(grep -c CLIENT_RANDOM ours) $(grep -c CLIENT_TRAFFIC_SECRET_0 ours)" "2 2"
    # openssl begins the file with a comment
    diff <(sort ours) <(grep -v '^#' theirs | sort)
}

@test "a file that --ssl-keylog cannot write is an error, with its name" {
    mkfifo unread
    for file in no/such/folder . unread; do
        run -9 --separate-stderr timeout 10 "$SKT" --ssl --ssl-keylog "$file" 127.0.0.1 1
        assert_one_line "$stderr" "skt: $file: "
    done
    touch somebodys
    ln -s somebodys link
    run -9 --separate-stderr timeout 10 "$SKT" --ssl --ssl-keylog link 127.0.0.1 1
    assert_one_line "$stderr" "skt: link: is a symbolic link, and those are not followed"
    serve server
    client "${trusting[@]}" --ssl-keylog /dev/full localhost "$port"
    fails_by 9 "/dev/full: No space left on device"
    assert_equal "$output" ""
    run -2 --separate-stderr timeout 10 "$SKT" --ssl-keylog file 127.0.0.1 1
    assert_one_line "$stderr" "--ssl-keylog: means nothing without TLS"
}

@test "a connection whose secrets found no room does not keep those after it from having theirs" {
    full_disk() {
        mount -t tmpfs -o size=8k none disk # two pages, one of which is taken
        head -c 4096 /dev/zero >disk/other
        start_skt_listener -k --echo --ssl-cert server.pem --ssl-keylog disk/ours 127.0.0.1 0
        local i
        for ((i = 0; i < 20; i++)); do
            timeout 10 openssl s_client -quiet -no_ign_eof -connect "127.0.0.1:$port" <<<some || true
            [ ! -s "$listener_err" ] || break
        done
        assert_contains "$(<"$listener_err")" "skt: disk/ours: No space left on device"
        assert_equal "$(wc -c <disk/ours)" 4096
        rm disk/other
        timeout 10 openssl s_client -quiet -no_ign_eof -keylogfile theirs -connect "127.0.0.1:$port" <<<more
        diff <(grep -v '^#' theirs | sort) <(tail -n "$(grep -vc '^#' theirs)" disk/ours | sort)
    }
    mkdir disk
    cp "$tls/server.pem" .
    in_netns full_disk
}

@test "nothing older than version 1.2 is spoken" {
    start_s_server -tls1_1 -cipher DEFAULT@SECLEVEL=0
    client "${trusting[@]}" --ssl-ciphers DEFAULT@SECLEVEL=0 localhost "$port"
    assert_equal "$status" 7
    assert_one_line "$stderr" "127.0.0.1 port $port: "
}

@test "our own certificate is shown to a server that asks, from files of each kind" {
    local words
    peer_options=(--trust="$tls/ca.pem")
    for words in "client.pem" "client.crt --ssl-key client.key" "both.der --ssl-key both.key.der" both.p12; do
        serve server facts notify
        # shellcheck disable=SC2046,SC2086  # words
        client "${trusting[@]}" --ssl-cert $(sed "s,[^ ]*[.][a-z],$tls/&,g" <<<"$words") localhost "$port"
        assert_equal "$words: $status $stderr" "$words: 0 "
        says_hi
        refute_contains "$(<"$peer_out")" "PEER None"
    done
    peer_options=(--trust="$tls/ca.pem" --version=1.2)
    serve server
    client "${trusting[@]}" localhost "$port"
    assert_equal "$status" 7
    assert_one_line "$stderr" "alert"
}

@test "a certificate that cannot be used is refused, with its name, before anybody is asked" {
    echo nonsense >nonsense.pem
    : >empty.pem
    mkdir folder
    local -A reasons=(
        ["--ssl-cert none.pem"]="none.pem: No such file or directory"
        ["--ssl-cert nonsense.pem"]="nonsense.pem: "
        ["--ssl-cert empty.pem"]="empty.pem: "
        ["--ssl-cert folder"]="folder: "
        ["--ssl-cert $tls/server.crt"]="$tls/server.crt: there is no private key in it"
        ["--ssl-cert $tls/server.key"]="$tls/server.key: there is no certificate in it"
        ["--ssl-cert $tls/server.crt --ssl-key $tls/client.key"]="$tls/client.key: "
        ["--ssl-cert $tls/server.crt --ssl-key none.pem"]="none.pem: No such file or directory"
        ["--ssl-trustfile none.pem"]="none.pem: No such file or directory"
        ["--ssl-trustfile nonsense.pem"]="nonsense.pem: "
        ["--ssl-trustfile empty.pem"]="empty.pem: "
    )
    for words in "${!reasons[@]}"; do
        # shellcheck disable=SC2086  # words
        client --ssl $words localhost 1
        assert_equal "$words: $status" "$words: 9"
        assert_one_line "$stderr" "skt: ${reasons[$words]}"
    done
}

# ask_for_passphrase TEXT ARG...: start skt at a terminal and wait until it asks; TEXT is typed once the file "ask" is there.
ask_for_passphrase() {
    rm -f ask
    start_background python3 "$SKT_SRCDIR/tests/peers/terminal.py" --all --after=ask --type="$1" "$SKT" "${@:2}"
    terminal_out=$started_out
    wait_for_text "$terminal_out" "Passphrase of $tls/secret.key: "
}

@test "the passphrase of a key is asked for on the terminal, and nowhere else" {
    need setsid
    local words=(--ssl-cert "$tls/server.crt" --ssl-key "$tls/secret.key")
    serve server
    ask_for_passphrase 'secret\n' "${trusting[@]}" "${words[@]}" -d localhost "$port"
    touch ask
    end_status "$started_pid"
    assert_equal "$status" 0
    assert_contains "$(cat "$terminal_out")" hi
    peer_succeeds
    printf 'secret\nall of it\n' >in
    start_tls_peer listen accept stall
    run --separate-stderr timeout 10 setsid -w "$SKT" "${trusting[@]}" "${words[@]}" localhost "$port" <in
    fails_by 9 "$tls/secret.key: its passphrase is asked for on the terminal, and was not given"
}

@test "who is asked for a passphrase can end skt by Control-C, and gives none by Control-D" {
    local words=(-l --ssl-cert "$tls/server.crt" --ssl-key "$tls/secret.key" 127.0.0.1 0)
    ask_for_passphrase '\x03' "${words[@]}"
    touch ask
    end_status "$started_pid"
    assert_equal "$status" 130
    ask_for_passphrase '\x04' "${words[@]}"
    touch ask
    end_status "$started_pid"
    assert_equal "$status" 9
    assert_contains "$(cat "$terminal_out")" \
        "skt: $tls/secret.key: its passphrase is asked for on the terminal, and was not given"
}

@test "a wrong passphrase is told as one" {
    ask_for_passphrase 'public\n' -l --ssl-cert "$tls/server.crt" --ssl-key "$tls/secret.key" 127.0.0.1 0
    touch ask
    end_status "$started_pid"
    assert_equal "$status" 9
    assert_contains "$(cat "$terminal_out")" "skt: $tls/secret.key: it cannot be opened with that passphrase"
}

@test "a passphrase is not waited for longer than --max-time" {
    ask_for_passphrase '' -l --max-time 500ms --ssl-cert "$tls/server.crt" --ssl-key "$tls/secret.key" 127.0.0.1 0
    end_status "$started_pid"
    assert_equal "$status" 6
    assert_contains "$(cat "$terminal_out")" "skt: /dev/tty: timed out: no passphrase has come"
}

# --- what comes of the handshake -------------------------------------------------------------------------------------

@test "a server that says nothing, or not all, is given up in time" {
    local steps
    for steps in "" 'raw:\x16\x03\x03'; do
        for words in "-w 0.5" "--ssl-timeout 0.5" "--max-time 0.5"; do
            # shellcheck disable=SC2086  # words
            start_tls_peer listen accept $steps stall
            # shellcheck disable=SC2086  # words
            timed client "${trusting[@]}" $words localhost "$port"
            fails_by 6 "timed out within the TLS handshake"
            assert_at_least "$elapsed" 450
            assert_at_most "$elapsed" 3000
            stop "$peer_pid"
        done
    done
}

@test "a signal ends it within the handshake" {
    start_tls_peer listen accept stall
    start_background "$SKT" "${trusting[@]}" localhost "$port"
    wait_until is_still "$started_pid"
    kill_by_term "$started_pid"
}

@test "waiting for a server's answer takes no processor time" {
    start_tls_peer listen accept 'raw:\x16\x03\x03' stall
    start_background "$SKT" "${trusting[@]}" localhost "$port"
    wait_until is_still "$started_pid"
    assert_idle "$started_pid"
}

@test "a server that ends within the handshake is told of" {
    for steps in close 'recv:1 reset' halfclose 'raw:\x16\x03\x03\x00\x7a close' 'recv:100 close'; do
        # shellcheck disable=SC2086  # words
        start_peer listen:tcp accept $steps
        client "${trusting[@]}" localhost "$port"
        assert_equal "$steps $status" "$steps 7"
        assert_one_line "$stderr" "127.0.0.1 port $port: "
        stop "$peer_pid"
    done
}

@test "a server that speaks no TLS is told of" {
    for steps in 'send:220\x20hello\r\n' 'send:HTTP/1.1\x20400\x20Bad\x20Request\r\n\r\n' 'send:SSH-2.0-x\r\n'; do
        start_peer listen:tcp accept "$steps" drain
        client "${trusting[@]}" localhost "$port"
        assert_equal "$status" 7
        assert_one_line "$stderr" "is it TLS that the peer speaks?"
        stop "$peer_pid"
    done
}

@test "--retry does not try a server again whose certificate is wrong" {
    serve other
    timed client "${trusting[@]}" --retry 3 --retry-delay 5 127.0.0.1 "$port"
    fails_by 7 "IP address mismatch"
    assert_at_most "$elapsed" 4000
}

# --- without TLS -----------------------------------------------------------------------------------------------------

@test "without TLS nothing of it is loaded, and with it, it is" {
    need_plain_build
    start_skt_listener 127.0.0.1 0
    run grep -E 'libssl|libcrypto' "/proc/$listener_pid/maps"
    assert_equal "$output" ""
    start_skt_listener --ssl 127.0.0.1 0
    grep -q libssl "/proc/$listener_pid/maps" || ldd "$SKT" 2>&1 | grep -qE 'libssl|not a dynamic' || fail "what is it?"
}
