"""Ephemeral addresses, and seeing in /proc whether somebody listens there, without connecting."""

import itertools
import os
import socket

from child import wait_until

_count = itertools.count()


def free_port(kind=socket.SOCK_STREAM):
    """A port of 127.0.0.1 that nobody has at the moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def free_path(folder):
    """A name in this folder for a Unix socket, new each time."""
    return os.path.join(folder, f"socket-{next(_count)}")


def sockets(table, port):
    """The rows of /proc/net/TABLE and TABLE6 whose local port this is, as lists of words."""
    suffix = f":{int(port):04X}"
    rows = []
    for name in (table, table + "6"):
        try:
            with open("/proc/net/" + name, encoding="ascii") as file:
                rows += [row for row in map(str.split, file) if row[1].endswith(suffix)]
        except FileNotFoundError:
            continue
    return rows


def listens(address):
    """Does a TCP or Unix socket listen there?"""
    if address.isdigit():
        return any(row[3] == "0A" for row in sockets("tcp", address))
    with open("/proc/net/unix", encoding="utf-8", errors="replace") as file:
        # the flag __SO_ACCEPTCON, and the path at the end
        return any(row[3] == "00010000" and row[-1] == address for row in map(str.split, file))


def wait_listening(address, child):
    wait_until(lambda: listens(address), "listening", child)


def wait_bound(port, child):
    """The same for a UDP port."""
    wait_until(lambda: sockets("udp", port), "binding", child)
