#!/usr/bin/env bats
# The manual, doc/skt.1: what it shows works as it stands there, and what it lists is what there is. And the page of the
# families, doc/skt-sockets.7.

load helpers
load examples

manual=$SKT_SRCDIR/doc/skt.1
sockets=$SKT_SRCDIR/doc/skt-sockets.7

setup() {
    examples_setup
    "$SKT" --help >help-page
}

# --- what it shows -----------------------------------------------------------------------------------------------

@test "two people at terminals read what the other types, and Control-D ends it for both" {
    manual_example talk >example
    start_example <example
    type_at client 'hello over there\n'
    wait_shown server "hello over there"
    type_at server 'hello yourself\n'
    wait_shown client "hello yourself"
    type_at client '\004'
    end_example
}

@test "a Unix socket carries a request to its listener, and its file is gone afterwards" {
    play unix
    assert_file_is requests 'reload\n'
    [ ! -e control ]
}

@test "a datagram arrives, and both ends know when they are done" {
    play datagram
    wait_shown server hello
}

@test "a question whose input has ended gets its whole answer" {
    printf 'pear\napple\n' >words
    play question
    wait_shown client $'apple\r\npear'
    wait_shown server please
}

@test "the borders of messages survive a pipe between two programs" {
    play records
    assert_file_is messages 'one\ntwo three\n'
}

@test "a program answers in the place of standard input and output" {
    play program
}

@test "limits of time that are kept are not felt" {
    manual_example limits >example
    start_example <example
    type_at client 'in time\n'
    wait_shown server "in time"
    type_at client '\004'
    end_example
}

@test "a server is known by the digest of its certificate" {
    mv "$(random_file 300000)" original
    make_certificate own.pem
    play pin
    assert_same_file copy original
}

@test "who hears a group gets what is sent to it" {
    stands_for eth0 lo
    manual_example group >example
    start_example <example
    wait_until 10 is_idle sender
    wait_for_text heard news
    assert_file_is heard 'news\n'
    interrupt_at reader
    end_example 130 0
}

@test "socket options are set on both ends, and the connection works" {
    play sockopt
    wait_shown server hello
}

@test "a file arrives whole, and both ends say so" {
    mv "$(random_file 300000)" original
    play file
    assert_same_file copy original
}

@test "a file is fetched whole from who listens" {
    mv "$(random_file 300000)" original
    play fetch
    assert_same_file copy original
}

@test "a folder arrives with all that is in it" {
    need tar
    mkdir -p folder/within there
    echo one >folder/first
    echo two >folder/within/second
    manual_example folder | sed 's/tar -xf -/tar -C there -xf -/' >example # beside the folder that is sent
    play_example <example
    diff -r folder there/folder
}

@test "the rate of a connection is shown, with every byte counted" {
    play rate
    wait_shown client "skt: sent 67108864 bytes, "
}

@test "a web server gets the line ends that it wants, and its answer is shown" {
    start_peer listen:tcp accept 'expect:GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' \
        'send:HTTP/1.0 200 OK\r\n\r\nwelcome\n' close
    stands_for 80 "$port"
    play web
    wait_shown client "HTTP/1.0 200 OK"
    wait_shown client welcome
    end_status "$peer_pid"
    assert_equal "$status" 0
}

@test "a web browser is answered by hand, and what it asks is shown" {
    need curl
    play browser
    wait_shown server "GET / HTTP/1.1"
}

@test "a port that answers is told, by itself and in a range" {
    start_skt_listener 127.0.0.1 0
    stands_for 22 "$port"
    stands_for 20-25 "$port-$port"
    play ports
    wait_shown client "Connection to 127.0.0.1 $port port [tcp/"
}

@test "a service that comes up a little later is waited for" {
    need python3 socat
    local later
    later=$(free_port tcp)
    stands_for 5000 "$later"
    echo please >request
    manual_example ready >example
    start_example <example
    wait_shown client "Connection refused; again in" # at least once
    start_foreign socat -u "TCP-LISTEN:$later,bind=127.0.0.1,fork" OPEN:asked,creat,append
    end_example
    wait_for_text asked please
}

