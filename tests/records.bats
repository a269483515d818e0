#!/usr/bin/env bats
# --records: how messages and the byte streams on this side meet.

load helpers

# carries FORMAT IN OUT: given IN as its input, a client sends "one", an empty message and "two", and of "three",
# an empty message and "four" it makes OUT. Over UDP, and over local records. IN and OUT have printf's escapes.
# shellcheck disable=SC2059  # the texts are formats
carries() {
    printf "$2" >in
    local steps=(expect:one recv:0 expect:two send:three datagram:0 send:four)
    start_peer listen:udp "${steps[@]}"
    run -0 --separate-stderr timeout 10 bash -c '"$1" -u -W 3 --records "$2" 127.0.0.1 "$3" <in >out' - \
        "$SKT" "$1" "$port"
    assert_equal "$stderr" ""
    assert_file_is out "$3"
    peer_succeeds

    start_peer listen:seqpacket:s accept "${steps[@]}" halfclose drain
    run -0 --separate-stderr timeout 10 bash -c '"$1" -U --seqpacket --records "$2" s <in >out' - "$SKT" "$1"
    assert_equal "$stderr" ""
    assert_file_is out "$3"
    peer_succeeds
    rm s
}

# refuse_input FORMAT IN WHY: IN begins with a record, "one", which arrives; then the input is refused. The peer of
# all of these in a test is started with expect_ones.
# shellcheck disable=SC2059  # the text is a format
refuse_input() {
    run -9 --separate-stderr timeout 10 "$SKT" -u -q 0.2 --records "$1" 127.0.0.1 "$port" < <(printf "$2")
    assert_one_line "$stderr" "skt: standard input: $3"
}

# expect_ones COUNT
expect_ones() {
    local steps=() i
    for ((i = 0; i < $1; i++)); do steps+=(expect:one); done
    start_peer listen:udp "${steps[@]}" refuses:0.1
}

messages() { python3 "$SKT_SRCDIR/tests/peers/messages.py" "$@"; }

# Start messages.py with what makes it listen; sets $port (or the path).
start_messages() {
    need python3
    local ports=$BATS_TEST_TMPDIR/messages-$((job_count + 1)).port
    MESSAGES_PORT_FILE=$ports start_background python3 "$SKT_SRCDIR/tests/peers/messages.py" "$@"
    peer_pid=$started_pid peer_out=$started_out peer_err=$started_err
    wait_for_line "$ports" "$peer_pid" "$peer_err"
    read -r port <"$ports"
}

# messages.py has received what it should have.
messages_are_good() {
    end_status "$peer_pid" 30
    assert_equal "$status $(cat "$peer_err" "$peer_out")" "0 good"
}

# crosses FORMAT COUNT:MOST KIND WHERE SKT-ARGUMENTS...: so many messages in each direction at once, between skt and
# the peer; each receives what the other was to send.
crosses() {
    local format=$1 outward=$2:1:$3 inward=$2:2:$3 where=$4
    shift 4
    start_messages exchange "$where" "$outward" "$inward"
    messages write "$format" "$outward" >in
    run -0 --separate-stderr timeout 30 bash -c '"$@" <in >out' - "$SKT" --records "$format" "${@//PORT/$port}"
    assert_equal "$stderr" ""
    messages_are_good
    run -0 messages read "$format" "$inward" <out
}

# --- each format, byte by byte ---------------------------------------------------------------------------

@test "--records line: a line is a message, and an empty line an empty one" {
    carries line 'one\n\ntwo\n' 'three\n\nfour\n'
}

@test "--records nul: what a zero byte ends is a message" {
    carries nul 'one\0\0two\0' 'three\0\0four\0'
}

@test "--records u16: two bytes of length, big endian, before each message" {
    carries u16 '\0\3one\0\0\0\3two' '\0\5three\0\0\0\4four'
}

@test "--records u32: four bytes of length, big endian, before each message" {
    carries u32 '\0\0\0\3one\0\0\0\0\0\0\0\3two' '\0\0\0\5three\0\0\0\0\0\0\0\4four'
}

@test "--records netstring: the length in decimal and a colon before, a comma after" {
    carries netstring '3:one,0:,3:two,' '5:three,0:,4:four,'
}

