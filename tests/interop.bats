#!/usr/bin/env bats
# Everyday exchanges with the programs that people have: each as listener and as connector, over each kind of socket
# that it knows, and the recipes that they are used for. tests/main-job.bats moves large files between them.

load helpers
load foreign

# --- they talk: lines go both ways while both inputs stay open -------------------------------------------

# PROGRAM listens|connects: it and skt, each with an input that stays open. Sets, with skt_ and foreign_ before them,
# input holder out pid.
start_two() {
    local name
    for name in skt foreign; do
        hold_input
        printf -v "${name}_input" %s "$held_input"
        printf -v "${name}_holder" %s "$held_pid"
    done
    if [ "$2" = listens ]; then
        start_one foreign "$1" listens
        wait_for_listener
        start_one skt skt connects
    else
        start_one skt skt listens
        wait_for_listener
        start_one foreign "$1" connects
    fi
}

# NAME PROGRAM listens|connects
start_one() {
    local input=$1_input
    words_of "$2" "$3"
    background_input=${!input} start_background "${words[@]}"
    printf -v "$1_out" %s "$started_out"
    printf -v "$1_pid" %s "$started_pid"
}

# FROM TO LINE: the line goes at once.
passes() {
    local input=$1_input output=$2_out
    echo "$3" >"${!input}"
    wait_for_text "${!output}" "$3"
}

# PROGRAM listens|connects. Who connects speaks first: a datagram listener cannot know before whom to answer.
talks_as() {
    local first=skt second=foreign first_out second_out
    [ "$2" = listens ] || first=foreign second=skt
    start_two "$@"
    first_out=${first}_out second_out=${second}_out
    passes $first $second "a question"
    passes $second $first "an answer"
    passes $first $second "one more question"
    passes $second $first "one more answer"
    assert_file_is "${!first_out}" "an answer\none more answer\n"
    assert_file_is "${!second_out}" "a question\none more question\n"
    stop "$skt_holder"
    case $kind in
    tcp? | unix | seqpacket)
        stop "$foreign_holder"
        ends_well skt "$skt_pid"
        ends_well "$1" "$foreign_pid"
        ;;
    *) [ "$2" = connects ] || ends_well skt "$skt_pid" ;; # datagrams have no end that a listener could see
    esac
}

ends_well() {
    end_status "$2"
    assert_equal "$1 ended with $status" "$1 ended with 0"
}

# PROGRAM KIND
talk() {
    choose_address "$2"
    talks_as "$1" listens
    choose_address "$2"
    talks_as "$1" connects
}

@test "skt and nc.openbsd talk over TCP on IPv4, whichever listens" { talk nc.openbsd tcp4; }
@test "skt and nc.openbsd talk over TCP on IPv6, whichever listens" { talk nc.openbsd tcp6; }
@test "skt and nc.openbsd talk over Unix sockets, whichever listens" { talk nc.openbsd unix; }
@test "skt and nc.openbsd talk over UDP on IPv4, whichever listens" { talk nc.openbsd udp4; }
@test "skt and nc.openbsd talk over UDP on IPv6, whichever listens" { talk nc.openbsd udp6; }
@test "skt and nc.openbsd talk over Unix datagrams, whichever listens" { talk nc.openbsd unixdgram; }

@test "skt and nc.traditional talk over TCP, whichever listens" { talk nc.traditional tcp4; }
@test "skt and nc.traditional talk over UDP, whichever listens" { talk nc.traditional udp4; }

@test "skt and ncat talk over TCP on IPv4, whichever listens" { talk ncat tcp4; }
@test "skt and ncat talk over TCP on IPv6, whichever listens" { talk ncat tcp6; }
@test "skt and ncat talk over Unix sockets, whichever listens" { talk ncat unix; }
@test "skt and ncat talk over UDP on IPv4, whichever listens" { talk ncat udp4; }
@test "skt and ncat talk over UDP on IPv6, whichever listens" { talk ncat udp6; }
@test "skt and ncat talk over Unix datagrams, whichever listens" { talk ncat unixdgram; }

