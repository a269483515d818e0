"""What the kernel has of the socket options of another process.

    sockopts.py PID listening|connected LEVEL:OPTION...

takes a copy of the descriptor of PID's socket that listens, or of the first one that does not, by pidfd_getfd(2), and
prints what getsockopt(2) says of each option, on one line. LEVEL and OPTION are names of Python's socket module, or
numbers. A value of another size than that of an int is printed in hexadecimal.

Exits with 77 where such a copy is refused.
"""

import ctypes
import os
import socket
import sys

PIDFD_GETFD = 438


def sockets_of(pid):
    libc = ctypes.CDLL(None, use_errno=True)
    process = os.pidfd_open(pid)
    for name in sorted(os.listdir(f"/proc/{pid}/fd"), key=int):
        try:
            if not os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:"):
                continue
        except FileNotFoundError:
            continue
        copy = libc.syscall(PIDFD_GETFD, process, int(name), 0)
        if copy < 0:
            print(f"pidfd_getfd: {os.strerror(ctypes.get_errno())}", file=sys.stderr)
            sys.exit(77)
        yield socket.socket(fileno=copy)


def number(word):
    return int(word, 0) if word[0].isdigit() else getattr(socket, word)


def value(found, query):
    level, option = map(number, query.split(":"))
    data = found.getsockopt(level, option, 64)
    return str(int.from_bytes(data, sys.byteorder, signed=True)) if len(data) == 4 else data.hex()


def main():
    pid, which, queries = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    for found in sockets_of(pid):
        listens = found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) != 0
        if listens == (which == "listening"):
            print(" ".join(value(found, query) for query in queries))
            return
    sys.exit("no such socket")


main()
