#!/usr/bin/env python3
"""Clients of a relay, in numbers.

usage: relayed.py killed PORT CLIENTS
       relayed.py answer FILE
       relayed.py table PORT CLIENTS

killed: each client is a process of its own that sends to 127.0.0.1 PORT without end and reads what comes back, and is killed
(SIGKILL) at a moment drawn by chance, from a fixed seed.

answer: at a UDP port of 127.0.0.1, which goes to FILE, answers each datagram with the port that it came from, a blank and
the datagram. table: so many clients send some datagrams each to 127.0.0.1 PORT, in turn, and see that theirs come from a
port of their own, always the same, and that each has its own answers and nobody else's. Prints the ports.
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
    port, count = int(port), int(count)
    chance = random.Random(5)
    now = time.monotonic()
    ends = sorted((now + chance.random() * ALIVE_MAX_S * 4, start(port)) for _ in range(count))
    statuses = []
    for end, pid in ends:
        time.sleep(max(0.0, end - time.monotonic()))
        os.kill(pid, signal.SIGKILL)
        statuses.append(os.waitpid(pid, 0)[1])
    assert statuses == [signal.SIGKILL] * count, statuses


def answer(path):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(f"{server.getsockname()[1]}\n")
    os.rename(path + ".new", path)
    while True:
        data, sender = server.recvfrom(65536)
        server.sendto(f"{sender[1]} ".encode() + data, sender)


def table(port, count):
    clients = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(int(count))]
    ports = {}
    for client in clients:
        client.settimeout(10)
        client.connect(("127.0.0.1", int(port)))
    for turn in range(5):
        for number, client in enumerate(clients):
            client.send(f"{number} says {turn}".encode())
        for number, client in enumerate(clients):
            seen, _, text = client.recv(65536).partition(b" ")
            assert text == f"{number} says {turn}".encode(), text
            assert ports.setdefault(number, seen) == seen
    assert len(set(ports.values())) == len(clients)
    print(*sorted(int(seen) for seen in ports.values()))


if __name__ == "__main__":
    {"killed": killed, "answer": answer, "table": table}[sys.argv[1]](*sys.argv[2:])
