#!/usr/bin/env python3
"""Data and its end in one direction, whatever state the other direction is in.

usage: matrix.py SKT KIND

For skt as client and as listener, for each direction (in: from the socket to standard output; out: from standard input
to the socket) and for each state of the other one (quiet: open, and nothing moves; filled: more was written than
anybody takes; done: it has ended), 1000 bytes and then the end are to come through. That makes 24 cells, a line
"ROLE OTHER DIRECTION data|end ok" each, with what went wrong in place of ok. In the end the other direction is
carried through as well: everything arrives, status 0; a line "ROLE OTHER DIRECTION rest ok".
"""

import hashlib
import os
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

from joined import ROLES, Failed, Joined

SOON = 5.0
TEXT = os.urandom(1000)
FLOOD = os.urandom(1 << 20)


def repeated_digest(size):
    """Of what flood() has written."""
    digest = hashlib.sha256()
    for start in range(0, size, len(FLOOD)):
        digest.update(FLOOD[: min(len(FLOOD), size - start)])
    return digest.hexdigest()


class Direction:
    """One direction through skt, from its outside."""

    def __init__(self, joined, name):
        self.joined, self.inwards = joined, name == "in"
        self.flooded = 0

    def write(self, data):
        (self.joined.send if self.inwards else self.joined.say)(data)

    def end(self):
        if self.inwards:
            self.joined.socket.shutdown(socket.SHUT_WR)
        else:
            self.joined.end_input()

    def read(self, size=None):
        return (self.joined.hear if self.inwards else self.joined.receive)(size, SOON)

    def flood(self):
        self.flooded = self.joined.flood(self.joined.socket if self.inwards else self.joined.input, FLOOD)

    def expect_end(self):
        rest = self.read()
        if rest:
            raise Failed(f"{len(rest)} bytes too many")

    def expect(self, data):
        if self.read(len(data)) != data:
            raise Failed("other bytes than were sent")


def bring(direction, state):
    """The other direction into its state."""
    if state == "filled":
        direction.flood()
    elif state == "done":
        direction.write(TEXT)  # a connection that ends without a byte is no session to a listener
        direction.expect(TEXT)
        direction.end()
        direction.expect_end()


def finish(joined, direction, state):
    """The other direction, from its state to its end."""
    if state != "done":
        direction.end()
        rest = direction.read()
        if len(rest) != direction.flooded:
            raise Failed(f"{len(rest)} of {direction.flooded} bytes arrived")
        if hashlib.sha256(rest).hexdigest() != repeated_digest(direction.flooded):
            raise Failed("other bytes than were sent")
    if joined.status() != 0:
        raise Failed(f"status {joined.status()}: {joined.said()}")


def run(skt, kind, role, other, name):
    """One session: two cells and the rest."""
    lines = []

    def step(what, action, *arguments):
        try:
            action(*arguments)
            result = "ok"
        except (Failed, OSError) as error:
            result = f"FAILED: {error}"
        lines.append(f"{role} {other} {name} {what} {result}")

    with Joined(skt, role, kind, receive_buffer=1 << 14) as joined:
        tested = Direction(joined, name)
        opposite = Direction(joined, "out" if name == "in" else "in")
        try:
            bring(opposite, other)
        except (Failed, OSError) as error:
            return [f"{role} {other} {name}: FAILED to begin: {error}"]
        step("data", lambda: (tested.write(TEXT), tested.expect(TEXT)))
        step("end", lambda: (tested.end(), tested.expect_end()))
        step("rest", finish, joined, opposite, other)
    return lines


def main(skt, kind):
    cells = [(r, o, d) for r in ROLES for o in ("quiet", "filled", "done") for d in ("in", "out")]
    with ThreadPoolExecutor(4) as pool:
        for lines in pool.map(lambda cell: run(skt, kind, *cell), cells):
            print("\n".join(lines))


if __name__ == "__main__":
    main(*sys.argv[1:])
