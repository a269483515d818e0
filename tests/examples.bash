# examples.bash: runs what the manual and the README show, as it stands there, at real terminals.
#
#     load helpers
#     load examples
#
# An example is lines of text. "server$ COMMAND" is typed at the terminal called server; every such word has a
# terminal of its own. A line that begins with a blank goes on with the line before. Any other line is what the
# terminal of the line before it shows. An example that begins with "#!" is a script and runs as one.
#
# A command is typed once the one before it at the same terminal has ended and the listeners started so far listen.
# Names of hosts stand for 127.0.0.1. A port at which skt listens becomes 0, and then, wherever else it is named, the
# port that the kernel gave; so nothing is bound to a fixed one. All else is run as it is.
#
#   manual_example NAME         prints what doc/skt.1 shows under the mark "example: NAME"
#   readme_recipe N             prints the commands of recipe N of the README
#   stands_for WORD NEW         before: in what is run, WORD is NEW (a port that the test listens at, for example)
#   start_example <LINES        type its lines, and come back without waiting for their end
#   type_at TERMINAL TEXT       type TEXT (with printf's escapes: \n is the Enter key, \004 Control-D, \003 Control-C)
#   wait_shown TERMINAL TEXT    wait until the terminal shows TEXT
#   interrupt_at TERMINAL       Control-C, which ends what runs there with 130, and the terminal
#   end_example [STATUS...]     wait until all has ended: with STATUS, the statuses of all commands in the order typed,
#                               otherwise each 0; and see that what the example shows was shown
#   play_example [STATUS...]    start_example and end_example
#   play NAME [STATUS...]       the same for an example of the manual
#   play_recipe N [STATUS...]   the same for a recipe of the README
#   make_certificate FILE       a certificate for 127.0.0.1, which signs itself, with its key; skips without openssl
#   plays_as_messages_grow      the same for the lines of the file "example", in which a client and a server, interrupted in
#                               the end, send on to the file "log" what the file "messages" gets
#
# shellcheck shell=bash
# shellcheck disable=SC2154  # started_pid and the like come from helpers.bash

example_hosts='server|client|gate|receiver|sender|relay|example\.org'
example_ports='5000|5001|8080'

# The few escapes of roff that a display needs.
without_roff() { sed -e 's/\\-/-/g' -e "s/\\\\(aq/'/g" -e 's/\\(ha/^/g' -e 's/\\(ti/~/g' -e 's/\\(ga/`/g' -e 's/\\&//g' -e 's/\\e/\\/g'; }

manual_example() {
    local text
    text=$(awk -v mark=".\\\\\" example: $1" '
        $0 == mark { marked = 1 }
        marked && /^\.Ed/ { exit }
        shown { print }
        marked && /^\.Bd/ { shown = 1 }' "$SKT_SRCDIR/doc/skt.1" | without_roff)
    [ -n "$text" ] || fail "the manual has no example $1"
    printf '%s\n' "$text"
}

# A recipe goes from its number, at the start of a line, to the next number or heading; its commands are indented by
# four blanks.
readme_recipe() {
    local text
    text=$(awk -v number="$1." '
        /^[0-9]+\. / { wanted = $1 == number; next }
        /^[A-Z]/ { wanted = 0 }
        wanted && /^    / { print substr($0, 5) }' "$SKT_SRCDIR/README")
    [ -n "$text" ] || fail "the README has no recipe $1"
    printf '%s\n' "$text"
}

# In the terminals, "skt" is the program under test, and says where it listens.
make_skt_for_examples() {
    mkdir -p bin
    cat >bin/skt <<'SKT'
#!/usr/bin/env bash
for word; do
    case $word in --announce*) exec "$SKT" "$@" ;; esac
done
for word; do
    case $word in --listen | -l* | -[!-]*l*) exec "$SKT" --announce="$LISTENING" "$@" ;; esac
done
exec "$SKT" "$@"
SKT
    chmod +x bin/skt
    cat >at-terminal <<'TERMINAL'
PATH=$PWD/bin:$PATH
while read -r number <&9 && [ "$number" != end ]; do
    LISTENING=$PWD/listening-$number
    export LISTENING
    . ./command-"$number" 9<&-
    echo "$?" >status-"$number"
done 9<"$1"
TERMINAL
}

make_certificate() {
    need_tls
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=server \
        -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out certificate.pem 2>/dev/null
    cat certificate.pem key.pem >"$1"
}

stands_for() { stand_ins[$1]=$2; }

# What WORDS says of hosts and ports, for here. In the line of a listener, a port not met before becomes 0.
localised() { # WORDS IS-LISTENER
    local words=$1 word
    for word in "${!stand_ins[@]}"; do
        words=$(sed -E "s/(^|[^0-9.])$word([^0-9.]|\$)/\\1${stand_ins[$word]}\\2/g" <<<"$words")
    done
    if [ "$2" = yes ]; then
        words=$(sed -E "s/(^| )($example_ports)( |\$)/\\10\\3/" <<<"$words")
    fi
    sed -E "s/(^|[^-a-z])($example_hosts)\\b/\\1127.0.0.1/g" <<<"$words"
}

