#!/usr/bin/env python3
"""Many datagram peers of one server.

usage: datagrams.py WHAT WHERE ...

WHERE is a port at 127.0.0.1, or the path of a local socket.

  echo WHERE PEERS ROUNDS   each says ROUNDS things in turn with the others, of sizes from 0 bytes up, and has to hear
                            them again, whole, in order and nobody else's. Prints "N of N messages"
  once-each WHERE PEERS     each says one thing and has to hear it. Prints "N of N messages"
  once WHERE PEERS TEXT     each says TEXT and hears one message. Prints how many different ones were heard, and what
  deaf PATH COUNT SIZE      a local peer that reads nothing says COUNT messages of SIZE bytes; then, while that one still
                            reads nothing, another says ten and has to hear them. Prints "deaf: SENT sent, heard N",
                            where N is how many the first one hears when it reads at last
  rate WHERE PEERS SECONDS  how many messages a second are answered, with a window of 32 for each
"""

import os
import random
import select
import socket
import sys
import time

LIMIT = 20


def peer(where):
    if where.isdigit():
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.connect(("127.0.0.1", int(where)))
    else:
        one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        one.bind("")  # the kernel picks a name
        one.connect(where)
    one.settimeout(LIMIT)
    return one


def peers(where, count):
    return [peer(where) for _ in range(int(count))]


def echo(where, count, rounds):
    all_of_them, chance = peers(where, count), random.Random(1)
    sizes = [0, 1, 9, 1400, 9000, 30000]
    good = 0
    for turn in range(int(rounds)):
        texts = []
        for number, one in enumerate(all_of_them):
            size = chance.choice(sizes)
            texts.append((b"%d/%d;" % (number, turn) * (size // 4 + 1))[:size])
            one.send(texts[-1])
        for one, text in zip(all_of_them, texts):
            good += one.recv(1 << 16) == text
    print(f"{good} of {int(rounds) * len(all_of_them)} messages")


def once_each(where, count):
    """A few at a time, so that none finds the server's socket full."""
    all_of_them, good = peers(where, count), 0
    for first in range(0, len(all_of_them), 50):
        some = all_of_them[first : first + 50]
        for number, one in enumerate(some):
            one.send(b"%d" % (first + number))
        for number, one in enumerate(some):
            good += one.recv(100) == b"%d" % (first + number)
    print(f"{good} of {len(all_of_them)} messages")


def once(where, count, text):
    all_of_them = peers(where, count)
    for one in all_of_them:
        one.send(text.encode())
    heard = sorted({one.recv(1 << 16).decode().strip() for one in all_of_them})
    print(len(heard), *heard)


def deaf(where, count, size):
    one, other = peers(where, 2)
    one.send(b"first")
    assert one.recv(100) == b"first"
    for number in range(int(count)):
        one.send((b"%d;" % number * int(size))[: int(size)])
    for number in range(10):
        other.send(b"other %d" % number)
        assert other.recv(100) == b"other %d" % number
    heard = []
    while select.select([one], [], [], 1)[0]:
        heard.append(int(one.recv(1 << 16).split(b";")[0]))
    assert heard == sorted(heard)
    print(f"deaf: {count} sent, heard {len(heard)}")


def rate(where, count, seconds):
    all_of_them = peers(where, count)
    for one in all_of_them:
        for _ in range(32):
            one.send(b"x" * 64)
    poll, by_number = select.epoll(), {}
    for one in all_of_them:
        poll.register(one, select.EPOLLIN)
        by_number[one.fileno()] = one
    heard, end = 0, time.monotonic() + float(seconds)
    while time.monotonic() < end:
        for number, _ in poll.poll(0.1):
            by_number[number].recv(1 << 16)
            by_number[number].send(b"x" * 64)
            heard += 1
    print(f"{heard / float(seconds):.0f} a second")


if __name__ == "__main__":
    {"echo": echo, "once-each": once_each, "once": once, "deaf": deaf, "rate": rate}[sys.argv[1]](*sys.argv[2:])
    sys.stdout.flush()
    os._exit(0)
