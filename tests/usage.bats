#!/usr/bin/env bats
# Bad command lines: always status 2, nothing on standard output, and one line that names the word as it was typed
# and says what would be right; and all of that before anything is opened. And unusual good ones.

load helpers

# refuses MESSAGE ARGUMENTS...: the line is "skt: MESSAGE", or begins so.
refuses() {
    local message="skt: $1"
    shift
    status=0
    timeout 10 "$SKT" "$@" >out 2>err </dev/null || status=$?
    [ "$status" -eq 2 ] || fail "status $status, not 2: skt $*: $(cat err)"
    assert_file_is out ''
    [ "$(wc -l <err)" -eq 1 ] || fail "not one line: $(cat err)"
    [[ $(cat err) == "$message"* ]] || fail "got:  $(cat err)"$'\n'"want: $message..."
}

# --- ports -----------------------------------------------------------------------------------------------------------

@test "a port is a number from 0 to 65535 or a service's name, for connecting, listening and scanning" {
    for port in 65536 4294967376 18446744073709551696 99999999999999999999 1x nosuchservice ' 80' '80 ' +80 0x50 1.5 é; do
        refuses "port $port: a port is 0 to 65535 or a service name" 127.0.0.1 "$port"
        refuses "port $port: a port is 0 to 65535 or a service name" -l "$port"
        refuses "port $port: a port is 0 to 65535 or a service name" -z 127.0.0.1 "$port"
        refuses "port $port: a port is 0 to 65535 or a service name" -u 127.0.0.1 "$port"
        refuses "port $port: a port is 0 to 65535 or a service name" "127.0.0.1:$port"
        refuses "port $port: a port is 0 to 65535 or a service name" "tcp://127.0.0.1:$port"
        refuses "port $port: a port is 0 to 65535 or a service name" -p "$port" 127.0.0.1 80
        refuses "port $port: a port is 0 to 65535 or a service name" -l -p "$port"
    done
    refuses "port -1: a port is 0 to 65535 or a service name" -- 127.0.0.1 -1
    refuses "-1: no such option" 127.0.0.1 -1
}

@test "port 0 can only be listened on" {
    refuses "port 0: can only be listened on" 127.0.0.1 0
    refuses "port 0: can only be listened on" -u 127.0.0.1 0
    refuses "port 00: can only be listened on" 127.0.0.1:00
    refuses "port 0: can only be listened on" -z 127.0.0.1 0
}

@test "a range of ports has two good ends in order, and is only for -z" {
    refuses "port 80-90: a range of ports needs -z" 127.0.0.1 80-90
    refuses "port 80-90: a range of ports needs -z" -l 80-90
    refuses "port 80,90: a list of ports needs -z" 127.0.0.1 80,90
    refuses "port 80,90-95: a list of ports needs -z" -l 80,90-95
    refuses "port 90-80: a range begins with its lower port" -z 127.0.0.1 90-80
    refuses "port 90-80: a range begins with its lower port" -z 127.0.0.1 22,90-80
    refuses "port 0: can only be listened on" -z 127.0.0.1 0-80
    refuses "port 0: can only be listened on" -z 127.0.0.1 80,0
    for list in ',' '80,' ',80' '80,,90'; do
        refuses "port \"\": a port is 0 to 65535 or a service name" -z 127.0.0.1 "$list"
    done
    for range in 80-65536 80- 80-90- 80-90-100 80--90 1x-80; do
        refuses "port $range: a port is 0 to 65535 or a service name" -z 127.0.0.1 "$range"
    done
}

# --- hosts -----------------------------------------------------------------------------------------------------------

@test "a host is an address or a name" {
    for host in 1.2.3 300.1.1.1 1.2.3.4.5 127.1 0x7f.1 2130706433 01.2.3.4; do
        refuses "host $host: not an IPv4 address, which is four numbers of 0 to 255 with dots" "$host" 80
    done
    refuses "host ::g: not an IPv6 address" ::g 80
    refuses "host 1:2:3:4:5:6:7:8:9: not an IPv6 address" 1:2:3:4:5:6:7:8:9 80
    refuses "host [::1: brackets go around an IPv6 address" "[::1" 80
    refuses "host a b: an address or a name has no blanks or control characters" "a b" 80
    refuses "host fe80::1%: after % comes the name or the index of an interface" fe80::1% 80
    refuses "host " "$(printf '%0256d' 0 | tr 0 a)" 80
    assert_contains "$(cat err)" "longer than 255 characters"
}