@test "skt and socat talk over TCP on IPv4, whichever listens" { talk socat tcp4; }
@test "skt and socat talk over TCP on IPv6, whichever listens" { talk socat tcp6; }
@test "skt and socat talk over Unix sockets, whichever listens" { talk socat unix; }
@test "skt and socat talk over UDP on IPv4, whichever listens" { talk socat udp4; }
@test "skt and socat talk over UDP on IPv6, whichever listens" { talk socat udp6; }
@test "skt and socat talk over Unix sockets that keep records, whichever listens" { talk socat seqpacket; }

@test "skt listens for Unix datagrams and talks with socat, which sends them" {
    choose_address unixdgram
    talks_as socat connects
}

@test "skt sends a Unix datagram, and socat's answer to it comes back" {
    choose_address unixdgram
    start_foreign socat "UNIX-RECVFROM:$where" SYSTEM:'tr a-z A-Z'
    wait_for_listener
    run -0 timeout 10 "$SKT" "${operands[@]}" <<<"shout"
    assert_equal "$output" "SHOUT"
}

@test "skt and bash's /dev/tcp talk" {
    hold_input
    listener_input=$held_input start_skt_listener 127.0.0.1 0
    exec 9<>"/dev/tcp/127.0.0.1/$port"
    echo "a question" >&9
    wait_for_text "$listener_out" "a question"
    say "an answer\n"
    read -r -t 10 -u 9 answer
    assert_equal "$answer" "an answer"
    exec 9<&- 9>&-
    release_input
    ends_well skt "$listener_pid"
}

@test "skt hears what bash sends to /dev/udp, and bash hears the answer" {
    hold_input
    listener_input=$held_input start_skt_listener -u 127.0.0.1 0
    exec 9<>"/dev/udp/127.0.0.1/$port"
    echo "a question" >&9
    wait_for_text "$listener_out" "a question"
    say "an answer\n"
    # all in one read: what a read leaves of a datagram is lost, and bash itself reads a byte at a time
    run -0 timeout 10 dd bs=100 count=1 status=none <&9
    assert_equal "$output" "an answer"
    exec 9<&- 9>&-
}

# --- the end of input of each is heard, and an answer made after it still arrives ------------------------

# $words, joined to a program that answers only when it has seen the end of the question.
start_answering() {
    start_background bash -c '
        mkfifo "$1"
        "${@:2}" <"$1" | { question=$(cat); printf "%s? Yes.\n" "$question"; } >"$1"
        exit "${PIPESTATUS[0]}"' - "answers-$where" "${words[@]}"
}

# PROGRAM KIND: it asks and ends its input, skt answers. Whichever listens.
skt_answers() {
    local answering asking out
    echo -n "Did it end" >question
    choose_address "$2"
    words_of skt listens
    start_answering
    answering=$started_pid
    wait_for_listener
    words_of "$1" connects
    run -0 timeout 10 "${words[@]}" <question
    assert_equal "$output" "Did it end? Yes."
    ends_well skt "$answering"

    choose_address "$2"
    words_of "$1" listens
    background_input=question start_background "${words[@]}"
    asking=$started_pid out=$started_out
    wait_for_listener
    words_of skt connects
    start_answering
    ends_well skt "$started_pid"
    ends_well "$1" "$asking"
    assert_file_is "$out" "Did it end? Yes.\n"
}

@test "skt answers nc.openbsd -N after its end of input, over TCP on IPv4" { skt_answers nc.openbsd tcp4; }
@test "skt answers nc.openbsd -N after its end of input, over TCP on IPv6" { skt_answers nc.openbsd tcp6; }
@test "skt answers nc.openbsd -N after its end of input, over Unix sockets" { skt_answers nc.openbsd unix; }

