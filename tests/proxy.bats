#!/usr/bin/env bats
# --proxy: connecting through SOCKS and HTTP proxies, and --relay-proxy: a relay that does so for each client.

load helpers
load examples # make_certificate

# What a SOCKS5 proxy hears and says when a name is asked for without a password.
name_asked='expect:\x05\x01\x00\x03\x0bexample.org\x00\x50'
greeting=('expect:\x05\x01\x00' 'send:\x05\x00')
granted='\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x01'
connect_asked='expect:CONNECT example.org:80 HTTP/1.1\r\nHost: example.org:80\r\n\r\n'

# start_proxy STEP...: a scripted proxy. Sets $proxy_port, $proxy_pid $proxy_err.
start_proxy() {
    start_peer listen:tcp accept "$@"
    proxy_port=$port proxy_pid=$peer_pid proxy_err=$peer_err
}

proxy_succeeds() { peer_succeeds "$proxy_pid" "$proxy_err"; }

# start_real_proxy [SILENT]: tests/peers/proxy.py. Sets $proxy_port $proxy_out.
start_real_proxy() {
    need python3
    start_background python3 "$SKT_SRCDIR/tests/peers/proxy.py" proxy-port "$@"
    proxy_out=$started_out
    wait_for_line proxy-port "$started_pid" "$started_err"
    read -r proxy_port <proxy-port
}

# ask_example OPTION...: skt to example.org 80 through the scripted proxy, without input that could end
ask_example() {
    run --separate-stderr timeout 20 "$SKT" -d -x "127.0.0.1:$proxy_port" "$@" example.org 80
}

# fails_with STATUS WORDS: ask_example has ended so, and said so in one line, and nothing else
fails_with() {
    assert_equal "$status $output" "$1 "
    assert_one_line "$stderr" "$2"
}

# --- through proxies of others -----------------------------------------------------------------------------------------

# carries OPTION...: skt with these options reaches a listener, which hears and is heard, and hears of our end
carries() {
    start_peer listen:tcp accept expect:question send:answer close
    run -0 timeout 20 "$SKT" --no-shutdown "$@" 127.0.0.1 "$port" < <(printf question)
    assert_equal "$output" answer
    peer_succeeds
}

@test "microsocks lets us through, by number, by name, and with a password" {
    need python3 microsocks
    local open closed
    open=$(free_port tcp)
    start_background microsocks -i 127.0.0.1 -p "$open"
    closed=$(free_port tcp)
    start_background microsocks -i 127.0.0.1 -p "$closed" -u joe -P 'se:cret@x'
    wait_listening tcp "$open"
    wait_listening tcp "$closed"
    carries -x "127.0.0.1:$open"
    carries -X 5 --proxy "localhost:$open" --proxy-dns local
    carries --proxy "socks5://joe:se%3Acret%40x@127.0.0.1:$closed"
    carries -x "127.0.0.1:$closed" --proxy-auth 'joe:se:cret@x'
    run -8 --separate-stderr "$SKT" -x "127.0.0.1:$closed" --proxy-auth joe:other 127.0.0.1 1
    assert_one_line "$stderr" "(socks5): the proxy did not accept the user's name and password"
    run -8 --separate-stderr "$SKT" -x "127.0.0.1:$closed" 127.0.0.1 1
    assert_one_line "$stderr" "(socks5): the proxy lets nobody in who does not authenticate (--proxy-auth)"
    run -8 --separate-stderr "$SKT" -x "127.0.0.1:$open" 127.0.0.1 "$(free_port tcp)"
    assert_one_line "$stderr" "(socks5): the proxy refused: connection refused"
}

@test "Ncat's HTTP proxy lets us through, with a password and without" {
    need python3 ncat
    local open closed
    open=$(free_port tcp)
    start_background ncat -l -k --proxy-type http 127.0.0.1 "$open"
    closed=$(free_port tcp)
    start_background ncat -l -k --proxy-type http --proxy-auth joe:secret 127.0.0.1 "$closed"
    wait_listening tcp "$open"
    wait_listening tcp "$closed"
    carries --proxy "http://127.0.0.1:$open/"
    carries -X connect -x "127.0.0.1:$closed" --proxy-auth joe:secret
    echo joe:secret >auth
    carries -X connect -x "127.0.0.1:$closed" --proxy-auth-file auth
    run -8 --separate-stderr "$SKT" -X http -x "127.0.0.1:$closed" 127.0.0.1 1
    assert_one_line "$stderr" \
        "(http): the proxy wants a user's name and password: HTTP/1.0 407 Proxy Authentication Required (by Basic, Digest)"
    run -8 --separate-stderr "$SKT" -X http -x "127.0.0.1:$closed" --proxy-auth joe:other 127.0.0.1 1
    assert_one_line "$stderr" "did not accept the user's name and password: HTTP/1.0 407"
    run -8 --separate-stderr "$SKT" -X http -x "127.0.0.1:$open" 127.0.0.1 "$(free_port tcp)"
    assert_one_line "$stderr" "the proxy refused: HTTP/1.0 504 Gateway Timeout"
}

