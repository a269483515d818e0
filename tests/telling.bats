#!/usr/bin/env bats
# What skt says and where: nothing but the peer's bytes on standard output, errors in one line, -v in nc's words,
# -vv, --stats, the files of -o and --hex-dump, --help and --version; and that no foreign byte reaches a terminal.

load helpers

# Standard output, standard error and the status of skt with these words, in the files out and err and in $status.
tell() {
    status=0
    timeout 10 "$SKT" "$@" >out 2>err </dev/null || status=$?
}

# Is the text one line of the form "skt: WHAT: WHY", with no byte that a terminal takes for a command?
assert_error_line() {
    assert_equal "$(wc -l <"$1")" 1
    grep -qE '^skt: [^:].*: .' "$1" || fail "not of the form: $(cat "$1")"
    refute_controls "$1"
}

refute_controls() {
    ! LC_ALL=C grep -qP '[\x00-\x09\x0b-\x1f\x7f]' "$1" || fail "control characters: $(od -c "$1" | head -20)"
}

# --- standard output and standard error ------------------------------------------------------------------------------

@test "standard output has the peer's bytes and nothing else, however much is told" {
    head -c 100000 /dev/urandom >bytes
    start_peer listen:tcp accept sendfile:bytes halfclose drain close
    timeout 10 "$SKT" -vv --stats -o copy --hex-dump dump 127.0.0.1 "$port" >out 2>err <<<x
    assert_same_file out bytes
    [ -s err ]
    listener_input=/dev/null start_skt_listener -vv --stats 127.0.0.1 0
    foreign peer.py "connect:tcp:$port" sendfile:bytes halfclose drain close
    end_status "$listener_pid"
    assert_same_file "$listener_out" bytes
    [ -s "$listener_err" ]
}

@test "success is silent, for both sides" {
    start_skt_listener 127.0.0.1 0
    run -0 --separate-stderr timeout 10 "$SKT" 127.0.0.1 "$port" <<<x
    assert_equal "$output$stderr" ""
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_err" ''
    start_skt_listener -k 127.0.0.1 0
    run -0 --separate-stderr timeout 10 "$SKT" -z 127.0.0.1 "$port"
    assert_equal "$output$stderr" ""
}

@test "an error is one line, skt: WHAT: WHY, on standard error" {
    need python3
    local closed
    closed=$(free_port tcp)
    mkdir folder
    for words in "-n 127.0.0.1 $closed" "-z -n 127.0.0.1 $closed" "-U absent" "-l -U folder" \
        "-l 192.0.2.1 0" "-l -u 192.0.2.1 0" "-o folder 127.0.0.1 $closed" "--no-such-option" "127.0.0.1" \
        "fe80::1%nosuch0 80" "-l --accept-timeout 10ms 127.0.0.1 0" "-s 192.0.2.1 127.0.0.1 $closed"; do
        # shellcheck disable=SC2086  # several words
        tell $words
        assert_at_least "$status" 2
        assert_error_line err
        assert_file_is out ''
    done
}

@test "an error in use is one line that names the peer and counts both directions" {
    start_peer listen:tcp accept expect:question\\n send:part\\n waitfile:go reset
    hold_input
    background_input=$held_input start_background "$SKT" 127.0.0.1 "$port"
    say 'question\n'
    wait_for_text "$started_out" part
    touch go
    end_status "$started_pid"
    assert_equal "$status" 1
    assert_file_is "$started_out" 'part\n'
    assert_file_is "$started_err" \
        "skt: 127.0.0.1 port $port: Connection reset by peer (sent 9 bytes; received 5 bytes)\n"
}

# --- -v, as nc has it ------------------------------------------------------------------------------------------------

# Lines of a file without the name of the program that prints them.
words_of() { sed -E 's/^(skt|nc|nc\.openbsd|[^ ]*\/nc[^ :]*): //' "$1"; }