@test "skt answers ncat after its end of input, over TCP on IPv4" { skt_answers ncat tcp4; }
@test "skt answers ncat after its end of input, over TCP on IPv6" { skt_answers ncat tcp6; }
@test "skt answers ncat after its end of input, over Unix sockets" { skt_answers ncat unix; }

@test "skt answers socat after its end of input, over TCP on IPv4" { skt_answers socat tcp4; }
@test "skt answers socat after its end of input, over TCP on IPv6" { skt_answers socat tcp6; }
@test "skt answers socat after its end of input, over Unix sockets" { skt_answers socat unix; }
@test "skt answers socat after its end of input, over Unix sockets that keep records" { skt_answers socat seqpacket; }

@test "skt answers python3 after its end of input, over TCP on IPv4" { skt_answers python3 tcp4; }
@test "skt answers python3 after its end of input, over TCP on IPv6" { skt_answers python3 tcp6; }
@test "skt answers python3 after its end of input, over Unix sockets" { skt_answers python3 unix; }

# KIND SOCAT-ADDRESS: socat joins it to a program that answers at the end of its input.
socat_answers() {
    start_foreign socat -t 10 "$1" SYSTEM:'sort -r'
    wait_for_listener
    run -0 timeout 10 "$SKT" "${operands[@]}" < <(printf 'a\nb\nc\n')
    assert_equal "$output" $'c\nb\na'
}

@test "socat hears skt's end of input over TCP on IPv4, and its answer arrives" {
    choose_address tcp4
    socat_answers "TCP4-LISTEN:$where,bind=$host"
}

@test "socat hears skt's end of input over TCP on IPv6, and its answer arrives" {
    choose_address tcp6
    socat_answers "TCP6-LISTEN:$where,bind=[$host]"
}

@test "socat hears skt's end of input over Unix sockets, and its answer arrives" {
    choose_address unix
    socat_answers "UNIX-LISTEN:$where"
}

@test "socat hears skt's end of input over Unix sockets that keep records, and its answer arrives" {
    choose_address seqpacket
    socat_answers "UNIX-LISTEN:$where,type=5"
}

@test "a program behind nc.traditional hears skt's end of input, and its answer arrives" {
    choose_address tcp4
    start_foreign nc.traditional -n -l -s "$host" -p "$where" -c 'sort -r'
    wait_for_listener
    run -0 timeout 10 "$SKT" "${operands[@]}" < <(printf 'a\nb\nc\n')
    assert_equal "$output" $'c\nb\na'
}

@test "nc.openbsd, ncat and socat hear the end of the input of a listening skt" {
    for program in nc.openbsd ncat socat; do
        choose_address tcp4
        words_of skt listens
        background_input=<(echo "all of it") start_background "${words[@]}"
        wait_for_listener
        words_of "$program" connects
        run -0 timeout 10 "${words[@]}" </dev/null
        assert_equal "$program: $output" "$program: all of it"
        ends_well skt "$started_pid"
    done
}

# --- recipes ---------------------------------------------------------------------------------------------

# A small folder with what a folder has.
make_folder() {
    mkdir -p folder/below
    random_file 300K >/dev/null
    mv random-* folder/data
    echo "a line" >"folder/below/a name with blanks"
    ln -s ../data folder/below/link
}

@test "recipe: a folder goes from tar through skt to nc.openbsd, and is unpacked there" {
    make_folder
    choose_address tcp4
    words_of nc.openbsd listens
    start_background bash -c 'mkdir there && "$@" | tar -C there -xz' - "${words[@]}"
    wait_for_listener
    tar -cz folder | timeout 10 "$SKT" "${operands[@]}"
    ends_well "nc.openbsd | tar" "$started_pid"
    diff -r --no-dereference folder there/folder
}

@test "recipe: a folder goes from tar through ncat to a listening skt, and is unpacked there" {
    need ncat
    make_folder
    mkdir there
    start_background bash -c 'set -o pipefail; "$@" | tar -C there -xz' - "$SKT" -l --announce=announced 127.0.0.1 0
    wait_for_line announced "$started_pid" "$started_err"
    port_of "$(<announced)"
    tar -cz folder | timeout 10 ncat 127.0.0.1 "$port"
    ends_well "skt | tar" "$started_pid"
    diff -r --no-dereference folder there/folder
}

