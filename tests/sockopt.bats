#!/usr/bin/env bats
# --sockopt: every socket option by its name, on every kind of socket, seen from outside.

load helpers

# What getsockopt(2) says of a socket of PID, by a copy of its descriptor. A connected socket takes a moment to be there.
option_values() { # PID listening|connected LEVEL:OPTION...
    wait_until 10 has_socket "$1" "$2"
    values=$(foreign sockopts.py "$@")
}

has_socket() {
    local status=0
    foreign sockopts.py "$1" "$2" 2>refused || status=$?
    [ "$status" -ne 77 ] || skip "descriptors of another process may not be copied here: $(cat refused)"
    return "$status"
}

# A listener with `options`, and a client that stays: $listener_pid and $client_pid.
meet_with() { # ARGUMENTS...
    hold_input
    listener_input=$held_input start_skt_listener "${options[@]}" "$@"
    background_input=$held_input start_background "$SKT" "${client_options[@]}" "$address"
    client_pid=$started_pid
}

# --- the list ----------------------------------------------------------------------------------------------------

@test "--sockopt list prints a line for each option, and does nothing else" {
    run -0 --separate-stderr timeout 10 "$SKT" -l --sockopt list
    assert_at_least "${#lines[@]}" 200
    assert_equal "$stderr" ""
    assert_equal "$(grep -cE '^[a-z0-9]+\.[a-z0-9-]+ +[^ ].* (opened|bound|connected) +[^ ]' <<<"$output")" "${#lines[@]}"
    assert_contains "$output" "tcp.nodelay"
    assert_equal "$(cut -d ' ' -f 1 <<<"$output" | sort | uniq -d)" ""
}

# A value that every option of a kind takes, by the words of the list.
value_for() {
    case $1 in
    "on or off") echo 1 ;;
    "LOW-HIGH") echo 10000-20000 ;;
    interface) echo lo ;;
    INTERFACE/MAC) echo lo/02:00:00:00:00:01 ;;
    "IPv6 address") echo ::1 ;;
    "GROUP[@INTERFACE]") echo 239.1.2.3 ;;
    "GROUP[@INTERFACE],SOURCE") echo 239.1.2.3,10.0.0.1 ;;
    hexadecimal) echo 00000000 ;;
    word) echo none ;;
    *) echo "$2" ;;
    esac
}

# Every name of the list, the other names of a row too, with its value: "tcp.nodelay=1".
every_setting() {
    "$SKT" --sockopt list | while IFS= read -r line; do
        kind=$(sed -E 's/^[^ ]+ +([^ ]+( [^ ]+)*)  +.*/\1/' <<<"$line")
        case $line in
        ipv6.mtu\ *) value=1280 ;;
        tcp.rto-max-ms*) value=2 ;;
        ipv6.addrform* | ipv6.checksum*) value=2 ;;
        tcp.maxseg*) value=88 ;;
        *) value=1 ;;
        esac
        for name in ${line%% *} $(sed -nE 's/.*\(also (.*)\)$/\1/p' <<<"$line" | tr , ' '); do
            value=$(value_for "$kind" "$value")
            case $name in ipv6.*join* | ipv6.*block* | ipv6.add-membership) value=${value/239.1.2.3/ff02::5} value=${value/10.0.0.1/fe80::1} ;; esac
            echo "$name=$value"
        done
    done
}

@test "every option of the list is taken by its name with its level" {
    every_setting >settings
    assert_at_least "$(wc -l <settings)" 250
    local setting
    while IFS= read -r setting; do
        run -2 timeout 10 "$SKT" --sockopt "$setting" # not yet: there are no operands
        assert_contains "$output" "missing operand"
    done <settings
}