@test "--records size:N: N bytes each" {
    start_peer listen:udp expect:one expect:two send:six send:ten
    run -0 --separate-stderr timeout 10 "$SKT" -u -w 8 -W 2 --records size:3 127.0.0.1 "$port" < <(printf onetwo)
    assert_equal "$output$stderr" sixten
    peer_succeeds
}

@test "--hex: a line of hexadecimal digits is a message, and an empty line an empty one" {
    carries hex '6f 6e:65\n\n0x74776F\n' '7468726565\n\n666f7572\n'
    start_peer listen:udp 'expect:one\n' 'send:\0a' # --hex is short for --records hex
    run -0 --separate-stderr timeout 10 "$SKT" -u -w 8 -W 1 --hex 127.0.0.1 "$port" <<<6f6e650a
    assert_equal "$output$stderr" 0061
    peer_succeeds
}

@test "what --hex prints, xxd turns back, and what xxd prints in one line, --hex takes" {
    need xxd python3
    mv "$(random_file 20000)" original
    start_skt_listener -u -k --hex -W 1 127.0.0.1 0
    xxd -p -c 0 original >in
    run -0 timeout 10 "$SKT" -u -q 0.1 --hex 127.0.0.1 "$port" <in
    end_status "$listener_pid"
    assert_equal "$status" 0
    xxd -r -p <"$listener_out" >copy
    assert_same_file copy original
    assert_equal "$(wc -l <"$listener_out")" 1
}

@test "--hex refuses what is no line of digits, and says why" {
    expect_ones 3
    refuse_input hex '6f6e65\n6\n' "not a line of hexadecimal: bytes are two hexadecimal digits"
    refuse_input hex '6f6e65\nhello\n' "not a line of hexadecimal: not a hexadecimal digit"
    refuse_input hex '6f6e65\n0x0000:  4500 0054\n' \
        "not a line of hexadecimal: an offset before the digits; a message is one line of nothing but digits"
    peer_succeeds
}

@test "--records none, the default: a read is a message, and payloads are joined" {
    for records in '' '--records none'; do
        start_peer listen:udp expect:one touch:got expect:two send:three datagram:0 send:four
        hold_input
        # shellcheck disable=SC2086  # no word at all, or two
        background_input=$held_input start_background "$SKT" -u -w 8 -W 3 $records 127.0.0.1 "$port"
        say one
        wait_until test -e got
        say two
        end_status "$started_pid"
        assert_equal "$status $(cat "$started_err")" "0 "
        assert_file_is "$started_out" threefour
        peer_succeeds
        rm got
        release_input
    done
}

@test "the word of --records may be in capital letters" {
    start_peer listen:udp expect:one
    run -0 timeout 10 "$SKT" -u -q 0.1 --records NetString 127.0.0.1 "$port" < <(printf '3:one,')
    peer_succeeds
}

@test "a last line without its newline is a message, too" {
    start_peer listen:udp expect:one expect:two refuses:0.2
    run -0 timeout 10 "$SKT" -u -q 0.1 --records line 127.0.0.1 "$port" < <(printf 'one\ntwo')
    peer_succeeds
    start_peer listen:udp expect:one expect:two refuses:0.2
    run -0 timeout 10 "$SKT" -u -q 0.1 --records nul 127.0.0.1 "$port" < <(printf 'one\0two')
    peer_succeeds
}

@test "input that is empty is no message, not an empty one" {
    local steps=() formats=(line nul u16 u32 netstring size:3)
    for format in "${formats[@]}"; do steps+=(accept drain close); done
    start_peer listen:seqpacket:s "${steps[@]}"
    for format in "${formats[@]}"; do
        run -0 timeout 10 "$SKT" -U --seqpacket --records "$format" --stats s </dev/null
        assert_contains "$output" "sent 0 bytes in 0 messages"
    done
    peer_succeeds
}

@test "a message that brings its own newline is not given a second one" {
    start_peer listen:udp 'expect:hello' 'send:one\n' send:two 'send:\n' send:three
    run -0 --separate-stderr timeout 10 bash -c '"$1" -u -W 4 --records line 127.0.0.1 "$2" <<<hello >out' - \
        "$SKT" "$port"
    assert_equal "$stderr" ""
    assert_file_is out 'one\ntwo\n\nthree\n'
}