@test "recipe: a disk image goes through gzip and skt to socat and gunzip" {
    need socat gzip
    head -c 8M /dev/zero >image
    cat "$(random_file 100K)" >>image
    choose_address tcp4
    start_background bash -c 'socat -u "$1" - | gunzip >copy' - "TCP4-LISTEN:$where,bind=$host"
    wait_for_listener
    gzip -c image | timeout 10 "$SKT" --send-only "${operands[@]}"
    ends_well "socat | gunzip" "$started_pid"
    assert_same_file copy image
}

@test "recipe: skt gets a page from a web server" {
    need python3
    random_file 200K >/dev/null
    mkdir site
    mv random-* site/page
    start_background python3 -u -m http.server --bind 127.0.0.1 --directory site 0
    wait_for_text "$started_out" "Serving HTTP"
    port=$(sed 's/.* port \([0-9]*\) .*/\1/' "$started_out")
    printf 'GET /page HTTP/1.0\r\n\r\n' | timeout 10 "$SKT" 127.0.0.1 "$port" >answer
    assert_equal "$(head -n 1 answer)" $'HTTP/1.0 200 OK\r'
    sed '1,/^\r$/d' answer >body
    assert_same_file body site/page
}

# An answer of a web server, in the file `answer`; its body is in `body`.
make_web_answer() {
    random_file 200K >/dev/null
    mv random-* body
    printf 'HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n' \
        "$(wc -c <body)" | cat - body >answer
}

@test "recipe: curl gets the file that a listening skt serves" {
    need curl
    make_web_answer
    listener_input=answer start_skt_listener 127.0.0.1 0
    curl --silent --show-error --max-time 10 --output got "http://127.0.0.1:$port/page"
    ends_well skt "$listener_pid"
    assert_same_file got body
    assert_equal "$(head -n 1 "$listener_out")" $'GET /page HTTP/1.1\r'
}

@test "recipe: curl gets the file that skt serves at a Unix socket" {
    need curl
    make_web_answer
    listener_input=answer start_skt_listener -U web
    curl --silent --show-error --max-time 10 --output got --unix-socket web http://localhost/page
    ends_well skt "$listener_pid"
    assert_same_file got body
}

@test "recipe: curl uploads a file to a shell script behind skt, which answers" {
    need curl
    random_file 100K >/dev/null
    mv random-* upload
    cat >server <<'SERVER'
length=0
while IFS= read -r line && [ "$line" != $'\r' ]; do
    case ${line,,} in
    content-length:*) length=${line//[!0-9]/} ;;
    esac
done
head -c "$length" >uploaded
printf 'HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nDone\n'
cat # until the client has ended
SERVER
    mkfifo back
    start_background bash -c '"$@" <back | bash server >back; exit "${PIPESTATUS[0]}"' - \
        "$SKT" -l --announce=announced 127.0.0.1 0
    wait_for_line announced "$started_pid" "$started_err"
    port_of "$(<announced)"
    run -0 curl --silent --show-error --max-time 10 --header Expect: --upload-file upload "http://127.0.0.1:$port/"
    assert_equal "$output" "Done"
    assert_same_file uploaded upload
    ends_well skt "$started_pid"
}

