#!/usr/bin/env python3
"""Standard streams of every sort, which skt shares with others: their flags stay, and no byte is lost in them.

usage: inherited.py SKT

Each run gives skt standard streams of one sort (pipe, socket, terminal, file), non-blocking or not, sends 4 MiB to its
standard output, which is read slowly, and 300000 bytes through its standard input, and looks at the flags of the open
files before, in the middle and after the session; or skt is killed in the middle. A line "SORT MODE END ok" each.
"""

import fcntl
import os
import select
import socket
import sys
import tempfile
import threading
import time
import tty
from concurrent.futures import ThreadPoolExecutor

from joined import LIMIT, Failed, Joined

DOWN, UP = os.urandom(4 << 20), os.urandom(300000)


def pipes():
    (skt_in, our_in), (our_out, skt_out) = os.pipe(), os.pipe()
    return skt_in, our_in, skt_out, our_out


def sockets():
    (skt_in, our_in), (our_out, skt_out) = socket.socketpair(), socket.socketpair()
    return tuple(end.detach() for end in (skt_in, our_in, skt_out, our_out))


def terminals():
    """Without line editing, and without the end that a terminal makes of Ctrl-D: it ends when the peer does."""
    our, skt = os.openpty()
    tty.setraw(skt)
    return skt, our, os.dup(skt), os.dup(our)


def files():
    source, target = tempfile.NamedTemporaryFile(dir="."), tempfile.NamedTemporaryFile(dir=".")
    source.write(UP)
    source.flush()
    return (os.open(source.name, os.O_RDONLY), None, os.open(target.name, os.O_WRONLY | os.O_APPEND),
            os.open(target.name, os.O_RDONLY))  # fmt: skip


SORTS = {"pipe": pipes, "socket": sockets, "terminal": terminals, "file": files}


def flags(fds):
    return [fcntl.fcntl(fd, fcntl.F_GETFL) for fd in fds]


def feed(fd):
    """All of UP into standard input; it stays open."""
    data = UP
    while data:
        data = data[os.write(fd, data[:60000]) :]


def read_slowly(fd, size, is_file):
    """So many bytes, with a pause after every 64 KiB."""
    got, pauses = b"", 0
    end = time.monotonic() + LIMIT
    while len(got) < size:
        if not select.select([fd], [], [], LIMIT)[0]:
            raise Failed(f"only {len(got)} bytes came out")
        data = os.read(fd, 1 << 16)
        if not data and (not is_file or time.monotonic() > end):
            break
        got += data
        if not data or len(got) >> 16 > pauses:
            pauses = len(got) >> 16
            time.sleep(0.003)  # the subject: a slow reader
    return got


def quietly(action, *arguments):
    """In the background; when skt is killed it fails, as it should."""

    def attempt():
        try:
            action(*arguments)
        except (Failed, OSError):
            pass

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    return thread


def carry(joined, sort, our_in, our_out):
    """A session to its end: all of both directions."""
    received = []
    reader = quietly(lambda: received.append(joined.receive(len(UP))))
    if read_slowly(our_out, len(DOWN), sort == "file") != DOWN:
        raise Failed("output differs")
    reader.join(LIMIT)
    if received != [UP]:
        raise Failed("input differs")
    if sort != "terminal" and our_in is not None:
        os.close(our_in)
    joined.socket.shutdown(socket.SHUT_WR)
    if joined.status() != 0:
        raise Failed(f"status {joined.status()}: {joined.said()}")


def run(skt, sort, mode, end):
    skt_in, our_in, skt_out, our_out = SORTS[sort]()
    shared = [skt_in, skt_out]
    for fd in shared:
        os.set_blocking(fd, mode == "blocking")
    before = flags(shared)
    with Joined(skt, "client", "tcp", stdin=skt_in, stdout=skt_out) as joined:
        quietly(joined.send, DOWN)
        if our_in is not None:
            quietly(feed, our_in)
        if end == "killed":
            read_slowly(our_out, len(DOWN) // 2, sort == "file")
        else:
            carry(joined, sort, our_in, our_out)
        in_the_middle = flags(shared)
        joined.process.kill()
        joined.status()
    after = flags(shared)
    if not before == in_the_middle == after:
        raise Failed(f"flags {before}, {in_the_middle}, {after}")


def main(skt):
    cases = [(s, m, e) for s in SORTS for m in ("blocking", "non-blocking") for e in ("ended", "killed")]

    def attempt(case):
        try:
            run(skt, *case)
            return "ok"
        except (Failed, OSError) as error:
            return f"FAILED: {error}"

    with ThreadPoolExecutor(4) as pool:
        for case, result in zip(cases, pool.map(attempt, cases)):
            print(*case, result)


if __name__ == "__main__":
    main(*sys.argv[1:])
