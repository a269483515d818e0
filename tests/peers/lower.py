#!/usr/bin/env python3
"""A peer below UDP and TCP: raw, packet and netlink sockets, by steps.

    lower.py [--ready=FILE] [--to=ADDRESS] SOCKET STEP...

SOCKET is one of
    inet:PROTOCOL               raw IPv4; --to is a host
    inet6:PROTOCOL              raw IPv6
    packet:INTERFACE:TYPE       whole frames of an Ethernet type (a number, 0x for hexadecimal)
    cooked:INTERFACE:TYPE       the same without their Ethernet header; --to is a MAC address
    netlink:PROTOCOL:PORT       --to is a port

STEPs, one after the other
    recv            wait for a message (10 s at most), print it as a line of hexadecimal, remember its sender
    recv:HEX        wait for one that holds these bytes, and throw others away
    send:HEX        send these bytes to --to, or to the one remembered
    silent:SECONDS  fail if a message comes within that time

FILE is made once the socket is open. Exits with 0 if every step was done.
"""
import socket
import sys

LIMIT = 10


def number(text):
    return int(text, 0)


def open_socket(word):
    kind, *parts = word.split(":")
    if kind in ("inet", "inet6"):
        family = socket.AF_INET if kind == "inet" else socket.AF_INET6
        return socket.socket(family, socket.SOCK_RAW, number(parts[0]))
    if kind in ("packet", "cooked"):
        sock_type = socket.SOCK_RAW if kind == "packet" else socket.SOCK_DGRAM
        opened = socket.socket(socket.AF_PACKET, sock_type, 0)
        opened.bind((parts[0], number(parts[1])))
        return opened
    if kind == "netlink":
        opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, number(parts[0]))
        opened.bind((number(parts[1]), 0))
        return opened
    sys.exit(f"lower.py: no such socket: {word}")


def address_of(word, to):
    kind, *parts = word.split(":")
    if kind == "netlink":
        return (number(to), 0)
    if kind in ("packet", "cooked"):
        return (parts[0], number(parts[1]), 0, 0, bytes.fromhex(to.replace(":", "")))
    return (to, 0)


def receive(opened, wanted):
    opened.settimeout(LIMIT)
    while True:
        data, sender = opened.recvfrom(1 << 17)
        if wanted in data:
            print(data.hex(), flush=True)
            return sender


def main(words):
    options = dict(word[2:].split("=", 1) for word in words if word.startswith("--"))
    where, *steps = [word for word in words if not word.startswith("--")]
    opened = open_socket(where)
    peer = address_of(where, options["to"]) if "to" in options else None
    if where.startswith("packet:") and peer is None:
        peer = (where.split(":")[1], 0)
    if "ready" in options:
        open(options["ready"], "w").close()
    for step in steps:
        verb, _, value = step.partition(":")
        if verb == "recv":
            sender = receive(opened, bytes.fromhex(value))
            peer = peer if "to" in options or where.startswith("packet:") else sender
        elif verb == "send":
            opened.sendto(bytes.fromhex(value), peer)
        elif verb == "silent":
            opened.settimeout(float(value))
            try:
                sys.exit(f"lower.py: came unasked: {opened.recv(1 << 17).hex()}")
            except TimeoutError:
                pass
        else:
            sys.exit(f"lower.py: no such step: {step}")


if __name__ == "__main__":
    main(sys.argv[1:])
