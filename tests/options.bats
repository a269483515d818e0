#!/usr/bin/env bats
# What skt says of its own options: --help, --version, and the completions of three shells.

load helpers

# The option table of the sources, as "w wait", "- domain", sorted.
options_of_table() {
    sed -nE "s/^    \{ (\.letter = '(.)', )?\.name = \"([a-z0-9-]+)\".*/\2 \3/p" "$SKT_SRCDIR/src/request/option_table.c" |
        sed 's/^ /- /' | sort
}

long_names_of_table() { options_of_table | cut -d ' ' -f 2 | sort; }

# completed BEFORE... WORD: what bash offers for WORD after "skt BEFORE...", sorted, on one line. Bash cuts words
# at "=".
completed() {
    "$SKT" --completion bash >skt.bash
    # shellcheck disable=SC2016  # for the other bash
    bash --norc -c '
        compopt() { :; } # says how to complete, and exists only while bash does so
        source ./skt.bash
        COMP_WORDS=(skt "$@") COMP_CWORD=$#
        _skt
        printf "%s\n" "${COMPREPLY[@]}"' - "$@" | sort | tr '\n' ' ' | sed 's/ $//'
}

# --- help --------------------------------------------------------------------------------------------------------

@test "--help goes to standard output, and is no error" {
    run -0 --separate-stderr "$SKT" --help
    assert_contains "${lines[0]}" "Usage: skt"
    assert_equal "$stderr" ""
}

@test "-h is the same as --help" {
    assert_equal "$("$SKT" -h)" "$("$SKT" --help)"
}

@test "--help fits a terminal of 80 columns" {
    local line
    while IFS= read -r line; do
        assert_at_most "${#line}" 80
    done < <("$SKT" --help)
}

@test "--help has no tab, no blank at the end of a line, and no line without its newline" {
    "$SKT" --help >page
    run -1 grep -n -P '\t| $' page
    assert_equal "$(tail -c 1 page | od -An -c | tr -d ' ')" '\n'
}

@test "--help lists every option of the table once, with its letter, and no other" {
    options_of_table >table
    "$SKT" --help | sed -nE 's/^  (-(.),|   ) --([a-z0-9-]+).*/\2 \3/p' | sed 's/^ /- /' | sort >listed
    assert_at_least "$(wc -l <table)" 40
    diff table listed
}

@test "no two options have the same letter or the same name" {
    assert_equal "$(long_names_of_table | uniq -d)" ""
    assert_equal "$(options_of_table | cut -c 1 | grep -v - | sort | uniq -d)" ""
}

@test "--help names every exit status that can be, and the manual" {
    run -0 "$SKT" --help
    local text all
    text=$(tr -s ' \n' ' ' <<<"$output")
    all=$(sed -n '/^\.Sh EXIT STATUS/,/^\.El/s/^\.It \([0-9]*\)$/\1/p' "$SKT_SRCDIR/doc/skt.1" | tr '\n' ' ')
    assert_contains "$all" "0 1 2 "
    for word in $all; do
        assert_contains "${text#*Exit status}" " $word "
    done
    assert_contains "$text" "man skt"
}

@test "help that cannot be written is status 9 and one line" {
    [ -c /dev/full ] || skip "needs /dev/full"
    local option
    for option in --help --version "--completion bash"; do
        # shellcheck disable=SC2086  # two words
        run -9 --separate-stderr bash -c '"$SKT" "$@" >/dev/full' - $option
        assert_equal "$stderr" "skt: write to standard output: No space left on device"
    done
}

@test "options stand before and after operands, also with POSIXLY_CORRECT" {
    local port
    port=$(free_port tcp)
    for words in "-z 127.0.0.1 $port" "127.0.0.1 -z $port" "127.0.0.1 $port -z" "-z -- 127.0.0.1 $port" \
        "127.0.0.1 -z -- $port" "127.0.0.1 $port -z --"; do
        # shellcheck disable=SC2086 # several words
        run -4 --separate-stderr env POSIXLY_CORRECT=1 timeout 10 "$SKT" -v $words
        assert_equal "$stderr" "skt: connect to 127.0.0.1 port $port (tcp) failed: Connection refused"
    done
    run -2 --separate-stderr timeout 10 "$SKT" 127.0.0.1 -- -z "$port"
    assert_equal "$stderr" "skt: surplus operand $port: connecting needs HOST and PORT"
}

@test "--help is answered whatever else is asked" {
    run -0 "$SKT" -l --help -z -u
    assert_contains "$output" "Usage: skt"
}

# --- version -----------------------------------------------------------------------------------------------------

@test "--version lists domains and types, and the program takes each of them" {
    run -0 --separate-stderr "$SKT" --version
    [[ $output =~ ^skt\ [0-9]+\.[0-9]+ ]] || fail "$output"
    [[ ${lines[1]} =~ ^domains:\ ([a-z0-9\ ]+)\;\ types:\ ([a-z\ ]+)$ ]] || fail "$output"
    local domains=${BASH_REMATCH[1]} types=${BASH_REMATCH[2]} word
    assert_contains " $domains " " inet "
    assert_contains " $types " " stream "
    for word in $domains; do
        run -2 "$SKT" --domain "$word" 1 2 3 # some need no operand, none takes three
        assert_contains "$output" "surplus operand"
    done
    for word in $types; do
        # a type that a domain does not have is refused with another message than one that is not known
        run -2 "$SKT" --type "$word"
        refute_contains "$output" "not known"
    done
}

@test "-V is the same as --version" {
    assert_equal "$("$SKT" -V)" "$("$SKT" --version)"
}

