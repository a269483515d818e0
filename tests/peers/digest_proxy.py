#!/usr/bin/env python3
"""An HTTP proxy that lets in who proves by Digest (RFC 7616) to be joe, whose password is: se"cret\\

usage: digest_proxy.py PORT-FILE CHALLENGE [STALE]

Listens at 127.0.0.1; the port goes to PORT-FILE as a line. CHALLENGE: what follows realm and nonce, such as
"algorithm=SHA-256, qop=\\"auth\\"". A connection that proves nothing gets the challenge and is closed. STALE: so many
proofs that are right are refused first, with another nonce. Who has proved it is not connected to anybody, but told "through". Of each
request it prints "none", "basic", "right" or "wrong".
"""

import hashlib
import os
import re
import socket
import sys

USER, PASSWORD, REALM = "joe", 'se"cret\\', 'here, "there"'


def digest(algorithm, text):
    name = {"MD5": "md5", "SHA-256": "sha256"}[algorithm.removesuffix("-sess")]
    return hashlib.new(name, text.encode()).hexdigest()


def unquoted(text):
    return re.sub(r"\\(.)", r"\1", text)


def parameters(text):
    found = re.findall(r'([a-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^",\s]+))', text)
    return {name: unquoted(quoted) if quoted else plain for name, quoted, plain in found}


def expected(said, nonce, challenge):
    algorithm = said.get("algorithm", "MD5")
    if ("algorithm=" + algorithm in challenge) != ("algorithm" in said):
        return "another algorithm"
    secret = digest(algorithm, f"{USER}:{REALM}:{PASSWORD}")
    if algorithm.endswith("-sess"):
        secret = digest(algorithm, f"{secret}:{nonce}:{said['cnonce']}")
    asked = digest(algorithm, f"CONNECT:{said['uri']}")
    if "qop" not in said:
        return digest(algorithm, f"{secret}:{nonce}:{asked}")
    return digest(algorithm, f"{secret}:{nonce}:{said['nc']}:{said['cnonce']}:{said['qop']}:{asked}")


def is_right(said, target, nonce, challenge):
    return (said.get("response") == expected(said, nonce, challenge) and said["uri"] == target and
            said["nonce"] == nonce and said["realm"] == REALM and said["username"] == USER and
            ("qop" in said) == ("qop" in challenge) and ("opaque" in said) == ("opaque" in challenge) and
            said.get("opaque", "o\\") == "o\\")


def head(client):
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        piece = client.recv(1)
        if not piece:
            return None
        data += piece
    return data.decode()


def serve(client, nonce, challenge):
    """What the request proves; None: there is none."""
    request = head(client)
    if request is None:
        return None
    target = request.split(" ")[1]
    line = re.search(r"^Proxy-Authorization: (\w+) (.*)\r$", request, re.M)
    if not line:
        return "none"
    if line[1] != "Digest":
        return line[1].lower()
    return "right" if is_right(parameters(line[2]), target, nonce, challenge) else "wrong"


def end(client):
    try:
        client.shutdown(socket.SHUT_WR)
        client.recv(1)
    except OSError:
        pass  # it has gone, and has not read the body


def main():
    port_file, challenge = sys.argv[1:3]
    stale_proofs = int(sys.argv[3]) if sys.argv[3:] else 0
    listener = socket.create_server(("127.0.0.1", 0))
    with open(port_file + ".new", "w", encoding="ascii") as file:
        print(listener.getsockname()[1], file=file)
    os.rename(port_file + ".new", port_file)
    number = 0
    while True:
        client, _ = listener.accept()
        nonce = f"nonce {number}"
        proof = serve(client, nonce, challenge)
        print(proof, flush=True)
        if proof == "right" and number == stale_proofs:
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\nthrough")
        else:
            stale = ", stale=true" if proof == "right" else ""
            number += proof == "right"
            realm = REALM.replace('"', '\\"')
            client.sendall(f"HTTP/1.1 407 Prove it\r\nContent-Length: 4\r\nProxy-Authenticate: Digest realm=\"{realm}\", "
                           f"nonce=\"nonce {number}\"{stale}, {challenge}\r\n\r\nbody".encode())
            end(client)
        client.close()


main()
