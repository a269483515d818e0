#!/usr/bin/env python3
"""Many short sessions in which the last data and the end arrive at the same time.

usage: rounds.py SKT ROLE KIND ROUNDS peer|ours|both|close

  peer   the peer sends and ends at once, having seen our end before; what it sent has to come out
  ours   our input is all there, and at its end, from the start; all of it has to arrive
  both   both at the same time
  close  as peer, but the peer closes the connection instead of its sending side only

Sizes differ from round to round, 1 to 300000 bytes. Prints "N rounds ok", or what went wrong first.
"""

import os
import random
import socket
import sys
import tempfile

from joined import Failed, Joined

DATA = os.urandom(300000)


def expect(what, got, wanted):
    if got != wanted:
        raise Failed(f"{what}: {len(got)} of {len(wanted)} bytes")


def play(joined, way, sent, received):
    """One session, up to both ends; `received` is what the peer sends."""
    if way in ("peer", "close"):
        joined.end_input()
        expect("our end", joined.receive(), b"")
        joined.send(received)
        if way == "close":
            joined.socket.close()
        else:
            joined.socket.shutdown(socket.SHUT_WR)
        expect("output", joined.hear(), received)
        return
    if way == "both":
        joined.send(received)
        joined.socket.shutdown(socket.SHUT_WR)
    expect("sent", joined.receive(), sent)
    if way == "ours":
        joined.socket.close()
    else:
        expect("output", joined.hear(), received)


def main(skt, role, kind, rounds, way):
    skt = os.path.abspath(skt)
    os.chdir(tempfile.mkdtemp(dir="."))
    chance = random.Random(1)
    for number in range(int(rounds)):
        # not more than the socket holds, for nobody reads while this writes
        sizes = [chance.choice((1, chance.randrange(1, 3000), chance.randrange(1, 60000))) for _ in range(2)]
        sent, received = (DATA[:size] for size in sizes)
        with tempfile.TemporaryFile() as file:
            file.write(sent)
            file.seek(0)
            with Joined(skt, role, kind, stdin=file if way in ("ours", "both") else None) as joined:
                try:
                    play(joined, way, sent, received)
                    expect("status", str(joined.status()), "0")
                except (Failed, OSError) as error:
                    print(f"round {number}: {error}; it said: {joined.said()}")
                    return 1
    print(f"{rounds} rounds ok")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