@test "--records works for a listener as for a client" {
    printf '\0\6answer\0\0' >in
    listener_input=in start_skt_listener -u --records u16 -W 2 127.0.0.1 0
    run -0 foreign peer.py "connect:udp:127.0.0.1:$port" send:one datagram:0 expect:answer recv:0
    end_status "$listener_pid"
    assert_equal "$status" 0
    assert_file_is "$listener_out" '\0\3one\0\0'
}

# --- what is no record -----------------------------------------------------------------------------------

@test "a message with the delimiter inside is printed, said at the end, and status 1" {
    start_peer listen:udp expect:hello 'send:has\none inside' send:clean 'send:and\nanother\n'
    run -1 --separate-stderr timeout 10 bash -c '"$1" -u -W 3 --records line 127.0.0.1 "$2" <<<hello >out' - \
        "$SKT" "$port"
    assert_one_line "$stderr" "skt: 2 messages held the delimiter"
    assert_file_is out 'has\none inside\nclean\nand\nanother\n'
    peer_succeeds
    start_peer listen:udp expect:hello 'send:a\0b'
    run -1 --separate-stderr timeout 10 bash -c 'printf hello | "$1" -u -W 1 --records nul 127.0.0.1 "$2" >out' - \
        "$SKT" "$port"
    assert_one_line "$stderr" "skt: 1 message held the delimiter"
    assert_file_is out 'a\0b\0'
    peer_succeeds
}

@test "a length that has zero bytes and line feeds in the message is no trouble for the other formats" {
    start_peer listen:seqpacket:s accept 'expect:\n\0,\n' 'send:\0\n,\0' close
    run -0 timeout 10 bash -c 'printf "\0\4\n\0,\n" | "$1" -U --seqpacket --records u16 s >out' - "$SKT"
    assert_file_is out '\0\4\0\n,\0'
    peer_succeeds
}

@test "input that ends within a record is status 9, with the sizes, and what came before arrives" {
    expect_ones 8
    refuse_input u16 '\0\3one\0' 'ends within a record: 1 of its 2 bytes are there (sent 3 bytes'
    refuse_input u16 '\0\3one\0\5abc' 'ends within a record: 5 of its 7 bytes are there'
    refuse_input u32 '\0\0\0\3one\0\0\0' 'ends within a record: 3 of its 4 bytes are there'
    refuse_input u32 '\0\0\0\3one\0\0\0\12abcdefghi' 'ends within a record: 13 of its 14 bytes are there'
    refuse_input netstring '3:one,1' 'ends within a record: within the length of a netstring'
    refuse_input netstring '3:one,5:abc' 'ends within a record: 5 of its 8 bytes are there'
    refuse_input netstring '3:one,5:abcde' 'ends within a record: 7 of its 8 bytes are there'
    refuse_input size:3 'onetw' 'ends within a record: 2 of its 3 bytes are there'
    peer_succeeds
}

@test "input that is no netstring is status 9, and what came before arrives" {
    expect_ones 7
    local length='not a netstring: a length in decimal and a colon should stand here'
    refuse_input netstring '3:one,x' "$length"
    refuse_input netstring '3:one,:,' "$length"
    refuse_input netstring '3:one,03:two,' "$length"
    refuse_input netstring '3:one,-3:two,' "$length"
    refuse_input netstring '3:one,3two,' "$length"
    refuse_input netstring '3:one,3:two;' 'not a netstring: no comma after the bytes that its length announced'
    refuse_input netstring '3:one,18446744073709551619:two,' 'not a netstring'
    peer_succeeds
}

@test "a record too large for the socket is status 9, says both sizes, and what came before arrives" {
    expect_ones 4
    refuse_input u32 '\0\0\0\3one\0\0\377\344' \
        'a record of 65508 bytes is too large: a message takes at most 65507 (sent 3 bytes'
    refuse_input u32 '\0\0\0\3one\377\377\377\377' \
        'a record of 4294967295 bytes is too large: a message takes at most 65507'
    refuse_input netstring '3:one,65508:' 'a record of 65508 bytes is too large: a message takes at most 65507'
    printf 'one\n' >in
    head -c 3000000 /dev/zero >>in
    run -9 --separate-stderr timeout 10 "$SKT" -u -q 0.2 --records line 127.0.0.1 "$port" <in
    assert_one_line "$stderr" " or more bytes is too large: a message takes at most 65507" # its end was not looked for
    peer_succeeds
}

