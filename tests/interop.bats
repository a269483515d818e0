#!/usr/bin/env bats
# Everyday exchanges with the programs that people have: each as listener and as connector, over each kind of socket
# that it knows, and the recipes that they are used for. tests/main-job.bats moves large files between them.

load helpers
load foreign

# --- lines, both ways, while both inputs stay open -------------------------------------------------------

# PROGRAM listens|connects KIND: start it and skt, each with an input that stays open. Sets for each of the two, which
# are in $listener and $connector (of processes), $NAME_input $NAME_holder $NAME_out $NAME_pid for skt and foreign.
start_two() {
    local name
    for name in skt foreign; do
        hold_input
        printf -v "${name}_input" %s "$held_input"
        printf -v "${name}_holder" %s "$held_pid"
    done
    choose_address "$3"
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

# PROGRAM listens|connects KIND
talk() {
    local first=skt second=foreign
    [ "$2" = listens ] || first=foreign second=skt
    start_two "$@"
    passes "$first" "$second" "who connects speaks first"
    passes "$second" "$first" "the other one answers"
    passes "$first" "$second" "a second question"
    passes "$second" "$first" "a second answer"
    assert_file_is "$skt_out" "$(lines_for skt "$2")"
}

@test "x" {
for k in tcp4 tcp6 unix udp4 udp6 unixdgram seqpacket; do for r in listens connects; do for p in nc.openbsd nc.traditional ncat socat; do
start_two $p $r $k
    local first=skt second=foreign
    [ "$r" = listens ] || first=foreign second=skt
    local ok=yes
    wait_for_text() { wait_until 2 file_has_text "$@"; }
    ( passes "$first" "$second" "who connects speaks first"
    passes "$second" "$first" "the other one answers"
    passes "$first" "$second" "a second question"
    passes "$second" "$first" "a second answer" ) 2>err || { ok=no;  }
    st="" ; sf=""
    stop $skt_holder; if end_status $skt_pid 3 2>/dev/null; then st=$status; fi
    stop $foreign_holder; if end_status $foreign_pid 3 2>/dev/null; then sf=$status; fi
    if [ -z "$st" ]; then if end_status $skt_pid 3 2>/dev/null; then st="late $status"; fi; fi
    echo "# $p $r $k: $ok skt $st foreign $sf $(tail -n1 err | tr '\n' ' ')" >&3
    kill $skt_pid $foreign_pid $skt_holder $foreign_holder 2>/dev/null || :
done; done; done
}
