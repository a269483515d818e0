#!/usr/bin/env python3
"""Many clients of a hub that say something to each other.

usage: hub.py PID PORT all CLIENTS          each client sends 2 lines; each counts those of all others
       hub.py PID PORT slow CLIENTS LINES   one client reads nothing, one sends LINES lines of 1000 bytes, others count
       hub.py PID PORT block CLIENTS LINES  the same, but the one reads all of it once the speaker has had to stop
       hub.py PID PORT endless CLIENTS      one client sends a line that never ends, the others one line each
       hub.py PID PORT long CLIENTS         all begin a long line, which others wait for the end of, and then end it
       hub.py PID PORT reset LINES          two read nothing, say all they can when a third one has had to stop, and are reset
       hub.py PID PORT kill CLIENTS         clients are killed (SIGKILL) at random moments while they talk

The server is at 127.0.0.1 PORT, with that PID, and its clients hear each other (--broker). Prints what was found:
"all: N of M lines, T ticks idle"; "slow: the worst of N healthy had P %, M KiB more"; "block: N of M lines at the worst,
the speaker stopped after A of B bytes"; "endless: N of M lines, P pieces of the endless one"; "long: N ended,
T ticks"; "reset: N of M lines"; "kill: N of M lines, D descriptors more".
"""

import os
import random
import resource
import selectors
import signal
import socket
import struct
import sys
import threading
import time

from many import idle_ticks, rss_kib, ticks

PATIENCE_S = 120


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=20)


class Hall:
    """Clients that are all read as soon as something comes."""

    def __init__(self, port, count):
        self.clients = [connect(port) for _ in range(count)]
        self.heard = {client: bytearray() for client in self.clients}
        self.count = 0
        self.selector = selectors.DefaultSelector()
        for client in self.clients:
            client.setblocking(False)
            self.selector.register(client, selectors.EVENT_READ)

    def read(self, timeout):
        """Returns whether anything was there."""
        ready = self.selector.select(timeout)
        for key, _ in ready:
            data = key.fileobj.recv(1 << 18)
            if not data:
                self.selector.unregister(key.fileobj)
            self.heard[key.fileobj] += data
            self.count += data.count(b"\n")
        return bool(ready)

    def read_until(self, is_enough, seconds=PATIENCE_S):
        end = time.monotonic() + seconds
        while not is_enough() and time.monotonic() < end:
            self.read(0.1)

    def meet(self):
        """Until everybody is known to be there."""
        greeting = b"hello\n"
        waiting = set(self.clients[1:])
        end = time.monotonic() + PATIENCE_S
        while waiting and time.monotonic() < end:
            self.clients[0].send(greeting)
            self.read(0.05)
            waiting = {client for client in waiting if greeting not in self.heard[client]}
        assert not waiting, f"{len(waiting)} have not been told of the first"
        while self.read(0.2):
            pass
        for heard in self.heard.values():
            heard.clear()
        self.count = 0


def talk_all(pid, port, count):
    hall = Hall(port, count)
    hall.meet()
    rounds = 2
    wanted = count * (count - 1) * rounds
    for number in range(rounds):
        for index, client in enumerate(hall.clients):
            client.send(f"{index} says {number}\n".encode())
            if index % 10 == 0:
                hall.read(0)
    hall.read_until(lambda: hall.count >= wanted)
    right = 0
    everything = {f"{index} says {number}".encode() for index in range(count) for number in range(rounds)}
    for index, client in enumerate(hall.clients):
        own = {f"{index} says {number}".encode() for number in range(rounds)}
        lines = bytes(hall.heard[client]).splitlines()
        right += len(set(lines) & (everything - own)) if len(lines) == len(set(lines)) else 0
    print(f"all: {right} of {wanted} lines, {idle_ticks(pid)} ticks idle")


