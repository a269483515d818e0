#!/usr/bin/env python3
"""A scripted peer: does one step after the other on one socket, and says which one failed.

usage: peer.py [--port-file=FILE] [--limit=SECONDS] STEP...

A step is one word, VERB or VERB:ARGUMENTS. TEXT may have the escapes \\n \\r \\t \\0 \\\\ and \\xHH.

Where
  listen:WHERE          bind (port 0 unless WHERE has one) and, for what has connections, listen; the port, or the
                        path, goes to FILE as a line
  accept                take a client; what follows happens on its socket. Several times: the last client
  connect:WHERE         a new socket, connected
  bind:WHERE            what the next connect binds first
  WHERE is  tcp[:[HOST:]PORT]  tcp6..  udp..  udp6..   (HOST 127.0.0.1 or ::1 unless given; HOST may hold colons)
            unix:PATH  unixdgram:PATH  seqpacket:PATH   (@NAME: abstract)
  Before listen or connect:  rcvbuf:BYTES  sndbuf:BYTES  backlog:N     Any time: nodelay

Out
  send:TEXT             all of it, in one write
  each:SECONDS:TEXT     a byte at a time, with that pause after each
  sendbytes:N           N bytes of a fixed, not repeating sequence (see seq below)
  sendfile:FILE
  trickle:COUNT:SIZE:SECONDS   COUNT pieces of SIZE bytes of that sequence, with a pause before each
  datagram:N            one message of N bytes, of that sequence from its start; 0 is an empty message
  On a datagram socket that listens, these go to whoever sent last.

In
  recv:N                exactly N bytes; on message sockets one message, of N bytes
  expect:TEXT           the same, and it must be TEXT
  recvline              up to and with a line feed
  drain                 until the end of input
  echo                  send back what comes, until the end of input
  echo:N                the same for N messages
  refuses:SECONDS       nothing comes for that long (an error if something does)
  save:FILE             from here on, what is received also goes to FILE
  exchange:N            send N bytes of the sequence and receive until the end of input at once, then half-close
  checkseq              what was received so far is the sequence from its start

End
  halfclose             shutdown of the sending side
  reset                 close so that the peer sees a reset (SO_LINGER with 0)
  close                 close the client (or the connection); steps may go on with accept
  closelistener

Meanwhile
  sleep:SECONDS         the subject of a test, never a wait for something
  waitfile:FILE         until FILE exists          touch:FILE   create it
  print:TEXT            on standard output
  digest                prints "sent BYTES SHA256" and "received BYTES SHA256", of everything so far
  stall                 until ended by a signal

Everything that waits does so for --limit (20 s) at most. Exit status 0: every step succeeded; 1: one did not.
"""

import hashlib
import os
import re
import signal
import socket
import struct
import sys
import threading
import time

FAMILIES = {
    "tcp": (socket.AF_INET, socket.SOCK_STREAM),
    "tcp6": (socket.AF_INET6, socket.SOCK_STREAM),
    "udp": (socket.AF_INET, socket.SOCK_DGRAM),
    "udp6": (socket.AF_INET6, socket.SOCK_DGRAM),
    "unix": (socket.AF_UNIX, socket.SOCK_STREAM),
    "unixdgram": (socket.AF_UNIX, socket.SOCK_DGRAM),
    "seqpacket": (socket.AF_UNIX, socket.SOCK_SEQPACKET),
}
MESSAGE_MAX = 1 << 20


class StepFailed(Exception):
    pass


def unescape(text):
    """The bytes that TEXT means."""
    one = {"n": b"\n", "r": b"\r", "t": b"\t", "0": b"\0", "\\": b"\\"}

    def replace(match):
        word = match.group(1).decode()
        return bytes([int(word[1:], 16)]) if word[0] == "x" else one[word]

    return re.sub(rb"\\(x[0-9a-fA-F]{2}|[nrt0\\])", replace, os.fsencode(text))


class Sequence:
    """Bytes that do not repeat within 16 MiB: 3-byte big-endian counters. Both sides can make them."""

    def __init__(self):
        self.position = 0

    def take(self, size):
        first = self.position // 3
        last = (self.position + size + 2) // 3
        text = b"".join((i & 0xFFFFFF).to_bytes(3, "big") for i in range(first, last + 1))
        start = self.position - first * 3
        self.position += size
        return text[start : start + size]


