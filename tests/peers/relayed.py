#!/usr/bin/env python3
"""Clients of a relay, in numbers.

usage: relayed.py killed PORT CLIENTS

Each client is a process of its own that sends to 127.0.0.1 PORT without end and reads what comes back, and is killed
(SIGKILL) at a moment drawn by chance, from a fixed seed.
"""

import os
import random
import signal
import socket
import sys
import time

ALIVE_MAX_S = 0.3


def talk(port):
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    while True:
        client.sendall(b"x" * 40000)
        client.recv(30000)


def start(port):
    pid = os.fork()
    if pid == 0:
        try:
            talk(port)
        finally:
            os._exit(1)
    return pid


def killed(port, count):
    chance = random.Random(5)
    now = time.monotonic()
    ends = sorted((now + chance.random() * ALIVE_MAX_S * 4, start(port)) for _ in range(count))
    statuses = []
    for end, pid in ends:
        time.sleep(max(0.0, end - time.monotonic()))
        os.kill(pid, signal.SIGKILL)
        statuses.append(os.waitpid(pid, 0)[1])
    assert statuses == [signal.SIGKILL] * count, statuses


if __name__ == "__main__":
    {"killed": killed}[sys.argv[1]](*map(int, sys.argv[2:]))
