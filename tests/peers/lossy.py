#!/usr/bin/env python3
"""A link between this network namespace and that of process PID, over which packets are lost, doubled, delayed and
overtaken, as a seed says.

usage: lossy.py PID SEED

Both ends are TUN interfaces named "lossy": 10.8.0.1 here and 10.8.0.2 there. Prints "up" once they are, and at SIGTERM
"N packets, N lost, N doubled, N late". Needs the privilege to make interfaces in both.
"""

import ctypes
import fcntl
import heapq
import os
import random
import select
import signal
import struct
import subprocess
import sys
import time

MTU = 9000  # fewer packets for so many bytes
LOST, DOUBLED, LATE = 0.03, 0.05, 0.1
DELAY_S, JITTER_S, LATE_S = 0.001, 0.0003, 0.004
QUEUE_MAX = 4000  # as a link has: more is lost

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
CLONE_NEWNET = 0x40000000


def make(address):
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"lossy", IFF_TUN | IFF_NO_PI))
    for words in f"address add {address}/24 dev lossy", f"link set lossy mtu {MTU} up":
        subprocess.run(["ip", *words.split()], check=True)
    return tun


def make_there(pid, address):
    """The process goes there for good: a descriptor of this side's is all that it needs."""
    here = make("10.8.0.1")
    with open(f"/proc/{pid}/ns/net", encoding="utf-8") as there:
        if ctypes.CDLL(None, use_errno=True).setns(there.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    return here, make(address)


class Link:
    def __init__(self, seed, ends):
        self.chance = random.Random(seed)
        self.other = {ends[0]: ends[1], ends[1]: ends[0]}
        self.queue = []  # (when, number, where, packet)
        self.packets = self.lost = self.doubled = self.late = 0

    def take(self, end):
        for _ in range(64):
            try:
                packet = os.read(end, 65536)
            except BlockingIOError:
                return
            self.packets += 1
            if len(self.queue) >= QUEUE_MAX or self.chance.random() < LOST:
                self.lost += 1
                continue
            self.send(end, packet)
            if self.chance.random() < DOUBLED:
                self.doubled += 1
                self.send(end, packet)

    def send(self, end, packet):
        when = time.monotonic() + DELAY_S + JITTER_S * self.chance.random()
        if self.chance.random() < LATE:
            self.late += 1
            when += LATE_S * self.chance.random()
        heapq.heappush(self.queue, (when, self.packets, self.other[end], packet))

    def give(self):
        """What is due. Returns how many milliseconds it is to the next."""
        while self.queue:
            left = self.queue[0][0] - time.monotonic()
            if left > 0:
                return left * 1000
            _, _, end, packet = heapq.heappop(self.queue)
            try:
                os.write(end, packet)
            except BlockingIOError:
                self.lost += 1
        return None


def main(pid, seed):
    link = Link(seed, make_there(pid, "10.8.0.2"))
    poll = select.poll()
    for end in link.other:
        poll.register(end, select.POLLIN)

    def tell(*_):
        print(f"{link.packets} packets, {link.lost} lost, {link.doubled} doubled, {link.late} late", flush=True)
        os._exit(0)

    signal.signal(signal.SIGTERM, tell)
    print("up", flush=True)
    while True:
        for end, _ in poll.poll(link.give()):
            link.take(end)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