@test "what a file gets is sent on, whatever becomes of the connection" {
    manual_example again >example
    plays_as_messages_grow
}

@test "two services are waited for" {
    start_peer listen:tcp accept close accept close accept close # each of them may be tried more than once
    stands_for 5000 "$port"
    start_peer listen:tcp accept close accept close accept close
    stands_for 5001 "$port"
    play services
}

@test "a list of ports is scanned, and told in JSON" {
    need python3
    start_peer listen:tcp accept close accept close
    stands_for 22 "$port"
    play scan
    wait_shown client "Connection to 127.0.0.1 $port port [tcp/"
    python3 -c 'import json, sys; assert json.load(open("found"))["state"] == "open"'
}

@test "a service that does not hang up is left a second after the last command" {
    start_peer listen:tcp accept 'expect:stats\r\n' 'send:END\r\n' stall
    stands_for 11211 "$port"
    play quit
    wait_shown client END
}

@test "a listener that goes on collects from one client after the other until it is interrupted" {
    manual_example inbox >example
    start_example <example
    wait_until 10 is_idle client
    wait_for_text inbox second
    assert_file_is inbox 'first\nsecond\n'
    interrupt_at server
    end_example 130 0 0
}

@test "a file is taken in whole, and its sender knows" {
    mv "$(random_file 300000)" original
    mkdir inbox
    manual_example intake >example
    start_example <example
    wait_shown client "it is safe"
    assert_same_file inbox/report.1 original
    wait_shown server "Received report.1, 300000 bytes"
    interrupt_at server
    end_example 130 0
}

@test "datagrams of many senders are collected, a line for each" {
    manual_example log >example
    start_example <example
    wait_until 10 is_idle client
    wait_for_text log "disk full"
    assert_file_is log 'disk full\n'
    interrupt_at server
    end_example 130 0
}

@test "each line of a file becomes a datagram, with the pause between" {
    printf 'load 1\nload 2\nload 3\n' >metrics
    local began
    began=$(now_ms)
    play lines
    wait_shown server $'load 1\r\nload 2\r\nload 3\r\n'
    assert_at_least $(($(now_ms) - began)) 200
}

@test "a script learns the port that the system chose, without a pause or a guess" {
    mv "$(random_file 100000)" original
    play script
    assert_same_file copy original
}

@test "connections are passed on to another machine, both ways" {
    echo "what is the time" >question
    echo "late" >answer
    play relay
    wait_shown server "what is the time"
    wait_shown client late
}

@test "a conversation is shown byte by byte" {
    play dump
    wait_shown server ping
    wait_shown client pong
}

@test "the exit status tells why it did not work" {
    start_peer listen:tcp accept stall # the only client that this port will ever have is not us
    start_peer connect:tcp:"$port" stall
    start_skt_listener 127.0.0.1 0
    hold_input
    background_input=$held_input start_background "$SKT" "$address"
    say x
    wait_for_text "$listener_out" x # and now it listens no more
    stands_for 5000 "$port"
    play status
}

@test "every example of the manual is run by a test, and no display is without a mark" {
    local shown
    shown=$(sed -n 's/^\.\\" example: //p' "$manual" | sort)
    assert_equal "$shown" "$(sed -nE 's/^    (play|manual_example) ([a-z]+)( .*)?$/\2/p' "$BATS_TEST_FILENAME" | sort)"
    assert_equal "$(grep -c '^\.Bd' "$manual")" "$(wc -l <<<"$shown")"
    assert_equal "$(grep -B 1 '^\.Bd' "$manual" | grep -c '^\.\\" example: ')" "$(wc -l <<<"$shown")"
    assert_at_least "$(sed -n '/^\.Sh EXAMPLES/,/^\.Sh DIAG/p' "$manual" | grep -c '^\.Bd')" 12
}

# --- what it lists -----------------------------------------------------------------------------------------------

# The options that --help lists, as "w wait TIME", "- domain NAME", "l listen".
options_of_help() {
    awk '
        !/^(  -[^-], |      )--/ { next }
        {
            letter = /^  -[^-],/ ? substr($0, 4, 1) : "-"
            sub(/^  (-., |    )--/, "")
            sub(/   *[^ ].*$/, "")
            gsub(/[][=]+/, " ")
            print letter, $1 (NF > 1 ? " " $2 : "")
        }' help-page | sort
}