def talk_slow(pid, port, count, lines):
    stopped = socket.socket()
    stopped.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stopped.connect(("127.0.0.1", port))
    hall = Hall(port, count + 1)
    hall.meet()
    speaker = hall.clients[0]
    before = rss_kib(pid)
    data = b"".join(b"%08d %s\n" % (number, b"x" * 990) for number in range(lines))
    sent = 0
    end = time.monotonic() + PATIENCE_S
    while sent < len(data) and time.monotonic() < end:
        try:
            sent += speaker.send(data[sent:sent + (1 << 18)])
        except BlockingIOError:
            pass
        hall.read(0)
    hall.read_until(lambda: hall.count >= lines * count, 20)
    more = rss_kib(pid) - before
    whole = set(data.splitlines())
    least = min(sum(line in whole for line in bytes(hall.heard[client]).splitlines()) for client in hall.clients[1:])
    print(f"slow: the worst of {count} healthy had {100 * least // lines} %, {more} KiB more")
    stopped.settimeout(0.5)
    rest = b""
    try:
        while True:
            data = stopped.recv(1 << 18)
            if not data:
                break
            rest += data
    except TimeoutError:
        pass
    told = [line for line in rest.splitlines() if line.startswith(b"skt: too slow: ")]
    missed = sum(int(line.split()[3]) for line in told)
    had = sum(line in whole for line in rest.splitlines())
    cut = len(rest.splitlines()) - had - len(told) - rest.splitlines().count(b"hello")
    print(f"stopped: {had + missed} of {lines} lines had or told of, {cut} others, {misplaced(rest, whole)} misplaced")


def misplaced(heard, whole):
    """Lines that are not where those before them, and the number of those that were missed, say that they are."""
    place = wrong = 0
    for line in heard.splitlines():
        if line.startswith(b"skt: too slow: "):
            place += int(line.split()[3])
        elif line in whole:
            wrong += int(line[:8]) != place
            place = int(line[:8]) + 1
    return wrong


def talk_block(_pid, port, count, lines):
    stopped = socket.socket()
    stopped.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stopped.connect(("127.0.0.1", port))
    hall = Hall(port, count + 1)
    hall.meet()
    speaker = hall.clients[0]
    data = b"".join(b"%08d %s\n" % (number, b"x" * 990) for number in range(lines))
    sent = 0
    moved = time.monotonic()
    # longer than anybody is waited for without --slow block
    while sent < len(data) and time.monotonic() - moved < 3:
        try:
            sent += speaker.send(data[sent:sent + (1 << 18)])
            moved = time.monotonic()
        except BlockingIOError:
            hall.read(0.05)
    stop = sent
    stopped.setblocking(False)
    hall.selector.register(stopped, selectors.EVENT_READ)
    hall.heard[stopped] = bytearray()
    end = time.monotonic() + PATIENCE_S
    last = data[data.rindex(b"\n", 0, -1) + 1:]
    hearers = [*hall.clients[1:], stopped]
    while not all(hall.heard[client].endswith(last) for client in hearers) and time.monotonic() < end:
        try:
            sent += speaker.send(data[sent:sent + (1 << 18)])
        except BlockingIOError:
            pass
        hall.read(0.01)
    lines_sent = data.splitlines()
    greeting = b"hello"
    had = [sum(a == b for a, b in zip(lines_sent, [line for line in bytes(hall.heard[client]).splitlines()
                                                   if line != greeting]))
           for client in hearers]
    print(f"block: {min(had)} of {lines} lines at the worst, the speaker stopped after {stop} of {len(data)} bytes")


