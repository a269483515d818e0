#!/usr/bin/env python3
"""A long conversation with skt, and what comes after it.

usage: talker.py EVENT TRANSPORT INPUT SKT ARGUMENT...

Listens, starts "SKT ARGUMENT... ADDRESS", and has it carry ROUNDS one-byte questions and answers between its standard
streams and the connection. Then comes the EVENT; where it is made of several things, skt is stopped (SIGSTOP) until all
of them are there, so that it finds them at once. Nothing else follows: what has come must come by itself.

TRANSPORT is tcp or unix, INPUT is pipe or terminal. Prints what skt did last: the bytes it gave to either side, if any,
"standard error", and how it ended. EVENT:
  rest        a question and an answer at once, the end of input, and the connection's last word and end
  last-word   the connection says a word and ends
  half        the connection says a word and ends its half; standard output ends, and a question still goes out
  reset       the connection is reset
  deaf        the reader of standard output leaves
  both        the same at once, and the conversation again
  much        40,000 bytes of input at once, then the end
  flood       40,000 bytes from the connection at once, then the end
  descriptor  two words over the connection, the first with a descriptor (unix)
  urgent      three words over the connection, the second urgent (tcp)
  packets     two packets of input at once, through a pipe that keeps them apart (pipe(7), O_DIRECT)
  lines       two lines of input at once
  term        SIGTERM
  busy-term   SIGTERM while the conversation goes on
  silence     nothing
"""

import array
import contextlib
import fcntl
import os
import pty
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

ROUNDS = 300
PATIENCE = 20  # seconds
MUCH = b"m" * 40000
RESET = struct.pack("ii", 1, 0)


class Talk:
    """skt, and the four ends that it joins."""

    def __init__(self, transport, kind, words):
        self.folder = tempfile.mkdtemp(dir=".")
        listener, address = self.listen(transport)
        if kind == "terminal":
            self.input, theirs = pty.openpty()
            modes = termios.tcgetattr(theirs)
            modes[3] &= ~termios.ECHO
            termios.tcsetattr(theirs, termios.TCSANOW, modes)
        else:
            theirs, self.input = os.pipe()
        self.output, given = os.pipe()
        self.errors = open(f"{self.folder}/errors", "w+", encoding="utf-8")
        self.skt = subprocess.Popen([*words, *address], stdin=theirs, stdout=given, stderr=self.errors)
        os.close(theirs)
        os.close(given)
        self.peer = listener.accept()[0]
        listener.close()
        if transport == "tcp":
            self.peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.newline = b"\n" if kind == "terminal" else b""

    def listen(self, transport):
        if transport == "unix":
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(f"{self.folder}/s")
            listener.listen()
            return listener, ["-U", f"{self.folder}/s"]
        listener = socket.create_server(("127.0.0.1", 0))
        return listener, ["127.0.0.1", str(listener.getsockname()[1])]

    def ask(self, data):
        os.write(self.input, data)

    def heard(self, size):
        """So many bytes at the connection."""
        return self.take(self.peer, lambda: self.peer.recv(65536), size)

    def shown(self, size):
        """So many bytes at standard output."""
        return self.take(self.output, lambda: os.read(self.output, 65536), size)

    def until_end(self):
        """What comes at standard output until its end."""
        if not select.select([self.output], [], [], PATIENCE)[0]:
            raise TimeoutError("no end came")
        return os.read(self.output, 65536)

    def take(self, end, read, size):
        got = b""
        until = time.monotonic() + PATIENCE
        while len(got) < size:
            if not select.select([end], [], [], max(0, until - time.monotonic()))[0]:
                raise TimeoutError(f"{len(got)} of {size} bytes came")
            piece = read()
            if not piece:
                raise EOFError(f"{len(got)} of {size} bytes came before the end")
            got += piece
        return got

    def converse(self):
        for _ in range(ROUNDS):
            self.ask(b"?" + self.newline)
            self.heard(1 + len(self.newline))
            self.peer.sendall(b"!")
            self.shown(1)

    def stop(self):
        self.skt.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.skt.pid, os.WSTOPPED)

    def go_on(self):
        self.skt.send_signal(signal.SIGCONT)

    def leave(self):
        """End both sides."""
        os.close(self.input)
        self.peer.close()

    def end(self):
        """Tell how it ended."""
        status = self.skt.wait(PATIENCE)
        self.errors.seek(0)
        said = self.errors.read().strip()
        if said:
            print(f"standard error: {said}")
        print(f"status {status}")