@test "size:N larger than the socket takes is status 9 and says both sizes" {
    start_peer listen:udp refuses:0.1
    run -9 --separate-stderr timeout 10 "$SKT" -u -q 0.2 --records size:65508 127.0.0.1 "$port" </dev/zero
    assert_one_line "$stderr" 'a record of 65508 bytes is too large: a message takes at most 65507'
    peer_succeeds
}

@test "what a local socket takes follows its send buffer" {
    start_peer listen:unixdgram:s recv:40000 expect:end
    (printf '300000:' && head -c 300000 /dev/zero && printf ',') >large
    run -9 --separate-stderr timeout 10 "$SKT" -u -U -q 0.2 -O 32K --records netstring s <large
    assert_one_line "$stderr" "a record of 300000 bytes is too large: a message takes at most 65504"
    (printf '40000:' && head -c 40000 /dev/zero && printf ',3:end,') >small
    run -0 timeout 10 "$SKT" -u -U -q 0.1 -O 32K --records netstring s <small
    peer_succeeds
}

@test "a message too large for the length field is status 1, says both sizes, and what came before is printed" {
    start_peer listen:unixdgram:s 'expect:hello\n' send:one datagram:65536
    hold_input
    background_input=$held_input start_background "$SKT" -u -U --records u16 s
    say '\0\6hello\n' # and the input stays open
    end_status "$started_pid"
    assert_equal "$status" 1
    assert_one_line "$(cat "$started_err")" \
        "skt: s: a message of 65536 bytes is too large for its length field, which holds 65535 (sent 6 bytes"
    assert_file_is "$started_out" '\0\3one'
    peer_succeeds
}

@test "a message of the largest size that the length field holds is printed" {
    start_peer listen:unixdgram:s expect:hello datagram:65535 digest
    run -0 timeout 10 bash -c 'printf "\0\5hello" | "$1" -u -U -W 1 --records u16 s | tail -c +3 >out' - "$SKT"
    peer_succeeds
    assert_contains "$(cat "$peer_out")" "sent 65535 $(digest out)"
}

@test "a message that is not of N bytes is status 1 with size:N, and what came before is printed" {
    start_peer listen:unixdgram:s expect:hey send:one send:four
    run -1 --separate-stderr timeout 10 "$SKT" -u -w 8 -U --records size:3 s < <(printf hey)
    assert_equal "$output" one
    assert_one_line "$stderr" "skt: s: a message of 4 bytes is no record of size:3 (sent 3 bytes"
    peer_succeeds
    rm s
    start_peer listen:unixdgram:s expect:hey send:one datagram:0
    run -1 --separate-stderr timeout 10 "$SKT" -u -w 8 -U --records size:3 s < <(printf hey)
    assert_one_line "$stderr" "a message of 0 bytes is no record of size:3"
}

@test "a message larger than skt holds is status 1 and says both sizes, instead of being cut" {
    [ "$(cat /proc/sys/net/core/wmem_max)" -ge 1200000 ] || skip "the system's send buffers are too small for this"
    start_peer sndbuf:1200000 listen:unixdgram:s 'expect:hello\n' 'send:one\n' datagram:1100000
    run -1 --separate-stderr timeout 10 "$SKT" -u -w 8 -U s <<<hello
    assert_equal "$output" one
    assert_one_line "$stderr" "1100000 bytes, room for "
    assert_contains "$stderr" "message cut"
    peer_succeeds
}

# --- usage -----------------------------------------------------------------------------------------------

@test "--records with a type that has no messages is a usage error" {
    for how in '127.0.0.1 9' '-l 127.0.0.1 0' '-U s' '-l -U s'; do
        # shellcheck disable=SC2086  # several words
        run -2 --separate-stderr timeout 10 "$SKT" --records u16 $how </dev/null
        assert_one_line "$stderr" "skt: --records: needs a type that keeps messages apart"
    done
    [ ! -e s ]
}