# What C calls an option, without what all of its level begin with.
name_in_c() { # NAME
    case $1 in
    device) echo BINDTODEVICE ;;
    unicast-interface) echo UNICAST_IF ;;
    multicast-interface) echo MULTICAST_IF ;;
    promisc | allmulti | multicast | unicast) echo ADD_MEMBERSHIP ;;
    add-membership) echo '(ADD_MEMBERSHIP|MCAST_JOIN_GROUP)' ;;
    add-source-membership) echo MCAST_JOIN_SOURCE_GROUP ;;
    recvorigdstaddr) echo ORIGDSTADDR ;;
    md5sig) echo MD5SIG_EXT ;;
    *) tr a-z- A-Z_ <<<"$1" ;;
    esac
}

@test "the numbers of the options are those that strace knows by the same names" {
    need_tracer
    local setting name wanted checked=0
    every_setting >settings
    while IFS= read -r setting; do
        name=${setting%%=*}
        wanted=$(name_in_c "${name#*.}")
        # the call is made whatever this socket says to it
        timeout 10 strace -f -o trace -e trace=setsockopt "$SKT" -u -q 0 --sockopt "$setting" 127.0.0.1 9 \
            </dev/null >/dev/null 2>&1 || true
        if ! grep -qE 'SOL_[A-Z0-9_]+, (0x[0-9a-f]+ /\*|[0-9]+,)|0x[0-9a-f]+ /\* SOL_' trace; then # this strace knows it
            grep -qE "(SOL_[A-Z0-9_]+|AF_VSOCK), ([A-Z0-9]+_)*$wanted(_OLD)?, " trace || fail "$setting: $(cat trace)"
            checked=$((checked + 1))
        fi
    done <settings
    assert_at_least "$checked" 150
}

# --- in effect ---------------------------------------------------------------------------------------------------

@test "options of a connecting socket are in effect, and win over what skt turns on by itself" {
    options=() client_options=(--sockopt nodelay=off --sockopt SO_KEEPALIVE=no --sockopt tcp.keepidle=77 --sockopt
        user-timeout=1.5 --sockopt congestion=reno --sockopt priority=3 --sockopt keepcnt=4)
    meet_with 127.0.0.1 0
    option_values "$client_pid" connected IPPROTO_TCP:TCP_NODELAY SOL_SOCKET:SO_KEEPALIVE IPPROTO_TCP:TCP_KEEPIDLE \
        IPPROTO_TCP:TCP_USER_TIMEOUT SOL_SOCKET:SO_PRIORITY IPPROTO_TCP:TCP_KEEPCNT
    assert_equal "$values" "0 0 77 1500 3 4"
    option_values "$client_pid" connected IPPROTO_TCP:TCP_CONGESTION
    [[ $values == 72656e6f00* ]] || fail "$values" # reno
}

@test "without options, what skt turns on by itself is on" {
    options=() client_options=()
    meet_with 127.0.0.1 0
    option_values "$client_pid" connected IPPROTO_TCP:TCP_NODELAY SOL_SOCKET:SO_KEEPALIVE SOL_SOCKET:SO_PRIORITY
    assert_equal "$values" "1 1 0"
    option_values "$listener_pid" connected IPPROTO_TCP:TCP_NODELAY SOL_SOCKET:SO_KEEPALIVE
    assert_equal "$values" "1 1"
}

@test "options of a listener are in effect on the sockets that it accepts, those that accept does not hand over too" {
    options=(-k --sockopt nodelay=off --sockopt keepalive=off --sockopt keepintvl=9 --sockopt ttl=33 --sockopt tos=16
        --sockopt priority=3 --sockopt notsent-lowat=5000 --sockopt linger2=7 --sockopt quickack=off) client_options=()
    meet_with 127.0.0.1 0
    local wanted=(IPPROTO_TCP:TCP_NODELAY SOL_SOCKET:SO_KEEPALIVE IPPROTO_TCP:TCP_KEEPINTVL SOL_SOCKET:SO_PRIORITY
        IPPROTO_IP:IP_TTL IPPROTO_IP:IP_TOS IPPROTO_TCP:TCP_NOTSENT_LOWAT IPPROTO_TCP:TCP_LINGER2)
    option_values "$listener_pid" listening "${wanted[@]}"
    assert_equal "$values" "0 0 9 3 33 16 5000 7"
    option_values "$listener_pid" connected "${wanted[@]}"
    assert_equal "$values" "0 0 9 3 33 16 5000 7"
}

