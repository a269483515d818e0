"""Bytes over TCP and Unix sockets: file to file, to /dev/null, through pipes, both ways at once."""

import contextlib
import json
import os
import subprocess

from address import free_path, free_port, wait_listening
from child import Children, Failed
from files import Files
from job import Cannot, Job, Sample
from programs import HOST

SLOW = ("busybox nc",)  # moves a quarter, to save time
PATIENCE_S = 20  # for each GiB: two that only write wait for each other for ever


class Run:
    """What one run has open and started."""

    def __init__(self, files, children, opened):
        self.files, self.children, self.opened = files, children, opened
        self.helpers = []
        self.outputs = []

    def open(self, path, mode):
        return self.opened.enter_context(open(path, mode, buffering=0))

    def pipe(self):
        """Both ends, as files."""
        return [self.opened.enter_context(os.fdopen(fd, mode, buffering=0))
                for fd, mode in zip(os.pipe(), ("rb", "wb"))]

    def silence(self):
        """An input that neither speaks nor ends."""
        return self.pipe()[0]

    # where bytes come from, and where they go

    def from_file(self):
        return self.open(self.files.input, "rb")

    def from_pipe(self):
        read_end, write_end = self.pipe()
        self.helpers.append(self.children.start(["cat", self.files.input], stdout=write_end))
        write_end.close()
        return read_end

    def to_file(self):
        path = self.files.output(f"output{len(self.outputs)}")
        self.outputs.append(path)
        return self.open(path, "r+b")

    def to_null(self):
        return self.open("/dev/null", "wb")

    def to_pipe(self):
        read_end, write_end = self.pipe()
        # > /dev/null is what the job says: cat itself would notice
        self.helpers.append(self.children.start(["cat"], stdin=read_end))
        read_end.close()
        return write_end


