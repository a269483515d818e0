#!/usr/bin/env python3
"""Many clients of an echo server at once.

usage: many.py PID PORT CLIENTS [few]

All connect to 127.0.0.1 PORT, then each says something and hears it, then all are silent for a second, then they end.
Prints "N answered, T ticks idle, M KiB more, S KiB silent": what the server with that PID used in that second, and its
memory beyond what it had before, with all of them and before the first one has spoken. With "few", not all of them can be served at once: each ends when it has been answered, in its turn.
"""

import os
import resource
import socket
import sys
import time


def ticks(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def rss_kib(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


def hear(client, size):
    data = b""
    while len(data) < size:
        piece = client.recv(size - len(data))
        if not piece:
            break
        data += piece
    return data


def idle_ticks(pid):
    """Of a second that begins when the server has come to rest, which takes it a while on a busy machine."""
    for _ in range(50):
        before = ticks(pid)
        time.sleep(0.1)
        if ticks(pid) == before:
            break
    before = ticks(pid)
    time.sleep(1)
    return ticks(pid) - before


def end(client):
    client.shutdown(socket.SHUT_WR)
    assert client.recv(1) == b""
    client.close()


def main(pid, port, count, few=None):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    before = rss_kib(pid)
    clients = [socket.create_connection(("127.0.0.1", int(port)), timeout=20) for _ in range(int(count))]
    idle_ticks(pid)
    silent = rss_kib(pid) - before
    texts = [f"I am the client with the number {i}".encode() for i in range(len(clients))]
    for client, text in zip(clients, texts):
        client.sendall(text)
    used = idle_ticks(pid)
    answered = 0
    for client, text in zip(clients, texts):
        answered += hear(client, len(text)) == text
        if few:
            end(client)
    more = rss_kib(pid) - before
    if not few:
        used = idle_ticks(pid)
        for client in clients:
            end(client)
    print(f"{answered} answered, {used} ticks idle, {more} KiB more, {silent} KiB silent")


if __name__ == "__main__":
    main(*sys.argv[1:])