@test "so are those of a local listener, whose accepted sockets begin afresh" {
    options=(-k --sockopt rcvbuf=50000 --sockopt priority=5 --sockopt passcred --sockopt linger=3) client_options=(-U)
    hold_input
    listener_input=$held_input start_skt_listener "${options[@]}" -U ./local
    background_input=$held_input start_background "$SKT" -U --sockopt sndbuf=60000 ./local
    option_values "$started_pid" connected SOL_SOCKET:SO_SNDBUF
    assert_equal "$values" 120000
    option_values "$listener_pid" connected SOL_SOCKET:SO_RCVBUF SOL_SOCKET:SO_PRIORITY SOL_SOCKET:SO_PASSCRED
    assert_equal "$values" "100000 5 1"
    option_values "$listener_pid" connected SOL_SOCKET:SO_LINGER
    assert_equal "$values" 0100000003000000
}

@test "options of datagram sockets are in effect on both sides" {
    hold_input
    listener_input=$held_input start_skt_listener -u --sockopt pktinfo --sockopt rcvbuf=50000 127.0.0.1 0
    option_values "$listener_pid" connected IPPROTO_IP:8 SOL_SOCKET:SO_RCVBUF
    assert_equal "$values" "1 100000"
    background_input=$held_input start_background "$SKT" -u --sockopt mtu-discover=do --sockopt no-check 127.0.0.1 "$port"
    option_values "$started_pid" connected IPPROTO_IP:10 SOL_SOCKET:11
    assert_equal "$values" "2 1"
}

@test "an option of both IPs is set for both, and with its level for one" {
    need_ipv6
    hold_input
    listener_input=$held_input start_skt_listener -u --sockopt ttl=44 --sockopt ipv6.tos=32 0
    option_values "$listener_pid" connected IPPROTO_IP:IP_TTL IPPROTO_IPV6:IPV6_UNICAST_HOPS IPPROTO_IP:IP_TOS \
        IPPROTO_IPV6:IPV6_TCLASS
    assert_equal "$values" "44 44 0 32"
}

@test "an option that another one bears upon is in effect in whichever order they stand" {
    hold_input
    listener_input=$held_input start_skt_listener -u --sockopt priority=3 --sockopt tos=16 127.0.0.1 0
    option_values "$listener_pid" connected SOL_SOCKET:SO_PRIORITY IPPROTO_IP:IP_TOS
    assert_equal "$values" "3 16"
    run -6 timeout 10 "$SKT" -l -u -d --sockopt block-source=239.1.2.3@lo,10.7.0.3 --sockopt join-group=239.1.2.3@lo \
        --max-time 0.01 0
    assert_contains "$output" "timed out"
}

@test "reuseaddr=off wins, too" {
    options=() client_options=()
    hold_input
    listener_input=$held_input start_skt_listener --sockopt reuseaddr=off 127.0.0.1 0
    option_values "$listener_pid" listening SOL_SOCKET:SO_REUSEADDR
    assert_equal "$values" 0
    listener_input=$held_input start_skt_listener 127.0.0.1 0
    option_values "$listener_pid" listening SOL_SOCKET:SO_REUSEADDR
    assert_equal "$values" 1
}

@test "the letters of nc and the names are the same options, and the last one counts" {
    options=() client_options=(-M 9 --sockopt ttl=10 --sockopt tos=8 -T 16)
    meet_with 127.0.0.1 0
    option_values "$client_pid" connected IPPROTO_IP:IP_TTL IPPROTO_IP:IP_TOS
    assert_equal "$values" "10 16"
}

@test "numbers and hexadecimal bytes set what has no name" {
    options=(--sockopt 0:2:21000000 --sockopt tcp:4:09000000) client_options=(--sockopt 0x6:0x1:00000000:connected)
    [ "$(printf '\1\0' | od -An -d | tr -d ' ')" = 1 ] || skip "bytes lie the other way round here"
    meet_with 127.0.0.1 0
    option_values "$listener_pid" connected IPPROTO_IP:IP_TTL IPPROTO_TCP:TCP_KEEPIDLE
    assert_equal "$values" "33 9"
    option_values "$client_pid" connected IPPROTO_TCP:TCP_NODELAY
    assert_equal "$values" 0
}

