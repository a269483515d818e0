#!/usr/bin/env python3
"""Datagrams in bursts, for the borders between them: the program under test is started, and given the next burst when
the last one has arrived, so that none is dropped.

usage: trains.py out PROGRAM ARGUMENTS...     bursts on its standard input; it sends them here: {port} is put in
       trains.py in PROGRAM ARGUMENTS...      bursts are sent to it, and are expected on its standard output;
                                              it announces where it listens with --announce={file}
       trains.py both PROGRAM ARGUMENTS...    in and out at once, as `in` has it

ARGUMENTS have --records u32, or --packets comes first: then standard input and output are packet pipes (pipe(2),
O_DIRECT), one message each; or --sockets: they are Unix sockets that keep messages apart.

  --seed=N      of the sizes (1)          --bursts=N    at least so many, beyond those that are always there (40)
  --size=N      all messages are of this size

Exit status: 0, and "good COUNT", if every message came whole, alone and in order, and the program ended well.
"""

import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

LIMIT = 10  # seconds that nothing may take
UDP_SEGMENT = 103


def burst_sizes(options):
    """Lists of sizes. Each fits into the usual receive buffer, which counts 768 bytes for a small one."""
    if options["size"]:
        for _ in range(options["bursts"]):
            yield [options["size"]] * max(1, min(120, 60000 // options["size"]))
        return
    most = options["most"]
    yield from [[10] * 64, [10] * 65, [1] * 129, [100] * 63 + [99], [100, 100, 50, 100, 100], [5], [most]]
    yield from [[1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1], [0], [7, 7, 0, 7, 7], [0] * 5, [0, 1, 0], [3, 3, 0]]
    yield from [[1400] * 46 + [100], [1400] * 50, [most, 1, most], [7, 8] * 40, [1000] * 66, [4000] * 17]
    source = random.Random(options["seed"])
    for _ in range(options["bursts"]):
        sizes = []
        while len(sizes) < 100 and sum(sizes) < 40000:
            sizes += [source.choice([source.randint(0, 20), source.randint(0, 1500)])] * source.choice([1, 1, 2, 5, 70])
        while len(sizes) > 120 or sum(sizes) > 60000:
            sizes.pop()
        yield sizes


def bursts(options):
    source = random.Random(options["seed"] + 1)
    for sizes in burst_sizes(options):
        yield [source.randbytes(size if options["empty"] or size else 1) for size in sizes]


class Pipes:
    """The standard streams of the program."""

    def __init__(self, options, command):
        self.form = options["form"]
        if self.form == "sockets":
            self.to, stdin = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self.back, stdout = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self.back.settimeout(LIMIT)
        else:
            flags = os.O_DIRECT if self.form == "packets" else 0
            stdin, self.to = os.pipe2(flags)
            self.back, stdout = os.pipe2(flags)
        self.child = subprocess.Popen(command, stdin=stdin, stdout=stdout)
        for end in (stdin, stdout):
            end.close() if self.form == "sockets" else os.close(end)
        self.held = b""

    def write(self, messages):
        if self.form == "u32":
            data = b"".join(struct.pack(">I", len(message)) + message for message in messages)
            while data:
                data = data[os.write(self.to, data) :]
        for message in messages if self.form != "u32" else []:
            self.to.send(message) if self.form == "sockets" else os.write(self.to, message)

    def read(self):
        """One message."""
        if self.form == "sockets":
            return self.back.recv(1 << 17)
        if self.form == "packets":
            return self.bytes()
        while len(self.held) < 4 or len(self.held) < 4 + struct.unpack_from(">I", self.held)[0]:
            self.held += self.bytes()
        size = struct.unpack_from(">I", self.held)[0]
        message, self.held = self.held[4 : 4 + size], self.held[4 + size :]
        return message

    def bytes(self):
        if not select.select([self.back], [], [], LIMIT)[0]:
            sys.exit("trains.py: no more came")
        data = os.read(self.back, 1 << 17)
        if not data:
            sys.exit("trains.py: the output has ended")
        return data

    def end(self, listens):
        self.to.close() if self.form == "sockets" else os.close(self.to)
        if listens:
            self.child.terminate()  # it would wait for the next datagram
        status = self.child.wait(LIMIT)
        if status != (-signal.SIGTERM if listens else 0):
            sys.exit(f"trains.py: the program ended with status {status}")


def check(got, wanted, number):
    if got != wanted:
        sys.exit(f"trains.py: message {number} is not the right one: {len(got)} bytes, not {len(wanted)}")


def udp():
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.settimeout(LIMIT)
    return made


def send(end, burst, number):
    """Every second burst as trains where sizes allow: the kernel cuts them."""
    if number % 2 == 1:
        for message in burst:
            end.send(message)
        return
    at = 0
    while at < len(burst):
        last = at + 1
        while last < len(burst) and last - at < 60 and burst[last] and len(burst[last]) == len(burst[at]):
            last += 1
        while last - at > 1 and (last - at) * len(burst[at]) > 65000:
            last -= 1
        part = burst[at:last]
        marks = [(socket.IPPROTO_UDP, UDP_SEGMENT, struct.pack("H", len(part[0])))] if len(part) > 1 else []
        end.sendmsg([b"".join(part)], marks)
        at = last


def main(verb, *words):
    options = {"seed": 1, "bursts": 40, "size": 0, "form": "u32", "most": 65507, "empty": True}
    words = list(words)
    while words[0].startswith("--"):
        name, _, value = words.pop(0)[2:].partition("=")
        if name in ("packets", "sockets"): # a read of nothing is the end there
            options.update(form=name, most=4000, empty=False)
        else:
            options[name] = int(value)
    here = udp()
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "bound")
        command = [word.format(port=here.getsockname()[1], file=file) for word in words]
        pipes = Pipes(options, command)
        if verb != "out":
            stop = time.monotonic() + LIMIT
            while not (os.path.exists(file) and open(file, encoding="utf-8").read().endswith("\n")):
                if time.monotonic() > stop or pipes.child.poll() is not None:
                    sys.exit("trains.py: it does not listen")
                time.sleep(0.02)
            address = open(file, encoding="utf-8").read().rpartition(":")
            here.connect(("127.0.0.1", int(address[2])))
        number = 0
        for index, burst in enumerate(bursts(options)):
            if verb != "out":
                send(here, burst, index)
                for message in burst:
                    check(pipes.read(), message, number)
                    number += 1
            if verb != "in":
                pipes.write(burst)
                for message in burst:
                    try:
                        check(here.recv(1 << 17), message, number)
                    except TimeoutError:
                        sys.exit(f"trains.py: message {number} is missing")
                    number += 1
        pipes.end(verb != "out")
    print("good", number)


if __name__ == "__main__":
    main(*sys.argv[1:])