@test "a host is of the family that is asked for, and numeric with -n" {
    refuses "host ::1: not an IPv4 address" -4 ::1 80
    refuses "host 127.0.0.1: not an IPv6 address" -6 127.0.0.1 80
    refuses "host ::1: not an IPv4 address" -4 -l ::1 80
    refuses "host ::1: not an IPv4 address" -4 -s ::1 127.0.0.1 80
    refuses "host [::1]: not an IPv4 address" "tcp4://[::1]:80"
    refuses "host some-name: not a numeric address, and -n forbids names" -n some-name 80
    refuses "host some-name: not a numeric address, and -n forbids names" -n -s some-name 127.0.0.1 80
}

@test "host and port in one word have the port after a colon, and IPv6 in brackets" {
    refuses "missing operand after 127.0.0.1: connecting needs HOST and PORT" 127.0.0.1
    refuses "127.0.0.1:: a port has to follow the colon" 127.0.0.1:
    refuses ":80: no host" :80
    refuses "::1:80: no port; an IPv6 address and a port are [ADDRESS]:PORT" ::1:80
    refuses "[::1]x:80: an IPv6 address and a port are [ADDRESS]:PORT" "[::1]x:80"
    refuses "*: * stands for every interface and needs -l" "*" 80
    refuses "/a/path: a path or @NAME needs -U" /a/path
    refuses "@name: a path or @NAME needs -U" @name
    refuses "./path: a path or @NAME needs -U" -l ./path
}

@test "a URL has a known scheme, a host and a port, and contradicts no option" {
    refuses "http://127.0.0.1:80: unknown scheme; known: tcp:// " http://127.0.0.1:80
    refuses "tpc://127.0.0.1:80: did you mean tcp? known: tcp:// " tpc://127.0.0.1:80
    refuses "tcp://127.0.0.1: no port" tcp://127.0.0.1
    refuses "-u and tcp://127.0.0.1:80: contradict each other" -u tcp://127.0.0.1:80
    refuses "--udp and tcp://127.0.0.1:80: contradict each other" --udp tcp://127.0.0.1:80
    refuses "-6 and tcp4://127.0.0.1:80: contradict each other" -6 tcp4://127.0.0.1:80
    refuses "-U and tcp://127.0.0.1:80: contradict each other" -U tcp://127.0.0.1:80
    refuses "surplus operand 90: the URL says it all" tcp://127.0.0.1:80 90
    refuses "unix:: use unix:PATH, unix:@NAME or unix:///PATH" unix:
    refuses "unix://host/x: use unix:PATH, unix:@NAME or unix:///PATH" unix://host/x
}

# --- domains and types -----------------------------------------------------------------------------------------------

@test "a domain has a type, or says which it has" {
    local domain type count=0
    "$SKT" --version >version
    for domain in $(sed -n 's/^domains: \(.*\); types.*/\1/p' version); do
        "$SKT" --domain list | awk -v domain="$domain" '/^[a-z]/ || !NF { on = $1 == domain } on' >line
        for type in $(sed -n 's/.*; types: //p' version); do
            status=0
            timeout 10 "$SKT" --domain "$domain" --type "$type" 2>err </dev/null || status=$?
            if [[ " $(tr '()\n-' '    ' <line)  " == *" $type "* ]]; then
                refute_contains "$(cat err)" "has no type"
            else
                assert_equal "$status" 2
                assert_one_line "$(cat err)" "skt: domain $domain has no type $type: it has "
                count=$((count + 1))
            fi
        done
    done
    assert_at_least "$count" 5
}

