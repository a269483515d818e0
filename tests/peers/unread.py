#!/usr/bin/env python3
"""A slow server that talks all the time: is anything that it was sent lost when skt closes?

usage: unread.py SKT ROLE KIND [OPTION...]

skt uploads 8 MiB. This side takes them slowly, through a small buffer, and sends all the while, so that skt has
unread input at whatever moment it ends. Closing a socket then resets the connection and takes back what is still
under way. Prints "STATUS RECEIVED whole|NOT WHOLE", RECEIVED in bytes.
"""

import os
import sys
import tempfile
import threading
import time

from joined import PIECE, Joined

UPLOAD = os.urandom(8 << 20)


def talk(peer, stop):
    try:
        while not stop.is_set():
            peer.sendall(UPLOAD[:1000])
    except OSError:
        pass  # skt has gone


def take(peer):
    """All that comes, slowly, up to the end or a reset."""
    pieces = []
    try:
        while data := peer.recv(PIECE):
            pieces.append(data)
            time.sleep(0.003)  # the subject: a slow server
    except OSError:
        pass
    return b"".join(pieces)


def main(skt, role, kind, *options):
    skt = os.path.abspath(skt)
    os.chdir(tempfile.mkdtemp(dir="."))
    stop = threading.Event()
    with tempfile.TemporaryFile() as file, open(os.devnull, "wb") as null:
        file.write(UPLOAD)
        file.seek(0)
        with Joined(skt, role, kind, options, stdin=file, stdout=null, receive_buffer=1 << 16) as joined:
            talker = threading.Thread(target=talk, args=[joined.socket, stop], daemon=True)
            talker.start()
            received = take(joined.socket)
            stop.set()
            joined.socket.close()
            print(joined.status(), len(received), "whole" if received == UPLOAD else "NOT WHOLE")


if __name__ == "__main__":
    main(*sys.argv[1:])