@test "the answer of a program that ends without reading on arrives, all of it" {
    mkfifo back forth
    random_file 60K >/dev/null
    mv random-* answer
    start_background bash -c '
        exec >back <forth
        read -r
        touch asked
        until [ -e go ]; do sleep 0.02; done
        exec cat answer'
    local program=$started_pid
    start_background bash -c 'exec "$@" <back >forth' - "$SKT" -l --announce=announced 127.0.0.1 0
    local listener=$started_pid
    wait_for_line announced "$listener" "$started_err"
    port_of "$(<announced)"
    start_peer "connect:tcp:127.0.0.1:$port" 'send:a question\n' save:answered drain
    wait_until [ -e asked ]
    kill -STOP "$listener" # so that it finds the answer and the end of its reader at once
    touch go
    ends_well "the program" "$program"
    kill -CONT "$listener"
    ends_well peer.py "$peer_pid"
    assert_same_file answered answer
    end_status "$listener"
    assert_equal "$status" 9 # the reader of its output has left it
}

@test "recipe: skt -U asks a web server at a Unix socket" {
    cat >server <<'SERVER'
read -r request
printf 'HTTP/1.0 200 OK\r\n\r\nThe request was %s' "$request"
SERVER
    choose_address unix
    start_foreign socat "UNIX-LISTEN:$where" EXEC:'bash server'
    wait_for_listener
    run -0 --separate-stderr timeout 10 "$SKT" -C -U "$where" < <(printf 'GET /version HTTP/1.0\n\n')
    assert_equal "${lines[-1]}" $'The request was GET /version HTTP/1.0\r'
}

@test "recipe: ssh reaches its server through skt as ProxyCommand" {
    need ssh
    start_peer listen:tcp accept 'send:SSH-2.0-test\r\n' recvline print:greeted close
    run timeout 10 ssh -v -F /dev/null -o StrictHostKeyChecking=yes -o BatchMode=yes \
        -o ProxyCommand="'$SKT' %h %p" -p "$port" nobody@127.0.0.1 true
    assert_contains "$output" "remote software version test"
    ends_well peer.py "$peer_pid"
    assert_file_is "$peer_out" greeted
}

@test "recipe: a program talks through skt as its child, over two pipes" {
    start_peer listen:tcp accept expect:1 send:one expect:2 send:two drain send:bye
    local from to theirs answer
    coproc child { exec timeout 10 "$SKT" 127.0.0.1 "$port" 3>&-; }
    theirs=${child[1]} # bash forgets its own when the child ends
    exec {from}<&"${child[0]}" {to}>&"$theirs" {theirs}>&-
    printf 1 >&"$to"
    read -r -t 10 -N 3 -u "$from" answer
    assert_equal "$answer" one
    printf 2 >&"$to"
    read -r -t 10 -N 3 -u "$from" answer
    assert_equal "$answer" two
    exec {to}>&-
    read -r -t 10 -N 3 -u "$from" answer
    assert_equal "$answer" bye
    ends_well peer.py "$peer_pid"
}

# WORDS: socat's for the program that it starts. skt's standard input and output are one and the same socket.
skt_behind_socat() {
    start_peer listen:tcp accept recv:8 sendbytes:100000 drain digest
    cat >service <<SERVICE
exec "$SKT" 127.0.0.1 $port
SERVICE
    choose_address tcp4
    start_foreign socat -t 10 "TCP4-LISTEN:$where,bind=$host" "EXEC:bash service$1"
    wait_for_listener
    run -0 --separate-stderr timeout 10 bash -c 'python3 "$1" "${@:2}"' - "$SKT_SRCDIR/tests/peers/peer.py" \
        "connect:tcp:$host:$where" send:question halfclose drain checkseq digest
    assert_contains "$output" "received 100000 "
    ends_well peer.py "$peer_pid"
    assert_contains "$(<"$peer_out")" "received 8 "
}

@test "recipe: started by a server as inetd does, skt has the client's socket for both standard streams" {
    skt_behind_socat ,nofork
}

@test "recipe: started on a pair of sockets, skt has one of them for both standard streams" {
    skt_behind_socat ""
}