def rest(talk):
    talk.stop()
    talk.ask(b"why")
    talk.peer.sendall(b"because")
    talk.go_on()
    print(talk.heard(3).decode(), talk.shown(7).decode())
    os.close(talk.input)
    print("end of input:", talk.peer.recv(1))
    talk.peer.sendall(b"bye")
    print(talk.shown(3).decode())
    talk.peer.close()


def last_word(talk):
    talk.stop()
    talk.peer.sendall(b"bye")
    talk.peer.close()
    talk.go_on()
    print(talk.shown(3).decode())
    os.close(talk.input)


def half(talk):
    talk.stop()
    talk.peer.sendall(b"bye")
    talk.peer.shutdown(socket.SHUT_WR)
    talk.go_on()
    print(talk.shown(3).decode())
    print("end of output:", talk.until_end())
    talk.ask(b"why")
    print(talk.heard(3).decode())
    talk.leave()


def reset(talk):
    talk.peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    talk.peer.close()


def deaf(talk):
    os.close(talk.output)


def both(talk):
    talk.stop()
    talk.ask(b"why")
    talk.peer.sendall(b"because")
    talk.go_on()
    print(talk.heard(3).decode(), talk.shown(7).decode())
    talk.converse()
    talk.leave()


def much(talk):
    os.write(talk.input, MUCH)
    print(talk.heard(len(MUCH)) == MUCH)
    talk.converse()
    talk.leave()


def flood(talk):
    talk.stop()
    talk.peer.sendall(MUCH)
    talk.go_on()
    print(talk.shown(len(MUCH)) == MUCH)
    talk.converse()
    talk.leave()


def descriptor(talk):
    talk.stop()
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [talk.output]))
    talk.peer.sendmsg([b"one"], [rights])
    talk.peer.sendall(b"two")
    talk.go_on()
    print(talk.shown(6).decode())
    talk.leave()


def urgent(talk):
    talk.stop()
    talk.peer.sendall(b"one")
    talk.peer.send(b"!", socket.MSG_OOB)
    talk.peer.sendall(b"two")
    talk.go_on()
    print(talk.shown(6).decode())
    talk.leave()


def packets(talk):
    fcntl.fcntl(talk.input, fcntl.F_SETFL, os.O_DIRECT)
    talk.stop()
    talk.ask(b"one")
    talk.ask(b"two")
    talk.go_on()
    print(talk.heard(6).decode())
    talk.leave()


def lines(talk):
    talk.stop()
    talk.ask(b"one\ntwo\n")
    talk.go_on()
    print(talk.heard(8).decode().split())
    talk.ask(b"\x04")
    talk.peer.close()


def term(talk):
    talk.skt.terminate()


def busy_term(talk):
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    talk.converse()
    rounds = 0
    with contextlib.suppress(OSError, EOFError):
        while True:
            talk.converse()
            rounds += 1
            if rounds == 3:
                threading.Thread(target=talk.skt.terminate).start()


def silence(_talk):
    pass


def main():
    event, transport, kind, *words = sys.argv[1:]
    talk = Talk(transport, kind, words)
    try:
        talk.converse()
        globals()[event.replace("-", "_")](talk)
        talk.end()
    finally:
        if talk.skt.poll() is None:
            talk.skt.kill()
            talk.skt.wait()


main()
