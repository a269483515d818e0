#!/usr/bin/env bats
# README and NEWS: each recipe works as it stands there, and what they name is there.

load helpers
load examples
setup() { examples_setup; }

readme=$SKT_SRCDIR/README

@test "recipe 1: a file is sent, and its sender knows that it has arrived" {
    mv "$(random_file 300000)" original
    play_recipe 1
    assert_same_file copy original
}

@test "recipe 2: a folder is copied" {
    need tar
    mkdir -p folder/within there
    echo one >folder/first
    echo two >folder/within/second
    readme_recipe 2 | sed 's/tar -xf -/tar -C there -xf -/' >example # beside the folder that is sent
    play_example <example
    diff -r folder there/folder
}

@test "recipe 3: two terminals talk, and Control-D ends it" {
    readme_recipe 3 >example
    start_example <example
    type_at server 'anybody there\n'
    wait_shown client "anybody there"
    type_at client 'yes\n'
    wait_shown server yes
    type_at server '\004'
    end_example
}

@test "recipe 4: what comes to a port is shown, from one client after the other" {
    {
        readme_recipe 4
        echo 'client$ echo again | skt server 5000'
    } >example
    start_example <example
    wait_until 10 is_idle client
    wait_shown server hello
    wait_shown server again
    assert_equal "$(grep -c "^Connection received on " "${screens[server]}")" 2
    interrupt_at server
    end_example 130 0 0
}

@test "recipe 5: an open port is told" {
    start_skt_listener 127.0.0.1 0
    stands_for 22 "$port"
    play_recipe 5
}

@test "recipe 6: a question over UDP gets its answer" {
    readme_recipe 6 >example
    start_example <example
    wait_shown server "what time is it"
    type_at server 'late\n'
    wait_shown client late
    interrupt_at server
    end_example 130 0
}

@test "recipe 6: no answer is waited for longer than two seconds" {
    local began
    began=$(now_ms)
    readme_recipe 6 >example
    start_example <example
    wait_until 10 is_idle client
    assert_at_least $(($(now_ms) - began)) 2000
    interrupt_at server
    end_example 130 0
}

@test "recipe 7: lines become datagrams, and datagrams lines" {
    printf 'load 1\nload 2\n' >metrics
    readme_recipe 7 >example
    start_example <example
    wait_until 10 is_idle client
    wait_for_text log "load 2"
    assert_file_is log 'load 1\nload 2\n'
    interrupt_at server
    end_example 130 0
}

@test "recipe 8: a service at a Unix socket is asked and answers" {
    play_recipe 8
    wait_shown server status
}

@test "recipe 9: a web server gets the request as it wants it" {
    start_peer listen:tcp accept 'expect:GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' \
        'send:HTTP/1.0 200 OK\r\n\r\nwelcome\n' close
    stands_for 80 "$port"
    play_recipe 9
    wait_shown client welcome
    end_status "$peer_pid"
    assert_equal "$status" 0
}

# start_later PORT: somebody listens there, but not at once.
start_later() {
    start_background python3 -c 'import socket, sys, time
time.sleep(0.5) # the subject of the test
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    listener.accept()[0].close()' "$1"
}

@test "recipe 10: a service that comes up later is waited for" {
    need python3
    local later
    later=$(free_port tcp)
    stands_for 5000 "$later"
    start_later "$later"
    play_recipe 10
}

@test "recipe 11: a program tells a client who it is" {
    play_recipe 11
}

@test "recipe 12: a script moves a file without a fixed port and without a pause" {
    mv "$(random_file 300000)" original
    play_recipe 12
    assert_same_file copy original
    refute_contains "$(cat "${screens[here]}")" "not "
}

@test "recipe 12: the script says what went wrong, and does not wait for ever" {
    mkdir original # which cannot be read
    readme_recipe 12 | sed 's/--accept-timeout 10/--accept-timeout 0.5/' >example
    play_example <example
    wait_shown here "not sent: status 9"
    wait_shown here "not received: status 6"
}

@test "recipe 13: those who talk hear each other, and who says what" {
    readme_recipe 13 >example
    start_example <example
    wait_shown another "<announce>"
    type_at client 'who is there\n'
    wait_shown another "> who is there"
    type_at another 'me\n'
    wait_shown client "> me"
    type_at client '\004'
    type_at another '\004'
    wait_until 10 is_idle client
    wait_until 10 is_idle another
    interrupt_at server
    end_example 130 0 0
}

@test "recipe 14: a file is given to all who ask" {
    mv "$(random_file 300000)" news
    {
        readme_recipe 14
        echo 'another$ skt -d server 5000 >other'
    } >example
    start_example <example
    wait_until 10 is_idle client
    wait_until 10 is_idle another
    assert_same_file copy news
    assert_same_file other news
    interrupt_at server
    end_example 130 0 0
}

@test "recipe 15: connections are passed on to another machine, both ways" {
    echo "what is the time" >question
    echo "late" >answer
    readme_recipe 15 >example
    start_example <example
    wait_until 10 is_idle client
    wait_shown server "what is the time"
    assert_file_is copy 'late\n'
    interrupt_at relay
    end_example 0 130 0
}