@test "a protocol has a type, or says which it has" {
    refuses "protocol sctp has no type dgram: it has stream, seqpacket" --protocol sctp --type dgram 127.0.0.1 80
    refuses "protocol udplite has no type stream: it has dgram" --protocol IPPROTO_UDPLITE --type stream 127.0.0.1 80
    refuses "protocol dccp has no type stream: it has dccp" -l --protocol 33 --type stream 80
    refuses "protocol mptcp has no type dgram: it has stream" -u --protocol mptcp 127.0.0.1 80
    refuses "--sctp and -Z: exclude each other" --sctp -Z 127.0.0.1 80
    refuses "-u and --mptcp: exclude each other" --mptcp -u 127.0.0.1 80
    refuses "-U and --sctp: exclude each other" --sctp -U path
    refuses "--sctp: domain has no such protocol" --sctp --domain unix path
    refuses "--protocol 7: domain tipc has no protocols" --domain tipc --protocol 7 1000:1
    refuses "--protocol 7: domain unix has no protocols" -U --protocol 7 path
    refuses "--protocol foo: domain x25 has no protocols" --domain x25 --protocol foo 1
    refuses "--shutdown: needs a type that half-closes (stream): sctp does not" --shutdown wr --sctp 127.0.0.1 80
    refuses "--eof-message: needs a type without half-close and with empty messages" --eof-message -Z 127.0.0.1 80
    refuses "--eof-message: needs a type without half-close and with empty messages" --eof-message --sctp --seqpacket 127.0.0.1 80
    refuses "--dccp-service: needs a type with codes of services (dccp): stream has none" --dccp-service fdpz 127.0.0.1 80
    refuses "--dccp-service SC:: not a code: SC:TEXT of 1 to 4 characters" --dccp-service SC: -Z 127.0.0.1 80
    refuses "-Z and tcp://127.0.0.1:80: contradict each other" -Z tcp://127.0.0.1:80
    refuses "protocol sctp has no type dgram: it has stream, seqpacket" --udp sctp://127.0.0.1:80
}

# --- how many operands -----------------------------------------------------------------------------------------------

@test "a missing operand is named by what is needed" {
    refuses "missing operand: connecting needs HOST and PORT"
    refuses "missing operand: connecting needs HOST and PORT" -v -w 5
    refuses "missing operand: connecting needs HOST and PORT" --
    refuses "missing operand: listening needs [HOST] PORT" -l
    refuses "missing operand: connecting needs a PATH" -U
    refuses "missing operand: listening needs a PATH" -l -U
}

@test "a surplus operand is named" {
    refuses "surplus operand 90: connecting needs HOST and PORT" 127.0.0.1 80 90
    refuses "surplus operand 90: listening needs [HOST] PORT" -l 127.0.0.1 80 90
    refuses "surplus operand other: connecting needs a PATH" -U path other
    refuses "surplus operand -v: connecting needs HOST and PORT" 127.0.0.1 80 -- -v
}

@test "nothing is said twice" {
    refuses "-p 80 and operand 90: the port is given twice" -l -p 80 90
    refuses "-p 80 and operand 90: the port is given twice" -l -p 80 127.0.0.1 90
    refuses "-s 127.0.0.1 and operand 127.0.0.2: the address is given twice" -l -s 127.0.0.1 127.0.0.2 80
    refuses "-s here: the path to listen at is the operand" -l -s here -U there
}

@test "an empty word is told from a missing one" {
    refuses "empty operand" "" 80
    refuses "empty operand" 127.0.0.1 ""
    refuses "empty operand" ""
    refuses "empty operand" -l ""
    refuses "empty operand" -U ""
    for option in -s -p -o -w -I -M --hex-dump --domain --type --protocol --shutdown --completion; do
        refuses "$option '': " "$option" "" 127.0.0.1 80
    done
    refuses "--announce '': " --announce= -l 0
}

# --- values ----------------------------------------------------------------------------------------------------------

@test "a time is seconds, or a number with ms, s, m or h" {
    for time in x 1x -5 1e3 1s2 . 1..2 1.s. ' 1' '1 ' '1 s' 1,5 inf nan +1 0x10 1d ms 5S -1; do
        refuses "-w $time: not a time: use seconds, or a number with ms, s, m or h" -w "$time" 127.0.0.1 80
        refuses "--idle-timeout $time: not a time" --idle-timeout "$time" 127.0.0.1 80
    done
    refuses "-q -2: not a time" -q -2 127.0.0.1 80 # only -1 means no limit
    refuses "--delay x: not a time" --delay=x 127.0.0.1 80
}

