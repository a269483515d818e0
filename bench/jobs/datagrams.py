"""UDP: a flood received, and packets sent as fast as they come."""

import contextlib
import fcntl
import os
import socket
import time

from address import free_port, sockets, wait_bound
from child import Children, Failed, wait_until
from job import Cannot, Job, Sample

DURATION_MS = 300
PIPE_BYTES = 1 << 20
QUIET_S = 0.03


def written(pid):
    """Bytes that a process has written so far, as the kernel counts them."""
    with open(f"/proc/{pid}/io", encoding="ascii") as file:
        for line in file:
            if line.startswith("wchar:"):
                return int(line.split()[1])
    raise Failed("the kernel does not say how much was written")


def queued(port):
    """Bytes that wait in the socket of this port."""
    return sum(int(row[4].split(":")[1], 16) for row in sockets("udp", port))


class Receive(Job):
    unit = "kpps"
    size = None
    flood = ()

    def run(self, program):
        port = free_port(socket.SOCK_DGRAM)
        command = program.datagrams("receive", port)
        if command is None:
            raise Cannot("no UDP")
        with contextlib.ExitStack() as opened, Children() as children:
            silent, _kept_open = (opened.enter_context(os.fdopen(fd, mode, buffering=0))
                                  for fd, mode in zip(os.pipe(), ("rb", "wb")))
            receiver = children.start(command, stdin=silent)
            wait_bound(port, receiver)
            before = written(receiver.pid)
            flood = children.tell([self.bench.tool("flood"), port, self.size, DURATION_MS, *self.flood])
            flooded = flood.wait()
            ended = self.drained(receiver, port)
            delivered = (written(receiver.pid) - before) // self.size
            received = receiver.stop()
        if not delivered:
            raise Failed("nothing was delivered")
        seconds = max(flooded.ended, ended) - flooded.started
        offered = flood.numbers()[0]
        return Sample(delivered / seconds / 1e3, cpu=received.cpu, rss=received.rss, loss=1 - delivered / offered,
                      measured=received.cpu + flooded.cpu)

    @staticmethod
    def drained(receiver, port):
        """When the receiver wrote the last of what the socket held: it had nothing more to do since."""
        last, since = -1, time.monotonic()

        def idle():
            nonlocal last, since
            if not receiver.running():
                raise Failed(f"the receiver ended: {receiver.said()}")
            now = written(receiver.pid)
            if now != last or queued(port) > 0:
                last, since = now, time.monotonic()
            return time.monotonic() - since > QUIET_S
        wait_until(idle, "taking what was sent")
        return since


class Receive64(Receive):
    name, what, order, size = "udp-recv-64", "a flood of 64 B, delivered", 20, 64


class Receive1400(Receive):
    name, what, order, size = "udp-recv-1400", "a flood of 1400 B, delivered", 21, 1400


class Receive8192(Receive):
    name, what, order, size = "udp-recv-8192", "a flood of 8192 B, delivered", 22, 8192


class ReceivePlain(Receive):
    """The sender gives each datagram to the kernel by itself, so that no batch can be taken as one."""

    name, what, order, size = "udp-recv-64-plain", "64 B, sent one by one, delivered", 23, 64
    flood = ("plain",)
    extra = True


class Send(Job):
    unit = "kpps"
    size = None

    def input(self):
        """Where what one write gives, one read takes: both ends of a pipe in packet mode."""
        ends = [os.fdopen(fd, mode, buffering=0)
                for fd, mode in zip(os.pipe2(os.O_DIRECT | os.O_CLOEXEC), ("rb", "wb"))]
        fcntl.fcntl(ends[1], 1031, PIPE_BYTES)  # F_SETPIPE_SZ
        return ends

    def run(self, program):
        port = free_port(socket.SOCK_DGRAM)
        command = program.datagrams("send", port)
        if command is None:
            raise Cannot("no UDP")
        with Children() as children:
            counter = children.tell([self.bench.tool("count"), port, self.size], timeout=20)
            wait_bound(port, counter)
            read_end, write_end = self.input()
            with read_end, write_end:
                sender = children.start(command, stdin=read_end)
                feed = children.start([self.bench.tool("feed"), self.size, DURATION_MS], stdout=write_end)
            fed = feed.wait()
            counted = counter.wait()
            sent = sender.stop()
        count, other, size, elapsed_ns = counter.numbers()
        offered = int(feed.said())
        return Sample(count / elapsed_ns * 1e6, cpu=sent.cpu, rss=sent.rss,
                      loss=max(0.0, 1 - size / (offered * self.size)),
                      measured=sent.cpu + fed.cpu + counted.cpu,
                      notes=["joins messages or cuts them"] if other else [])


class Send64(Send):
    name, what, order, size = "udp-send-64", "packets of 64 B from a pipe", 24, 64


class Send1400(Send):
    name, what, order, size = "udp-send-1400", "packets of 1400 B from a pipe", 25, 1400


class Send8192(Send):
    """A pipe keeps no more than a page whole; a pair of sockets does."""

    name, what, order, size = "udp-send-8192", "packets of 8192 B from a socket", 26, 8192

    def input(self):
        return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