is_listener() { [[ $1 =~ (^|[ |])skt\ ([^|]*\ )?(-[A-Za-z46]*l[A-Za-z]*|--listen)(\ |$) && $1 != *--announce* ]]; }

# The port that the example calls so, from now on.
note_port() { # COMMAND FILE
    local address
    wait_until 10 file_has_line "$2"
    IFS= read -r address <"$2"
    port_of "$address"
    if [ -n "$port" ] && [[ $1 =~ (^| )($example_ports)( |$) ]]; then
        [ -n "${stand_ins[${BASH_REMATCH[2]}]:-}" ] || stands_for "${BASH_REMATCH[2]}" "$port"
    fi
}

# A terminal of its own: what is written to keys-NAME is typed there, and what it shows is the output of the job.
start_terminal() { # NAME
    local lines=$PWD/lines-$1 keys=$PWD/keys-$1 line_fd key_fd
    mkfifo "$lines" "$keys"
    # both ways, so that nobody waits for us and nothing ends before we do
    exec {line_fd}<>"$lines"
    exec {key_fd}<>"$keys"
    line_fds[$1]=$line_fd key_fds[$1]=$key_fd
    background_input=$keys SHELL=/bin/sh start_background \
        script --quiet --flush --return --command "exec bash at-terminal lines-$1" /dev/null
    terminals[$1]=$started_pid
    screens[$1]=$started_out
}

is_idle() { [ -z "${running[$1]:-}" ] || [ -e "status-${running[$1]}" ]; }

type_command() { # TERMINAL COMMAND
    local listens=no
    wait_until 15 is_idle "$1"
    ! is_listener "$2" || listens=yes
    typed_count=$((typed_count + 1))
    localised "$2" "$listens" >"command-$typed_count"
    running[$1]=$typed_count
    echo "$typed_count" >&"${line_fds[$1]}"
    [ "$listens" = no ] || note_port "$2" "listening-$typed_count"
}

start_example() {
    need script
    declare -gA terminals=() screens=() line_fds=() key_fds=() running=()
    typed_count=0
    example_shows=()
    make_skt_for_examples
    rm -f lines-* keys-* listening-* command-* status-* # of an example before
    local lines=() line i=0 at='' command
    mapfile -t lines
    if [[ ${lines[0]} == '#!'* ]]; then
        printf '%s\n' "${lines[@]}" >script
        chmod +x script
        lines=('here$ ./script')
    fi
    for line in "${lines[@]}"; do # they start while the first is typed at
        [[ ! $line =~ ^([a-z]+)\$\  ]] || [ -n "${terminals[${BASH_REMATCH[1]}]:-}" ] || start_terminal "${BASH_REMATCH[1]}"
    done
    while [ "$i" -lt "${#lines[@]}" ]; do
        if [[ ${lines[i]} =~ ^([a-z]+)\$\ (.*)$ ]]; then
            at=${BASH_REMATCH[1]} command=${BASH_REMATCH[2]}
            while [[ ${lines[i + 1]:-} == ' '* ]]; do
                command+=$'\n'${lines[++i]}
            done
            type_command "$at" "$command"
        elif [ -n "${lines[i]}" ]; then
            example_shows+=("$at" "${lines[i]}")
        fi
        i=$((i + 1))
    done
}

# shellcheck disable=SC2059  # the text is a format, so that it can have escapes
type_at() { printf "$2" >&"${key_fds[$1]}"; }

wait_shown() { wait_for_text "${screens[$1]}" "$2"; }

interrupt_at() {
    type_at "$1" '\003'
    end_status "${terminals[$1]}"
    echo "$status" >"status-${running[$1]}"
    unset "terminals[$1]"
}

end_example() {
    local at i want
    for at in "${!terminals[@]}"; do
        wait_until 15 is_idle "$at" || fail "at $at: $(cat "${screens[$at]}")"
        echo end >&"${line_fds[$at]}"
    done
    for at in "${!terminals[@]}"; do
        end_status "${terminals[$at]}"
    done
    for ((i = 1; i <= typed_count; i++)); do
        want=${1:-0}
        [ $# -eq 0 ] || shift
        assert_equal "$(cat "status-$i") of: $(cat "command-$i")" "$want of: $(cat "command-$i")"
    done
    for ((i = 0; i < ${#example_shows[@]}; i += 2)); do
        wait_shown "${example_shows[i]}" "$(localised "${example_shows[i + 1]}" no)"
    done
}

play_example() {
    start_example
    end_example "$@"
}

plays_as_messages_grow() {
    echo first >messages
    start_example <example
    wait_for_text log first
    echo second >>messages
    wait_for_text log second
    interrupt_at client
    interrupt_at server
    end_example 130 130
}

play() {
    manual_example "$1" >example
    play_example "${@:2}" <example
}

play_recipe() {
    readme_recipe "$1" >example
    play_example "${@:2}" <example
}

examples_setup() {
    skt_setup
    declare -gA stand_ins=()
}
setup() { examples_setup; }