# start_digest_proxy CHALLENGE [STALE]: tests/peers/digest_proxy.py. Sets $proxy_port $proxy_out.
start_digest_proxy() {
    need python3
    rm -f digest-port
    start_background python3 "$SKT_SRCDIR/tests/peers/digest_proxy.py" digest-port "$@"
    proxy_out=$started_out
    wait_for_line digest-port "$started_pid" "$started_err"
    read -r proxy_port <digest-port
}

joe=(-X http --proxy-auth 'joe:se"cret\')

# is_let_through REQUEST...: ask_example has been; these are what its requests proved
is_let_through() {
    assert_equal "$status $output $stderr" "0 through "
    assert_file_is "$proxy_out" "$(printf '%s\\n' "$@")"
}

@test "a proxy that takes no Basic is told by Digest who we are" {
    need_tls
    local challenge
    for challenge in 'algorithm=MD5, qop="auth"' 'algorithm=SHA-256, qop="auth,auth-int", opaque="o\\"' 'x=y' \
        'algorithm=MD5-sess,qop=auth' 'algorithm=SHA-256-sess , qop="auth-int, auth"'; do
        start_digest_proxy "$challenge"
        ask_example "${joe[@]}"
        is_let_through basic right
    done
    start_digest_proxy 'qop="auth"' 2
    ask_example "${joe[@]}"
    is_let_through basic right right right
    start_digest_proxy 'qop="auth"' 1000
    ask_example "${joe[@]}"
    fails_with 8 "did not accept the user's name and password"
}

@test "a wrong password is refused by Digest, too, and what cannot be proved is told" {
    need_tls
    start_digest_proxy 'qop="auth"'
    ask_example -X http --proxy-auth joe:other
    fails_with 8 "did not accept the user's name and password: HTTP/1.1 407 Prove it (by Digest)"
    assert_file_is "$proxy_out" 'basic\nwrong\n'
    ask_example -X http
    fails_with 8 "the proxy wants a user's name and password: HTTP/1.1 407 Prove it (by Digest)"
    local challenge
    for challenge in 'algorithm=SHA-512-256' 'qop="auth-int"' 'opaque="open'; do
        start_digest_proxy "$challenge"
        ask_example "${joe[@]}"
        fails_with 8 "did not accept the user's name and password: HTTP/1.1 407 Prove it (by Digest)"
        assert_file_is "$proxy_out" 'basic\n'
    done
}

@test "a relay tells a proxy by Digest who we are, for each client" {
    need_tls
    start_digest_proxy 'qop="auth"'
    start_skt_listener -k --relay example.org:80 --relay-proxy "http://127.0.0.1:$proxy_port" \
        --relay-proxy-auth 'joe:se"cret\' 127.0.0.1 0
    for client in 1 2; do
        assert_equal "$(timeout 10 "$SKT" -d "127.0.0.1:$port")" through
    done
    assert_file_is "$proxy_out" 'basic\nright\nbasic\nright\n'
}

@test "tinyproxy lets us through, and its refusals are shown" {
    need python3 tinyproxy
    local proxy
    proxy=$(free_port tcp)
    printf '%s\n' "Port $proxy" 'Listen 127.0.0.1' 'Timeout 60' 'MaxClients 10' 'BasicAuth joe secret' >conf
    start_background tinyproxy -d -c conf
    wait_listening tcp "$proxy"
    carries -X http -x "127.0.0.1:$proxy" --proxy-auth joe:secret
    run -8 --separate-stderr "$SKT" -X http -x "127.0.0.1:$proxy" 127.0.0.1 1
    assert_one_line "$stderr" "the proxy wants a user's name and password: HTTP/1.0 407"
    assert_one_line "$stderr" "(by Basic)"
    run -8 --separate-stderr "$SKT" -X http -x "127.0.0.1:$proxy" --proxy-auth joe:secret 127.0.0.1 "$(free_port tcp)"
    assert_one_line "$stderr" "the proxy refused: HTTP/1.1 500 Unable to connect"
}

@test "Dante lets us through, by SOCKS4 and SOCKS5" {
    need python3 danted
    need_root
    local proxy type
    proxy=$(free_port tcp)
    printf '%s\n' 'logoutput: stderr' "internal: 127.0.0.1 port = $proxy" 'external: lo' 'user.notprivileged: nobody' \
        'socksmethod: none' 'clientmethod: none' 'client pass { from: 0/0 to: 0/0 }' \
        'socks pass { from: 0/0 to: 0/0 }' >conf
    start_background danted -f conf -p "$PWD/pid"
    wait_listening tcp "$proxy"
    for type in 4 5; do
        carries -X "$type" -x "127.0.0.1:$proxy"
    done
    run -8 --separate-stderr "$SKT" -X 4 -x "127.0.0.1:$proxy" 127.0.0.1 "$(free_port tcp)"
    assert_one_line "$stderr" "(socks4): the proxy refused: rejected or failed"
}

# A server on the standard streams of its client, with keys of its own, and the client's proxy. Sets $proxy_port.
start_ssh() {
    need python3 ssh ssh-keygen sshd
    need_root
    mkdir -p /run/sshd # where it gives up its privileges
    ssh-keygen -q -N '' -t ed25519 -f host-key
    ssh-keygen -q -N '' -t ed25519 -f user-key
    printf '%s\n' "HostKey $PWD/host-key" "AuthorizedKeysFile $PWD/user-key.pub" 'StrictModes no' 'UsePAM no' >conf
    proxy_port=$(free_port tcp)
    start_background ssh -N -F none -i user-key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
        -o ProxyCommand="$(command -v sshd) -i -f '$PWD/conf'" -D "127.0.0.1:$proxy_port" root@example.org
    wait_listening tcp "$proxy_port"
}

@test "ssh -D lets us through, by SOCKS4, SOCKS4A and SOCKS5, and passes our end on" {
    start_ssh
    local type host
    for type in 5 4A 4; do
        for host in 127.0.0.1 localhost; do
            listener_input=<(printf answer) start_skt_listener 0
            run -0 timeout 20 "$SKT" -X "$type" -x "127.0.0.1:$proxy_port" "$host" "$port" < <(printf question)
            assert_equal "$output" answer
            end_status "$listener_pid"
            assert_file_is "$listener_out" question
        done
    done
}

@test "an IPv6 proxy stands in brackets" {
    need python3 microsocks
    need_ipv6
    local proxy
    proxy=$(free_port tcp inet6)
    start_background microsocks -i ::1 -p "$proxy"
    wait_listening tcp "$proxy"
    carries -x "[::1]:$proxy"
    carries --proxy "socks5://[::1]:$proxy"
}

# --- what is said and heard --------------------------------------------------------------------------------------------

@test "our end is passed on, and the whole answer still comes" {
    start_real_proxy
    start_peer listen:tcp accept expect:question drain send:answer close
    run -0 timeout 20 "$SKT" -x "127.0.0.1:$proxy_port" 127.0.0.1 "$port" < <(printf question)
    assert_equal "$output" answer
    peer_succeeds
}

@test "20 MiB go each way whole, and are moved inside the kernel" {
    need_tracer
    local up down
    up=$(random_file 20M) down=$(random_file 20M)
    start_real_proxy
    start_peer listen:tcp accept "sendfile:$down" halfclose save:up-copy drain
    run -0 timeout 60 bash -c 'strace -f -o trace -e trace=splice,sendfile "$SKT" "$@" <"$0" >down-copy' "$up" \
        -x "127.0.0.1:$proxy_port" 127.0.0.1 "$port"
    peer_succeeds
    assert_same_file up-copy "$up"
    assert_same_file down-copy "$down"
    assert_at_least "$(awk '/splice\(/ && $NF > 0 { total += $NF } END { printf "%d", total }' trace)" 10000000
}

@test "what the other side says first is neither lost nor read before its time" {
    local answer
    for answer in "$granted" '\x05\x00\x00\x03\x05proxy\x00\x01' \
        '\x05\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x01'; do
        start_proxy "${greeting[@]}" "$name_asked" "send:${answer}SSH-2.0-banner\\n" close
        ask_example
        assert_equal "$status $output" "0 SSH-2.0-banner"
        proxy_succeeds
    done
    for answer in 'HTTP/1.0 200 OK\r\n\r\n' 'HTTP/1.1 200\r\nVia: x\r\nContent-Length: 3\r\n\r\n' \
        'HTTP/1.1 299 fine\n\n' 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'; do
        start_proxy "$connect_asked" "send:${answer}\\r\\nSSH-2.0-banner\\n" close
        ask_example -X http
        assert_equal "$status $output" $'0 \r\nSSH-2.0-banner'
        proxy_succeeds
    done
    start_proxy "${greeting[@]}" "$name_asked" "send:${granted}banner and more" stall
    ask_example --peek 6
    assert_equal "$status $output" "0 banner"
    start_proxy "${greeting[@]}" "$name_asked" "send:${granted}banner and more" close
    run -0 timeout 20 "$SKT" -x "127.0.0.1:$proxy_port" -e "sh -c 'head -c 6 >heard'" example.org 80
    assert_file_is heard banner
}

@test "an answer that comes byte by byte is one" {
    start_proxy 'expect:\x05\x01\x00' 'each:0.01:\x05\x00' "$name_asked" "each:0.01:$granted" each:0.01:hello close
    ask_example
    assert_equal "$status $output" "0 hello"
    start_proxy "$connect_asked" 'each:0.01:HTTP/1.1 200 OK\r\nVia: x\r\n\r\n' each:0.01:hello close
    ask_example -X http
    assert_equal "$status $output" "0 hello"
}

@test "addresses of both kinds, names and passwords are said as each protocol has it" {
    start_proxy 'expect:\x05\x01\x00' 'send:\x05\x00' 'expect:\x05\x01\x00\x01\x0a\x01\x02\x03\x00\x50' "send:$granted" close
    run -0 timeout 20 "$SKT" -d -x "127.0.0.1:$proxy_port" 10.1.2.3 80
    start_proxy 'expect:\x05\x01\x00' 'send:\x05\x00' \
        'expect:\x05\x01\x00\x04\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x50' \
        "send:$granted" close
    run -0 timeout 20 "$SKT" -d -x "127.0.0.1:$proxy_port" '[2001:db8::1]:80'
    start_proxy 'expect:\x05\x02\x00\x02' 'send:\x05\x02' 'expect:\x01\x03joe\x06secret' 'send:\x01\x00' \
        "$name_asked" "send:$granted" close
    run -0 timeout 20 "$SKT" -d -x "joe:secret@127.0.0.1:$proxy_port" example.org 80
    start_proxy 'expect:\x04\x01\x00\x50\x0a\x01\x02\x03joe\x00' 'send:\x00\x5a\x00\x00\x00\x00\x00\x00' close
    run -0 timeout 20 "$SKT" -d -X 4 -P joe -x "127.0.0.1:$proxy_port" 10.1.2.3 80
    start_proxy 'expect:\x04\x01\x00\x50\x00\x00\x00\x01joe\x00example.org\x00' 'send:\x00\x5a\x00\x00\x00\x00\x00\x00' close
    run -0 timeout 20 "$SKT" -d -x "socks4a://joe@127.0.0.1:$proxy_port" example.org 80
    start_proxy 'expect:CONNECT [2001:db8::1]:80 HTTP/1.1\r\nHost: [2001:db8::1]:80\r\nProxy-Authorization: Basic am9lOnNlY3JldA==\r\n\r\n' \
        'send:HTTP/1.1 200 OK\r\n\r\n' close
    run -0 timeout 20 "$SKT" -d -x "http://joe:secret@127.0.0.1:$proxy_port" 2001:db8::1 http
}

@test "-v tells of the target as nc does, and of the proxy; messages name the target" {
    start_proxy "${greeting[@]}" "$name_asked" "send:$granted" recv:1 reset
    run -1 --separate-stderr timeout 20 "$SKT" -v -x "localhost:$proxy_port" -4 example.org 80 < <(printf xy)
    assert_equal "$(sed -n 1,2p <<<"$stderr")" "Connection to example.org 80 port [tcp/http] succeeded!
It goes through the proxy localhost (127.0.0.1) port $proxy_port (socks5)"
    assert_contains "$stderr" "skt: example.org port 80"
}

@test "a program is told of the socket's own peer, the proxy" {
    start_proxy "${greeting[@]}" "$name_asked" "send:$granted" "expect:127.0.0.1 PORT" close
    run timeout 20 "$SKT" -x "127.0.0.1:$proxy_port" -c 'echo "$SKT_REMOTE_ADDR $SKT_REMOTE_PORT" >told' example.org 80
    assert_file_is told "127.0.0.1 $proxy_port\n"
}

# --- who looks names up --------------------------------------------------------------------------------------------------

names() {
    local greeting=('expect:\x05\x01\x00' 'send:\x05\x00')
    use_hosts 'fd00::1 example.org' '10.1.2.3 example.org' '10.1.2.3 v4.example' '127.0.0.1 proxy.example'
    start_proxy "${greeting[@]}" 'expect:\x05\x01\x00\x03\x0ehidden.example\x00\x50' "send:$granted" close
    run -0 timeout 20 "$SKT" -d -x "127.0.0.1:$proxy_port" hidden.example 80
    start_proxy "${greeting[@]}" "$name_asked" "send:$granted" close
    run -0 timeout 20 "$SKT" -n -d -x "127.0.0.1:$proxy_port" example.org 80
    start_proxy "${greeting[@]}" 'expect:\x05\x01\x00\x01\x0a\x01\x02\x03\x00\x50' "send:$granted" close
    run -0 timeout 20 "$SKT" -d -x "proxy.example:$proxy_port" --proxy-dns local v4.example 80
    proxy_succeeds
    start_proxy 'expect:\x04\x01\x00\x50\x0a\x01\x02\x03\x00' 'send:\x00\x5a\x00\x00\x00\x00\x00\x00' close
    run -0 timeout 20 "$SKT" -d -X 4 -x "127.0.0.1:$proxy_port" example.org 80
    proxy_succeeds
    run -3 --separate-stderr timeout 20 "$SKT" -d -X 4 -x "127.0.0.1:1" hidden.example 80
    assert_one_line "$stderr" "lookup of hidden.example"
    run -3 --separate-stderr timeout 20 "$SKT" -d -x "hidden.example:1" example.org 80
    assert_one_line "$stderr" "lookup of hidden.example"
    run -2 --separate-stderr timeout 20 "$SKT" -n -d -x "127.0.0.1:1" --proxy-dns local example.org 80
    assert_one_line "$stderr" "-n forbids names"
    run -2 --separate-stderr timeout 20 "$SKT" -n -d -x "proxy.example:1" example.org 80
    assert_one_line "$stderr" "-n forbids names"
}

@test "the proxy gets the name, which is not looked up here; with --proxy-dns local, and for SOCKS4, it is" {
    need python3
    export -f names start_proxy proxy_succeeds
    export name_asked granted
    in_netns names
}

# --- what can go wrong ---------------------------------------------------------------------------------------------------

@test "nobody at the proxy's port is status 4, and says for whom it was" {
    need python3
    proxy_port=$(free_port tcp)
    ask_example
    fails_with 4 "skt: connect to proxy 127.0.0.1 port $proxy_port (tcp) for example.org port 80 failed: Connection refused"
}

@test "each code of a refusal is told in words" {
    local code words=("" "general failure" "not allowed by its rules" "network unreachable" "host unreachable"
        "connection refused" "TTL expired" "it does not know how to connect" "it does not know this type of address")
    for code in 1 2 3 4 5 6 7 8; do
        start_proxy "${greeting[@]}" "$name_asked" "send:\\x05\\x0$code\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00" close
        ask_example
        fails_with 8 "skt: connect to example.org port 80 through 127.0.0.1 port $proxy_port (socks5): the proxy refused: ${words[code]}"
    done
    start_proxy "${greeting[@]}" "$name_asked" 'send:\x05\x63' close
    ask_example
    fails_with 8 "the proxy refused with code 99, which means nothing"
    for code in b c d; do
        start_proxy 'expect:\x04\x01\x00\x50\x00\x00\x00\x01\x00example.org\x00' \
            "send:\\x00\\x5$code\\x00\\x00\\x00\\x00\\x00\\x00" close
        ask_example -X 4a
        fails_with 8 "(socks4a): the proxy refused: "
    done
}

@test "what is no answer is none, and control characters in it are harmless" {
    local answer
    for answer in 'HTTP/1.0 200poo\r\n\r\n' 'HTTP/1.0 2000\r\n\r\n' 'HTTP/2 200 OK\r\n\r\n' 'SSH-2.0-x\r\n' 'ICY 200 OK\r\n\r\n'; do
        start_proxy "$connect_asked" "send:$answer" stall
        ask_example -X http
        fails_with 8 "the answer is not one of HTTP/1: it begins with "
    done
    start_proxy "$connect_asked" 'send:HTTP/1.1 403 \x1b]0;x\x07no\x00way\r\nX: \x1b[2J\r\n\r\n' stall
    ask_example -X http
    fails_with 8 'the proxy refused: HTTP/1.1 403 \x1b]0;x\x07no\x00way'
    start_proxy 'expect:\x05\x01\x00' 'send:HTTP/1.1 400 Bad Request\r\n\r\n' stall
    ask_example
    fails_with 8 "the answer is not one of socks5: it begins with 0x48, as that of an HTTP proxy does"
    start_proxy 'expect:\x05\x01\x00' 'send:\x05\x02' stall
    ask_example
    fails_with 8 "the proxy chose way 2 to authenticate, which was not offered"
    start_proxy "${greeting[@]}" "$name_asked" 'send:\x05\x00\x00\x07\x00' stall
    ask_example
    fails_with 8 "an address of type 7, which there is not"
}

@test "a head without end is given up" {
    need python3
    python3 -c 'print("HTTP/1.1 200 OK\r\nX: " + "x" * 200000, end="")' >long-head
    start_proxy "$connect_asked" sendfile:long-head stall
    ask_example -X http
    fails_with 8 "the answer's head is longer than 65536 bytes"
}

@test "an answer that is cut, wherever, is no success" {
    local size steps=()
    for size in 1 2 3 4 5 6 7 8 9; do
        steps+=(accept "${greeting[@]}" "$name_asked" "send:${granted:0:4*size}" close)
    done
    start_peer listen:tcp accept 'expect:\x05\x01\x00' close accept 'expect:\x05\x01\x00' 'send:\x05' close \
        accept "${greeting[@]}" "$name_asked" close "${steps[@]}" accept "${greeting[@]}" "$name_asked" 'send:\x05' reset
    proxy_port=$port
    ask_example
    fails_with 8 "the proxy ended the connection without an answer"
    for size in {1..11}; do
        ask_example
        fails_with 8 "the proxy ended the connection before it had answered"
    done
    ask_example
    fails_with 8 "Connection reset by peer"
    peer_succeeds
    start_proxy "$connect_asked" 'send:HTTP/1.1 200 OK\r\nX: y\r\n' close
    ask_example -X http
    fails_with 8 "the proxy ended the connection before it had answered"
}

@test "a silent or a slow proxy is waited for as long as -w says, all in all" {
    local began
    for steps in "stall" "${greeting[*]} stall" "${greeting[*]} $name_asked each:0.15:$granted stall"; do
        # shellcheck disable=SC2086  # words
        start_proxy $steps
        began=$(now_ms)
        ask_example -w 0.5
        assert_at_least $(($(now_ms) - began)) 500
        assert_at_most $(($(now_ms) - began)) 3000
        fails_with 6 "through 127.0.0.1 port $proxy_port (socks5): timed out: the proxy "
    done
    start_proxy "$connect_asked" 'each:0.1:HTTP/1.1 200 OK\r\n\r\n'
    ask_example -X http -w 0.5
    fails_with 6 "(http): timed out: the proxy has not said yes or no"
}

@test "what may get better is tried again, and what will not is not" {
    start_peer listen:tcp accept "${greeting[@]}" "$name_asked" 'send:\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00' close \
        accept close accept "${greeting[@]}" "$name_asked" "send:${granted}at last" close
    proxy_port=$port
    ask_example --retry 3 --retry-delay 50ms
    assert_equal "$status $output" "0 at last"
    start_proxy "${greeting[@]}" "$name_asked" 'send:\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00' close stall
    ask_example --retry 3
    fails_with 8 "not allowed by its rules"
    start_peer listen:tcp accept "$connect_asked" 'send:HTTP/1.1 503 Busy\r\n\r\n' close \
        accept "$connect_asked" 'send:HTTP/1.1 200 OK\r\n\r\nat last' close
    proxy_port=$port
    ask_example -X http --retry 1 --retry-delay 50ms
    assert_equal "$status $output" "0 at last"
}

@test "a connection that is lost is made again through the proxy" {
    start_real_proxy
    start_peer listen:tcp accept expect:one close accept expect:two drain close
    hold_input
    background_input=$held_input start_background "$SKT" --reconnect --retry-delay 10ms -x "127.0.0.1:$proxy_port" 127.0.0.1 "$port"
    say one
    twice() { [ "$(wc -l <"$proxy_out")" -ge 2 ]; }
    wait_until 10 twice
    say two
    release_input
    end_status "$started_pid"
    assert_equal "$status" 0
    peer_succeeds
}

@test "the way to the proxy has the source that is asked for" {
    need python3
    start_real_proxy
    start_peer listen:tcp accept close
    run -0 timeout 20 "$SKT" -d -s 127.0.0.9 -x "127.0.0.1:$proxy_port" 127.0.0.1 "$port"
    assert_contains "$(<"$proxy_out")" "127.0.0.9 "
    assert_contains "$(<"$proxy_out")" " wants 127.0.0.1 $port"
}

# --- passwords -------------------------------------------------------------------------------------------------------------

@test "a password comes from a file, a descriptor or the terminal, and what follows a line is left" {
    local script=('expect:\x05\x02\x00\x02' 'send:\x05\x02' 'expect:\x01\x03joe\x06secret' 'send:\x01\x00' "$name_asked"
        "send:$granted" 'expect:rest\n' close)
    printf 'joe:secret\r\nignored\n' >auth
    start_proxy "${script[@]}"
    run -0 timeout 20 "$SKT" -x "127.0.0.1:$proxy_port" --proxy-auth-file auth example.org 80 <<<rest
    start_proxy "${script[@]}"
    run -0 timeout 20 bash -c 'printf "joe:secret\nrest\n" | "$SKT" -x "127.0.0.1:$0" --proxy-auth-file fd:0 example.org 80' "$proxy_port"
    start_proxy "${script[@]}"
    echo rest >input
    start_background python3 "$SKT_SRCDIR/tests/peers/terminal.py" --all --after=ask --type='secret\n' \
        bash -c '"$SKT" -P joe -x "127.0.0.1:$0" example.org 80 <input' "$proxy_port"
    local terminal_pid=$started_pid terminal_out=$started_out
    wait_for_text "$terminal_out" "Proxy password for joe@127.0.0.1: "
    touch ask
    end_status "$terminal_pid"
    assert_equal "$status" 0
    refute_contains "$(<"$terminal_out")" secret
    proxy_succeeds
    echo joe >auth
    run -9 --separate-stderr "$SKT" -x "127.0.0.1:1" --proxy-auth-file auth example.org 80
    assert_one_line "$stderr" "skt: auth: USER:PASSWORD is needed"
    run -9 --separate-stderr "$SKT" -x "127.0.0.1:1" --proxy-auth-file missing example.org 80
    assert_one_line "$stderr" "skt: missing: No such file or directory"
}

@test "a password in the command line is soon overwritten there" {
    local words
    start_peer listen:tcp accept stall
    for words in "--proxy-auth joe:hush -x 127.0.0.1:$port" "-x http://joe:hush@127.0.0.1:$port"; do
        # shellcheck disable=SC2086  # words
        start_background "$SKT" $words example.org 80
        shows_stars() { tr '\0' ' ' <"/proc/$started_pid/cmdline" | grep -qF 'joe:****'; }
        wait_until 10 shows_stars
        refute_contains "$(tr '\0' ' ' <"/proc/$started_pid/cmdline")" hush
    done
}

@test "what cannot be is refused before a socket is opened, and no password is shown" {
    local long
    long=$(printf 'n%.0s' {1..256})
    declare -A reasons=(
        ["-x p -l 80"]="exclude each other"
        ["-x p -z host 80"]="exclude each other"
        ["-x p -u host 80"]="needs TCP"
        ["-x p -U path"]="needs TCP"
        ["-x p --sctp host 80"]="needs TCP"
        ["-x p --vsock 1 2"]="needs TCP"
        ["-x p --receive-fd"]="exclude each other"
        ["-X 5 host 80"]="needs --proxy"
        ["-P joe host 80"]="needs --proxy"
        ["-x p -X 6 host 80"]="-X 6: "
        ["-x https://p host 80"]="--proxy"
        ["-x p -X 5 -x http://p host 80"]="contradict each other"
        ["-x ::1 host 80"]="an IPv6 address has brackets"
        ["-x [::1 host 80"]="an IPv6 address has brackets"
        ["-x p: host 80"]="a port has to follow the colon"
        ["-x :80 host 80"]="no host"
        ["-x p:99999 host 80"]="a port is 0 to 65535"
        ["-x p:0 host 80"]="can only be listened on"
        ["-x 1.2.3 host 80"]="not an IPv4 address"
        ["-4 -x [::1] host 80"]="not an IPv4 address"
        ["-n -x name host 80"]="-n forbids names"
        ["-x p fe80::1%lo 80"]="an interface of this host means nothing to a proxy"
        ["-x p -X 4 ::1 80"]="not an IPv4 address"
        ["-x p -X 4 0.0.0.1 80"]="no address"
        ["-x p $long 80"]="longer than 255 characters"
        ["-x p host 0"]="can only be listened on"
        ["-x p -X 4 --proxy-dns remote host 80"]="SOCKS4 has no names"
        ["-x p -X 4 --proxy-auth joe:hush host 80"]="--proxy-auth: SOCKS4 has no passwords"
        ["-x p --proxy-auth joe host 80"]="--proxy-auth: USER:PASSWORD is needed"
        ["-x p --proxy-auth $long:hush host 80"]="at most 255 bytes"
        ["-x p --proxy-auth joe:$long host 80"]="a password of SOCKS has at most 255 bytes"
        ["-x p --proxy-auth joe:hush -P joe host 80"]="exclude each other"
        ["-x joe:hush@p -P joe host 80"]="-x ...@p: the user is given twice"
        ["-x http://joe:hush@p: host 80"]="http://...@p:: a port has to follow"
        ["-x http://joe:hu%0d%0ash@p host 80"]="no control characters"
        ["-x http://joe:hu%00sh@p host 80"]="%00 stands for nothing that can be there"
        ["-l --relay host:80 --relay-proxy-type 5 80"]="needs --relay-proxy"
        ["-l --relay-proxy p 80"]="needs --relay"
        ["-l --relay udp://host:80 --relay-proxy p 80"]="needs TCP"
        ["-l --relay host:80 --relay-proxy p: 80"]="--relay-proxy p:: a port has to follow"
    )
    refuses_each reasons
    for words in "${!reasons[@]}"; do
        # shellcheck disable=SC2086  # words
        run -2 "$SKT" $words
        refute_contains "$output" hush
    done
    run -2 --separate-stderr "$SKT" -x p $'host\nX: y' 80
    assert_one_line "$stderr" "no blanks or control characters"
    run -2 --separate-stderr "$SKT" -x "p" fd:0 </dev/null
    assert_one_line "$stderr" "the socket is open already"
}

# --- a relay -----------------------------------------------------------------------------------------------------------------

@test "each client of a relay goes through the proxy, and one at a silent proxy holds up nobody" {
    start_real_proxy 1
    start_peer listen:tcp accept echo close accept echo close accept echo close
    local far_port=$port
    start_skt_listener -k --relay "127.0.0.1:$far_port" --relay-proxy "127.0.0.1:$proxy_port" --relay-wait 5 127.0.0.1 0
    start_peer "connect:tcp:$port" send:early drain
    local silent_pid=$peer_pid silent_err=$peer_err
    is_waiting() { ss -tn "sport = :$proxy_port" | grep -q ESTAB; }
    wait_until 10 is_waiting
    for word in one two three; do
        run -0 timeout 20 "$SKT" 127.0.0.1 "$port" <<<"$word"
        assert_equal "$output" "$word"
    done
    alive "$silent_pid" # and still waits
    assert_equal "$(<"$listener_err")" ""
    end_status "$silent_pid"
    assert_equal "$status" 1
    assert_contains "$(<"$silent_err")" "reset"
    assert_one_line "$(<"$listener_err")" \
        "skt: connect to 127.0.0.1 port $far_port through 127.0.0.1 port $proxy_port (socks5): timed out: the proxy does not answer (for 127.0.0.1 port "
    kill_by_term "$listener_pid"
}

@test "a relay's client is reset when the proxy refuses, and the next one is served" {
    start_peer listen:tcp accept "${greeting[@]}" "$name_asked" 'send:\x05\x04' close \
        accept "${greeting[@]}" "$name_asked" "send:${granted}welcome" expect:thanks close
    start_skt_listener -k --relay example.org:80 --relay-proxy "127.0.0.1:$port" 127.0.0.1 0
    start_peer "connect:tcp:$port" drain
    end_status "$peer_pid"
    assert_contains "$(<"$peer_err")" reset
    wait_for_text "$listener_err" "(socks5): the proxy refused: host unreachable (for 127.0.0.1 port "
    start_peer "connect:tcp:$port" expect:welcome send:thanks drain close
    peer_succeeds
}

@test "a relay looks names up by itself if it is told to" {
    start_real_proxy
    echo welcome >welcome
    start_skt_listener -k --send-file welcome 0
    local far_port=$port
    start_skt_listener -k --relay "localhost:$far_port" --relay-proxy "127.0.0.1:$proxy_port" --relay-proxy-dns local 127.0.0.1 0
    for _ in 1 2 3; do
        run -0 timeout 10 "$SKT" -d 127.0.0.1 "$port"
        assert_equal "$output" welcome
    done
    assert_equal "$(wc -l <"$proxy_out")" 3
    refute_contains "$(<"$proxy_out")" localhost
}

@test "a relay's password is read once, for all clients, also by workers" {
    need microsocks python3
    local proxy
    proxy=$(free_port tcp)
    start_background microsocks -i 127.0.0.1 -p "$proxy" -u joe -P secret
    wait_listening tcp "$proxy"
    start_peer listen:tcp accept send:welcome close accept send:welcome close accept send:welcome close
    local far_port=$port
    echo joe:secret >auth
    start_skt_listener -k --workers 2 --relay "127.0.0.1:$far_port" --relay-proxy "127.0.0.1:$proxy" --relay-proxy-auth-file auth \
        127.0.0.1 0
    rm auth
    for _ in 1 2 3; do
        run -0 timeout 10 "$SKT" -d 127.0.0.1 "$port"
        assert_equal "$output" welcome
    done
}

# --- TLS through a proxy ---------------------------------------------------------------------------------------------------

# start_encrypted: an echo service that speaks TLS, with a certificate for 127.0.0.1 alone. Sets $port.
start_encrypted() {
    make_certificate own.pem
    start_skt_listener -k --ssl-cert own.pem --echo 127.0.0.1 0
}

@test "TLS goes through a proxy, and the certificate is for the host behind it" {
    need ncat
    start_encrypted
    start_real_proxy
    local http proxy
    http=$(free_port tcp)
    start_background ncat -l -k --proxy-type http 127.0.0.1 "$http"
    wait_listening tcp "$http"
    for proxy in "socks5://localhost:$proxy_port" "http://127.0.0.1:$http"; do
        run -0 timeout 20 "$SKT" --proxy "$proxy" --ssl-trustfile certificate.pem 127.0.0.1 "$port" <<<hello
        assert_equal "$output" hello
        run -7 timeout 20 "$SKT" --proxy "$proxy" --ssl-trustfile certificate.pem localhost "$port" <<<hello
        assert_one_line "$output" "ostname mismatch"
    done
}

@test "a relay reaches a TLS service through a proxy, for each of its clients" {
    start_encrypted
    start_real_proxy
    start_skt_listener -k --relay "tls://127.0.0.1:$port" --relay-ssl-trustfile certificate.pem \
        --relay-proxy "socks5://127.0.0.1:$proxy_port" --relay-wait 10 127.0.0.1 0
    local client pids=()
    for client in one two three; do
        printf '%s' "$client" >"asks-$client"
        background_input=asks-$client start_background "$SKT" 127.0.0.1 "$port"
        pids+=("$started_pid:$started_out")
    done
    for client in one two three; do
        end_status "${pids[0]%%:*}" 20
        assert_equal "$status $(<"${pids[0]#*:}")" "0 $client"
        pids=("${pids[@]:1}")
    done
}

@test "a proxy that is silent within TLS's handshake is bounded by the time for connecting" {
    need_tls
    start_proxy recv:3 'send:\x05\x00' recv:18 "send:$granted" stall
    timed ask_example -w 1 --ssl
    fails_with 6 "timed out within the TLS handshake"
    assert_at_least "$elapsed" 900
    assert_at_most "$elapsed" 8000
}
