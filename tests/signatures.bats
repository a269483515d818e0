#!/usr/bin/env bats
# -S: packets of TCP are signed, RFC 2385, and the key comes from the terminal or a file, never from the command line.

load helpers

setup() {
    skt_setup
    printf 'open sesame\n' >key
    printf 'open barley\n' >wrong
    run "$SKT" -l -d -S --tcp-md5-key key --accept-timeout 0.01 127.0.0.1 0
    [[ $output != *"Protocol not available"* ]] || skip "this kernel has no TCP signatures (CONFIG_TCP_MD5SIG)"
}

# At a terminal of its own, at which TEXT is typed once it has asked. Output of the program: out.
start_at_terminal() { # TEXT COMMAND...
    need python3
    rm -f ask
    start_background python3 "$SKT_SRCDIR/tests/peers/terminal.py" --all --after=ask --type="$1" \
        bash -c 'exec "$@" <"$0" >out' "${typed_input:-/dev/null}" "${@:2}"
    terminal_pid=$started_pid terminal_out=$started_out
}

@test "both have the key: data goes both ways" {
    echo answer >answer
    local host
    for host in 127.0.0.1 ::1; do
        [ "$host" = 127.0.0.1 ] || need_ipv6
        listener_input=answer start_skt_listener -S --tcp-md5-key key "$host" 0
        run -0 timeout 10 "$SKT" -S --tcp-md5-key key "$host" "$port" <<<question
        assert_equal "$output" answer
        end_status "$listener_pid"
        assert_file_is "$listener_out" 'question\n'
    done
}

@test "another key, or none: no connection, and the listener goes on waiting" {
    start_skt_listener -d -S --tcp-md5-key key 127.0.0.1 0
    run -6 timeout 10 "$SKT" -w 0.5 -S --tcp-md5-key wrong 127.0.0.1 "$port" <<<x
    run -6 timeout 10 "$SKT" -w 0.5 127.0.0.1 "$port" <<<x
    run -0 timeout 10 "$SKT" -S --tcp-md5-key key 127.0.0.1 "$port" <<<right
    end_status "$listener_pid"
    assert_file_is "$listener_out" 'right\n'
    # a key where the other side has none
    start_skt_listener -d 127.0.0.1 0
    run -6 timeout 10 "$SKT" -w 0.5 -S --tcp-md5-key key 127.0.0.1 "$port" <<<x
}

@test "the terminal is asked, shows nothing, and standard input is data" {
    start_skt_listener -d -S --tcp-md5-key key 127.0.0.1 0
    echo question >question
    typed_input=question start_at_terminal 'open sesame\n' "$SKT" -S 127.0.0.1 "$port"
    wait_for_text "$terminal_out" "Key for TCP MD5 signatures: "
    touch ask
    end_status "$terminal_pid"
    assert_equal "$status" 0
    assert_equal "$(tr -d '\r' <"$terminal_out")" "Key for TCP MD5 signatures: "
    end_status "$listener_pid"
    assert_file_is "$listener_out" 'question\n'
}

@test "Ctrl-C at the question ends it, and the terminal echoes again" {
    start_at_terminal '\x03' bash -c 'trap : INT; "$@"; echo "status $?"; stty -a </dev/tty' - "$SKT" -S 127.0.0.1 1
    wait_for_text "$terminal_out" "Key for TCP MD5 signatures: "
    touch ask
    end_status "$terminal_pid"
    assert_contains "$(cat out)" "status 130"
    assert_contains "$(cat out) " " echo "
    assert_contains "$(cat out)" "susp = ^Z"
}

@test "nc -S is understood, connecting and listening" {
    need nc.openbsd python3
    listener_input=key start_skt_listener -S --tcp-md5-key key 127.0.0.1 0
    typed_input=wrong start_at_terminal 'open sesame\n' nc.openbsd -S -N 127.0.0.1 "$port"
    wait_for_text "$terminal_out" "password"
    touch ask
    end_status "$terminal_pid"
    end_status "$listener_pid"
    assert_same_file "$listener_out" wrong
    assert_same_file out key

    port=$(free_port tcp)
    typed_input=wrong start_at_terminal 'open sesame\n' nc.openbsd -S -N -l 127.0.0.1 "$port"
    wait_for_text "$terminal_out" "password"
    touch ask
    wait_listening tcp "$port"
    timeout 10 "$SKT" -S --tcp-md5-key key 127.0.0.1 "$port" <key >got
    end_status "$terminal_pid"
    assert_same_file got wrong
    assert_same_file out key
}

