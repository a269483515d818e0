#!/usr/bin/env python3
"""Many messages: makes them, marks them up in a stream as --records does, moves them over sockets, and checks them.

usage: messages.py VERB ARGUMENTS...

  write FORMAT LIST     the messages of LIST in a stream, on standard output
  read FORMAT LIST      the stream on standard input has exactly the messages of LIST
  send WHERE LIST       connects, sends LIST, and closes
  receive WHERE LIST    listens, and receives exactly LIST; of a seqpacket connection, its end as well
  exchange WHERE IN OUT  listens; receives exactly the list IN and, from its first message on, sends the list OUT to
                        where that came from

  LIST is COUNT:MOST:SEED:KIND. KIND is "any" for all bytes and sizes of 0 to MOST (the first three are 0, MOST
       and 1), "text" for the same without line feeds and zero bytes, and "fixed" for MOST bytes each
  FORMAT is line nul u16 u32 netstring size:N
  WHERE is udp  udp:HOST:PORT  unixdgram:PATH  seqpacket:PATH; who listens reports the port or the path as a line
       in the file named by MESSAGES_PORT_FILE

Exit status 0: all is as it should be, which is said in a word on standard output; 1: it is not, and why.
"""

import os
import random
import socket
import struct
import sys
import threading

LIMIT = 30  # seconds, for everything that waits
MESSAGE_MAX = 1 << 20
TYPES = {
    "udp": (socket.AF_INET, socket.SOCK_DGRAM),
    "unixdgram": (socket.AF_UNIX, socket.SOCK_DGRAM),
    "seqpacket": (socket.AF_UNIX, socket.SOCK_SEQPACKET),
}
NO_MARKS = bytes.maketrans(b"\n\0", b"JO")


def messages(words):
    """The messages of a LIST: the same ones every time."""
    count, most, seed, kind = words.split(":")
    count, most = int(count), int(most)
    source = random.Random(int(seed))
    for number in range(count):
        size = [0, most, 1][number] if number < 3 else source.randint(0, most if number % 2 else min(most, 200))
        data = source.randbytes(most if kind == "fixed" else size)
        yield data.translate(NO_MARKS) if kind == "text" else data


def marked(form, data):
    if form == "line":
        return data + b"\n"
    if form == "nul":
        return data + b"\0"
    if form == "u16":
        return struct.pack(">H", len(data)) + data
    if form == "u32":
        return struct.pack(">I", len(data)) + data
    if form == "netstring":
        return b"%d:%b," % (len(data), data)
    assert form == f"size:{len(data)}", form
    return data


def cut(form, stream):
    """The messages of a stream. Ours alone: not what skt does, so that the two check each other."""
    delimiters = {"line": b"\n", "nul": b"\0"}
    lengths = {"u16": ">H", "u32": ">I"}
    if form in delimiters:
        parts = stream.split(delimiters[form])
        assert parts.pop() == b"", "the last message has no end"
        yield from parts
        return
    at = 0
    while at < len(stream):
        if form in lengths:
            size = struct.unpack_from(lengths[form], stream, at)[0]
            at += struct.calcsize(lengths[form])
        elif form == "netstring":
            colon = stream.index(b":", at)
            size = int(stream[at:colon])
            at = colon + 1
            assert stream[at + size : at + size + 1] == b",", "a netstring without its comma"
        else:
            size = int(form.split(":")[1])
        assert at + size <= len(stream), "the last message is cut"
        yield stream[at : at + size]
        at += size + (form == "netstring")


def check(got, words):
    """Are those that come one after the other the messages of a list? Stops after the last of the list."""
    got = iter(got)
    for number, wanted in enumerate(messages(words), 1):
        data = next(got, None)
        if data is None:
            sys.exit(f"messages.py: message {number} is missing")
        if data != wanted:
            sys.exit(f"messages.py: message {number} is not the right one: {len(data)} bytes, not {len(wanted)}")
    return got


def opened(where):
    kind, _, rest = where.partition(":")
    made = socket.socket(*TYPES[kind])
    made.settimeout(LIMIT)
    if kind == "udp":
        host, _, port = rest.rpartition(":")
        return made, (host or "127.0.0.1", int(port or 0))
    return made, rest


def listening(where):
    made, address = opened(where)
    made.bind(address)
    if made.type == socket.SOCK_SEQPACKET:
        made.listen(1)
    name = made.getsockname()
    report = os.environ["MESSAGES_PORT_FILE"]
    with open(report + ".new", "w", encoding="utf-8") as file:
        file.write(f"{name[1] if isinstance(name, tuple) else name}\n")
    os.rename(report + ".new", report)
    if made.type == socket.SOCK_SEQPACKET:
        made = made.accept()[0]
        made.settimeout(LIMIT)
    return made


def received(source, on_first=lambda sender: None):
    """The messages that come; at most as many as somebody asks for."""
    data, sender = source.recvfrom(MESSAGE_MAX)
    on_first(sender)
    while True:
        yield data
        data = source.recv(MESSAGE_MAX)


def exchange(where, words_in, words_out):
    end = listening(where)
    threads = []

    def send_all(sender):
        for data in messages(words_out):
            if sender:
                end.sendto(data, sender)
            else:
                end.send(data)

    def start(sender):
        threads.append(threading.Thread(target=send_all, args=[sender], daemon=True))
        threads[0].start()

    check(received(end, start), words_in)
    threads[0].join()


def main(verb, where, *lists):
    if verb == "write":
        for data in messages(lists[0]):
            sys.stdout.buffer.write(marked(where, data))
        return
    if verb == "read":
        rest = check(cut(where, sys.stdin.buffer.read()), lists[0])
        if next(rest, None) is not None:
            sys.exit("messages.py: there are more messages than in the list")
    elif verb == "send":
        end, address = opened(where)
        end.connect(address)
        for data in messages(lists[0]):
            end.send(data)
    elif verb == "receive":
        end = listening(where)
        check(received(end), lists[0])
        if end.type == socket.SOCK_SEQPACKET and end.recv(MESSAGE_MAX):
            sys.exit("messages.py: there are more messages than in the list")
    elif verb == "exchange":
        exchange(where, *lists)
    else:
        sys.exit(__doc__)
    print("good", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