# same_words ARGUMENTS...: what skt -v and nc.openbsd -v say of them is the same, the program's name apart.
same_words() {
    local nc_status=0 skt_status=0
    timeout 10 nc.openbsd -v -N "$@" </dev/null >/dev/null 2>nc-err || nc_status=$?
    timeout 10 "$SKT" -v -N "$@" </dev/null >/dev/null 2>skt-err || skt_status=$?
    assert_at_most "$nc_status" 1
    assert_equal "$((skt_status > 0))" "$nc_status"
    [ -s nc-err ]
    assert_equal "$(words_of skt-err)" "$(words_of nc-err)"
}

@test "-v says of a connection that is made what nc says" {
    need nc.openbsd
    start_peer listen:tcp accept drain close accept drain close
    same_words -n 127.0.0.1 "$port"
    assert_file_is skt-err "Connection to 127.0.0.1 $port port [tcp/*] succeeded!\n"
}

@test "-v says of a connection that is refused what nc says" {
    need python3 nc.openbsd
    local closed
    closed=$(free_port tcp)
    same_words -n 127.0.0.1 "$closed"
    assert_file_is skt-err "skt: connect to 127.0.0.1 port $closed (tcp) failed: Connection refused\n"
}

@test "-v says of an IPv6 connection what nc says" {
    need_ipv6
    need nc.openbsd
    start_peer listen:tcp6 accept drain close accept drain close
    same_words -n ::1 "$port"
    stop "$peer_pid"
    same_words -n ::1 "$port"
    assert_contains "$(cat skt-err)" "connect to ::1 port $port (tcp) failed: Connection refused"
}

named_words() {
    use_hosts '127.0.0.1 four'
    printf 'http 80/tcp\n' >services
    mount --bind services /etc/services
    start_peer listen:tcp:80 accept drain close accept drain close accept drain close accept drain close
    same_words four 80
    assert_file_is skt-err 'Connection to four (127.0.0.1) 80 port [tcp/http] succeeded!\n'
    same_words 127.0.0.1 80
    assert_file_is skt-err 'Connection to 127.0.0.1 80 port [tcp/http] succeeded!\n'
    same_words four 81
    assert_file_is skt-err 'skt: connect to four (127.0.0.1) port 81 (tcp) failed: Connection refused\n'
    start_peer listen:tcp:82 accept close accept close
    same_words -z four 81-83
    assert_equal "$(wc -l <skt-err)" 3
}

@test "-v says of names, services and ranges of ports what nc says" {
    need python3 nc.openbsd
    [ -e /etc/services ] || skip "needs /etc/services"
    in_netns named_words
}

