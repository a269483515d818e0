#!/usr/bin/env python3
"""Many short sessions in which the last data and the end arrive at the same time.

usage: rounds.py SKT ROUNDS peer|close|ours|both

  peer   the peer sends and ends at once, having seen our end before; what it sent has to come out
  close  the same, but it closes the connection instead of its sending side only
  ours   our input is all there, and at its end, from the start; all of it has to arrive
  both   both sides send and end at once

So many rounds as client and as listener over each kind of connection, each with sizes of its own from 1 to 60000
bytes. Prints "N rounds ok", or what went wrong first.
"""

import os
import random
import socket
import sys
import tempfile

from joined import KINDS, ROLES, Failed, Joined

DATA = os.urandom(60000)


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


def play_round(skt, role, kind, way, chance):
    # not more than the kernel holds, for this side writes first and reads then
    sizes = [chance.choice((1, chance.randrange(1, 3000), chance.randrange(1, len(DATA)))) for _ in range(2)]
    sent, received = (DATA[:size] for size in sizes)
    with tempfile.TemporaryFile() as file:
        file.write(sent)
        file.seek(0)
        with Joined(skt, role, kind, stdin=file if way in ("ours", "both") else None) as joined:
            try:
                play(joined, way, sent, received)
                if joined.status() != 0:
                    raise Failed(f"status {joined.status()}")
            except (Failed, OSError) as error:
                raise Failed(f"{role} {kind}: {error}; it said: {joined.said()}") from None


def main(skt, rounds, way):
    skt = os.path.abspath(skt)
    os.chdir(tempfile.mkdtemp(dir="."))
    chance = random.Random(1)
    played = 0
    for role in ROLES:
        for kind in KINDS:
            for _ in range(int(rounds)):
                play_round(skt, role, kind, way, chance)
                played += 1
    print(f"{played} rounds ok")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Failed as failure:
        sys.exit(str(failure))