# The same of the section OPTIONS.
options_of_manual() {
    sed -n '/^\.Sh OPTIONS/,/^\.Sh ENV/p' "$manual" | awk '
        !/^\.It Fl/ { next }
        {
            gsub(/ Ns Op = Ns/, "")
            letter = "-"
            for (i = 2; i <= NF; i++) {
                if ($i == "Fl" && $(i + 1) ~ /^-./) name = substr($(i + 1), 2)
                else if ($i == "Fl") letter = $(i + 1)
                if ($i == "Ar") value = " " toupper($(i + 1))
            }
            print letter, name value
            value = ""
        }' | sort
}

# What stands in OPTIONS under the tag of each option, with its long name before each line: "--listen .Fl z , r ."
entries_of_manual() {
    sed -n '/^\.Sh OPTIONS/,/^\.Sh ENV/p' "$manual" | awk '
        /^\.(El|Ss)/ { name = "" }
        /^\.It/ { for (i = 2; i <= NF; i++) if ($i ~ /^-./) name = "-" $i; next }
        name { print name, $0 }'
}

# The options that are named after a line with this word, as "--listen: connect-timeout random zero".
options_after() { # WORD
    options_of_help >options
    entries_of_manual | awk -v word="$1" '
        FILENAME == "options" { if ($1 != "-") long[$1] = $2; next }
        { name = $1; sub(/^[^ ]+ /, "") }
        $0 == word { listing = name; next }
        name != listing || !/^(\.Fl|or$)/ { listing = ""; next }
        /^\.Fl/ {
            for (i = 2; i <= NF && listing; i++) {
                if ($i == ".") listing = ""
                else if ($i ~ /^-./) print name, substr($i, 2)
                else if ($i in long) print name, long[$i]
            }
        }' options - | sort
}

