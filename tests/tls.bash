# tls.bash: certificates, and a scripted peer that speaks TLS. For files that also load helpers.
#
#   setup_file() { make_certificates; }     once a file, in $tls (a folder)
#   tls_setup                               for setup: skips where there is no TLS, or nobody to try it with
#
# In $tls: ca.pem; CERTIFICATE.pem with its key in the same file; each, but where it says so, signed by ca
#   server     localhost, 127.0.0.1, ::1              client     a client, and no server
#   other      other.test                             wild       *.tls.test
#   late       localhost, but expired                 early      localhost, but not yet
#   nosan      its subject is localhost               self       localhost, signed by itself
#   nul        localhost, NUL, .evil.test             foreign    localhost, signed by somebody else
#   sub        localhost, signed by sub-ca.pem, which ca has signed and which comes with it
#   both       as server, and a client, too; also in both.der and both.key.der, and in both.p12
# server's is also in server.crt and server.key; secret.key is that key, encrypted ("secret")
#
#   pin_of NAME                 its SHA-256
#   start_tls_peer STEP...      tests/peers/tls.py (its manual is at its top), whose options are in the array `peer_options`;
#                               as start_peer
#   start_s_server OPTION...    openssl s_server with the server's certificate, on a port of the kernel's choice: sets $port
#                               $server_pid $server_out $server_err
#   fails_by STATUS WORDS       `run --separate-stderr` ended so, with one line that has these words
#
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154

tls_setup() {
    skt_setup
    need openssl python3
    tls=$BATS_FILE_TMPDIR
    peer_options=()
    has_tls || skip "this build has no TLS"
}

has_tls() { [[ $(timeout 10 "$SKT" -w 1 --ssl --insecure 127.0.0.1 1 2>&1) != *"this build has none"* ]]; }

new_key() { openssl ecparam -name prime256v1 -genkey -noout; }

# sign NAME OPTION...: a certificate and its key in one file
sign() {
    local name=$1
    shift
    new_key >"$name.key"
    openssl req -new -x509 -key "$name.key" -CA ca.pem -CAkey ca.key -days 30 -out "$name.crt" "$@"
    cat "$name.crt" "$name.key" >"$name.pem"
}

make_certificates() {
    command -v openssl >/dev/null || return 0
    (cd "$BATS_FILE_TMPDIR" && make_all) >"$BATS_FILE_TMPDIR/log" 2>&1 || {
        cat "$BATS_FILE_TMPDIR/log" >&2
        return 1
    }
}

make_all() {
    set -e
    local names=subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1 server=extendedKeyUsage=serverAuth
    local name
    for name in ca stranger self; do
        new_key >"$name.key"
    done
    openssl req -new -x509 -key ca.key -subj /CN=authority -days 30 -out ca.pem
    openssl req -new -x509 -key stranger.key -subj /CN=stranger -days 30 -out stranger.pem
    openssl req -new -x509 -key self.key -subj /CN=localhost -days 30 -addext "$names" -out self.crt
    cat self.crt self.key >self.pem
    sign server -subj /O=test/CN=server -addext "$names" -addext "$server" -addext basicConstraints=CA:FALSE
    sign client -subj /O=test/CN=client -addext extendedKeyUsage=clientAuth
    sign both -subj /CN=both -addext "$names" -addext extendedKeyUsage=serverAuth,clientAuth
    sign other -subj /CN=localhost -addext subjectAltName=DNS:other.test -addext "$server"
    sign wild -subj /CN=localhost -addext 'subjectAltName=DNS:*.tls.test' -addext "$server"
    sign nosan -subj /CN=localhost
    sign foreign -subj /CN=localhost -addext "$names" -CA stranger.pem -CAkey stranger.key
    sign sub-ca -subj /CN=below -addext basicConstraints=critical,CA:TRUE
    sign sub -subj /CN=sub -addext "$names" -CA sub-ca.crt -CAkey sub-ca.key
    cat sub.crt sub-ca.crt sub.key >sub.pem
    # IA5String "localhost\0.evil.test", context tag 2
    printf 'asn1=SEQUENCE:names\n[names]\nname=IMPLICIT:2,FORMAT:HEX,OCT:%s\n' \
        "$(printf 'localhost\0.evil.test' | od -An -tx1 | tr -d ' \n')" >nul.asn1
    openssl asn1parse -genconf nul.asn1 -out nul.der >/dev/null
    sign nul -subj /CN=localhost -addext "subjectAltName=DER:$(od -An -tx1 nul.der | tr -d ' \n' | sed 's/../&:/g; s/:$//')"
    sign_then late 20200101000000Z 20200102000000Z
    sign_then early 20900101000000Z 20900102000000Z
    openssl x509 -in both.crt -outform DER -out both.der
    openssl ec -in both.key -outform DER -out both.key.der
    openssl pkcs12 -export -in both.crt -inkey both.key -certfile ca.pem -passout pass: -out both.p12
    openssl ec -in server.key -aes128 -passout pass:secret -out secret.key
}

# sign_then NAME FROM TO: for localhost, at another time
sign_then() {
    mkdir -p dated
    : >dated/index
    echo 01 >dated/serial
    cat >dated/config <<CONFIG
[ca]
default_ca = dated
[dated]
database = dated/index
new_certs_dir = dated
serial = dated/serial
default_md = sha256
policy = any
x509_extensions = names
unique_subject = no
[any]
commonName = supplied
[names]
subjectAltName = DNS:localhost,IP:127.0.0.1
CONFIG
    new_key >"$1.key"
    openssl req -new -key "$1.key" -subj /CN=localhost -out "$1.csr"
    openssl ca -batch -config dated/config -in "$1.csr" -cert ca.pem -keyfile ca.key -startdate "$2" -enddate "$3" \
        -notext -out "$1.crt"
    cat "$1.crt" "$1.key" >"$1.pem"
}

pin_of() { openssl x509 -in "$tls/$1.pem" -outform DER | sha256sum | cut -d ' ' -f 1; }

start_tls_peer() {
    local ports=$BATS_TEST_TMPDIR/peer-$((job_count + 1)).port
    start_background python3 "$SKT_SRCDIR/tests/peers/tls.py" --port-file="$ports" "${peer_options[@]}" "$@"
    peer_pid=$started_pid peer_out=$started_out peer_err=$started_err
    case " $* " in
    *" listen "*)
        wait_for_line "$ports" "$peer_pid" "$peer_err"
        read -r port <"$ports"
        ;;
    esac
}

start_s_server() {
    start_background openssl s_server -accept 127.0.0.1:0 -cert "$tls/server.pem" "$@"
    server_pid=$started_pid server_out=$started_out server_err=$started_err
    wait_for_text "$server_out" "ACCEPT 127.0.0.1:"
    port=$(sed -n 's/^ACCEPT 127.0.0.1:\([0-9]*\).*/\1/p' "$server_out")
}

fails_by() {
    assert_equal "$status $stderr" "$1 $stderr"
    assert_one_line "$stderr" "$2"
}
