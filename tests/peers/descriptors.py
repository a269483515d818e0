#!/usr/bin/env python3
"""A parent that gives sockets to a program, or takes them from it, and is the other end of these sockets itself.

usage: descriptors.py VERB [ARGUMENTS...] -- COMMAND...

  inherit KIND TEXT        the command gets a connected socket as descriptor 9; TEXT is sent to it and the end of
                           sending told; prints what comes back until its end
  standard KIND TEXT       the same with the socket as descriptors 0 and 1, as inetd does
  bare KIND                descriptor 9 is a new socket, neither connected nor listening
  listen KIND TEXT         descriptor 9 listens (or, for datagrams, is bound); a client of ours sends TEXT and prints
                           what comes back; at the end says "blocks" if the socket blocks as it did before
  receive KIND TEXT REST   the command gets a connected socket over its standard input, a Unix socket, with one byte
                           and then REST; TEXT comes through the socket, and what comes back is printed
  receive-none BYTES       BYTES come over standard input without a descriptor, and then the end
  receive-two KIND         two descriptors come
  receive-later            nothing comes
  pass TEXT                the command's standard output is a Unix socket; takes a descriptor from it, prints what
                           came before and with it, and whether it blocks, sends TEXT, prints what comes back
  relay                    the command is two, with "to" between: a Unix socket is the first one's standard output
                           and the second one's standard input; the exit status is the second one's

KIND is tcp, tcp6, udp, unix, unixdgram, seqpacket or netlink. Standard streams that are not named are our own.
Exit status: the command's.
"""

import array
import os
import socket
import subprocess
import sys

KINDS = {
    "tcp": (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
    "tcp6": (socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0)),
    "udp": (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
    "unix": (socket.AF_UNIX, socket.SOCK_STREAM, "\0skt-descriptors-%d" % os.getpid()),
    "unixdgram": (socket.AF_UNIX, socket.SOCK_DGRAM, "\0skt-descriptors-%d" % os.getpid()),
    "seqpacket": (socket.AF_UNIX, socket.SOCK_SEQPACKET, "\0skt-descriptors-%d" % os.getpid()),
    "netlink": (socket.AF_NETLINK, socket.SOCK_RAW, (0, 0)),
}
LIMIT = 20


def new(kind):
    family, type_, _ = KINDS[kind]
    return socket.socket(family, type_)


def bound(kind):
    one = new(kind)
    one.bind(KINDS[kind][2])
    return one


def pair(kind):
    """Two connected sockets: the command's, which blocks as usual, and ours, which has a time limit."""
    if kind.startswith("unix") or kind == "seqpacket":
        theirs, ours = socket.socketpair(*KINDS[kind][:2])
    elif kind == "udp":
        theirs, ours = bound(kind), bound(kind)
        theirs.connect(ours.getsockname())
        ours.connect(theirs.getsockname())
    else:
        listener = bound(kind)
        listener.listen()
        theirs = new(kind)
        theirs.connect(listener.getsockname())
        ours, _ = listener.accept()
    ours.settimeout(LIMIT)
    return theirs, ours


def end(one):
    if one.type != socket.SOCK_DGRAM:
        one.shutdown(socket.SHUT_WR)


def show(one):
    """Print until the end; of datagrams the first."""
    while True:
        data = one.recv(65536)
        if not data:
            return
        sys.stdout.write(data.decode())
        sys.stdout.flush()
        if one.type == socket.SOCK_DGRAM:
            return


def as_nine(one):
    os.dup2(one.fileno(), 9, inheritable=True)
    one.close()


def run(command, **streams):
    return subprocess.Popen(command, close_fds=False, **streams)


def finish(process):
    status = process.wait(LIMIT)
    sys.exit(status if status >= 0 else 128 - status)


def hand(near, text):
    try:
        near.sendall(text.encode())
    except OSError:
        pass  # the command has ended already; its status is what counts


def converse(ours, text):
    try:
        ours.sendall(text.encode())
        end(ours)
        show(ours)
    except OSError:
        pass  # the command did not want it; its status is what counts


def inherit(command, kind, text):
    theirs, ours = pair(kind)
    as_nine(theirs)
    process = run(command)
    os.close(9)
    converse(ours, text)
    finish(process)


def standard(command, kind, text):
    theirs, ours = pair(kind)
    process = run(command, stdin=theirs, stdout=theirs)
    theirs.close()
    converse(ours, text)
    finish(process)


def bare(command, kind):
    as_nine(new(kind))
    finish(run(command))


def listen(command, kind, text):
    listener = bound(kind)
    where = listener.getsockname()
    if kind not in ("udp", "unixdgram"):
        listener.listen()
    os.dup2(listener.fileno(), 9, inheritable=True)
    process = run(command)
    os.close(9)
    ours = new(kind)
    ours.settimeout(LIMIT)
    if kind == "unixdgram":
        ours.bind("")
    ours.connect(where)
    converse(ours, text)
    status = process.wait(LIMIT)
    print("blocks" if os.get_blocking(listener.fileno()) else "does not block", flush=True)
    sys.exit(status)


def receive(command, kind, text, rest):
    theirs, ours = pair(kind)
    near, far = socket.socketpair()
    process = run(command, stdin=far)
    far.close()
    socket.send_fds(near, [b"\0"], [theirs.fileno()])
    theirs.close()
    hand(near, rest)
    near.close()
    converse(ours, text)
    finish(process)


def receive_none(command, data):
    near, far = socket.socketpair()
    process = run(command, stdin=far)
    far.close()
    hand(near, data)
    near.close()
    finish(process)


def receive_two(command, kind):
    theirs, ours = pair(kind)
    near, far = socket.socketpair()
    process = run(command, stdin=far)
    far.close()
    socket.send_fds(near, [b"\0"], [theirs.fileno(), theirs.fileno()])
    finish(process)


def receive_later(command):
    near, far = socket.socketpair()
    process = run(command, stdin=far)
    finish(process)
    near.close()


def pass_(command, text):
    near, far = socket.socketpair()
    near.settimeout(LIMIT)
    process = run(command, stdout=far)
    far.close()
    before, passed = b"", array.array("i")
    while not passed:
        data, control, _, _ = near.recvmsg(1, socket.CMSG_SPACE(16))
        if not data:
            finish(process)
        before += data
        for level, type_, content in control:
            if (level, type_) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                passed.frombytes(content)
    print("before", before, "blocks" if os.get_blocking(passed[0]) else "does not block", flush=True)
    with socket.socket(fileno=passed[0]) as taken:
        taken.settimeout(LIMIT)
        converse(taken, text)
    finish(process)


def relay(command):
    cut_at = command.index("to")
    near, far = socket.socketpair()
    first = run(command[:cut_at], stdout=near)
    near.close()
    second = run(command[cut_at + 1 :], stdin=far)
    far.close()
    if first.wait(LIMIT) != 0:
        sys.exit("the first ended with %d" % first.returncode)
    finish(second)


VERBS = {
    "inherit": inherit,
    "standard": standard,
    "bare": bare,
    "listen": listen,
    "receive": receive,
    "receive-none": receive_none,
    "receive-two": receive_two,
    "receive-later": receive_later,
    "pass": pass_,
    "relay": relay,
}

if __name__ == "__main__":
    cut = sys.argv.index("--")
    VERBS[sys.argv[1]](sys.argv[cut + 1 :], *sys.argv[2:cut])
