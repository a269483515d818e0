"""The pump's inner paths, and what each costs in instructions: by callgrind, on a fixed input.

skt takes the same steps each time. Messages wait in the socket before it starts, or find room there. Streams are fed
one piece at a time, the next one only when skt has done with the last and sleeps. The difference of two counts, for
more and for less of the input, is what the input costs without starting and ending.
"""

import contextlib
import fcntl
import os
import re
import signal
import socket
import struct
import subprocess
import tempfile
import termios

from child import Failed, wait_until

LINE = 64  # bytes of a message or a line, its end included
PIECE = 16384  # bytes of a stream that come at a time


def lines(count):
    return (b"x" * (LINE - 1) + b"\n") * count


def waiting(fd, what=termios.FIONREAD):
    """Bytes that wait to be read from a pipe or socket; TIOCOUTQ: that wait at the other end of it."""
    return struct.unpack("i", fcntl.ioctl(fd, what, bytes(4)))[0]


def sleeps(process):
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
        return file.read().rpartition(")")[2].split()[0] == "S"


class Path:
    """One way through the pump. less, more: two sizes of input, in units."""

    unit = "message"
    less, more = 40, 200
    status = 0  # that skt ends with

    def __init__(self, name, *arguments):
        self.name = name
        self.arguments = arguments

    def instructions(self, skt):
        """For each unit."""
        counts = [self.count(skt, units) for units in (self.less, self.more)]
        return (counts[1] - counts[0]) / (self.more - self.less)

    def count(self, skt, units):
        with contextlib.ExitStack() as opened:
            ours, far, stdin = self.prepare(opened, units)
            arguments = [word.replace("UNITS", str(units)) for word in self.arguments]
            errors = opened.enter_context(tempfile.TemporaryFile())
            process = subprocess.Popen(
                ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", skt, *arguments,
                 f"fd:{ours.fileno()}"], stdin=stdin, stdout=subprocess.DEVNULL, stderr=errors,
                pass_fds=[ours.fileno()], env={"PATH": os.environ["PATH"]})
            ours.close()
            try:
                self.feed(process, far, units)
                status = process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                raise Failed(f"{self.name}: not done within 30 s") from None
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            errors.seek(0)
            said = errors.read().decode(errors="replace")
        found = re.search(r"Collected : (\d+)", said)
        if status != self.status or not found:
            raise Failed(f"{self.name}: skt {' '.join(arguments)} ended with {status}: {said[-500:]}")
        return int(found.group(1))

    def prepare(self, opened, units):
        """skt's socket, the other end of it, and skt's standard input."""
        raise NotImplementedError

    def feed(self, process, far, units):
        """Once skt runs."""


def pair(opened, kind):
    return [opened.enter_context(end) for end in socket.socketpair(socket.AF_UNIX, kind)]