# --- domains -----------------------------------------------------------------------------------------------------

@test "--domain list has every domain of --version, and marks what this kernel lacks" {
    run -0 --separate-stderr "$SKT" --domain list
    assert_equal "$stderr" ""
    echo "$output" >list
    "$SKT" --version | sed -n 's/^domains: \(.*\); types.*/\1/p' | tr ' ' '\n' >domains
    sed -nE 's/^([a-z0-9]+) +[0-9]+  .*/\1/p' list | diff domains -
    need python3
    # without --type, such as raw and dccp, that take a protocol of their own
    python3 - list <<'PYTHON'
import re, socket, sys

names = {"stream": 1, "dgram": 2, "seqpacket": 5}
marks = {}
for line in open(sys.argv[1]):
    found = re.match(r"(unix|inet|inet6) +(\d+)  (.*)", line)
    if found:
        for word in found[3].split():
            type = word.strip("(-)")
            if type in names and "/" not in word:
                marks[int(found[2]), type] = not word.startswith("-")
assert len(marks) == 9, marks
for (family, type), mark in marks.items():
    try:
        socket.socket(family, names[type], 0 if family == 1 or type != "seqpacket" else 132).close()
        opens = True
    except OSError:
        opens = False
    assert opens == mark, (family, type, mark)
PYTHON
}

@test "--domain list tells what takes a privilege" {
    local as=()
    if [ "$(id -u)" -eq 0 ]; then
        need setpriv
        as=(setpriv --reuid 65534 --clear-groups --inh-caps=-all)
        "$SKT" --domain list >list
        grep -qE '^inet +2  .* raw( |$)' list
        cp "$SKT" skt
        chmod 755 . skt
    else
        cp "$SKT" skt
    fi
    "${as[@]}" cat skt >/dev/null || skip "this folder is closed to others"
    "${as[@]}" ./skt --domain list >list
    grep -qE '^inet +2  .* \(raw\)( |$)' list
}

@test "--domain list fits a terminal of 80 columns and needs no operand" {
    local line
    while IFS= read -r line; do
        assert_at_most "${#line}" 80
    done < <("$SKT" -l --domain LIST)
}

# --- completions -------------------------------------------------------------------------------------------------

@test "the completion of bash is good bash and has every option of the table" {
    "$SKT" --completion bash >completion
    bash -n completion
    long_names_of_table | sed 's/^/--/' >table
    sed -nE "s/^ +mapfile .*compgen -W '(--[^']*)'.*/\1/p" completion | tr ' ' '\n' | sort >offered
    diff table offered
}

@test "the completion of zsh is good zsh and has every option of the table" {
    "$SKT" --completion zsh >completion
    long_names_of_table >table
    sed -nE "s/^ *'(\(.*\)|\*)'(\{-.\+?,)?--([a-z0-9-]+)=?-?\}?'\[.*/\3/p" completion | sort >offered
    diff table offered
    need zsh
    zsh -n completion
}

@test "the completion of fish is good fish and has every option of the table, with its letter" {
    "$SKT" --completion fish >completion
    options_of_table >table
    sed -nE 's/^complete -c skt( -s (.))? -l ([a-z0-9-]+) .*/\2 \3/p' completion | sed 's/^ /- /' | sort >offered
    diff table offered
    need fish
    HOME=$PWD fish -n completion
}

@test "bash completes the name of an option, a word that is its value, and a file" {
    assert_equal "$(completed --li)" "--listen"
    assert_equal "$(completed -l --keep)" "--keep-open"
    assert_equal "$(completed --records n)" "netstring none nul"
    assert_equal "$(completed --shutdown = r)" "rdwr"
    assert_equal "$(completed --domain =)" \
        "$("$SKT" --version | sed -n 's/^domains: \(.*\); types.*/\1/p' | tr ' ' '\n' | sort | xargs)"
    assert_equal "$(completed -T crit)" "critical"
    touch some-file
    assert_equal "$(completed --output some)" "some-file"
    assert_equal "$(completed -o some)" "some-file"
    assert_equal "$(completed --announce = some)" "some-file"
    assert_equal "$(completed -U some)" "some-file"
    assert_equal "$(completed -lkT crit)" "critical"
    assert_equal "$(completed -w5s some)" "some-file" # -w has its value already, in which no letter is an option
    touch ./--file
    assert_equal "$(completed -l -- --fil)" "--file"
}

@test "the Tab key completes an option in a real bash" {
    need python3
    mkdir bin
    printf '#!/bin/sh\necho "called with $*."\n' >bin/skt
    chmod +x bin/skt
    "$SKT" --completion bash >completion
    # the fake skt shows the words that the shell has made of the keys
    TERM=vt100 INPUTRC=/dev/null run -0 foreign terminal.py --all --type='. ./completion\nskt --li\t0\nexit\n' \
        env PATH="$PWD/bin:$PATH" bash --norc --noprofile -i
    assert_contains "$output" "called with --listen 0."
}

@test "fish completes the name of an option and a word that is its value" {
    need fish
    "$SKT" --completion fish >completion
    mkdir bin
    ln -s "$SKT" bin/skt
    export HOME=$PWD PATH=$PWD/bin:$PATH
    run -0 fish --no-config -c 'source completion; complete -C "skt --lis"; complete -C "skt --records net"'
    assert_contains "$output" --listen
    assert_contains "$output" netstring
}

@test "a shell whose completion is not known is refused, and the known ones are named" {
    run -2 --separate-stderr "$SKT" --completion tcsh
    assert_equal "$output" ""
    for word in tcsh bash zsh fish; do
        assert_contains "$stderr" "$word"
    done
}