class Stream(Job):
    unit = "GB/s"
    family = "tcp"
    source, sink = Run.from_file, Run.to_file
    both_ways = False

    def folder(self):
        return self.bench.work

    def files(self, program):
        size = self.bench.file_bytes // (2 if self.both_ways else 1)
        return Files(self.folder(), size // 4 if program.name in SLOW else size)

    def address(self):
        return free_port() if self.family == "tcp" else free_path(self.bench.work)

    def command(self, program, role, side, address):
        command = program.stream(role, side, address)
        if command is None:
            raise Cannot("no half-close" if self.family == "tcp" else "no Unix sockets")
        return command

    def run(self, program):
        if program.kind == "reference":
            return self.run_reference(program)
        address = self.address()
        roles = ("both", "both") if self.both_ways else ("receive", "send")
        listen, connect = (self.command(program, role, side, address)
                           for role, side in zip(roles, ("listen", "connect")))
        with contextlib.ExitStack() as opened, Children() as children:
            run = Run(self.files(program), children, opened)
            patience = PATIENCE_S * max(1, run.files.size >> 30)
            idle = run.silence() if program.silent_input else None
            with type(self).sink(run) as sink:
                listener = children.start(listen, stdin=type(self).source(run) if self.both_ways else idle,
                                          stdout=sink, timeout=patience)
            wait_listening(address, listener)
            with type(self).source(run) as source:
                connector = children.start(connect, stdin=source,
                                           stdout=type(self).sink(run) if self.both_ways else None,
                                           timeout=patience)
            return self.finish(run, connector, listener)

    def finish(self, run, connector, listener):
        ends = [connector.wait(), listener.wait()]
        helpers = [helper.wait() for helper in run.helpers]
        for path in run.outputs:
            run.files.check(path)
        seconds = max(end.ended for end in ends + helpers) - ends[0].started
        size = run.files.size * (2 if self.both_ways else 1)
        return Sample(size / seconds / 1e9, cpu=sum(end.cpu for end in ends), amount=size / (1 << 30),
                      rss=max(end.rss for end in ends), measured=sum(end.cpu for end in ends + helpers))

    def run_reference(self, program):
        """iperf3 says itself how fast it was."""
        port = free_port()
        with Children() as children, open(os.path.join(self.bench.work, "iperf"), "w+b") as said:
            listener = children.start(program.memory("listen", port, self.bench.file_bytes))
            wait_listening(port, listener)
            connector = children.start(program.memory("connect", port, self.bench.file_bytes), stdout=said)
            ends = [connector.wait(), listener.wait()]
            said.seek(0)
            total = json.load(said)["end"]["sum_received"]
        if not total["bytes"]:
            raise Failed("nothing arrived")
        return Sample(total["bits_per_second"] / 8e9, cpu=sum(end.cpu for end in ends),
                      amount=total["bytes"] / (1 << 30), rss=max(end.rss for end in ends),
                      measured=sum(end.cpu for end in ends))


class TcpFile(Stream):
    name, what, order = "tcp-file", "file to file in memory", 1
    references = ("iperf3",)


class TcpDisk(Stream):
    name, what, order = "tcp-disk", "file to file on a disk, mostly its cache", 2

    def folder(self):
        return self.bench.disk


class TcpNull(Stream):
    name, what, order = "tcp-null", "file to /dev/null", 3
    sink = Run.to_null
    references = ("iperf3",)


class TcpPipe(Stream):
    name, what, order = "tcp-pipe", "`cat file \\| X`, `X \\| cat`", 4
    source, sink = Run.from_pipe, Run.to_pipe


class TcpDuplex(Stream):
    name, what, order = "tcp-duplex", "files both ways at once, sum", 5
    both_ways = True


class UnixFile(Stream):
    name, what, order = "unix-file", "file to file in memory", 6
    family = "unix"
    turns = 3  # they differ by a third, as the two processors meet


class UnixNull(Stream):
    name, what, order = "unix-null", "file to /dev/null", 7
    family = "unix"
    sink = Run.to_null


class UnixPipe(Stream):
    name, what, order = "unix-pipe", "`cat file \\| X`, `X \\| cat`", 8
    family = "unix"
    source, sink = Run.from_pipe, Run.to_pipe
    turns = 3


class UnixDuplex(Stream):
    name, what, order = "unix-duplex", "files both ways at once, sum", 9
    family = "unix"
    both_ways = True


class UnixSeqpacket(Stream):
    name, what, order = "unix-seqpacket", "messages, file to file", 10
    family = "unix"

    def command(self, program, role, side, address):
        command = program.seqpacket(role, side, address)
        if command is None:
            raise Cannot("no seqpacket")
        return command


class TlsFile(Stream):
    name, what, order = "tls-file", "file to file in memory, encrypted", 12

    def takes_part(self, program):
        return program.kind in ("ours", "limit", "peer")

    def prepare(self):
        self.certificate = os.path.join(self.bench.work, "certificate.pem")
        made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                               "-days", "2", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=IP:{HOST}",
                               "-keyout", self.certificate + ".key", "-out", self.certificate],
                              capture_output=True, check=False)
        if made.returncode == 0:
            with open(self.certificate + ".key", "rb") as key, open(self.certificate, "ab") as all_of_it:
                all_of_it.write(key.read())

    def command(self, program, role, side, address):
        command = program.encrypted(role, side, address, self.certificate)
        if command is None:
            raise Cannot("no TLS")
        return command


class TcpRelay(Stream):
    """The program stands between two ends that are the same for all: those of the limit."""

    name, what, order = "tcp-relay", "file to /dev/null, between two other programs", 11
    sink = Run.to_null

    def run(self, program):
        ends = next(one for one in self.bench.programs if one.kind == "limit")
        near, far = free_port(), free_port()
        command = program.relay(near, far)
        if command is None:
            raise Cannot("no relay")
        with contextlib.ExitStack() as opened, Children() as children:
            run = Run(self.files(program), children, opened)
            with run.to_null() as sink:
                receiver = children.start(ends.stream("receive", "listen", far), stdout=sink)
            wait_listening(far, receiver)
            relay = children.start(command)
            wait_listening(near, relay)
            with run.from_file() as source:
                sender = children.start(ends.stream("send", "connect", near), stdin=source)
            others = [sender.wait(), receiver.wait()]
            ended = relay.wait()
            seconds = max(end.ended for end in others) - others[0].started
            return Sample(run.files.size / seconds / 1e9, cpu=ended.cpu, amount=run.files.size / (1 << 30),
                          rss=ended.rss, measured=sum(end.cpu for end in [ended, *others]))
