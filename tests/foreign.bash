# foreign.bash: how each program is started as a listener and as a connector, for each kind of socket.
#
#   load helpers
#   load foreign
#
#   choose_address KIND                 an address that nobody else has; KIND is tcp4 tcp6 unix seqpacket udp4 udp6
#                                       unixdgram. Sets $kind $host $where (a port or a path), and $operands: it in
#                                       the words of skt. Skips where there is no IPv6 and it would be needed
#   words_of PROGRAM listens|connects   sets $words: PROGRAM (skt receiving_skt nc.openbsd nc.traditional ncat socat
#                                       python3) at that address, joined to its standard streams, so that the end of
#                                       its input ends its writing side where it can do that. Skips where it is not
#                                       installed
#   wait_for_listener                   until somebody listens there
#
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # what is set here is read in the tests, and the other way round

choose_address() {
    need python3
    kind=$1 host='' address_count=$((${address_count:-0} + 1))
    where=$kind-$BASHPID-$address_count
    case $kind in
    tcp4) host=127.0.0.1 where=$(free_port tcp) operands=("$host" "$where") ;;
    udp4) host=127.0.0.1 where=$(free_port udp) operands=(-u "$host" "$where") ;;
    tcp6) need_ipv6 && host=::1 where=$(free_port tcp inet6) && operands=("$host" "$where") ;;
    udp6) need_ipv6 && host=::1 where=$(free_port udp inet6) && operands=(-u "$host" "$where") ;;
    unix) operands=(-U "$where") ;;
    unixdgram) operands=(-u -U "$where") ;;
    seqpacket) operands=(--seqpacket -U "$where") ;;
    esac
}

wait_for_listener() {
    case $kind in
    tcp?) wait_listening tcp "$where" ;;
    udp?) wait_listening udp "$where" ;;
    *) wait_listening unix "$where" ;;
    esac
}

words_of() {
    case $1:$2 in
    skt:listens) words=("$SKT" -l "${operands[@]}") ;;
    skt:connects) words=("$SKT" "${operands[@]}") ;;
    receiving_skt:connects) words=("$SKT" --recv-only "${operands[@]}") ;;
    nc.openbsd:* | ncat:* | nc.traditional:*) words_of_netcat "$@" ;;
    socat:*) words_of_socat "$2" ;;
    python3:*) words_of_python3 "$2" ;;
    esac
    need "${words[0]}"
}

# Their operands are skt's.
words_of_netcat() {
    words=("$1")
    [ "$2" = connects ] || words+=(-l)
    case $1:$2:$kind in
    nc.openbsd:*:tcp? | nc.openbsd:*:unix) words+=(-N "${operands[@]}") ;;
    nc.traditional:listens:tcp4) words+=(-n -s "$host" -p "$where") ;;
    nc.traditional:listens:udp4) words+=(-n -u -s "$host" -p "$where") ;;
    nc.traditional:*) words+=(-n "${operands[@]}") ;;
    *) words+=("${operands[@]}") ;;
    esac
}

# -t: what comes after the end of our own input is not to be cut off.
words_of_socat() {
    words=(socat -t 600 -)
    case $kind:$1 in
    tcp4:listens) words+=("TCP4-LISTEN:$where,bind=$host") ;;
    tcp4:connects) words+=("TCP4:$host:$where") ;;
    tcp6:listens) words+=("TCP6-LISTEN:$where,bind=[$host]") ;;
    tcp6:connects) words+=("TCP6:[$host]:$where") ;;
    udp4:listens) words+=("UDP4-LISTEN:$where,bind=$host") ;;
    udp4:connects) words+=("UDP4:$host:$where") ;;
    udp6:listens) words+=("UDP6-LISTEN:$where,bind=[$host]") ;;
    udp6:connects) words+=("UDP6:[$host]:$where") ;;
    unix:listens) words+=("UNIX-LISTEN:$where") ;;
    unix:connects) words+=("UNIX-CONNECT:$where") ;;
    seqpacket:listens) words+=("UNIX-LISTEN:$where,type=5") ;;
    seqpacket:connects) words+=("UNIX-CONNECT:$where,type=5") ;;
    unixdgram:listens) words+=("UNIX-RECV:$where") ;;
    unixdgram:connects) words+=("UNIX-SENDTO:$where,bind=$where-answers") ;;
    esac
}

# First all out, then all in: the other side must never wait for this one.
words_of_python3() {
    local place
    case $kind in
    tcp4 | udp4) place=${kind%4}:$host:$where ;;
    tcp6 | udp6) place=$kind:$host:$where ;;
    *) place=$kind:$where ;;
    esac
    words=(python3 "$SKT_SRCDIR/tests/peers/peer.py" --limit=100)
    case $1 in
    listens) words+=("listen:$place" accept) ;;
    connects) words+=("connect:$place") ;;
    esac
    words+=(sendfile:/dev/stdin halfclose save:/dev/stdout drain)
}
