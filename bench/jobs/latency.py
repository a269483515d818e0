"""Round trips through a client, all on one processor: waking another would be most of the time."""

import contextlib
import os
import socket

from address import free_path
from child import Children, Failed
from job import Cannot, Job, Sample


class Latency(Job):
    unit = "us"
    better = "less"
    family = "tcp"
    how, round_trips = "once", 4000
    turns = 5  # of 30 milliseconds
    one_processor = True

    def listener(self):
        if self.family == "tcp":
            listener = socket.create_server(("127.0.0.1", 0))
            return listener, str(listener.getsockname()[1])
        path = free_path(self.bench.work)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen()
        return listener, path

    def run(self, program):
        listener, address = self.listener()
        with listener, contextlib.ExitStack() as opened, Children() as children:
            command = program.client(address)
            if command is None:
                raise Cannot("no Unix sockets" if self.family == "unix" else "not tuned for this")
            (input_read, input_write), (output_read, output_write) = (
                [opened.enter_context(os.fdopen(fd, mode, buffering=0)) for fd, mode in zip(os.pipe(), ("rb", "wb"))]
                for _ in range(2))
            client = children.start(command, stdin=input_read, stdout=output_write, cpu=self.cpu())
            listener.settimeout(5)
            try:
                peer = opened.enter_context(listener.accept()[0])
            except TimeoutError:
                raise Failed(f"it did not connect: {client.said()}") from None
            peer.setblocking(True)
            if self.family == "tcp":
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # a client that ends is seen as the end of its output
            output_write.close()
            ends = [input_write, output_read, peer]
            timer = children.tell([self.bench.tool("roundtrip"), self.how, self.round_trips,
                                   *(end.fileno() for end in ends)], cpu=self.cpu(), pass_fds=ends, timeout=20)
            timed = timer.wait()
            used = client.stop()
        return Sample(timer.numbers()[0] / 1e3, cpu=used.cpu, rss=used.rss, measured=used.cpu + timed.cpu)


class LatencyTcp(Latency):
    name, what, order = "latency-tcp", "1 byte there and back, one processor", 30


class LatencyUnix(Latency):
    name, what, order = "latency-unix", "1 byte there and back, one processor", 31
    family = "unix"


class LatencyTwoWrites(Latency):
    name, what, order = "latency-wwr", "a request in two writes 0.3 ms apart, an answer", 32
    how, round_trips = "twice", 21
    turns = 1
