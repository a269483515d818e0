#!/usr/bin/env python3
"""A service manager: opens sockets, and hands them to a program as sd_listen_fds(3) has it.

    manager.py [--names A:B] [--times N] [--extra NAME=VALUE] SOCKET... -- PROGRAM ARGUMENTS...

SOCKET is tcp, tcp6, udp or unix:PATH: each becomes a listening (udp: bound) socket, the first of them descriptor 3.
Where they are is written into the file "where", a line each: the port, or the path. PROGRAM is run N times (1), one
after the other; each time its status is printed, and what has become of the sockets: "status 0" and then a word for
each, "listens" or "bound" if it is as it was, and for a Unix socket "gone" if its file is no longer there.
"""
import os
import socket
import sys


def opened(word):
    if word.startswith("unix:"):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.bind(word[5:])
    else:
        six = word == "tcp6"
        kind = socket.SOCK_DGRAM if word == "udp" else socket.SOCK_STREAM
        s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, kind)
        if six:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        s.bind(("::1" if six else "127.0.0.1", 0))
    if s.type == socket.SOCK_STREAM:
        s.listen()
    return s


def where(s):
    return s.getsockname() if s.family == socket.AF_UNIX else str(s.getsockname()[1])


def state(s):
    if s.family == socket.AF_UNIX and not os.path.exists(s.getsockname()):
        return "gone"
    if s.type == socket.SOCK_DGRAM:
        try:
            s.getpeername()
            return "connected"
        except OSError:
            return "bound"
    listens = s.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    family = socket.socket(s.family, socket.SOCK_STREAM)
    try:
        family.connect(s.getsockname())
        s.accept()
    except OSError:
        listens = 0
    return "listens" if listens and os.get_blocking(s.fileno()) else "changed"


def run(sockets, names, extra, command):
    pid = os.fork()
    if pid == 0:
        # out of the way first, so that none is overwritten by another
        high = [os.dup2(s.fileno(), 100 + i) for i, s in enumerate(sockets)]
        for i, fd in enumerate(high):
            os.dup2(fd, 3 + i)
            os.close(fd)
        os.closerange(3 + len(sockets), 100)
        os.environ.update(extra, LISTEN_FDS=str(len(sockets)), LISTEN_PID=str(os.getpid()))
        if names:
            os.environ["LISTEN_FDNAMES"] = names
        os.execvp(command[0], command)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main():
    split = sys.argv.index("--")
    words, command = sys.argv[1:split], sys.argv[split + 1:]
    names, times, extra, sockets = None, 1, {}, []
    while words:
        word = words.pop(0)
        if word == "--names":
            names = words.pop(0)
        elif word == "--times":
            times = int(words.pop(0))
        elif word == "--extra":
            extra.update([words.pop(0).split("=", 1)])
        else:
            sockets.append(opened(word))
    with open("where.new", "w") as file:
        file.writelines(where(s) + "\n" for s in sockets)
    os.rename("where.new", "where")
    for _ in range(times):
        for s in sockets:
            s.setblocking(True)
        status = run(sockets, names, extra, command)
        print("status", status, *(state(s) for s in sockets), flush=True)


main()
