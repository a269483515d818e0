#!/usr/bin/env python3
"""A peer that sends or receives urgent data.

usage: urgent.py WHERE STEP...

WHERE is listen:tcp:FILE (the port goes to FILE), listen:unix:PATH, connect:tcp:PORT or connect:unix:PATH
  send:TEXT      ordinary data                     urgent:TEXT   one send with MSG_OOB
  fill:N         N ordinary bytes
  inline         SO_OOBINLINE                      pause:SECONDS
  waitfile:FILE:TEXT                               until FILE holds TEXT
  take           receive one urgent byte (MSG_OOB) when poll says that there is one, and print "urgent X"
  expect:TEXT    receive exactly that, ordinary
  end            half-close                        drain         until the end; prints what came
"""

import os
import select
import socket
import sys
import time

LIMIT = 20


def opened(where):
    role, kind, place = where.split(":", 2)
    family = socket.AF_INET if kind == "tcp" else socket.AF_UNIX
    one = socket.socket(family)
    one.settimeout(LIMIT)
    if role == "connect":
        one.connect(("127.0.0.1", int(place)) if kind == "tcp" else place)
        return one
    one.bind(("127.0.0.1", 0) if kind == "tcp" else place)
    one.listen()
    if kind == "tcp":
        with open(place + ".new", "w") as file:
            file.write("%d\n" % one.getsockname()[1])
        os.rename(place + ".new", place)
    client, _ = one.accept()
    client.settimeout(LIMIT)
    return client


def receive(one, size):
    data = b""
    while len(data) < size:
        more = one.recv(size - len(data))
        if not more:
            sys.exit("ended after %r" % data)
        data += more
    return data


def take(one):
    poll = select.poll()
    poll.register(one, select.POLLPRI)
    if not poll.poll(LIMIT * 1000):
        sys.exit("no urgent data came")
    print("urgent", one.recv(1, socket.MSG_OOB).decode(), flush=True)


def wait_for(path, text):
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        try:
            with open(path) as file:
                if text in file.read():
                    return
        except FileNotFoundError:
            pass
        time.sleep(0.02)
    sys.exit("%s does not hold %s" % (path, text))


def main():
    one = opened(sys.argv[1])
    for step in sys.argv[2:]:
        verb, _, text = step.partition(":")
        if verb == "send":
            one.sendall(os.fsencode(text))
        elif verb == "fill":
            one.sendall(b"x" * int(text))
        elif verb == "urgent":
            one.send(os.fsencode(text), socket.MSG_OOB)
        elif verb == "inline":
            one.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
        elif verb == "pause":
            time.sleep(float(text))
        elif verb == "waitfile":
            wait_for(*text.split(":", 1))
        elif verb == "take":
            take(one)
        elif verb == "expect":
            got = receive(one, len(text)).decode()
            if got != text:
                sys.exit("got %r, not %r" % (got, text))
        elif verb == "end":
            one.shutdown(socket.SHUT_WR)
        elif verb == "drain":
            rest = b""
            while data := one.recv(65536):
                rest += data
            print("rest", rest.decode(), flush=True)
        else:
            sys.exit("no such step: " + step)


main()
