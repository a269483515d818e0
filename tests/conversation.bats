#!/usr/bin/env bats
# Small pieces that go back and forth for long: the short way (src/pump/talk.h), waited for by epoll (src/base/vigil.h),
# and all that may come after it.

load helpers

# talk STATUS EVENT TRANSPORT INPUT [WORDS...]: as talker.py has them. What skt did last is in $did, a line each, without
# the status, which is STATUS.
talk() {
    need python3
    local wanted=$1 event=$2 transport=$3 input=$4
    shift 4
    run timeout 60 python3 "$SKT_SRCDIR/tests/peers/talker.py" "$event" "$transport" "$input" "$SKT" "$@"
    [ "$status" = 0 ] || fail "$transport: $output"
    assert_equal "${lines[-1]}" "status $wanted"
    did=$(head -n -1 <<<"$output")
}

@test "after a long conversation both ends are passed on, and what is said in between" {
    local transport
    for transport in tcp unix; do
        talk 0 rest "$transport" pipe
        assert_equal "$did" "why because
end of input: b''
bye"
    done
}

@test "what comes together with the end of a long conversation is passed on before it" {
    local transport
    for transport in tcp unix; do
        talk 0 last-word "$transport" pipe
        assert_equal "$did" bye
        talk 0 half "$transport" pipe
        assert_equal "$did" "bye
end of output: b''
why"
    done
}

@test "a long conversation that is reset, or loses its reader, ends at once with a word for it" {
    talk 1 reset tcp pipe
    [[ $did =~ ^"standard error: skt: 127.0.0.1 port "[0-9]+": Connection reset by peer (sent 300 bytes; received 300 bytes)"$ ]] ||
        fail "$did"
    local transport
    for transport in tcp unix; do
        talk 9 deaf "$transport" pipe
        assert_equal "$did" "standard error: skt: standard output: Broken pipe (sent 300 bytes; received 300 bytes)"
    done
}

@test "a long conversation goes on after both sides speak at once, and after much at once" {
    local transport
    for transport in tcp unix; do
        talk 0 both "$transport" pipe
        assert_equal "$did" "why because"
        talk 0 much "$transport" pipe
        assert_equal "$did" True
        talk 0 flood "$transport" pipe
        assert_equal "$did" True
    done
}

# A read stops at each of these, and nothing tells anew of what is behind it.
@test "words with a descriptor, urgent data, or an end of packet or line between them all come at once" {
    talk 0 descriptor unix pipe
    assert_equal "$did" onetwo
    talk 0 urgent tcp pipe
    assert_equal "$did" onetwo
    talk 0 packets tcp pipe
    assert_equal "$did" onetwo
    talk 0 lines tcp terminal
    assert_equal "$did" "['one', 'two']"
}

@test "a long conversation ends by a signal, and by its idle time when it falls silent" {
    talk -15 term tcp pipe
    talk -15 busy-term tcp pipe
    talk 6 silence tcp pipe --idle-timeout 2
    assert_contains "$did" "timed out: idle for 2 s (sent 300 bytes; received 300 bytes)"
}