class ReceiveStream(Path):
    unit = f"{PIECE // 1024} KiB"
    less, more = 4, 64

    def prepare(self, opened, units):
        far, ours = pair(opened, socket.SOCK_STREAM)
        return ours, far, subprocess.DEVNULL

    def feed(self, process, far, units):
        for _ in range(units):
            far.sendall(lines(PIECE // LINE))
            wait_until(lambda: waiting(far, termios.TIOCOUTQ) == 0 and sleeps(process), "taking a piece", seconds=20)
        far.shutdown(socket.SHUT_WR)


class SendStream(Path):
    unit = f"{PIECE // 1024} KiB"
    less, more = 4, 64

    def prepare(self, opened, units):
        far, ours = pair(opened, socket.SOCK_STREAM)
        stdin, write_end = (opened.enter_context(os.fdopen(fd, mode, buffering=0))
                            for fd, mode in zip(os.pipe(), ("rb", "wb")))
        self.write_end = write_end
        return ours, far, stdin

    def feed(self, process, far, units):
        far.settimeout(20)
        wait_until(lambda: sleeps(process), "starting", seconds=20)
        for _ in range(units):
            self.write_end.write(lines(PIECE // LINE))
            left = PIECE // LINE
            while left > 0:
                left -= far.recv(1 << 20).count(b"\n")
            wait_until(lambda: sleeps(process), "giving on a piece", seconds=20)
        self.write_end.close()
        while far.recv(1 << 20):
            pass
        wait_until(lambda: sleeps(process), "ending its side", seconds=20)
        far.shutdown(socket.SHUT_WR)


class Converse(SendStream):
    """A line one way, and then one the other way."""

    unit = "question and answer"
    less, more = 40, 200

    def feed(self, process, far, units):
        far.settimeout(20)
        wait_until(lambda: sleeps(process), "starting", seconds=20)
        for _ in range(units):
            self.write_end.write(lines(1))
            if far.recv(1 << 20) != lines(1):
                raise Failed(f"{self.name}: not what was asked")
            wait_until(lambda: sleeps(process), "giving on a question", seconds=20)
            far.sendall(lines(1))
            wait_until(lambda: waiting(far, termios.TIOCOUTQ) == 0 and sleeps(process), "taking an answer", seconds=20)
        self.write_end.close()
        far.shutdown(socket.SHUT_WR)


class ReceiveRecords(Path):
    def prepare(self, opened, units):
        far, ours = pair(opened, socket.SOCK_SEQPACKET)
        for _ in range(units):
            far.send(b"x" * LINE)
        far.shutdown(socket.SHUT_WR)
        return ours, far, subprocess.DEVNULL


class SendRecords(Path):
    less, more = 10, 60  # such a socket is full for poll when a quarter of its room is taken

    def prepare(self, opened, units):
        far, ours = pair(opened, socket.SOCK_SEQPACKET)
        far.shutdown(socket.SHUT_WR)
        return ours, far, input_file(opened, units)


class ReceiveDatagrams(Path):
    def prepare(self, opened, units):
        ours, far = datagram_pair(opened)
        far.connect(ours.getsockname())
        for _ in range(units):
            far.send(b"x" * LINE)
        return ours, far, subprocess.DEVNULL


class SendDatagrams(Path):
    def prepare(self, opened, units):
        ours, far = datagram_pair(opened)
        ours.connect(far.getsockname())
        return ours, far, input_file(opened, units)


class ServeClients(Path):
    """Clients that come and go without a byte, one after the other; the server only ends by a signal."""

    unit = "client"
    status = -signal.SIGTERM

    def prepare(self, opened, units):
        listener = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        stdin, self.kept_open = (opened.enter_context(os.fdopen(fd, mode, buffering=0))
                                 for fd, mode in zip(os.pipe(), ("rb", "wb")))
        return listener, listener.getsockname(), stdin

    def feed(self, process, far, units):
        for _ in range(units):
            with socket.create_connection(far, timeout=20) as client:
                client.shutdown(socket.SHUT_WR)
                if client.recv(1):
                    raise Failed(f"{self.name}: a client got something")
        wait_until(lambda: sleeps(process), "being done with the last client", seconds=20)
        process.terminate()


def datagram_pair(opened):
    sockets = [opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(2)]
    for end in sockets:
        end.bind(("127.0.0.1", 0))
    return sockets


def input_file(opened, count):
    file = opened.enter_context(tempfile.TemporaryFile())
    file.write(lines(count))
    file.seek(0)
    return file


PATHS = (
    ReceiveStream("stream-receive"),
    ReceiveStream("stream-receive-copied", "-o", "/dev/null"),
    ReceiveStream("stream-receive-blocks", "--block", "4096"),
    SendStream("stream-send"),
    SendStream("stream-send-copied", "-o", "/dev/null"),
    SendStream("stream-send-crlf", "-C"),
    Converse("conversation"),
    ReceiveRecords("record-receive", "--records", "u32"),
    ReceiveRecords("record-receive-hex", "--records", "hex"),
    SendRecords("record-send-line", "--records", "line"),
    ReceiveDatagrams("datagram-receive", "-l", "-W", "UNITS"),
    SendDatagrams("datagram-send", "--records", f"size:{LINE}", "-q", "0"),
    ServeClients("client-served", "-lk"),
    ServeClients("client-discarded", "-lk", "--discard"),
)