# listener_words CLIENT WORDS...: what skt -l and nc.openbsd -l say with these words until CLIENT has been served,
# the client's port as N. nc_without: a line that only nc says, for sed.
listener_words() {
    local client=$1 program
    shift
    for program in nc.openbsd "$SKT"; do
        start_background "$program" -l -v -n "$@"
        is_bound() { grep -q ' on ' "$started_err"; }
        wait_until is_bound
        "$client"
        wait_for_text "$started_err" received
        # who the peer of a Unix connection is, nc does not say
        sed -E 's/^(Connection received on 127\.0\.0\.1) [0-9]+$/\1 N/; /^Peer is pid /d' "$started_err" \
            >"err-of-${program##*/}"
        stop "$started_pid"
        rm -f path
    done
    assert_equal "$(words_of "err-of-${SKT##*/}")" "$(words_of err-of-nc.openbsd | sed "${nc_without:-}")"
}

tcp_client() { foreign peer.py "connect:tcp:$port" send:x close; }
udp_client() { foreign peer.py "connect:udp:$port" send:x close; }
unix_client() { foreign peer.py connect:unix:path send:x close; }

@test "-v says of a TCP listener what nc says" {
    need python3 nc.openbsd
    port=$(free_port tcp)
    listener_words tcp_client 127.0.0.1 "$port"
    assert_file_is "err-of-${SKT##*/}" "Listening on 127.0.0.1 $port\nConnection received on 127.0.0.1 N\n"
}

@test "-v says of a UDP listener what nc says" {
    need python3 nc.openbsd
    port=$(free_port udp)
    listener_words udp_client -u 127.0.0.1 "$port"
    assert_file_is "err-of-${SKT##*/}" "Bound on 127.0.0.1 $port\nConnection received on 127.0.0.1 N\n"
}

@test "-v says of a Unix listener what nc says" {
    need python3 nc.openbsd
    nc_without='/^Bound on path$/d' listener_words unix_client -U path
    assert_file_is "err-of-${SKT##*/}" "Listening on path\nConnection received on path\n"
}

# --- -vv and --stats -------------------------------------------------------------------------------------------------

@test "-vv says each change of state of both directions, in words" {
    start_peer listen:tcp accept send:answer\\n drain close
    timeout 10 "$SKT" -vv -n 127.0.0.1 "$port" </dev/null >out 2>err
    assert_equal "$(head -1 err)" "Connection to 127.0.0.1 $port port [tcp/*] succeeded!"
    for direction in sent received; do
        assert_equal "$(grep "^skt: $direction: " err)" "skt: $direction: open -> draining (source ended)
skt: $direction: draining -> ending (emptied)
skt: $direction: ending -> closed (sink told)"
    done
    assert_equal "$(wc -l <err)" 7
}

@test "-v says no state" {
    start_peer listen:tcp accept drain close
    timeout 10 "$SKT" -v -n 127.0.0.1 "$port" </dev/null 2>err
    assert_equal "$(wc -l <err)" 1
}

@test "--stats says bytes, seconds and rate of each direction at the end" {
    start_peer listen:tcp accept sendbytes:100000 drain close
    timeout 10 "$SKT" --stats 127.0.0.1 "$port" <<<"twelve bytes" >out 2>err
    run -0 cat err
    [[ ${lines[0]} =~ ^"skt: sent 13 bytes, "[0-9]+\.[0-9]{3}" s, "[0-9]+\.[0-9]" "([KMG]i)?B/s$ ]] || fail "$output"
    [[ ${lines[1]} =~ ^"skt: received 100000 bytes, "[0-9]+\.[0-9]{3}" s, "[0-9]+\.[0-9]" "([KMG]i)?B/s$ ]] ||
        fail "$output"
    assert_equal "${#lines[@]}" 2
}

@test "--stats counts messages where there are some, and is printed after a failure too" {
    start_peer listen:udp recv:3 send:one send:four
    timeout 10 "$SKT" -u --stats -q 1 127.0.0.1 "$port" <<<ab >out 2>err
    assert_contains "$(cat err)" "skt: sent 3 bytes in 1 messages, "
    assert_contains "$(cat err)" "skt: received 7 bytes in 2 messages, "
    start_peer listen:tcp accept recv:2 reset
    run -1 --separate-stderr timeout 10 "$SKT" --stats 127.0.0.1 "$port" <<<a
    assert_contains "$stderr" "skt: sent 2 bytes, "
    assert_contains "$stderr" "Connection reset by peer"
}

@test "the seconds of --stats are those of the session" {
    start_peer listen:tcp accept recv:2 sleep:0.5 close # the subject: so long it is
    timeout 10 "$SKT" --stats 127.0.0.1 "$port" <<<x >out 2>err
    seconds=$(sed -n 's/^skt: sent .* bytes, \([0-9]*\)\.\([0-9]*\) s.*/\1\2/p' err)
    assert_at_least "$((10#$seconds))" 500
}

# --- -o and --hex-dump -----------------------------------------------------------------------------------------------

# The peer speaks first: so the order of both directions is known.
start_asking() { start_peer listen:tcp accept send:question\\n expect:answer\\n close; }

# answering WORDS...: skt with these words answers the peer's question; -d and the like would not.
answering() {
    hold_input
    background_input=$held_input start_background "$SKT" "$@" 127.0.0.1 "$port"
    wait_for_text "$started_out" question
    say 'answer\n'
    release_input
    end_status "$started_pid"
}

@test "-o has both directions as they came" {
    start_asking
    answering -o copy
    assert_equal "$status" 0
    assert_file_is copy 'question\nanswer\n'
}

@test "--hex-dump shows direction, offset within it, bytes and characters" {
    start_asking
    answering --hex-dump dump
    assert_equal "$status" 0
    assert_equal "$(cat dump)" \
        "< 00000000  71 75 65 73 74 69 6f 6e 0a                       |question.|
> 00000000  61 6e 73 77 65 72 0a                             |answer.|"
}

@test "--hex-dump has rows of sixteen bytes, and its offsets go on with the next piece" {
    start_peer listen:tcp accept send:0123456789abcdefX recvline 'send:\x1b[2J\xff' close
    hold_input
    background_input=$held_input start_background "$SKT" --hex-dump dump 127.0.0.1 "$port"
    wait_for_text "$started_out" X
    say '\n'
    end_status "$peer_pid"
    release_input
    end_status "$started_pid"
    assert_equal "$(cat dump)" \
        "< 00000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  |0123456789abcdef|
< 00000010  58                                               |X|
> 00000000  0a                                               |.|
< 00000011  1b 5b 32 4a ff                                   |.[2J.|"
}

@test "-o and --hex-dump make files that only we can read, whatever the umask" {
    umask 0
    start_asking
    answering -o copy --hex-dump dump
    assert_equal "$(stat -c %a copy dump)" "600
600"
}

@test "-o empties a file that is there, and --append-output keeps what it holds" {
    echo older >copy
    echo older >kept
    start_asking
    answering -o copy
    assert_file_is copy 'question\nanswer\n'
    start_asking
    answering -o kept --append-output
    assert_file_is kept 'older\nquestion\nanswer\n'
}

@test "-o and --hex-dump write through no symbolic link: status 9, and nothing was connected" {
    start_peer listen:tcp accept recvline
    for option in -o --hex-dump "--append-output -o"; do
        echo precious >target
        ln -sf target link
        # shellcheck disable=SC2086  # two words
        tell $option link 127.0.0.1 "$port"
        assert_equal "$status" 9
        assert_file_is err 'skt: link: is a symbolic link, and those are not followed\n'
        assert_file_is target 'precious\n'
        [ -L link ]
    done
    alive "$peer_pid" # still waits for its client
}

@test "a file of -o or --hex-dump that is full ends with status 9 and names the file" {
    for option in -o --hex-dump; do
        start_peer listen:tcp accept send:question\\n drain close
        tell "$option" /dev/full 127.0.0.1 "$port"
        assert_equal "$status" 9
        assert_error_line err
        assert_contains "$(cat err)" "skt: /dev/full: No space left on device"
    done
}

@test "what was sent before a file of -o or --hex-dump was full is not told to be unsent" {
    for option in -o --hex-dump; do
        start_peer listen:tcp accept drain close
        run -9 --separate-stderr timeout 10 "$SKT" "$option" /dev/full 127.0.0.1 "$port" <<<abc
        assert_equal "$stderr" "skt: /dev/full: No space left on device (sent 4 bytes; received 0 bytes)"
    done
}

@test "a file of -o that cannot be made ends with status 9, before anything is connected" {
    start_peer listen:tcp accept recvline
    tell -o no/such/folder 127.0.0.1 "$port"
    assert_equal "$status" 9
    assert_file_is err 'skt: no/such/folder: No such file or directory\n'
    tell -o . 127.0.0.1 "$port"
    assert_equal "$status" 9
    assert_file_is err 'skt: .: Is a directory\n'
    start_background "$SKT" -lU socket
    wait_until test -S socket
    tell -o socket 127.0.0.1 "$port"
    assert_equal "$status" 9
    assert_file_is err 'skt: socket: No such device or address\n'
    alive "$peer_pid"
}

# --- foreign bytes ---------------------------------------------------------------------------------------------------

# The escape character begins what a terminal obeys, and so does 0x9b, the byte or the character; a line feed would
# begin a line that looks like another message.
evil=$'\e]0;owned\a\e[2J\x9b31m\xc2\x9b31m\rskt: fine\nskt: fine'

assert_told_safely() {
    tell "$@"
    assert_at_least "$status" 2
    assert_error_line err
    assert_contains "$(cat err)" '\x1b'
    refute_contains "$(cat err)" $'\x9b'
}

@test "control characters of the command line are told as numbers, in one line" {
    assert_told_safely "$evil" 80
    assert_told_safely "$evil"
    assert_told_safely 127.0.0.1 "$evil"
    assert_told_safely 127.0.0.1 80 "$evil"
    assert_told_safely "fe80::1%$evil" 80
    assert_told_safely "tcp://$evil:80"
    assert_told_safely "$evil://127.0.0.1:80"
    assert_told_safely -s "$evil" 127.0.0.1 80
    assert_told_safely -U "/$evil"
    assert_told_safely -l -U "/no/$evil"
    assert_told_safely "unix:/$evil"
    assert_told_safely -o "/no/$evil" 127.0.0.1 80
    assert_told_safely -l --announce="/no/$evil" 127.0.0.1 0
    assert_told_safely -w "$evil" 127.0.0.1 80
    assert_told_safely --domain "$evil" 127.0.0.1 80
    assert_told_safely -u --records "$evil" 127.0.0.1 80
    assert_told_safely "--$evil"
    assert_told_safely "--wait$evil=1"
    assert_told_safely "-$evil"
}

@test "percent signs of the command line mean nothing" {
    tell -n %s%n%d%1000000c 80
    assert_equal "$status" 2
    assert_file_is err 'skt: host %%s%%n%%d%%1000000c: not a numeric address, and -n forbids names\n'
    tell -U /%s%n
    assert_file_is err 'skt: connect to /%%s%%n failed: No such file or directory\n'
}

@test "the path of a Unix client is told with its control characters as numbers" {
    start_skt_listener -v -U path
    mkdir $'esc\e'
    cat >client.py <<'PYTHON'
import socket
client = socket.socket(socket.AF_UNIX)
client.bind("esc\x1b/[2J\x07")
client.connect("path")
client.send(b"x")
client.close()
PYTHON
    timeout 10 python3 client.py
    end_status "$listener_pid"
    assert_file_is <(grep -v '^Peer is pid ' "$listener_err") 'Listening on path\nConnection received on esc\\x1b/[2J\\x07\n'
    refute_controls "$listener_err"
}

@test "an abstract name with control characters is announced and told as numbers" {
    start_background "$SKT" -l -v --announce -d -U $'@esc\e[2J'"$$"
    wait_for_text "$started_err" Listening
    wait_for_text "$started_err" unix:
    refute_controls "$started_err"
    assert_contains "$(cat "$started_err")" '\x1b[2J'
}

@test "bytes of the peer go to standard output as they are, when that is no terminal" {
    printf '%s\0\377' "$evil" >bytes
    start_peer listen:tcp accept sendfile:bytes close
    timeout 10 "$SKT" 127.0.0.1 "$port" </dev/null >out 2>err
    assert_same_file out bytes
    assert_file_is err ''
}

# --- --help and --version ----------------------------------------------------------------------------------------------

@test "--help goes to standard output, fits 80 columns and is status 0" {
    run -0 --separate-stderr "$SKT" --help
    assert_equal "$stderr" ""
    assert_equal "$(awk 'length > 80' <<<"$output")" ""
    refute_contains "$output" $'\t'
    assert_equal "$("$SKT" -h)" "$output"
    for part in "HOST PORT" "-l [HOST] PORT" "--connect-timeout TIME" "Exit status: 0 done"; do
        assert_contains "$output" "$part"
    done
}

@test "--help helps whatever else is asked" {
    run -0 --separate-stderr "$SKT" -l -z --help
    assert_contains "$output" "Usage: skt"
}

@test "--version says the name and the version, the domains and the types" {
    run -0 --separate-stderr "$SKT" --version
    assert_equal "$stderr" ""
    [[ ${lines[0]} =~ ^"skt "[0-9]+\.[0-9]+ ]]
    assert_contains "${lines[1]}" inet6
    assert_contains "${lines[1]}" seqpacket
    assert_equal "$("$SKT" -V)" "$output"
}

@test "--help and --version that cannot be written are status 9" {
    for option in --help --version; do
        status=0
        "$SKT" "$option" >/dev/full 2>err || status=$?
        assert_equal "$status" 9
        assert_error_line err
    done
}
