#!/usr/bin/env python3
"""Every system call of a session fails once: strace injects an errno into one call of one run.

usage: sweep.py [--all] SKT client|listener KIND transient|hard

A session carries 1 MiB each way at once, both ways written first. A first run without a fault counts the calls that
are made from the first socket(2) on; then each errno goes to the first, the second, the middle and the last call of
its kind (--all: to every one). Prints a line for each run that came out badly, and a last line with the counts.

  LOST     status 0 though bytes are missing on either side
  HUNG     did not end
  CRASHED  ended by a signal
  SILENT   a status other than 0 without exactly one line on standard error
  GAVE UP  a transient errno (one that means only "try again") ended the session

A call that this run did not make so often is not counted. A listener that goes on listening, because its client was
lost before a byte had come or gone, gets a second one, which is to find everything. Exit status 0: nothing came out
badly.
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

from joined import MESSAGE_MAX, PIECE, Failed, connect_to, listening_operands, make_listener, read_line

FAULTS = {
    "transient": {
        "read": ["EINTR", "EAGAIN"],
        "write": ["EINTR", "EAGAIN"],
        "recvfrom": ["EINTR", "EAGAIN"],
        "recvmsg": ["EINTR", "EAGAIN"],
        "sendto": ["EINTR", "EAGAIN", "ENOBUFS", "ENOMEM"],
        "ppoll": ["EINTR", "EAGAIN"],
        "connect": ["EINTR"],
        "accept4": ["EINTR", "EAGAIN", "ECONNABORTED", "EPROTO", "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"],
    },
    "hard": {
        "read": ["EIO"],
        "write": ["EIO", "ENOSPC", "EPIPE"],
        "recvfrom": ["ECONNRESET", "ETIMEDOUT", "EHOSTUNREACH"],
        "recvmsg": ["ECONNRESET"],
        "sendto": ["ECONNRESET", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH"],
        "ppoll": ["ENOMEM", "EINVAL"],
        "socket": ["EMFILE", "EACCES"],
        "connect": ["ECONNREFUSED", "ENETUNREACH", "ETIMEDOUT", "EADDRNOTAVAIL"],
        "bind": ["EADDRINUSE", "EACCES"],
        "listen": ["EADDRINUSE"],
        "accept4": ["EINVAL"],
        "getsockopt": ["ENOBUFS"],
        "setsockopt": ["ENOPROTOOPT"],
        "getsockname": ["ENOBUFS"],
        "ioctl": ["EINVAL"],
        "shutdown": ["EIO"],
        "close": ["EIO"],
        "openat": ["EACCES", "EMFILE"],
        "mmap": ["ENOMEM"],
        "brk": ["ENOMEM"],
    },
}
UP, DOWN = os.urandom(1 << 20), os.urandom(1 << 20)
SECONDS = 8.0


class Peer(threading.Thread):
    """The other end: writes all of DOWN, takes all that comes; then does it again, if skt wants it."""

    def __init__(self, sockets, process):
        super().__init__(daemon=True)
        self.sockets = sockets  # functions, each of which makes a connected socket
        self.process = process
        self.received = b""

    def run(self):
        for get_socket in self.sockets:
            self.received = b""
            self.join_once(get_socket)
            try:
                self.process.wait(1)
                break
            except subprocess.TimeoutExpired:
                pass

    def join_once(self, get_socket):
        try:
            with get_socket() as joined:
                joined.settimeout(SECONDS)
                reader = threading.Thread(target=self.take, args=[joined], daemon=True)
                reader.start()
                for start in range(0, len(DOWN), PIECE):
                    joined.sendall(DOWN[start : start + PIECE])
                joined.shutdown(socket.SHUT_WR)
                reader.join()
        except (OSError, Failed):
            pass  # skt's own account of it is what is looked at

    def take(self, joined):
        pieces = []
        try:
            while data := joined.recv(MESSAGE_MAX):
                pieces.append(data)
        except OSError:
            pass
        self.received = b"".join(pieces)


class Run:
    """One session of skt under strace."""

    def __init__(self, skt, role, kind, strace):
        handle, self.trace = tempfile.mkstemp(dir=".")
        os.close(handle)
        words = ["strace", "-f", "--seccomp-bpf", "-o", self.trace, *strace, skt]
        with tempfile.TemporaryFile() as err:
            streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": err}
            if role == "client":
                listener, operands = make_listener(kind)
                self.start(words + operands, streams, [lambda: listener.accept()[0]])
                self.finish()
                listener.close()
            else:
                announced, write_end = os.pipe()
                words += ["-l", f"--announce=fd:{write_end}"] + listening_operands(kind)
                streams["pass_fds"] = [write_end]
                self.start(words, streams, [
                    lambda: connect_to(kind, self.listening_at(announced)), lambda: connect_to(kind, self.where)])
                os.close(write_end)
                self.finish()
                os.close(announced)
            err.seek(0)
            self.said = err.read().decode(errors="replace")

    def listening_at(self, announced):
        self.where = read_line(announced)
        return self.where

    def start(self, words, streams, sockets):
        settings = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"  # that check cannot be traced
        environment = dict(os.environ, ASAN_OPTIONS=settings)
        self.process = subprocess.Popen(words, start_new_session=True, env=environment, **streams)
        self.peer = Peer(sockets, self.process)
        self.peer.start()

    def finish(self):
        """Feed and drain the standard streams to their end."""
        self.output, self.hung = b"", False
        try:
            self.output, _ = self.process.communicate(UP, SECONDS)
        except subprocess.TimeoutExpired:
            self.hung = True
            os.killpg(self.process.pid, 9)  # strace alone would leave skt behind
            self.process.communicate()
        self.peer.join(SECONDS if self.process.returncode == 0 else 0.01)

    def verdict(self, kind_of_fault):
        """What came out badly, or None."""
        status = self.process.returncode
        complete = self.output == DOWN and self.peer.received == UP
        if self.hung:
            return "HUNG"
        if status < 0 or status > 128:
            return "CRASHED"
        if status == 0 and not complete:
            return f"LOST (sent {len(self.peer.received)}, received {len(self.output)})"
        if status != 0 and self.said.count("\n") != 1:
            return "SILENT"
        if kind_of_fault == "transient" and status != 0:
            return "GAVE UP"
        return None

    def was_injected(self):
        with open(self.trace, errors="replace") as trace:
            return "(INJECTED)" in trace.read()


def count_calls(skt, role, kind, calls):
    """How often each call is made before the first socket(2), and in all."""
    run = Run(skt, role, kind, ["-e", "trace=" + ",".join(calls)])
    if run.verdict("transient"):
        raise Failed(f"without a fault: {run.verdict('transient')}: {run.said}")
    before, total, begun = {}, {}, False
    with open(run.trace, errors="replace") as trace:
        for line in trace:
            match = re.match(r"\d+ +(\w+)\(", line)
            if not match:
                continue
            call = match.group(1)
            if call == "socket" and not begun:
                before, begun = dict(total), True
            total[call] = total.get(call, 0) + 1
    return before, total


def choose(first, last, take_all):
    """Ordinals from first to last."""
    if take_all:
        return range(first, last + 1)
    return sorted({n for n in (first, first + 1, (first + last) // 2, last) if first <= n <= last})


def main(words):
    take_all = words[0] == "--all"
    skt, role, kind, kind_of_fault = words[take_all:]
    skt = os.path.abspath(skt)
    os.chdir(tempfile.mkdtemp(dir="."))
    faults = FAULTS[kind_of_fault]
    before, total = count_calls(skt, role, kind, sorted({*faults, "socket"}))
    plan = [
        (call, errno, ordinal)
        for call, errnos in faults.items()
        for ordinal in choose(before.get(call, 0) + 1, total.get(call, 0), take_all)
        for errno in errnos
    ]

    def attempt(step):
        call, errno, ordinal = step
        run = Run(skt, role, kind, ["-e", f"trace={call}", "-e", f"inject={call}:error={errno}:when={ordinal}"])
        return step, run

    injected, bad, calls, ended_well = 0, 0, set(), 0
    with ThreadPoolExecutor(4) as pool:
        for (call, errno, ordinal), run in pool.map(attempt, plan):
            if not run.was_injected():
                continue
            injected += 1
            calls.add(call)
            ended_well += run.process.returncode == 0
            verdict = run.verdict(kind_of_fault)
            if verdict:
                bad += 1
                print(f"{verdict}: {errno} at {call} {ordinal}: status {run.process.returncode}: {run.said}".rstrip())
    print(f"{injected} runs, {bad} bad, {ended_well} with status 0; calls: {' '.join(sorted(calls))}")
    return 1 if bad or injected == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
