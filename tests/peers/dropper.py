#!/usr/bin/env python3
"""A server that drops its clients, and says what it has had of each.

usage: dropper.py PORT-FILE WHERE STEP...

WHERE is tcp[:RCVBUF], tls:CERTIFICATE (with its key, TLS over TCP) or unix:PATH. Each STEP is a connection:
  read:N:HOW    read exactly N bytes, see to it that they are acknowledged, then end
  full:N:HOW    read exactly N bytes, wait until no more can come in, then end
  line:HOW      read a line, and end
  say:TEXT:HOW  send TEXT, and end
  mute          say nothing, not even TLS's handshake, until the client has gone
  all           read to the end of input, answer "done\\n", and end
  echo          the same, with what was read sent back before that
HOW is fin (close), reset, or deaf: first end the sending side, then go on as `all` without an answer.

Prints a line for each: what it has read, as "OFFSET SIZE LEFT", where OFFSET is where the bytes read are in the sequence
of peer.py (-1: they are not of it), and LEFT how many had come in and were not read: over TLS, those of whole records. With "line" and "echo" the text.
"""

import socket
import ssl
import struct
import sys
import time

LINGER = struct.pack("ii", 1, 0)
TLS_ROOM = 400000  # of the receive buffer: what it has taken is never all that there is


class Encrypted:
    """A connection that speaks TLS, as far as a socket's methods are used here."""

    def __init__(self, raw, context):
        self.raw = raw
        self.family = raw.family
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.setsockopt, self.fileno, self.shutdown = raw.setsockopt, raw.fileno, raw.shutdown
        self.do(self.tls.do_handshake)

    def do(self, what, *arguments):
        while True:
            try:
                return what(*arguments)
            except ssl.SSLWantReadError:
                self.flush()
                piece = self.raw.recv(4096)
                if piece:
                    self.incoming.write(piece)
                else:
                    self.incoming.write_eof()
            finally:
                self.flush()

    def flush(self):
        if self.outgoing.pending:
            self.raw.sendall(self.outgoing.read())

    def recv(self, size):
        try:
            return self.do(self.tls.read, size)
        except ssl.SSLZeroReturnError:
            return b""

    def readline(self):
        line = b""
        while not line.endswith(b"\n"):
            line += self.recv(1)
        return line

    def left(self):
        """How many bytes have come in, in whole records: those in the kernel stay there, and are acknowledged."""
        self.incoming.write(self.raw.recv(1 << 24, socket.MSG_PEEK | socket.MSG_DONTWAIT) if waiting(self) else b"")
        count = 0
        try:
            while True:
                count += len(self.tls.read(1 << 16))
        except ssl.SSLWantReadError:
            return count

    def sendall(self, data):
        self.do(self.tls.write, data)

    def close(self):
        self.raw.close()

    def end(self):
        try:
            self.tls.unwrap()  # the peer's answer has come already
        except ssl.SSLWantReadError:
            pass
        self.flush()
        self.raw.close()


def sequence(start, size):
    first, last = start // 3, (start + size + 2) // 3
    text = b"".join((i & 0xFFFFFF).to_bytes(3, "big") for i in range(first, last + 1))
    return text[start - first * 3 : start - first * 3 + size]


def offset_of(data):
    """Where data is in the sequence."""
    if len(data) < 6:
        return -1
    for phase in range(3):
        start = int.from_bytes(data[phase : phase + 3], "big") * 3 - phase
        if start >= 0 and sequence(start, len(data)) == data:
            return start
    return -1


def read_exactly(client, size):
    data = b""
    while len(data) < size:
        piece = client.recv(size - len(data))
        if not piece:
            raise SystemExit(f"ended after {len(data)} of {size} bytes")
        data += piece
    return data


def read_all(client):
    data = b""
    while piece := client.recv(1 << 16):
        data += piece
    return data


def waiting(client):
    """Bytes that have come in and were not read."""
    import fcntl
    import termios

    return struct.unpack("i", fcntl.ioctl(client, termios.FIONREAD, b"\0\0\0\0"))[0]


def wait_until_full(client):
    last, same = -1, 0
    while same < 10:
        time.sleep(0.05)
        now = waiting(client)
        same = same + 1 if now == last and now > 0 else 0
        last = now
    return last


def acknowledge(client):
    if client.family == socket.AF_INET:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)  # sends what is pending


def end(client, how):
    if how == "reset":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
    if how == "deaf":
        client.shutdown(socket.SHUT_WR)
        read_all(client)
    client.close()


def serve(client, step):
    verb, _, rest = step.partition(":")
    argument, _, how = rest.rpartition(":")
    if verb in ("read", "full"):
        data = read_exactly(client, int(argument))
        acknowledge(client)
        left = wait_until_full(client) if verb == "full" else waiting(client)
        if isinstance(client, Encrypted):
            left = client.left()
        print(offset_of(data) if data else 0, len(data), left, flush=True)
        end(client, how)
    elif verb == "line":
        line = client.readline() if isinstance(client, Encrypted) else client.makefile("rb").readline()
        print(line.decode(), end="", flush=True)
        acknowledge(client)
        end(client, rest)
    elif verb == "say":
        client.sendall(argument.encode().replace(b"\\n", b"\n"))
        end(client, how)
    else:
        data = read_all(client)
        if verb == "echo":
            print(data.decode(), end="", flush=True)
            client.sendall(data)
        else:
            print(offset_of(data), len(data), 0, flush=True)
        client.sendall(b"done\n")
        client.end() if isinstance(client, Encrypted) else client.close()


def main(port_file, where, *steps):
    kind, _, rest = where.partition(":")
    is_tcp = kind in ("tcp", "tls")
    listener = socket.socket(socket.AF_INET if is_tcp else socket.AF_UNIX)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if kind == "tls":
        context.load_cert_chain(rest)
    if is_tcp:
        room = TLS_ROOM if kind == "tls" else int(rest or 0)
        if room:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        listener.bind(("127.0.0.1", 0))
    else:
        listener.bind(rest)
    listener.listen()
    with open(port_file, "w", encoding="ascii") as file:
        print(listener.getsockname()[1] if is_tcp else rest, file=file)
    for step in steps:
        client, _ = listener.accept()
        client.settimeout(30)
        if step == "mute":
            read_all(client)
            client.close()
            continue
        serve(Encrypted(client, context) if kind == "tls" else client, step)


if __name__ == "__main__":
    main(*sys.argv[1:])