@test "recipe: two skt and a FIFO lead from a TCP port to a Unix socket" {
    choose_address unix
    start_peer "listen:unix:$where" accept expect:question 'send:ans' drain send:wer
    mkfifo back
    start_background bash -c '"$1" -l --announce=announced 127.0.0.1 0 <back | "$1" -U "$2" >back' - "$SKT" "$where"
    wait_for_line announced "$started_pid" "$started_err"
    port_of "$(<announced)"
    need nc.openbsd
    run -0 timeout 10 nc.openbsd -N 127.0.0.1 "$port" < <(printf question)
    assert_equal "$output" answer
    ends_well "the relay" "$started_pid"
    ends_well peer.py "$peer_pid"
}

make_certificate() {
    need openssl
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem 2>/dev/null
}

# A TLS server that sends each line back, reversed; its port is in $port.
start_tls_server() {
    make_certificate
    hold_input # it ends with its input
    background_input=$held_input start_background openssl s_server -accept 127.0.0.1:0 -cert cert.pem -key key.pem -rev
    wait_for_text "$started_out" ACCEPT
    port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' "$started_out")
}

@test "recipe: TLS between openssl's client and server goes through a relay of two skt unharmed" {
    start_tls_server
    mkfifo back
    start_background bash -c '"$1" -l --announce=announced 127.0.0.1 0 <back | "$1" 127.0.0.1 "$2" >back' - \
        "$SKT" "$port"
    wait_for_line announced "$started_pid" "$started_err"
    port_of "$(<announced)"
    hold_input
    background_input=$held_input start_background openssl s_client -connect "127.0.0.1:$port" -quiet \
        -CAfile cert.pem -verify_return_error -verify_hostname localhost
    say 'through the relay\n'
    wait_for_text "$started_out" 'yaler eht hguorht'
}

@test "a TLS server that gets skt's plain text ends the session, and skt ends with it" {
    start_tls_server
    run timeout 10 "$SKT" 127.0.0.1 "$port" < <(printf 'this is no TLS, and long enough for a whole record\n')
    [ "$status" -eq 0 ] || [ "$status" -eq 1 ] || fail "status $status: $output"
}

@test "a TLS client's first message comes through skt as it was sent" {
    need openssl
    hold_input
    listener_input=$held_input start_skt_listener 127.0.0.1 0
    start_background openssl s_client -connect "127.0.0.1:$port" -quiet
    is_whole_record() {
        local head
        read -ra head < <(od -An -tu1 -N5 "$listener_out")
        [ "${#head[@]}" -eq 5 ] && [ "${head[0]} ${head[1]}" = "22 3" ] &&
            [ "$(wc -c <"$listener_out")" -eq $((head[3] * 256 + head[4] + 5)) ]
    }
    wait_until is_whole_record
    say 'that is no TLS\n'
    end_status "$started_pid"
    assert_equal "$status" 1
    release_input
}

@test "recipe: the lines of a growing log go through skt as they come" {
    choose_address tcp4
    words_of ncat listens
    start_background "${words[@]}"
    wait_for_listener
    local out=$started_out
    : >log
    start_background bash -c 'tail -n +1 -s 0.05 -f log | "$@"' - "$SKT" "${operands[@]}"
    for line in first second third; do
        echo "$line" >>log
        wait_for_text "$out" "$line"
    done
}

@test "recipe: a listening skt receives what logger sends to a log server" {
    need logger
    start_skt_listener -u 127.0.0.1 0
    logger --server 127.0.0.1 --port "$port" --udp --rfc3164 --tag test "disk is full"
    wait_for_text "$listener_out" "test: disk is full"
}

@test "recipe: skt writes a line to a log server, one datagram" {
    choose_address udp4
    start_foreign socat -u "UDP4-RECV:$where,bind=$host" -
    wait_for_listener
    timeout 10 "$SKT" "${operands[@]}" <<<"<14>test: disk is full"
    wait_for_text "$started_out" "<14>test: disk is full"
}

@test "recipe: skt -z tells a port where python3 listens from one where nobody does" {
    start_peer listen:tcp stall
    run -0 timeout 10 "$SKT" -z 127.0.0.1 "$port"
    run -4 timeout 10 "$SKT" -z 127.0.0.1 "$(free_port tcp)"
}