@test "--records with a word that is none of its own is a usage error that says what there is" {
    for word in netsring '' size u64; do
        run -2 --separate-stderr timeout 10 "$SKT" -u --records "$word" 127.0.0.1 9 </dev/null
        assert_one_line "$stderr" "--records"
        assert_contains "$stderr" "none line nul u16 u32 netstring size:N"
    done
    for word in size: size:0 size:-1 size:3x size:1048577 size:99999999999999999999; do
        run -2 --separate-stderr timeout 10 "$SKT" -u --records "$word" 127.0.0.1 9 </dev/null
        assert_equal "$stderr" "skt: --records $word: the size of a message is 1 to 1048576"
    done
    run -2 --separate-stderr timeout 10 "$SKT" -u --records netsring 127.0.0.1 9 </dev/null
    assert_contains "$stderr" "did you mean netstring?"
}

@test "--records and -C exclude each other: marks would not be what they were" {
    run -2 --separate-stderr timeout 10 "$SKT" -u -C --records u16 127.0.0.1 9 </dev/null
    assert_one_line "$stderr" "exclude each other"
}

# --- many messages ---------------------------------------------------------------------------------------

@test "1000 messages of random sizes cross as u16 records, both ways" {
    crosses u16 1000:30000 any seqpacket:s -U --seqpacket s
}

@test "1000 messages of random sizes cross as u32 records, both ways" {
    crosses u32 1000:50000 any seqpacket:s -U --seqpacket s
}

@test "1000 messages of random sizes cross as netstrings, both ways" {
    crosses netstring 1000:30000 any seqpacket:s -U --seqpacket s
}

@test "1000 messages of random sizes cross as lines, both ways" {
    crosses line 1000:30000 text seqpacket:s -U --seqpacket s
}

@test "1000 messages of random sizes cross as zero-ended records, both ways" {
    crosses nul 1000:30000 text seqpacket:s -U --seqpacket s
}

@test "1000 messages of one size cross as size:N records, both ways" {
    crosses size:4097 1000:4097 fixed seqpacket:s -U --seqpacket s
}

@test "1000 datagrams of random sizes cross a local socket, both ways" {
    crosses u32 1000:30000 any unixdgram:s -u -U s
}

@test "200 small datagrams cross over UDP, both ways" {
    crosses u16 200:100 any udp -u 127.0.0.1 PORT
}

# --- skt | skt -------------------------------------------------------------------------------------------

@test "skt --records u32 | skt --records u32 carries datagrams of UDP whole, the empty and the largest too" {
    start_peer rcvbuf:1000000 listen:udp recv:0 recv:65507 expect:x recv:30000 recv:0 'expect:end\n' digest
    background_input=/dev/null start_background bash -c \
        '"$1" -l -u -I 1M -W 6 --announce=bound --records u32 127.0.0.1 0 |
            "$1" -u --records u32 127.0.0.1 "$2"' - "$SKT" "$port"
    wait_for_line bound "$started_pid" "$started_err"
    run -0 foreign peer.py "connect:udp:127.0.0.1:$(sed 's/.*://' bound)" datagram:0 datagram:65507 send:x \
        datagram:30000 datagram:0 'send:end\n' digest
    peer_succeeds
    assert_equal "$(sed -n s/received/sent/p "$peer_out")" "$(grep ^sent <<<"$output")"
    end_status "$started_pid"
    assert_equal "$status $(cat "$started_err")" "0 "
}

@test "skt --records u32 | skt --records u32 carries 1000 local datagrams whole" {
    start_messages receive unixdgram:far 1000:60000:3:any
    background_input=/dev/null start_background bash -c \
        '"$1" -l -u -U -W 1000 --announce=bound --records u32 near | "$1" -u -U --records u32 far' - "$SKT"
    wait_for_line bound "$started_pid" "$started_err"
    messages send unixdgram:near 1000:60000:3:any
    messages_are_good
    end_status "$started_pid"
    assert_equal "$status $(cat "$started_err")" "0 "
}

@test "skt --records u32 | skt --records u32 carries 1000 records of seqpacket whole, to its end" {
    start_messages receive seqpacket:far 1000:100000:4:any
    background_input=/dev/null start_background bash -c \
        '"$1" -l -U --seqpacket --announce=bound --records u32 near | "$1" -U --seqpacket --records u32 far' - "$SKT"
    wait_for_line bound "$started_pid" "$started_err"
    messages send seqpacket:near 1000:100000:4:any
    messages_are_good
    end_status "$started_pid"
    assert_equal "$status $(cat "$started_err")" "0 "
}
