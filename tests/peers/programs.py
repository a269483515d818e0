#!/usr/bin/env python3
"""Clients of a server that runs a program for each.

usage: programs.py WHAT PID PORT ...

PID is the server's, PORT where it is at 127.0.0.1. The program says a line, its process id, and then repeats what it hears.

  held PID PORT COUNT    so many at once: all have their lines before the first says anything. Prints
                         "N programs, M children, K answered" and, once all have gone, "N children, M descriptors more"
  kill PID PORT COUNT    so many, of whom some are killed (the client by a reset or an end in the middle, or the program
                         by SIGKILL) at random moments, while one that is there all the time is answered each time. Prints
                         "kill: N answered, M children, K descriptors more, L KiB more"
"""

import contextlib
import os
import random
import signal
import socket
import struct
import sys
import time

LIMIT = 20


def children(pid):
    """Zombies included."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
            found += file.read().split()
    return found


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def rss_kib(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", int(port)), timeout=LIMIT)
        self.lines = self.socket.makefile("rb")
        self.program = None

    def greet(self):
        self.program = int(self.lines.readline())
        return self

    def talks(self, text):
        self.socket.sendall(text + b"\n")
        return self.lines.readline() == text + b"\n"

    def leave(self):
        self.socket.shutdown(socket.SHUT_WR)
        self.lines.read()
        self.close()

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        self.lines.close()
        self.socket.close()


def come_to_rest(pid, before):
    """Until nothing is left of them, for a while."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end and (children(pid) != before[0] or descriptors(pid) != before[1]):
        time.sleep(0.02)


def held(pid, port, count):
    before = children(pid), descriptors(pid)
    clients = [Client(port) for _ in range(int(count))]
    programs = {client.greet().program for client in clients}
    there = len(children(pid))
    good = sum(client.talks(b"%d" % number) for number, client in enumerate(clients))
    for client in clients:
        client.leave()
    print(f"{len(programs)} programs, {there} children, {good} answered")
    come_to_rest(pid, before)
    print(f"{len(children(pid))} children, {descriptors(pid) - before[1]} descriptors more")


def kill(pid, port, count):
    chance = random.Random(3)
    before = ([], descriptors(pid))
    Client(port).greet().leave()
    come_to_rest(pid, before)
    steady, size = Client(port).greet(), rss_kib(pid)
    clients, good = [], 0
    for number in range(int(count)):
        clients.append(Client(port))
        if chance.random() < 0.7:
            clients[-1].greet()
        if chance.random() < 0.3:
            clients[-1].socket.sendall(bytes(100000))
        if len(clients) > 30:
            one = clients.pop(chance.randrange(len(clients)))
            how = chance.choice(["reset", "close", "program", "leave"])
            if how == "program" and one.program:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one.program, signal.SIGKILL)
            elif how == "reset":
                one.reset()
            one.close()
        good += steady.talks(b"%d" % number)
    for client in clients:
        client.reset()
    steady.leave()
    come_to_rest(pid, before)
    more = f"{descriptors(pid) - before[1]} descriptors more, {rss_kib(pid) - size} KiB more"
    print(f"kill: {good} answered, {len(children(pid))} children, {more}")


if __name__ == "__main__":
    {"held": held, "kill": kill}[sys.argv[1]](*sys.argv[2:])
