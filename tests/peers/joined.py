"""One skt, joined with the script that imports this: the script has the other end of its socket and, where they are
pipes, of its standard input and output. Nothing waits longer than LIMIT seconds.
"""

import os
import select
import socket
import subprocess
import tempfile
import time

LIMIT = 10.0
ROLES = ("client", "listener")
KINDS = {
    "tcp": (socket.AF_INET, socket.SOCK_STREAM),
    "unix": (socket.AF_UNIX, socket.SOCK_STREAM),
    "seqpacket": (socket.AF_UNIX, socket.SOCK_SEQPACKET),
}
PIECE = 1 << 16  # what is written at a time; as a message it fits into every kind of socket
MESSAGE_MAX = 1 << 20  # what is read at a time: messages come whole


class Failed(Exception):
    """What was promised did not happen."""


def make_listener(kind, receive_buffer=None):
    """A listening socket, and the operands with which skt connects to it."""
    listener = socket.socket(*KINDS[kind])
    listener.settimeout(LIMIT)
    if receive_buffer:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    if kind == "tcp":
        listener.bind(("127.0.0.1", 0))
        operands = ["127.0.0.1", str(listener.getsockname()[1])]
    else:
        path = os.path.join(tempfile.mkdtemp(prefix="s", dir="."), "s")
        listener.bind(path)
        operands = ["-U", path]
    listener.listen()
    return listener, (["--seqpacket"] if kind == "seqpacket" else []) + operands


def listening_operands(kind):
    """What to say to skt -l."""
    if kind == "tcp":
        return ["127.0.0.1", "0"]
    path = os.path.join(tempfile.mkdtemp(prefix="s", dir="."), "s")
    return (["--seqpacket"] if kind == "seqpacket" else []) + ["-U", path]


def connect_to(kind, announced, receive_buffer=None):
    """A socket connected to what skt announced: tcp://127.0.0.1:5000 or unix:/path."""
    made = socket.socket(*KINDS[kind])
    made.settimeout(LIMIT)
    if receive_buffer:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    if kind == "tcp":
        made.connect(("127.0.0.1", int(announced.rpartition(":")[2])))
    else:
        made.connect(announced.partition("unix:")[2])
    return made


def read_line(fd):
    """A line that skt writes into a pipe; raises Failed if it ends instead."""
    line = b""
    while not line.endswith(b"\n"):
        if not select.select([fd], [], [], LIMIT)[0]:
            raise Failed("nothing was announced")
        data = os.read(fd, 4096)
        if not data:
            raise Failed("ended before it listened")
        line += data
    return line.decode().split("\n")[0]


class Joined:
    """skt, running and connected.

    role, kind      one of ROLES, one of KINDS
    options         more words for skt
    stdin, stdout   None: a pipe, whose other end is self.input or self.output; otherwise what subprocess takes
    receive_buffer  of our socket
    before          words before skt's: a program that runs it
    """

    def __init__(self, skt, role, kind, options=(), stdin=None, stdout=None, receive_buffer=None, before=()):
        self.role, self.kind = role, kind
        self.stderr = tempfile.TemporaryFile()
        self.input = self.output = None
        words = [*before, skt, *options]
        streams = {"stdin": stdin, "stdout": stdout, "stderr": self.stderr}
        if stdin is None:
            streams["stdin"], self.input = os.pipe()
        if stdout is None:
            self.output, streams["stdout"] = os.pipe()
        if role == "client":
            listener, operands = make_listener(kind, receive_buffer)
            with listener:
                self.process = subprocess.Popen(words + operands, **streams)
                self.socket, _ = listener.accept()
        else:
            announced, write_end = os.pipe()
            words += ["-l", f"--announce=fd:{write_end}"] + listening_operands(kind)
            self.process = subprocess.Popen(words, pass_fds=[write_end], **streams)
            os.close(write_end)
            self.socket = connect_to(kind, read_line(announced), receive_buffer)
            os.close(announced)
        self.socket.settimeout(LIMIT)
        if stdin is None:
            os.close(streams["stdin"])
            os.set_blocking(self.input, False)
        if stdout is None:
            os.close(streams["stdout"])

    def send(self, data):
        """All of it into the socket."""
        for start in range(0, len(data), PIECE):
            self.socket.sendall(data[start : start + PIECE])

    def say(self, data):
        """All of it into standard input."""
        while data:
            if not select.select([], [self.input], [], LIMIT)[1]:
                raise Failed("standard input is not read")
            data = data[os.write(self.input, data[:PIECE]) :]

    def end_input(self):
        os.close(self.input)
        self.input = None

    def receive(self, size=None, limit=LIMIT):
        """So many bytes from the socket, or all until its end."""
        return self.take(self.socket, size, limit)

    def hear(self, size=None, limit=LIMIT):
        """So many bytes of standard output, or all until its end."""
        return self.take(self.output, size, limit)

    def take(self, source, size, limit):
        end = time.monotonic() + limit
        pieces, got = [], 0
        while size is None or got < size:
            if not select.select([source], [], [], max(0, end - time.monotonic()))[0]:
                raise Failed(f"{got} bytes came, and then nothing")
            most = MESSAGE_MAX if size is None else size - got
            data = source.recv(most) if source is self.socket else os.read(source, most)
            if not data and size is None:
                break
            if not data:
                raise Failed(f"the end came after {got} bytes")
            pieces.append(data)
            got += len(data)
        return b"".join(pieces)

    def flood(self, target, data, quiet=0.2):
        """Write data, from its start and again, until nothing has been taken for `quiet` seconds; returns how much.

        target: self.socket or self.input
        """
        if target is self.socket:
            target.setblocking(False)
        written, view = 0, memoryview(data)
        while select.select([], [target], [], quiet)[1]:
            at = written % len(data)
            piece = view[at : at + PIECE]
            try:
                written += target.send(piece) if target is self.socket else os.write(target, piece)
            except BlockingIOError:
                time.sleep(0.005)  # writable, but not for so much
        if target is self.socket:
            target.settimeout(LIMIT)
        return written

    def status(self, limit=LIMIT):
        """The exit status; negative for a signal."""
        try:
            return self.process.wait(limit)
        except subprocess.TimeoutExpired:
            raise Failed("still running") from None

    def said(self):
        """What is on standard error."""
        self.stderr.seek(0)
        return self.stderr.read().decode(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.socket.close()
        for fd in (self.input, self.output):
            if fd is not None:
                os.close(fd)
        self.stderr.close()