# The same of --help: all that it says of an option, after its long name, on one line.
help_of_each() {
    awk '
        /^(  -[^-], |      )--/ {
            sub(/^  (-., |    )/, "")
            name = $1
            sub(/[[=].*/, "", name)
            printf "\n%s", name
            sub(/^[^ ]*/, "")
        }
        /^$/ { name = "" }
        name { $1 = $1; printf " %s", $0 }
        END { print "" }' help-page
}

@test "the manual is good mdoc" {
    need mandoc
    run -0 mandoc -T lint -W warning "$manual"
    assert_equal "$output" ""
}

@test "the page of the families is good mdoc, and its table fits 80 columns" {
    need mandoc
    run -0 mandoc -T lint -W warning "$sockets"
    assert_equal "$output" ""
    mandoc -T ascii "$sockets" | sed 's/.\x08//g' | sed -n '/^     domain /,/^     others /p' >table
    assert_at_least "$(wc -l <table)" 10
    run -1 grep -nE '^.{81}' table
}

# The table of the page, as "inet stream/sctp".
types_of_page() {
    sed -n '/^\.\\" table: begin/,/^\.\\" table: end/p' "$sockets" |
        awk '/^\.It/ { if ($2 != "\\&") domain = $2; print domain, $4 == "as" ? "as " $5 : $4 }'
}

@test "the page of the families has every domain that there is, with all its types and no other" {
    "$SKT" --domain list | awk '
        NF == 0 { exit }
        { indent = match($0, /[^ ]/) - 1 } # further in stands what is missing
        indent == 0 { domain = $1; $1 = $2 = "" }
        indent == 0 || indent == 17 {
            for (i = 1; i <= NF; i++) {
                gsub(/[()]|^-/, "", $i)
                if ($i != "") print domain, $i
            }
        }' |
        sort >there
    types_of_page | awk 'NR == FNR { known[$1] = 1; next } $1 in known' there - | while read -r domain type other; do
        if [ "$type" = as ]; then
            types_of_page | sed -n "s/^$other /$domain /p"
        else
            echo "$domain $type"
        fi
    done | sort >told
    diff told there
    for domain in $(cut -d ' ' -f 1 there | sort -u); do
        grep -qE "^\.Ss ([a-z0-9]+, )*${domain}[,:]" "$sockets" || fail "no section of $domain"
    done
}

@test "no display of the manual is wider than a terminal of 80 columns" {
    sed -n '/^\.Bd/,/^\.Ed/p' "$manual" | without_roff >displays
    run -1 grep -nE '^.{70}' displays # the page is indented by 11
}

@test "the manual has every option of --help, with its letter and its value, and no other" {
    options_of_help >help
    options_of_manual >listed
    assert_at_least "$(wc -l <help)" 40
    diff help listed
}

# What --help says of an option, on one line.
help_of() { # NAME
    awk -v name="--$1" '
        /^(  -[^-], |      )--/ { within = index($0 " ", name " ") || index($0, name "[") }
        /^$/ { within = 0 }
        within' help-page | tr -s ' \n' ' '
}

# Long names among words such as "-l --listen or -o", sorted, on one line.
long_names() { tr ' ' '\n' | sed -n 's/^--//p' | sort | tr '\n' ' '; }

@test "the manual says of each option which ones it excludes, and no others" {
    # zsh is told "(-l --listen ...)--listen": all that cannot stand beside an option, and the option itself
    "$SKT" --completion zsh | sed -nE "s/^ *'\(([^)]*)\)'(\{-.\+?,)?(--[a-z0-9-]+).*/\3 \1/p" |
        awk '{ for (i = 2; i <= NF; i++) if ($i ~ /^--/ && $i != $1) print $1, substr($i, 3) }' | sort >excluded
    assert_at_least "$(wc -l <excluded)" 50
    options_after "Not with" >said
    diff excluded said
}

@test "the manual says of each option which one it needs" {
    help_of_each | sed -nE 's/^([^ ]+) .*\(needs ([^)]*)\).*/\1 \2/p' | sed 's/ -l/ --listen/; s/ -o/ --output/; s/ -S/ --tcp-md5/; s/ -k/ --keep-open/; s/ -z/ --zero/; s/ -e/ --exec/; s/ -c/ --sh-exec/; s/ -x/ --proxy/' |
        awk '{ for (i = 2; i <= NF; i++) if ($i ~ /^--/) print $1, substr($i, 3) }' | sort >needed
    assert_at_least "$(wc -l <needed)" 5
    options_after Needs >said
    diff needed said
}

@test "the manual has each word that a value can be" {
    "$SKT" --completion bash | sed -nE "s/^ .* (--[a-z0-9-]+)=\)\$/\1/p; s/.*compgen -W '([^'-]*)'.*/ \1/p" |
        awk '/^-/ { name = $1; next } { for (i = 1; i <= NF; i++) print name, $i }' | sort >words
    assert_at_least "$(wc -l <words)" 40
    entries_of_manual | sed -nE 's/^(--[^ ]+) \..*Cm /\1 /p' |
        awk '{ for (i = 2; i <= NF; i++) if ($i ~ /^[A-Za-z0-9]+$/) print $1, $i }' | sort >said
    assert_equal "$(comm -23 words said)" ""
}

@test "the manual has the bounds of each number" {
    help_of_each | sed -nE 's/^([^ ]+) .*[^0-9]([0-9]+ to [0-9]+).*/\1 \2/p' | sort >bounds
    assert_at_least "$(wc -l <bounds)" 6
    entries_of_manual | sed -nE 's/^(--[^ ]+) .*from ([0-9]+ to [0-9]+).*/\1 \2/p' | sort >said
    assert_equal "$(comm -23 bounds said)" ""
}

@test "the exit statuses of the manual are those of the program" {
    sed -nE 's/^ *STATUS_[A-Z_]+ = ([0-9]+),.*/\1/p' "$SKT_SRCDIR/src/base/fault.h" | sort -n >program
    sed -n '/^\.Sh EXIT/,/^\.Sh EXA/s/^\.It //p' "$manual" | sort -n >listed
    assert_at_least "$(wc -l <program)" 8
    diff program listed
}