@test "nc -S with another key gets no connection" {
    need nc.openbsd python3
    start_skt_listener -d -S --tcp-md5-key key 127.0.0.1 0
    start_at_terminal 'open barley\n' nc.openbsd -S -w 1 127.0.0.1 "$port"
    wait_for_text "$terminal_out" "password"
    touch ask
    end_status "$terminal_pid"
    assert_equal "$status" 1
    alive "$listener_pid"
}

@test "the key is the first line of a descriptor, and what follows is data" {
    start_skt_listener -d -S --tcp-md5-key key 127.0.0.1 0
    printf 'open sesame\nquestion\n' | timeout 10 "$SKT" -S --tcp-md5-key fd:0 127.0.0.1 "$port"
    end_status "$listener_pid"
    assert_file_is "$listener_out" 'question\n'
    start_skt_listener -d -S --tcp-md5-key fd:7 127.0.0.1 0 7<key
    printf 'open sesame' | timeout 10 "$SKT" -S --tcp-md5-key fd:7 127.0.0.1 "$port" 7<&0 <key
    end_status "$listener_pid"
    assert_same_file "$listener_out" key
}

@test "no key is ever shown or can be seen by others" {
    hold_input
    listener_input=$held_input start_skt_listener -vv -S --tcp-md5-key key 127.0.0.1 0
    refute_contains "$(tr '\0' ' ' <"/proc/$listener_pid/cmdline")" sesame
    refute_contains "$(cat "$listener_err")" sesame
    run -4 "$SKT" --protocol udp --type dgram --sockopt md5sig=sesame 127.0.0.1 1
    assert_one_line "$output" "skt: socket option md5sig: "
    refute_contains "$output" sesame
}

@test "what is no key is said before a socket is opened" {
    need_tracer
    printf '\n' >empty
    head -c 81 /dev/zero | tr '\0' k >long
    printf 'a\0b\n' >zero
    local file
    for file in empty /dev/null long zero; do
        run -9 strace -f -o trace -e trace=socket "$SKT" -S --tcp-md5-key "$file" 127.0.0.1 1
        assert_equal "$output" "skt: $file: not a key: one line of 1 to 80 bytes, none of them zero"
        run -1 grep socket trace
    done
    run -9 "$SKT" -S --tcp-md5-key nosuch 127.0.0.1 1
    assert_equal "$output" "skt: nosuch: No such file or directory"
    run -9 setsid -w "$SKT" -S 127.0.0.1 1
    assert_equal "$output" "skt: /dev/tty: No such device or address; without a terminal, --tcp-md5-key FILE says where the key is"
    mkfifo never
    run -6 timeout 10 "$SKT" -S --tcp-md5-key never --max-time 0.2 127.0.0.1 1
    assert_equal "$output" "skt: never: timed out: no key has come"
}

@test "a key of 80 bytes is one" {
    head -c 80 /dev/zero | tr '\0' k >long
    start_skt_listener -d -S --tcp-md5-key long 127.0.0.1 0
    run -0 timeout 10 "$SKT" -S --tcp-md5-key long 127.0.0.1 "$port" <<<x
    end_status "$listener_pid"
    assert_equal "$status" 0
}

@test "the last word of -S and --sockopt md5sig counts" {
    start_skt_listener -d -S --tcp-md5-key key 127.0.0.1 0
    run -0 timeout 10 "$SKT" --sockopt md5sig=other -S --tcp-md5-key key 127.0.0.1 "$port" <<<x
    start_skt_listener -d -S --tcp-md5-key wrong --sockopt md5sig="open sesame" 127.0.0.1 0
    run -0 timeout 10 "$SKT" -S --tcp-md5-key key 127.0.0.1 "$port" <<<x
}

@test "-S is for TCP, and goes with -z" {
    run -2 "$SKT" -S -u 127.0.0.1 1
    assert_equal "$output" "skt: -S: needs TCP (stream): dgram is another"
    run -2 "$SKT" -S -U path
    assert_equal "$output" "skt: -S: needs TCP: unix is another"
    run -2 "$SKT" --tcp-md5-key key 127.0.0.1 1
    assert_equal "$output" "skt: --tcp-md5-key: needs --tcp-md5"
    start_skt_listener -d -k -S --tcp-md5-key key 127.0.0.1 0
    run -0 timeout 10 "$SKT" -z -S --tcp-md5-key key 127.0.0.1 "$port"
    run -6 timeout 10 "$SKT" -z -w 0.3 -S --tcp-md5-key wrong 127.0.0.1 "$port"
}