@test "recipe: skt -k collects what several clients of other programs send, one after the other" {
    need nc.openbsd ncat socat
    start_skt_listener -k 127.0.0.1 0
    echo "from nc" | timeout 10 nc.openbsd -N 127.0.0.1 "$port"
    echo "from ncat" | timeout 10 ncat --send-only 127.0.0.1 "$port"
    echo "from socat" | timeout 10 socat -u - "TCP4:127.0.0.1:$port"
    echo "from bash" >"/dev/tcp/127.0.0.1/$port"
    wait_for_text "$listener_out" "from bash"
    assert_file_is "$listener_out" "from nc\nfrom ncat\nfrom socat\nfrom bash\n"
}

@test "recipe: two skt talk through ncat's broker" {
    choose_address tcp4
    start_foreign ncat --broker -l "${operands[@]}"
    wait_for_listener
    for name in anna berta; do
        hold_input
        background_input=$held_input start_background "$SKT" "${operands[@]}"
        printf -v "${name}_input" %s "$held_input"
        printf -v "${name}_out" %s "$started_out"
    done
    # the broker has both of them once a line of the second has come to the first
    until_heard() { echo "$1" >"$2" && succeeds_within 0.2 file_has_text "$3" "$1"; }
    wait_until until_heard "is anna there?" "$berta_input" "$anna_out"
    wait_until until_heard "yes, here" "$anna_input" "$berta_out"
}

@test "recipe: a mail is handed over line by line, with CR LF" {
    start_peer listen:tcp accept 'send:220 ready\r\n' 'expect:HELO here\r\n' 'send:250 hello\r\n' \
        'expect:MAIL FROM:<a@here>\r\n' 'send:250 ok\r\n' 'expect:QUIT\r\n' 'send:221 bye\r\n' close
    hold_input
    background_input=$held_input start_background "$SKT" -C 127.0.0.1 "$port"
    local out=$started_out
    wait_for_text "$out" "220 ready"
    say 'HELO here\n'
    wait_for_text "$out" "250 hello"
    say 'MAIL FROM:<a@here>\n'
    wait_for_text "$out" "250 ok"
    say 'QUIT\n'
    wait_for_text "$out" "221 bye"
    ends_well peer.py "$peer_pid"
    release_input
    ends_well skt "$started_pid"
}

@test "recipe: git clones through skt as core.gitProxy" {
    need git
    [ -x "$(git --exec-path)/git-daemon" ] || skip "needs git daemon, which is not installed"
    export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
    git init -q --initial-branch=main project
    random_file 300K >/dev/null
    mv random-* project/data
    git -C project add data
    git -C project -c user.name=test -c user.email=test@localhost commit -q -m first
    choose_address tcp4
    start_background git daemon --reuseaddr --listen="$host" --port="$where" --base-path="$PWD" --export-all
    wait_for_listener
    printf '#!/bin/sh\nexec "%s" "$1" "$2"\n' "$SKT" >proxy
    chmod +x proxy
    timeout 20 git -c core.gitProxy="$PWD/proxy" clone -q "git://$host:$where/project/.git" copy
    assert_same_file copy/data project/data
}

@test "what fingers know from nc means the same: -l -p PORT, -w, -q, -n and -zv" {
    choose_address tcp4
    listener_input=<(echo "from the listener") start_background "$SKT" -l -p "$where"
    wait_for_listener
    run -0 --separate-stderr timeout 10 "$SKT" -w 5 -q 5 -n "$host" "$where" <<<"from the client"
    assert_equal "$output" ""
    ends_well skt "$started_pid"
    assert_file_is "$started_out" "from the client\n"
    need nc.openbsd
    start_peer listen:tcp stall
    run -0 timeout 10 nc.openbsd -zv 127.0.0.1 "$port"
    nc_words=$output
    run -0 timeout 10 "$SKT" -zv 127.0.0.1 "$port"
    assert_equal "$output" "$nc_words"
}
