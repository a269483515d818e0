# ATM: circuits between two interfaces of one kernel, joined by a process that carries what they send.
# modules: atmtcp
# network: atm
# namespace: first
#
# shellcheck disable=SC2154  # ready, address, output: set by the harness

atm='
from foreign import *
AF_ATMPVC, SOL_ATM, UBR, AAL5 = 8, 264, 1, 5
SO_ATMQOS = SOL_ATM << 22 | 2 << 16 | 84
def circuit(interface, vpi, vci):
    return struct.pack("=Hxxhhi", AF_ATMPVC, interface, vpi, vci)
def open_circuit(aal, interface, vpi, vci):
    here = Socket(AF_ATMPVC, socket.SOCK_DGRAM)
    traffic = struct.pack("=B39x", UBR)
    here.setsockopt(SOL_ATM, SO_ATMQOS, traffic + traffic + struct.pack("=B3x", aal))
    here.bind(circuit(interface, vpi, vci))
    return here
'

@test "messages go both ways, with their borders" {
    listener_input=$(lines 1 47 48) connector_input=$(lines 3 500 9180) \
        exchange --domain atmpvc --records line -W 3 1.0.100 -- --domain atmpvc --records line -W 3 0.100
    assert_equal "$address" "atmpvc:1.0.100"
}

@test "two that connect speak at once" {
    hold_input
    background_input=$held_input start_background "$SKT" --domain atmpvc --records line -W 1 0.101
    local input
    input=$(lines 30)
    wait_until grep -q '^ *0 *0 *101 ' /proc/net/atm/pvc
    timeout 10 "$SKT" --domain atmpvc --records line -q 0 1.0.101 <"$input"
    end_status "$started_pid" 10
    assert_equal "$status" 0
    assert_same_file "$started_out" "$input"
}

@test "a foreign end gets our messages and answers" {
    start_python <<END
$atm
here = open_circuit(AAL5, 1, 2, 200)
ready()
expect(here.recv(100), b"question")
here.send(b"answer")
END
    printf question >input
    run -0 timeout 10 "$SKT" --domain atmpvc -W 1 -w 10 0.2.200 <input
    assert_equal "$output" answer
    python_succeeds
}

@test "cells of AAL0 go both ways" {
    listener_input=$(lines 52) connector_input=$(lines 52 52) \
        exchange --domain atmpvc --protocol aal0 --records line -W 2 1.0.102 -- \
        --domain atmpvc --protocol AAL0 --records line -W 1 0.102
}

@test "* takes a circuit that is free, and tells which" {
    listener_input=/dev/null start_skt_listener --domain atmpvc -v '1.0.*'
    [[ $address =~ ^atmpvc:1\.0\.[0-9]+$ ]] || fail "$address"
}

@test "a circuit that is taken, and an interface that is not there, are said" {
    listener_input=/dev/null start_skt_listener --domain atmpvc 1.0.103
    refuses 5 "bind to 1.0.103: Address already in use" --domain atmpvc -l 1.0.103
    refuses 4 "connect to 1.0.103 failed: Address already in use" --domain atmpvc 1.0.103
    refuses 4 "connect to 7.0.103 failed: No such device" --domain atmpvc 7.0.103
}

@test "a message larger than the layer takes, and an empty one, are refused" {
    head -c 53 /dev/zero | tr '\0' x >large
    status=0
    timeout 10 "$SKT" --domain atmpvc --protocol aal0 --records line 0.104 <large 2>err || status=$?
    assert_equal "$status" 9
    assert_one_line "$(cat err)" "at most 52"
    echo >empty
    status=0
    timeout 10 "$SKT" --domain atmpvc --records line 0.104 <empty 2>err || status=$?
    assert_equal "$status" 9
    assert_one_line "$(cat err)" "0 bytes, at least 1"
}

@test "what awrite sends comes in, and aread shows what we send" {
    start_skt_listener --domain atmpvc -W 1 1.0.110
    awrite 0.0.110 "from awrite"
    end_status "$listener_pid" 10
    assert_equal "$status" 0
    assert_contains "$(tr -d '\0' <"$listener_out")" "from awrite"
    on_terminal aread 1.0.111
    wait_until grep -q '^ *1 *0 *111 ' /proc/net/atm/pvc
    timeout 10 "$SKT" --domain atmpvc -q 0 0.0.111 <<<"to aread"
    wait_for_text "$started_out" "74 6F 20 61 72 65 61 64" # to aread
}