@test "a time is within its bounds" {
    for time in 0 0.0 0ms 18446744073709551621 99999999999999999999 9223372036854775807 87601h 3650000000h; do
        refuses "-w $time: out of range: 1ms to 87600h" -w "$time" 127.0.0.1 80
    done
    refuses "-q 99999999999999999999: out of range: 0 to 87600h, or -1 for no limit" \
        -q 99999999999999999999 127.0.0.1 80
}

@test "a size is bytes, or a number with K, M or G, within its bounds" {
    for size in x 1x -1 1KK 1.5K K 1T '1 K' 0x10; do
        refuses "-I $size: not a size: use bytes, or a number with K, M or G" -I "$size" 127.0.0.1 80
    done
    for size in 0 2G 3G 18446744073709551617 99999999999999999999 9007199254740993K 17179869185G; do
        refuses "-O $size: out of range: 1 to 2147483647" -O "$size" 127.0.0.1 80
    done
}

@test "a number is within its bounds, and nothing else" {
    refuses "-M 0: out of range: 1 to 255" -M 0 127.0.0.1 80
    refuses "-M 256: out of range: 1 to 255" -M 256 127.0.0.1 80
    refuses "--ttl 256: out of range: 1 to 255" --ttl=256 127.0.0.1 80
    refuses "-M 1.5: not a number: 1 to 255" -M 1.5 127.0.0.1 80
    refuses "-M -1: not a number: 1 to 255" -M -1 127.0.0.1 80
    refuses "-M 4294967297: out of range: 1 to 255" -M 4294967297 127.0.0.1 80 # 1 in 32 bits
    refuses "--backlog 0: out of range: 1 to 65535" --backlog 0 -l 80
    refuses "--backlog 65536: out of range: 1 to 65535" --backlog 65536 -l 80
    refuses "-W 0: out of range: 1 to " -W 0 127.0.0.1 80
    refuses "-W 99999999999999999999: out of range: 1 to " -W 99999999999999999999 127.0.0.1 80
    refuses "--mode 8: not an octal number: 0 to 777" --mode 8 -l -U path
    refuses "--mode 1777: out of range: 0 to 777" --mode 1777 -l -U path
    refuses "--announce fd:x: not a descriptor: fd:N with a number" --announce=fd:x -l 0
    refuses "--announce fd:99999999999: not a descriptor" --announce=fd:99999999999 -l 0
}

@test "a word that is not known brings the nearest one, and all that are" {
    refuses "--domain inet7: did you mean inet? known: inet46 inet inet6 unix packet netlink " --domain inet7 127.0.0.1 80
    refuses "--domain unxi: did you mean unix? known: " --domain unxi path
    refuses "--type strem: did you mean stream? known: stream dgram seqpacket" --type strem 127.0.0.1 80
    refuses "--type nothing-like-it: not known; known: stream dgram seqpacket" --type nothing-like-it 127.0.0.1 80
    refuses "--protocol tpc: did you mean tcp? known: tcp udp" --protocol tpc 127.0.0.1 80
    refuses "--protocol 65536: out of range: 0 to 65535" --protocol 65536 127.0.0.1 80
    refuses "--records lines: did you mean line? known: none line nul u16 u32 netstring size:N" \
        -u --records lines 127.0.0.1 80
    refuses "-T lowdelya: did you mean lowdelay? known: " -T lowdelya 127.0.0.1 80
    refuses "-T 256: out of range: 0 to 255" -T 256 127.0.0.1 80
    assert_contains "$("$SKT" -T highcost 127.0.0.1 80 2>&1)" " throughput, or 0 to 255"
    refuses "--retry many: not known; known: forever, or 0 to 1000000" --retry many 127.0.0.1 80
    refuses "--workers -1: not known; known: auto, or 1 to 1024" -lk --echo --workers -1 127.0.0.1 80
    refuses "--shutdown rdrw: did you mean rdwr? known: wr rdwr none" --shutdown rdrw 127.0.0.1 80
    refuses "--completion csh: " --completion csh
    refuses "--records size:1048577: the size of a message is 1 to 1048576" -u --records size:1048577 127.0.0.1 80
    for records in size: size:0 size:x size:1x size:-1 size:99999999999999999999 u8 "line "; do
        refuses "--records $records: " -u --records "$records" 127.0.0.1 80
    done
}

