#!/usr/bin/env python3
"""A hub for which one allocation fails.

usage: starved.py SKT SHIM ARGUMENTS...      skt -l ARGUMENTS... (of a hub), once for each allocation; SHIM: failmalloc.c

Clients come, talk and go; the N-th allocation fails. Then two more come, and one of them has to be heard, by the other
or on standard output, unless the server has ended with status 9 and said why. Prints "N allocations: M ended, K went on"
and a line for each run that did neither.
"""

import os
import select
import socket
import subprocess
import sys
import tempfile
import time

PATIENCE_S = 20


class Server:
    def __init__(self, folder, skt, shim, arguments, number):
        self.path, self.said = f"{folder}/s{number}", f"{folder}/said{number}"
        there = f"{folder}/there{number}"
        self.err = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [skt, "-l", f"--announce={there}", *arguments, "-U", self.path],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.err, bufsize=0,
            env={**os.environ, "LD_PRELOAD": shim, "FAILMALLOC_AT": str(number), "FAILMALLOC_SAYS": self.said})
        self.wait_until(lambda: os.path.exists(there) and os.path.getsize(there) > 0)

    def wait_until(self, condition):
        end = time.monotonic() + PATIENCE_S
        while not condition() and self.process.poll() is None and time.monotonic() < end:
            time.sleep(0.002)

    def connect(self):
        client = socket.socket(socket.AF_UNIX)
        client.connect(self.path)
        client.settimeout(PATIENCE_S)
        return client

    def talk(self):
        """Whatever fails here, somebody has ended."""
        try:
            first, second = self.connect(), self.connect()
            first.sendall(b"one\npar")
            second.sendall(b"two\nthree\n" + b"x" * 40000)
            self.process.stdin.write(b"to all\n")
            first.sendall(b"tial\n")
            first.shutdown(socket.SHUT_WR)
            second.sendall(b"\n")
            second.shutdown(socket.SHUT_WR)
            for client in first, second:
                while client.recv(1 << 16):
                    pass
        except OSError:
            pass

    def is_heard(self, is_streams):
        """Of an allocation that fails now, too, one of the next clients may be told."""
        end = time.monotonic() + PATIENCE_S / 4
        while time.monotonic() < end and self.process.poll() is None:
            try:
                speaker, hearer = self.connect(), self.connect()
                out = self.process.stdout if is_streams else hearer
                heard = b""
                until = time.monotonic() + 2
                while time.monotonic() < until:
                    speaker.sendall(b"hello\n")  # again and again: the hearer may not have been let in yet
                    if not select.select([out], [], [], 0.1)[0]:
                        continue
                    data = os.read(out.fileno(), 1 << 16)
                    heard += data
                    if b"hello\n" in heard:
                        return True
                    if not data:
                        break
            except OSError:
                pass
        return False

    def end(self):
        """Returns the status and what was said."""
        if self.process.poll() is None:
            self.process.terminate()
        status = self.process.wait(PATIENCE_S)
        self.process.stdin.close()
        self.process.stdout.close()
        self.err.seek(0)
        return status, self.err.read().decode()


def main(skt, shim, *arguments):
    ended = went_on = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, 1000):
            server = Server(folder, skt, shim, arguments, number)
            server.talk()
            is_heard = server.is_heard("-k" in arguments)
            has_failed = os.path.exists(server.said)
            status, words = server.end()
            if not has_failed:
                break
            if status == 9 and len(words.splitlines()) == 1:
                ended += 1
            elif is_heard and status == -15:
                went_on += 1
            else:
                print(f"allocation {number}: status {status}, {'heard' if is_heard else 'not heard'}: {words}")
    print(f"{ended + went_on} allocations: {ended} ended, {went_on} went on")


if __name__ == "__main__":
    main(*sys.argv[1:])