@test "so do options by number win over what skt turns on, and reach the sockets that are accepted" {
    [ "$(printf '\1\0' | od -An -d | tr -d ' ')" = 1 ] || skip "bytes lie the other way round here"
    options=(-k --sockopt 6:1:00000000) client_options=(--sockopt 6:1:00000000)
    meet_with 127.0.0.1 0
    option_values "$client_pid" connected IPPROTO_TCP:TCP_NODELAY
    assert_equal "$values" 0
    option_values "$listener_pid" connected IPPROTO_TCP:TCP_NODELAY
    assert_equal "$values" 0
    options=(-k --sockopt 1:12:05000000) client_options=()
    meet_with -U ./local
    option_values "$listener_pid" connected SOL_SOCKET:SO_PRIORITY
    assert_equal "$values" 5
    # one that can only be set before connect was set then
    options=(-k) client_options=(--sockopt 6:30:01000000)
    meet_with 127.0.0.1 0
    option_values "$client_pid" connected IPPROTO_TCP:30
    assert_equal "$values" 1
}

signs() {
    # by itself, without anybody to talk to: has this system signatures at all?
    run timeout 10 "$SKT" -l -d --accept-timeout 0.01 --sockopt md5sig=key 127.0.0.1 0
    [[ $output != *"Protocol not available"* ]] || exit 77
    assert_equal "$status" 6
    start_skt_listener -d -k --sockopt md5sig=secret 0
    run_client() { timeout 10 "$SKT" -w 1 "${@:2}" "$1" "$port" <<<"to $1" 2>client-err; }
    run_client 127.0.0.1 --sockopt md5sig=secret
    run_client ::1 --sockopt md5sig=secret
    local host words
    for host in 127.0.0.1 ::1; do
        for words in "" "--sockopt md5sig=other"; do
            status=0
            # shellcheck disable=SC2086  # two words, or none
            run_client "$host" $words || status=$?
            assert_equal "$status $words" "6 $words"
        done
    done
    wait_for_text "$listener_out" "to ::1"
    assert_file_is "$listener_out" 'to 127.0.0.1\nto ::1\n'
}

@test "signed packets are taken by who has the same key, over both IPs, and no others" {
    need_ipv6
    run in_netns signs
    [ "$status" -ne 77 ] || skip "this system has no TCP signatures"
    assert_equal "$status" 0
}

# --- phases ------------------------------------------------------------------------------------------------------

@test "options are set before bind, between bind and listen, and after accept" {
    need_tracer
    start_background strace -f -o trace -e trace=setsockopt,bind,listen,accept4,connect "$SKT" -l -d --announce=there \
        --sockopt 0:1:04000000 --sockopt 0:1:08000000:bound --sockopt 0:1:10000000:connected 127.0.0.1 0
    wait_for_line there "$started_pid" "$started_err"
    run -0 timeout 10 "$SKT" "$(cat there)" </dev/null
    run -0 timeout 10 "$SKT" "$(cat there)" <<<x
    end_status "$started_pid"
    assert_equal "$(sed -nE 's/^[0-9]+ +(bind|listen|accept4)\(.*/\1/p; s/.*IP_TOS, \[(0x)?([0-9a-f]+)\].*/\2/p' trace |
        sed '/accept4/q' | tr '\n' ' ')" "4 bind 8 listen accept4 "
    assert_contains "$(sed -n '/accept4/,$p' trace)" "IP_TOS, [16]"
}

@test "a connecting socket gets them before and after bind, and when connected" {
    need_tracer
    start_skt_listener 127.0.0.1 0
    run -0 timeout 10 strace -f -o trace -e trace=setsockopt,bind,connect "$SKT" -s 127.0.0.1 --sockopt 0:1:04000000 \
        --sockopt 0:1:08000000:bound --sockopt 0:1:10000000:connected 127.0.0.1 "$port" <<<x
    assert_equal "$(sed -nE 's/^[0-9]+ +(bind|connect)\(.*/\1/p; s/.*IP_TOS, \[([0-9]+)\].*/\1/p' trace | uniq |
        tr '\n' ' ')" "4 bind 8 connect 16 "
}