# --- options ---------------------------------------------------------------------------------------------------------

@test "an unknown option brings the nearest one" {
    refuses "--listn: no such option: did you mean --listen?" --listn 80
    refuses "--verbos-e: no such option: did you mean --verbose?" --verbos-e 127.0.0.1 80
    refuses "--idel-timeout: no such option: did you mean --idle-timeout?" --idel-timeout=5 127.0.0.1 80
    refuses "--nothing-like-it: no such option: see skt --help" --nothing-like-it
    refuses "--re: could be " --re
    refuses "--s: could be --seqpacket " --s # more than a line has room for
    grep -qE ' --[a-z0-9-]+ \.\.\.$' err || fail "$(cat err)"
    sed 's/.*could be//; s/ \.\.\.$//' err | xargs -n 1 >names
    "$SKT" --help | grep -oE -- '--[a-z0-9-]+' >known
    while read -r name; do grep -qxF -e "$name" known || fail "$name is no option"; done <names
    refuses "-y: no such option: see skt --help" -y
    refuses "-y: no such option: see skt --help" -lvy 80
    refuses "-=: no such option: see skt --help" -l=80
}

@test "an option has its value, and one that takes none has none" {
    refuses "-w: needs a value: TIME" 127.0.0.1 80 -w
    refuses "--wait: needs a value: TIME" 127.0.0.1 80 --wait
    refuses "-w l: not a time" -wl 80
    refuses "--listen: takes no value" --listen=yes 80
    refuses "--udp: takes no value" --udp= 127.0.0.1 80
}

@test "options that exclude each other are both named as typed" {
    refuses "-4 and -6: exclude each other" -4 -6 127.0.0.1 80
    refuses "--ipv4 and -6: exclude each other" -6 --ipv4 127.0.0.1 80
    refuses "-4 and -U: exclude each other" -4 -U path
    refuses "-4 and --domain: exclude each other" -4 --domain unix path
    refuses "-l and -z: exclude each other" -l -z 127.0.0.1 80
    refuses "-l and --connect-timeout: exclude each other" -l --connect-timeout 1 80
    refuses "-l and -r: exclude each other" -l -r 80
    refuses "-p and -r: exclude each other" -r -p 80 127.0.0.1 80
    refuses "-u and --seqpacket: exclude each other" -u --seqpacket -U path
    refuses "-u and --type: exclude each other" -u --type stream 127.0.0.1 80
    refuses "-N and --no-shutdown: exclude each other" -N --no-shutdown 127.0.0.1 80
    refuses "-d and -N: exclude each other" -d -N 127.0.0.1 80
    refuses "-d and -C: exclude each other" -C -d 127.0.0.1 80
    refuses "--send-only and --recv-only: exclude each other" --send-only --recv-only 127.0.0.1 80
    refuses "-z and -q: exclude each other" -z -q 1 127.0.0.1 80
    refuses "-z and -o: exclude each other" -z -o file 127.0.0.1 80
    refuses "--parallel and -i: exclude each other" -z -i 1 --parallel 5 127.0.0.1 80
    refuses "-l and --retry: nothing is connected to, unless --relay says where" -l --retry 5 80
    refuses "-o and --hex-dump same: name the same file" -o same --hex-dump same 127.0.0.1 80
    [ ! -e file ]
    [ ! -e same ]
}

