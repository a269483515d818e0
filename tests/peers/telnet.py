#!/usr/bin/env python3
"""A telnet peer that asks much and takes its answers late.

usage: telnet.py PORT N

Sends N times IAC DO 1 and a byte of data to 127.0.0.1 PORT, without reading anything as long as the other side takes
it, then half-closes and reads until the end. Prints "data DIGEST answers N": the SHA-256 of the data that came, and how
many times IAC WONT 1; fails if anything else came.
"""

import hashlib
import select
import socket
import sys

LIMIT = 20


def exchange(one, requests):
    """Send all, reading only when nothing more is taken for a while; then read to the end."""
    received = bytearray()
    one.setblocking(False)
    while requests:
        _, writable, _ = select.select([], [one], [], 0.3)
        if writable:
            requests = requests[one.send(requests):]
        else:
            received += one.recv(4096)
    one.shutdown(socket.SHUT_WR)
    one.settimeout(LIMIT)
    while True:
        piece = one.recv(65536)
        if not piece:
            return bytes(received)
        received += piece


def decode(wire):
    data, answers, at = bytearray(), 0, 0
    while at < len(wire):
        if wire[at] != 255:
            data.append(wire[at])
            at += 1
        elif wire[at + 1] == 255:
            data.append(255)
            at += 2
        elif wire[at + 1:at + 3] == b"\xfc\x01":
            answers += 1
            at += 3
        else:
            sys.exit("at %d: %r" % (at, wire[at:at + 3]))
    return bytes(data), answers


def main(port, count):
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.connect(("127.0.0.1", port))
        data, answers = decode(exchange(one, b"\xff\xfd\x01x" * count))
    print("data", hashlib.sha256(data).hexdigest(), "answers", answers)


main(int(sys.argv[1]), int(sys.argv[2]))