@test "a client that has gone before its options are set is no reason to end" {
    need_tracer
    need_own_calls
    # TCP_NODELAY, SO_KEEPALIVE and SO_REUSEADDR; then TCP_QUICKACK of the first client, and of the second
    start_background strace -f -o trace -e trace=setsockopt -e inject=setsockopt:error=ENOTCONN:when=4 "$SKT" -l -d \
        --announce=there --sockopt quickack 127.0.0.1 0
    wait_for_line there "$started_pid" "$started_err"
    run timeout 10 "$SKT" "$(cat there)" </dev/null
    assert_at_most "$status" 1 # what it is told depends on when it looks
    run -0 timeout 10 "$SKT" "$(cat there)" <<<second
    end_status "$started_pid"
    assert_equal "$status" 0
    assert_file_is "$started_out" 'second\n'
    assert_equal "$(grep -c 'QUICKACK.*INJECTED' trace)" 1
}

# --- telling -----------------------------------------------------------------------------------------------------

@test "-v tells what the kernel made of a number, and is silent about the rest" {
    start_skt_listener -v -k --sockopt rcvbuf=5000 --sockopt tos=16 127.0.0.1 0
    run -0 --separate-stderr timeout 10 "$SKT" -v -I 65536 --sockopt ttl=9 127.0.0.1 "$port" <<<x
    assert_contains "$stderr" "socket option rcvbuf=65536: the kernel made it 131072"
    assert_equal "$(grep -c "socket option" <<<"$stderr")" 1
    wait_for_text "$listener_err" "socket option rcvbuf=5000: the kernel made it 10000"
    assert_equal "$(grep -c "socket option" "$listener_err")" 1
    run -0 --separate-stderr timeout 10 "$SKT" -I 65536 127.0.0.1 "$port" <<<x
    assert_equal "$stderr" ""
}

forces_buffers() {
    start_skt_listener -v -d --sockopt rcvbufforce=100M 127.0.0.1 0
    wait_for_text "$listener_err" "socket option rcvbufforce=100M: the kernel made it 209715200"
}

@test "-v tells it of buffers above the system's limit, too" {
    "$SKT" -u -q 0 --sockopt rcvbufforce=100M 127.0.0.1 9 </dev/null 2>err || skip "$(cat err)"
    forces_buffers
}

fans_out() {
    local role
    for role in -d -l; do
        # group 0, and the flag by which the kernel chooses another
        run -6 timeout 10 "$SKT" $role -v --domain packet --protocol 0x88b5 --sockopt fanout=0x20000000 --max-time 0.1 lo
        assert_contains "$output" "socket option fanout=0x20000000: the kernel made it "
        assert_contains "$(timeout 10 strace -e trace=setsockopt "$SKT" $role --domain packet --protocol 0x88b5 \
            --sockopt fanout=7 --max-time 0.1 lo 2>&1)" "PACKET_FANOUT, [7], 4) = 0"
    done
}

@test "packet.fanout is set once the socket has its interface, connecting and listening" {
    need_tracer
    in_netns fans_out
}

@test "an option that the socket does not have is status 4 connecting and 5 listening" {
    start_skt_listener -k 127.0.0.1 0
    run -4 timeout 10 "$SKT" --sockopt sctp.nodelay 127.0.0.1 "$port" </dev/null
    assert_equal "$output" "skt: socket option sctp.nodelay=on: Protocol not available"
    run -5 timeout 10 "$SKT" -lU --sockopt ttl=5 ./path </dev/null
    assert_one_line "$output" "skt: socket option ttl=5: "
    [ ! -e ./path ]
    run -5 timeout 10 "$SKT" -l --sockopt ipv6:9999:00 0 </dev/null
    assert_one_line "$output" "skt: socket option 41:9999:00: "
    run -4 timeout 10 "$SKT" --sockopt congestion=nosuch 127.0.0.1 "$port" </dev/null
    assert_equal "$output" "skt: socket option congestion=nosuch: No such file or directory"
    run -4 timeout 10 "$SKT" --sockopt multicast-interface=nosuch -u 127.0.0.1 "$port" </dev/null
    assert_equal "$output" "skt: socket option multicast-interface=nosuch: No such device"
}