@test "an option that needs another says which" {
    refuses "-k: needs --listen" -k 127.0.0.1 80
    refuses "--accept-timeout: needs --listen" --accept-timeout 1 127.0.0.1 80
    refuses "--backlog: needs --listen" --backlog 5 127.0.0.1 80
    refuses "--reuse-port: needs --listen" --reuse-port 127.0.0.1 80
    refuses "--announce: needs --listen" --announce 127.0.0.1 80
    for option in --all --json "--parallel 5" "--banner 5"; do
        # shellcheck disable=SC2086  # two words
        refuses "${option%% *}: needs --zero" $option 127.0.0.1 80
    done
    refuses "--retry-delay: needs --retry" --retry-delay 1 127.0.0.1 80
    refuses "--retry-max-time: needs --retry" --retry-max-time 1 127.0.0.1 80
    refuses "--append-output: needs --output or --hex-dump" --append-output 127.0.0.1 80
}

@test "an option that means nothing for the type or the domain says what it is for" {
    refuses "--records: needs a type that keeps messages apart (dgram, seqpacket, raw, dccp): stream does not" --records u16 127.0.0.1 80
    refuses "--eof-message: needs a type without half-close and with empty messages (dgram, raw): stream " --eof-message 127.0.0.1 80
    refuses "--eof-message: needs a type without half-close and with empty messages (dgram): seqpacket " \
        --eof-message --seqpacket -U path
    refuses "-b: needs a type that keeps messages apart (dgram, seqpacket, raw, dccp): stream does not" -b 127.0.0.1 80
    refuses "--shutdown: needs a type that half-closes (stream): dgram does not" --shutdown wr -u 127.0.0.1 80
    refuses "--backlog: needs a type that accepts connections (stream, dccp): dgram does not" --backlog 5 -u -l 80
    refuses "-p: needs addresses with ports: unix has none" -p 80 -U path
    refuses "-z: needs addresses with ports that can be scanned, or paths: vsock has none" -z --vsock 1 80
    refuses "--mode: needs addresses that are paths: inet46 has none" --mode 600 -l 80
    refuses "--mode and @name: a name in the abstract namespace has no permissions" --mode 600 -l -U @name
    refuses "--mode and @name: a name in the abstract namespace has no permissions" --mode 666 -l unix:@name
    refuses "--mode: needs addresses that are paths: netlink has none" --mode 600 -l --domain netlink
}

@test "a domain and a type that do not go together are refused, with the types that there are" {
    refuses "domain unix has no type raw: it has stream, dgram, seqpacket" --domain unix --type raw path
    refuses "domain inet has no type rdm: it has stream, dgram, seqpacket, raw, dccp" --domain inet --type rdm 127.0.0.1 80
    refuses "domain inet46 has no type packet: it has stream, dgram" --type packet 127.0.0.1 80
    refuses "domain inet6 has no type rdm: it has stream, dgram" -6 --type RDM ::1 80
}

@test "a socket path has 107 bytes at most" {
    long=$(printf '/%0107d' 0)
    refuses "socket path $long: 108 bytes long; a socket path is at most 107 bytes" -U "$long"
    refuses "socket path @${long#/}x: 108 bytes long" -l -U "@${long#/}x"
}

# --- before anything is opened ---------------------------------------------------------------------------------------

@test "no socket is opened and no file made before the whole command line is found good" {
    need_own_calls
    need strace
    need_plain_build
    cat >commands <<'COMMANDS'
127.0.0.1 65536
127.0.0.1 0
-l 65536
-l -p 70000
-l 127.0.0.1 80 90
1.2.3 80
fe80::1% 80
-n name 80
-U path other
-l -U path -o made --announce=made --mode 1777
-u -l 0 -o made --records lines
-l 0 --announce=made --hex-dump made2 -w nonsense
-o made --append-output 127.0.0.1 80 --no-such-option
-l -k --reuse-port 127.0.0.1 0 -z
--domain unix --type raw path
-s 1.2.3 127.0.0.1 80
-s ::1 -4 127.0.0.1 80
tcp4://[::1]:80
COMMANDS
    # Each run has a trace of its own: a shell between them may look its user up, over a socket.
    while read -r -a words; do
        run -2 --separate-stderr \
            strace -f -o trace.one -e trace=socket,socketpair,connect,bind,creat,open,openat,openat2 \
            "$SKT" "${words[@]}" </dev/null
        assert_equal "${#stderr_lines[@]}" 1
        cat trace.one >>trace
    done <commands
    assert_equal "$(grep -E 'socket|connect\(|bind\(' trace)" ""
    refute_contains "$(cat trace)" made
    [ ! -e made ]
    [ ! -e path ]
}

