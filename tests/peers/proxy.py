#!/usr/bin/env python3
"""A SOCKS5 proxy (RFC 1928, without authentication) that passes on the end of each direction, and can be silent.

usage: proxy.py PORT-FILE [SILENT]

Listens at 127.0.0.1; the port goes to PORT-FILE as a line. The first SILENT clients never get an answer. Of every other one
it prints "CLIENT-HOST CLIENT-PORT wants HOST PORT".
"""

import os
import socket
import sys
import threading


def take(connection, size):
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def wanted(client):
    methods = take(client, take(client, 2)[1])
    assert 0 in methods, methods
    client.sendall(b"\5\0")
    kind = take(client, 4)[3]
    if kind == 1:
        host = socket.inet_ntop(socket.AF_INET, take(client, 4))
    elif kind == 4:
        host = socket.inet_ntop(socket.AF_INET6, take(client, 16))
    else:
        host = take(client, take(client, 1)[0]).decode()
    return host, int.from_bytes(take(client, 2), "big")


def pass_on(source, sink):
    try:
        while True:
            data = source.recv(65536)
            if not data:
                break
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(client, address):
    try:
        host, port = wanted(client)
        print(*address[:2], "wants", host, port, flush=True)
        far = socket.create_connection((host, port))
        client.sendall(b"\5\0\0\1\0\0\0\0\0\0")
    except (OSError, EOFError):
        client.close()
        return
    back = threading.Thread(target=pass_on, args=(far, client), daemon=True)
    back.start()
    pass_on(client, far)
    back.join()
    far.close()
    client.close()


def main(port_file, silent="0"):
    listener = socket.create_server(("127.0.0.1", 0))
    with open(port_file + ".new", "w", encoding="utf-8") as file:
        file.write(f"{listener.getsockname()[1]}\n")
    os.rename(port_file + ".new", port_file)
    kept = []
    while True:
        client, address = listener.accept()
        if len(kept) < int(silent):
            kept.append(client)
        else:
            threading.Thread(target=serve, args=(client, address), daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