class Peer:
    def __init__(self, port_file, limit):
        self.port_file = port_file
        self.limit = limit
        self.listener = None
        self.socket = None
        self.kind = None
        self.last_sender = None  # of a datagram socket that listens
        self.before = []  # socket options to set on the next socket
        self.backlog = 16
        self.source = None
        self.sequence = Sequence()
        self.sent = hashlib.sha256()
        self.sent_bytes = 0
        self.received = hashlib.sha256()
        self.received_bytes = 0
        self.kept = bytearray()  # for checkseq
        self.saved = None

    # --- where ---

    def parse(self, where):
        """(kind, address) from WHERE."""
        kind, _, rest = where.partition(":")
        if kind not in FAMILIES:
            raise StepFailed(f"no such kind of socket: {kind}")
        family = FAMILIES[kind][0]
        if family == socket.AF_UNIX:
            return kind, "\0" + rest[1:] if rest.startswith("@") else rest
        host, _, port = rest.rpartition(":")
        default = "::1" if family == socket.AF_INET6 else "127.0.0.1"
        return kind, (host.strip("[]") or default, int(port or 0))

    def new_socket(self, kind):
        made = socket.socket(*FAMILIES[kind])
        made.settimeout(self.limit)
        for option, value in self.before:
            made.setsockopt(socket.SOL_SOCKET, option, value)
        self.before = []
        self.kind = FAMILIES[kind][1]
        return made

    def listen(self, where):
        kind, address = self.parse(where)
        listener = self.new_socket(kind)
        if self.kind == socket.SOCK_STREAM:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        if self.kind == socket.SOCK_DGRAM:
            self.socket = listener
        else:
            listener.listen(self.backlog)
            self.listener = listener
        name = listener.getsockname()  # a tuple, a path, or, for an abstract name, bytes
        self.report(name[1] if isinstance(name, tuple) else os.fsdecode(name).replace("\0", "@"))

    def report(self, line):
        """The whole line appears at once: a reader never sees half of it."""
        if self.port_file:
            with open(self.port_file + ".new", "w", encoding="utf-8") as file:
                file.write(f"{line}\n")
            os.rename(self.port_file + ".new", self.port_file)

    def accept(self):
        self.socket, _ = self.listener.accept()
        self.socket.settimeout(self.limit)

    def bind(self, where):
        self.source = self.parse(where)[1]

    def connect(self, where):
        kind, address = self.parse(where)
        self.socket = self.new_socket(kind)
        if self.source is not None:
            self.socket.bind(self.source)
        self.socket.connect(address)

    def rcvbuf(self, size):
        self.before.append((socket.SO_RCVBUF, int(size)))

    def sndbuf(self, size):
        self.before.append((socket.SO_SNDBUF, int(size)))

    def set_backlog(self, count):
        self.backlog = int(count)

    def nodelay(self):
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # --- out ---

    def write(self, data):
        if self.kind == socket.SOCK_STREAM:
            self.socket.sendall(data)
        elif self.last_sender is not None:
            self.socket.sendto(data, self.last_sender)
        else:
            self.socket.send(data)
        self.sent.update(data)
        self.sent_bytes += len(data)

    def send(self, text):
        self.write(unescape(text))

    def each(self, arguments):
        seconds, _, text = arguments.partition(":")
        for byte in unescape(text):
            self.write(bytes([byte]))
            time.sleep(float(seconds))

    def sendbytes(self, size):
        left = int(size)
        while left > 0:
            piece = min(left, 1 << 16)
            self.write(self.sequence.take(piece))
            left -= piece

    def sendfile(self, path):
        with open(path, "rb") as file:
            while data := file.read(1 << 16):
                self.write(data)

    def trickle(self, arguments):
        count, size, seconds = arguments.split(":")
        for _ in range(int(count)):
            time.sleep(float(seconds))
            self.write(self.sequence.take(int(size)))

    def datagram(self, size):
        self.write(Sequence().take(int(size)))

    # --- in ---

    def read(self, most):
        """One read; empty at the end of input (and for an empty message)."""
        if self.kind == socket.SOCK_DGRAM:
            data, sender = self.socket.recvfrom(MESSAGE_MAX)
            if self.listener is None and sender:
                self.last_sender = sender if self.is_unconnected() else None
        else:
            data = self.socket.recv(most if self.kind == socket.SOCK_STREAM else MESSAGE_MAX)
        self.received.update(data)
        self.received_bytes += len(data)
        if len(self.kept) < 1 << 25:
            self.kept += data
        if self.saved:
            self.saved.write(data)
            self.saved.flush()
        return data

    def is_unconnected(self):
        try:
            self.socket.getpeername()
            return False
        except OSError:
            return True

    def read_exactly(self, size):
        if self.kind != socket.SOCK_STREAM:
            data = self.read(MESSAGE_MAX)
            if len(data) != size:
                raise StepFailed(f"a message of {len(data)} bytes came, not of {size}")
            return data
        data = b""
        while len(data) < size:
            more = self.read(size - len(data))
            if not more:
                raise StepFailed(f"the input ended after {len(data)} of {size} bytes")
            data += more
        return data

    def recv(self, size):
        self.read_exactly(int(size))

    def expect(self, text):
        wanted = unescape(text)
        if self.kind == socket.SOCK_STREAM:
            got = self.read_exactly(len(wanted))
        else:
            got = self.read(MESSAGE_MAX)
        if got != wanted:
            raise StepFailed(f"got {got!r}, wanted {wanted!r}")

    def recvline(self):
        while self.read_exactly(1) != b"\n":
            pass

    def drain(self):
        while self.read(1 << 16):
            pass

    def echo(self, count=None):
        if count is not None:
            for _ in range(int(count)):
                self.write(self.read(1 << 16))
            return
        while data := self.read(1 << 16):
            self.write(data)

    def refuses(self, seconds):
        self.socket.settimeout(float(seconds))
        try:
            data = self.socket.recv(MESSAGE_MAX)
            raise StepFailed(f"got {data[:80]!r} where nothing was to come")
        except TimeoutError:
            pass
        finally:
            self.socket.settimeout(self.limit)

    def save(self, path):
        self.saved = open(path, "wb")

    def exchange(self, size):
        failed = []

        def send_all():
            try:
                self.sendbytes(size)
                self.halfclose()
            except OSError as error:
                failed.append(error)

        sender = threading.Thread(target=send_all)
        sender.start()
        self.drain()
        sender.join()
        if failed:
            raise failed[0]

    def checkseq(self):
        wanted = Sequence().take(len(self.kept))
        if self.kept != wanted:
            at = next(i for i, pair in enumerate(zip(self.kept, wanted)) if pair[0] != pair[1])
            raise StepFailed(f"what came differs from the sequence at byte {at}")

    # --- end ---

    def halfclose(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.close()

    def closelistener(self):
        self.listener.close()
        self.listener = None

    # --- meanwhile ---

    def sleep(self, seconds):
        time.sleep(float(seconds))

    def waitfile(self, path):
        end = time.monotonic() + self.limit
        while not os.path.exists(path):
            if time.monotonic() > end:
                raise StepFailed("waited in vain")
            time.sleep(0.02)

    def touch(self, path):
        with open(path, "ab"):
            pass

    def print(self, text):
        sys.stdout.buffer.write(unescape(text))
        sys.stdout.flush()

    def digest(self):
        print(f"sent {self.sent_bytes} {self.sent.hexdigest()}")
        print(f"received {self.received_bytes} {self.received.hexdigest()}", flush=True)

    def stall(self):
        while True:
            signal.pause()

    VERBS = {
        "listen": listen, "accept": accept, "connect": connect, "bind": bind, "rcvbuf": rcvbuf,
        "sndbuf": sndbuf, "backlog": set_backlog, "nodelay": nodelay,
        "send": send, "each": each, "sendbytes": sendbytes, "sendfile": sendfile, "trickle": trickle,
        "datagram": datagram,
        "recv": recv, "expect": expect, "recvline": recvline, "drain": drain, "echo": echo,
        "refuses": refuses, "save": save, "exchange": exchange, "checkseq": checkseq,
        "halfclose": halfclose, "reset": reset, "close": close, "closelistener": closelistener,
        "sleep": sleep, "waitfile": waitfile, "touch": touch, "print": print, "digest": digest,
        "stall": stall,
    }  # fmt: skip

    def perform(self, step):
        verb, colon, arguments = step.partition(":")
        if verb not in self.VERBS:
            raise StepFailed("no such step")
        self.VERBS[verb](self, *([arguments] if colon else []))


def main(words):
    port_file, limit = None, 20.0
    while words and words[0].startswith("--"):
        option, _, value = words.pop(0).partition("=")
        if option == "--port-file":
            port_file = value
        elif option == "--limit":
            limit = float(value)
        elif option == "--help":
            print(__doc__)
            return 0
        else:
            sys.stderr.write(f"peer.py: no such option: {option}\n")
            return 2
    peer = Peer(port_file, limit)
    for number, step in enumerate(words, 1):
        try:
            peer.perform(step)
        except (StepFailed, OSError, ValueError, AttributeError, TypeError) as error:
            sys.stderr.write(f"peer.py: step {number}, {step}: {error or type(error).__name__}\n")
            return 1
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    sys.exit(main(sys.argv[1:]))