@test "a service that is not known opens no socket but the C library's own" {
    need strace
    need_plain_build
    run -2 strace -f -o trace -e trace=socket "$SKT" 127.0.0.1 nosuchservice
    assert_equal "$(grep 'socket(' trace | grep -v 'AF_UNIX')" ""
}

# --- unusual and good ------------------------------------------------------------------------------------------------

@test "arguments of 64 KiB get the same clear answers" {
    long=$(printf '%065536d' 0 | tr 0 a)
    for words in "$long|80" "127.0.0.1|$long" "-w|$long|127.0.0.1|80" "--$long" "-U|$long" "-l|$long" \
        "--domain|$long|x|80" "-u|--records|$long|127.0.0.1|80" "-s|$long|127.0.0.1|80" "tcp://$long:80" \
        "$long://127.0.0.1:80" "127.0.0.1|80|$long" "-T|$long|127.0.0.1|80" "--announce=fd:$long|-l|0"; do
        IFS='|' read -ra list <<<"$words"
        status=0
        timeout 10 "$SKT" "${list[@]}" >out 2>err </dev/null || status=$?
        assert_equal "$status" 2
        assert_equal "$(wc -l <err)" 1
        assert_at_most "$(wc -c <err)" 4096
        # the reason is there, however much of the word is cut off
        tail -c 12 err | grep -q '[^a]' || fail "$(tail -c 300 err)"
    done
}

@test "a file name of 64 KiB is refused by the system, and that is told" {
    long=$(printf '%065536d' 0 | tr 0 a)
    run -9 timeout 10 "$SKT" -o "$long" 127.0.0.1 80 </dev/null
    assert_equal "${#lines[@]}" 1
    assert_contains "$output" ": File name too long"
}

@test "eleven hundred descriptors that we inherit do no harm, on either side" {
    ulimit -S -n 2048 || skip "needs 2048 descriptors"
    # shellcheck disable=SC2016  # for the inner shell
    local crowded='for ((i = 0; i < 1100; i++)); do exec {fd}</dev/null; done; exec "$@"'
    start_background bash -c "$crowded" - "$SKT" -l -k -d --announce=there 127.0.0.1 0
    wait_for_line there "$started_pid" "$started_err"
    assert_at_least "$(open_fds "$started_pid")" 1100
    port_of "$(cat there)"
    run -0 timeout 10 bash -c "$crowded" - "$SKT" 127.0.0.1 "$port" <<<"one of many"
    assert_equal "$output" ""
    run -0 timeout 10 "$SKT" 127.0.0.1 "$port" <<<another
    wait_for_text "$started_out" another
    assert_file_is "$started_out" 'one of many\nanother\n'
}

@test "names of domains, types and protocols are taken in any case, with the prefixes of C, or as numbers" {
    start_skt_listener -d -k 127.0.0.1 0
    for words in "--domain INET" "--domain AF_INET" "--domain pf_inet" "--domain 2" "--domain ipv4" \
        "--type STREAM" "--type SOCK_STREAM" "--type 1" "--protocol TCP" "--protocol IPPROTO_TCP" "--protocol 6" \
        "--domain AF_INET --type SOCK_STREAM --protocol IPPROTO_TCP"; do
        # shellcheck disable=SC2086  # several words
        run -0 timeout 10 "$SKT" $words 127.0.0.1 "$port" <<<"$words"
        assert_equal "$output" ""
    done
    wait_for_text "$listener_out" "--domain AF_INET --type"
}

@test "an option may be given twice, be cut short where that is clear, and have its value attached" {
    start_skt_listener -d -k 127.0.0.1 0
    for words in "-w 1 -w 5" "-w5" "--wait=5" "--conn 5" "-nw5" "-4 -4" "-vvvv" "--idle-timeout 0.5m -i 0"; do
        # shellcheck disable=SC2086  # several words
        run -0 timeout 10 "$SKT" $words 127.0.0.1 "$port" <<<"$words"
    done
}