@test "an option that is refused after bind is told, and the socket file is removed" {
    run -5 timeout 10 "$SKT" -lU --sockopt 1:9999:00:bound ./path </dev/null
    assert_one_line "$output" "skt: socket option 1:9999:00:bound: "
    [ ! -e ./path ]
    run -4 timeout 10 "$SKT" --sockopt 1:9999:00:bound 127.0.0.1 1 </dev/null
    assert_one_line "$output" "skt: socket option 1:9999:00:bound: "
}

@test "a name or value that cannot be is status 2, and no socket is opened" {
    need_tracer
    local setting
    for setting in nodely tcp.nodely=1 checksum=1 nodelay=maybe ttl=0 rcvbuf=x keepidle= 6:1 6:1:0 device= \
        multicast-interface=a/b; do
        run -2 timeout 10 strace -f -o trace -e trace=socket "$SKT" --sockopt "$setting" 127.0.0.1 1 </dev/null
        assert_one_line "$output" "skt: --sockopt $setting: "
        run -1 grep socket trace
    done
}

@test "bounds are the kernel's: their ends are taken, and what is beyond is refused before a socket is opened" {
    need_tracer
    local setting known=0
    for setting in txrehash=-1 txrehash=1 keepidle=32767 keepintvl=32767 syncnt=127 maxseg=88 rto-min-us=200000 \
        delack-max-us=200000 tx-delay=268435455 rto-max-ms=120; do
        run timeout 10 "$SKT" -l -d --accept-timeout 0.01 --sockopt "$setting" 127.0.0.1 0
        [[ $output != *"not available"* && $output != *"not supported"* ]] || continue # an older kernel
        assert_equal "$setting $status" "$setting 6"
        known=$((known + 1))
    done
    assert_at_least "$known" 5
    for setting in txrehash=-2 txrehash=2 keepidle=32768 keepintvl=32768 syncnt=128 maxseg=87 rto-min-us=200001 \
        delack-max-us=200001 tx-delay=268435456 rto-max-ms=121 ipv6.checksum=3; do
        run -2 timeout 10 strace -f -o trace -e trace=socket "$SKT" --sockopt "$setting" 127.0.0.1 1 </dev/null
        assert_one_line "$output" "skt: --sockopt $setting: "
        run -1 grep socket trace
    done
    run -2 timeout 10 "$SKT" -6 --raw --protocol 200 --checksum 3 ::1
    assert_equal "$output" "skt: --checksum 3: not a multiple of 2"
    run -2 timeout 10 "$SKT" --sockopt ipv6.checksum=3 127.0.0.1 1
    assert_equal "$output" "skt: --sockopt ipv6.checksum=3: not a multiple of 2"
}

@test "the names of the manual pages and the words of -T are taken, too" {
    need_tracer
    local setting
    for setting in IP_ADD_MEMBERSHIP=239.1.2.3@lo IPV6_ADD_MEMBERSHIP=ff02::5@lo \
        IP_ADD_SOURCE_MEMBERSHIP=232.1.1.1@lo,127.0.0.1; do
        run timeout 10 strace -f -o trace -e trace=setsockopt "$SKT" -l -u --sockopt "$setting" --max-time 0.01 0
        assert_contains "$(<trace)" MCAST_JOIN_
    done
    run -0 timeout 10 strace -f -o trace -e trace=setsockopt "$SKT" -u -q 0 --sockopt tos=af11 127.0.0.1 9 </dev/null
    assert_contains "$(<trace)" "IP_TOS, [40]"
    run -2 timeout 10 "$SKT" --sockopt tos=af14 127.0.0.1 9
    assert_contains "$output" "skt: --sockopt tos=af14: not a number: af11 "
    run -2 "$SKT" --sockopt add-membership=1 127.0.0.1 1
    assert_equal "$output" "skt: --sockopt add-membership=1: could be ip.join-group netlink.add-membership"
}