@test "recipe 16: files are taken in whole, and each sender knows" {
    mv "$(random_file 300000)" original
    mkdir inbox
    readme_recipe 16 >example
    start_example <example
    wait_shown client "it is safe"
    assert_same_file inbox/* original
    interrupt_at server
    end_example 130 0
}

@test "recipe 17: what a file gets is sent on" {
    readme_recipe 17 >example
    plays_as_messages_grow
}

@test "recipe 18: a file is given by all processors" {
    mv "$(random_file 300000)" news
    readme_recipe 18 >example
    start_example <example
    wait_until 10 is_idle client
    assert_same_file copy news
    interrupt_at server
    end_example 130 0
}

@test "recipe 19: each client has a program, and each peer that sends datagrams" {
    readme_recipe 19 >example
    start_example <example
    wait_shown sender 42
    wait_until 10 is_idle sender
    wait_until 10 is_idle client
    interrupt_at server
    interrupt_at another
    end_example 130 0 130 0
}

@test "recipe 20: what a client says first decides which program serves it" {
    readme_recipe 20 >example
    start_example <example
    wait_shown another "404 none"
    wait_until 10 is_idle another
    wait_until 10 is_idle client
    interrupt_at server
    end_example 130 0 0
}

@test "recipe 21: a service is reached through a proxy" {
    need python3 microsocks
    local proxy
    proxy=$(free_port tcp)
    start_background microsocks -i 127.0.0.1 -p "$proxy"
    wait_listening tcp "$proxy"
    stands_for 1080 "$proxy"
    play_recipe 21
}

@test "recipe 22: a file is sent encrypted" {
    mv "$(random_file 300000)" original
    make_certificate own.pem
    mv certificate.pem ca.pem
    play_recipe 22
    assert_same_file copy original
}

@test "recipe 23: TLS is put on and taken off on the way" {
    make_certificate own.pem
    mv certificate.pem ca.pem
    readme_recipe 23 >example
    start_example <example
    wait_shown client "all the way"
    wait_until 10 is_idle client
    interrupt_at sender
    interrupt_at relay
    interrupt_at server
    end_example 130 130 130 0
}

@test "each recipe is run by a test, and there are at least ten" {
    local count
    count=$(grep -cE '^[0-9]+\. ' "$readme")
    assert_at_least "$count" 10
    assert_equal "$(sed -nE 's/^([0-9]+)\. .*/\1/p' "$readme")" "$(seq "$count")"
    assert_equal "$(sed -nE 's/.*(play_recipe|readme_recipe) ([0-9]+).*/\2/p' "$BATS_TEST_FILENAME" | sort -nu)" "$(seq "$count")"
}

@test "the commands of bootstrap that the README names are there" {
    local word
    for word in $(sed -nE 's/^    \.\/bootstrap ([a-z]+) .*/\1/p' "$readme"); do
        run -0 sh "$SKT_SRCDIR/bootstrap" --help
        assert_contains "$output" "./bootstrap $word"
    done
    [ -n "$word" ]
}

@test "the files that the README names are there" {
    local file
    for file in doc/skt.1 $(sed -n '/^Where to look next/,$s/^    \([A-Za-z/.]*[A-Z.][A-Za-z/.]*\) .*/\1/p' "$readme"); do
        [ -f "$SKT_SRCDIR/$file" ] || fail "no $file"
    done
    assert_equal "$file" COPYING # the last one
}

@test "the files and functions that architecture.md names are there" {
    local file word
    for word in $(grep -o '`[a-z][a-z_./0-9-]*`' "$SKT_SRCDIR/doc/architecture.md" | tr -d '`' | sort -u); do
        case $word in
        */*) [ -e "$SKT_SRCDIR/$word" ] || fail "no $word" ;;
        *.*) [ -n "$(find "$SKT_SRCDIR/src" "$SKT_SRCDIR/tests" -name "$word")" ] || fail "no file $word" ;;
        *) grep -rqw -e "$word" "$SKT_SRCDIR/src" --include='*.[ch]' || fail "no $word in the sources" ;;
        esac
    done
}

@test "README and NEWS speak of the version that this is" {
    local version
    version=$(sed -nE 's/^AC_INIT\(\[skt\], \[([^]]*)\].*/\1/p' "$SKT_SRCDIR/configure.ac")
    assert_contains "$(cat "$readme")" "tar -xf skt-$version.tar.xz"
    assert_equal "$(sed -nE 's/^([0-9.]+),.*/\1/p' "$SKT_SRCDIR/NEWS" | head -n 1)" "$version"
}

@test "what README and NEWS say of options is said of options that there are" {
    local option
    for option in $(grep -ohE -- '(^| )--[a-z0-9-]+' "$readme" "$SKT_SRCDIR/NEWS"); do
        [ "$option" != --help ] || continue
        "$SKT" --help | grep -qE -- "^  (-.,|   ) $option([ =[]|\$)" || fail "no $option"
    done
}

@test "no line of README and NEWS is wider than 80 columns, and none has a tab or a blank at its end" {
    run -1 grep -nE '^.{81}' "$readme" "$SKT_SRCDIR/NEWS"
    run -1 grep -nP '\t| $' "$readme" "$SKT_SRCDIR/NEWS"
}