@test "times and sizes at the ends of their ranges are taken" {
    start_skt_listener -d -k 127.0.0.1 0
    for words in "-w 87600h" "-w 1h" "-w 315360000" "-q -1" "-q 0.001" "-I 1" "-I 1M" "-O 2147483647" "-I 1k" \
        "-M 255" "-T 0xff" "-T 255" "-T LowDelay" "-i 0" "-W 1000000000000"; do
        # shellcheck disable=SC2086  # several words
        run -0 timeout 10 "$SKT" $words 127.0.0.1 "$port" <<<x
    done
}

# --- habits from other programs --------------------------------------------------------------------------------------

@test "several ports after a host are told to be one word" {
    refuses "80: several ports are one word, as in 22,80-90" -z 127.0.0.1 80 443
    refuses "20-30: several ports are one word, as in 22,80-90" -z localhost 20-30 80
    refuses "22: several ports are one word, as in 22,80-90" -uzv 127.0.0.1 ::1 22 80
}

@test "an address in the words of socat is told as a URL" {
    refuses "tcp:127.0.0.1:80: did you mean tcp://127.0.0.1:80?" tcp:127.0.0.1:80
    refuses "TCP4:localhost:http: did you mean tcp4://localhost:http?" TCP4:localhost:http
    refuses "udp:[::1]:53: did you mean udp://[::1]:53?" -l 'udp:[::1]:53'
    refuses "--relay TCP:127.0.0.1:80: did you mean tcp://127.0.0.1:80?" -l --relay TCP:127.0.0.1:80 0
    refuses "TCP-LISTEN:5000,fork: did you mean -l tcp://*:5000?" TCP-LISTEN:5000,fork
    refuses "unix-listen:/tmp/s: did you mean -l unix:/tmp/s?" unix-listen:/tmp/s
    refuses "VSOCK-LISTEN:7: did you mean -l vsock:*:7?" -l VSOCK-LISTEN:7
    refuses "TCP:localhost:80,nodelay: did you mean tcp://localhost:80?" TCP:localhost:80,nodelay
    refuses "tcp:localhost:80,90: did you mean tcp://localhost:80,90?" -z tcp:localhost:80,90
    refuses "TCP-CONNECT:127.0.0.1:80: did you mean tcp://127.0.0.1:80?" TCP-CONNECT:127.0.0.1:80
    refuses "udp4-connect:127.0.0.1:80,bind=:5: did you mean udp4://127.0.0.1:80?" udp4-connect:127.0.0.1:80,bind=:5
    refuses "UNIX-CONNECT:/tmp/s,forever: did you mean unix:/tmp/s?" UNIX-CONNECT:/tmp/s,forever
    refuses "--relay TCP6-CONNECT:[::1]:80: did you mean tcp6://[::1]:80?" -l --relay 'TCP6-CONNECT:[::1]:80' 0
    refuses "OPENSSL:localhost:443,verify=0: did you mean tls://localhost:443?" OPENSSL:localhost:443,verify=0
    refuses "tls:localhost:443: did you mean tls://localhost:443?" tls:localhost:443
    refuses "openssl-listen:443: did you mean -l tls://*:443?" openssl-listen:443
    refuses "TCP:localhost:80: did you mean tcp://localhost:80?" - TCP:localhost:80
    refuses "OPENSSL-CONNECT:localhost:443: did you mean tls://localhost:443?" STDIO OPENSSL-CONNECT:localhost:443
    refuses "UNIX-CONNECT:/tmp/s: did you mean unix:/tmp/s?" - UNIX-CONNECT:/tmp/s
    refuses "TCP-LISTEN:5000: did you mean -l tcp://*:5000?" stdio TCP-LISTEN:5000
    refuses "port tcp://localhost:80: a port is 0 to 65535 or a service name" - tcp://localhost:80
    run -4 timeout 10 "$SKT" -U tcp:no:file </dev/null
    run -4 timeout 10 "$SKT" -U tcp-listen:file </dev/null
    run -4 timeout 10 "$SKT" -U unix-connect:file </dev/null
    refuses "host tcp-connect: not a numeric address, and -n forbids names" -n tcp-connect:80
}