class Ear(threading.Thread):
    """What a client hears, but for what there is too much of."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.client = client
        self.has_heard = False
        self.lines = []
        self.start()

    def run(self):
        rest = b""
        try:
            while data := self.client.recv(1 << 18):
                self.has_heard = True
                *lines, rest = (rest + data.replace(b"x" * 32, b"")).split(b"\n")
                self.lines += [line.replace(b"x", b"") for line in lines]
        except OSError:
            pass


def talk_endless(_pid, port, count):
    hall = [connect(port) for _ in range(count + 1)]
    for client in hall:
        client.settimeout(None)
    ears = [Ear(client) for client in hall]

    def send_all():
        try:
            while True:
                hall[0].sendall(b"x" * 100000)
        except OSError:
            pass

    threading.Thread(target=send_all, daemon=True).start()
    begun = time.monotonic() + 10
    while not all(ear.has_heard for ear in ears[1:]) and time.monotonic() < begun:
        time.sleep(0.02)  # until it is in the middle of its line
    said = [b"this is number %d" % number for number in range(1, count + 1)]
    for client, line in zip(hall[1:], said):
        client.sendall(line + b"\n")

    def heard():
        return sum(any(line.endswith(words) for line in list(ear.lines))
                   for ear, own in zip(ears, [None, *said]) for words in said if words != own)

    end = time.monotonic() + 10
    while heard() < count * count and time.monotonic() < end:
        time.sleep(0.05)
    pieces = sum(line not in said and line.endswith(b": ") for ear in ears[1:] for line in list(ear.lines))
    print(f"endless: {heard()} of {count * count} lines, {pieces} pieces of the endless one")


def talk_long(pid, port, count):
    clients = [connect(port) for _ in range(count)]
    before = ticks(pid)
    for client in clients:
        client.setblocking(False)
        client.send(b"x" * 40000)
    for client in clients:
        client.send(b"\n")
        client.shutdown(socket.SHUT_WR)
        client.settimeout(PATIENCE_S)
    ended = sum(client.recv(1) == b"" for client in clients)
    print(f"long: {ended} ended, {ticks(pid) - before} ticks")


def send_all_that_goes(hall, client, data, patience=1):
    """Until nothing has gone for a second, which is longer than the others take. Returns how much has."""
    sent = 0
    moved = time.monotonic()
    while sent < len(data) and time.monotonic() - moved < patience:
        try:
            sent += client.send(data[sent:sent + (1 << 18)])
            moved = time.monotonic()
        except BlockingIOError:
            hall.read(0.05)
    return sent


def talk_reset(_pid, port, lines):
    stopped = []
    for _ in range(2):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", port))
        client.setblocking(False)
        stopped.append(client)
    hall = Hall(port, 2)
    hall.meet()
    data = b"".join(b"%08d %s\n" % (number, b"x" * 990) for number in range(lines))
    sent = send_all_that_goes(hall, hall.clients[0], data)
    assert sent < len(data), "nobody has been waited for"
    noise = data.replace(b"x", b"y")
    said = [send_all_that_goes(hall, client, noise) for client in stopped]
    assert max(said) < len(noise), "all has been taken from those that are waited for"
    for client in stopped:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
    sent += send_all_that_goes(hall, hall.clients[0], data[sent:], 20)
    heard = hall.heard[hall.clients[1]]
    hall.read_until(lambda: heard.count(b"x\n") >= lines, 20)
    had = heard.count(b"x\n")
    print(f"reset: {had} of {lines} lines")


def talk_kill(pid, port, count):
    random.seed(7)
    before = len(os.listdir(f"/proc/{pid}/fd"))
    children = []
    for number in range(count):
        child = os.fork()
        if child == 0:
            client = connect(port)
            client.setblocking(False)
            while True:
                for call in (lambda: client.send(b"%d\n" % number * random.randrange(1, 5000)), lambda: client.recv(1 << 16)):
                    try:
                        call()
                    except BlockingIOError:
                        time.sleep(0.001)
        children.append(child)
    for child in random.sample(children, len(children)):
        time.sleep(random.random() * 0.05)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    hall = Hall(port, 2)
    hall.meet()
    hall.clients[0].send(b"still there\n" * 100)
    heard = hall.heard[hall.clients[1]] # with what the others said before they died
    hall.read_until(lambda: heard.count(b"still there\n") >= 100)
    lines = heard.count(b"still there\n")
    for client in hall.clients:
        client.close()
    end = time.monotonic() + 10
    while len(os.listdir(f"/proc/{pid}/fd")) > before and time.monotonic() < end:
        time.sleep(0.02)
    print(f"kill: {lines} of 100 lines, {len(os.listdir(f'/proc/{pid}/fd')) - before} descriptors more")


def main(pid, port, what, *numbers):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    {"all": talk_all, "slow": talk_slow, "block": talk_block, "endless": talk_endless,
     "long": talk_long, "reset": talk_reset, "kill": talk_kill}[what](int(pid), int(port), *map(int, numbers))


if __name__ == "__main__":
    main(*sys.argv[1:])