hears_station() {
    ip link add here type veth peer name there
    ip link set here up
    start_skt_listener --domain packet --protocol lldp --sockopt packet.multicast=here/01:80:c2:00:00:0e \
        --sockopt packet.unicast=here/02:00:00:00:00:77 here
    assert_contains "$(ip maddress show dev here)" 01:80:c2:00:00:0e
    stop "$listener_pid"
    [[ $(ip maddress show dev here) != *01:80:c2:00:00:0e* ]] || fail "still there"
    run -5 timeout 10 "$SKT" -l --domain packet --sockopt packet.multicast=nosuch/01:80:c2:00:00:0e here
    assert_one_line "$output" "skt: socket option packet.multicast=nosuch/01:80:c2:00:00:0e: No such device"
}

@test "packet.multicast has an interface let the frames to an address through" {
    in_netns hears_station
    for setting in here here/ here/02:00:00:00:00 here/zz /02:00:00:00:00:01; do
        run -2 "$SKT" --domain packet --sockopt packet.unicast=$setting lo
        assert_equal "$output" \
            "skt: --sockopt packet.unicast=$setting: not INTERFACE/MAC, as eth0/02:00:00:00:00:01"
    done
}

@test "a misspelt name gets the nearest one, and one of several gets them all" {
    run -2 "$SKT" --sockopt keepidel=5 127.0.0.1 1
    assert_equal "$output" "skt: --sockopt keepidel=5: no such socket option: did you mean keepidle?"
    run -2 "$SKT" --sockopt checksum=5 127.0.0.1 1
    assert_equal "$output" "skt: --sockopt checksum=5: could be ip.checksum ipv6.checksum"
}

# --- what options put into a socket's queue of errors --------------------------------------------------------------

@test "errors of senders that have gone, which recverr keeps, do not keep a listener of datagrams busy" {
    need python3
    for local in "-k --echo" --echo "-k -c cat"; do
        # shellcheck disable=SC2086
        start_skt_listener -u --sockopt recverr=on $local 127.0.0.1 0
        for _ in 1 2 3; do
            run -0 foreign peer.py "connect:udp:$port" send:x
        done
        wait_until is_still "$listener_pid"
        assert_idle "$listener_pid"
        stop "$listener_pid"
    done
}

@test "times of sending, which timestamping keeps, neither end a session nor keep it busy" {
    need python3
    for kind in tcp udp; do
        options=() steps=()
        if [ "$kind" = udp ]; then options=(-u); else steps=(accept); fi
        hold_input
        start_peer "listen:$kind" "${steps[@]}" 'expect:a\n' 'send:1\n' 'expect:b\n' 'send:2\n' 'expect:c\n' 'send:3\n'
        background_input=$held_input start_background "$SKT" "${options[@]}" --sockopt timestamping=18 127.0.0.1 "$port"
        say 'a\n'
        wait_for_text "$started_out" 1
        wait_until is_still "$started_pid"
        assert_idle "$started_pid"
        say 'b\n'
        wait_for_text "$started_out" 2
        say 'c\n'
        wait_for_text "$started_out" 3
        peer_succeeds
        stop "$started_pid"
    done
}

@test "times of sending do not keep a socket of frames busy either" {
    in_netns sends_a_frame_with_times
}

sends_a_frame_with_times() {
    hold_input
    start_skt_listener --domain packet --type dgram --protocol 0x88b5 lo
    background_input=$held_input start_background "$SKT" --domain packet --type dgram --protocol 0x88b5 \
        --sockopt timestamping=18 lo
    say 'a\n'
    wait_for_text "$listener_out" a
    wait_until is_still "$started_pid"
    assert_idle "$started_pid"
    stop "$started_pid"
}
