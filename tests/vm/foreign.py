"""For scripts that are the foreign end of a test: sockets of any family, with addresses as bytes.

    from foreign import *

Everything of the modules socket, struct, os and sys is there under the modules' names. A script ends with an
error after LIMIT (20) seconds.

    ready(text="")                      tells start_python to go on; the text becomes $ready
    expect(got, wanted)                 ends the script unless they are equal
    address(family, format, value...)   a struct sockaddr: the family, then the values packed as in struct.pack,
                                        with "=" (native order, no padding) in front of the format
    Socket(domain, type, protocol=0)    numbers, or names of the module socket. Its methods take and return
                                        addresses as bytes, family first, as the kernel has them:
        bind(address) connect(address) listen(backlog=5) accept() -> (Socket, address)
        send(data, flags=0) sendto(data, address, flags=0) recv(size, flags=0) recvfrom(size) -> (data, address)
        getsockname() getpeername() setsockopt(level, name, integer or bytes) getsockopt(level, name, size=4)
        shutdown(how) ioctl(request, bytes) -> bytes    close() fileno()
    Python's own socket.socket is simpler for the families that it knows: IPv4, IPv6, Unix, packet, netlink, CAN,
    TIPC, vsock, QIPCRTR, ALG.
"""

import ctypes
import fcntl
import os
import signal
import socket
import struct
import sys

LIMIT = 20
LARGEST = 128

libc = ctypes.CDLL(None, use_errno=True)


def checked(result, what):
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
    return result


def ready(text=""):
    path = os.environ["SKT_READY"]
    with open(path + ".new", "w") as file:
        print(text, file=file)
    os.rename(path + ".new", path)


def expect(got, wanted):
    if got != wanted:
        sys.exit(f"got {got!r}, want {wanted!r}")


def address(family, layout="", *values):
    return struct.pack("=H" + layout, family, *values)


class Socket:
    def __init__(self, domain, type=None, protocol=0, fd=None):
        if fd is None:
            fd = checked(libc.socket(int(domain), int(type), protocol), "socket")
        self.fd = fd

    def fileno(self):
        return self.fd

    def bind(self, where):
        checked(libc.bind(self.fd, where, len(where)), "bind")

    def connect(self, where):
        checked(libc.connect(self.fd, where, len(where)), "connect")

    def listen(self, backlog=5):
        checked(libc.listen(self.fd, backlog), "listen")

    def accept(self):
        room, size = self._room()
        fd = checked(libc.accept(self.fd, room, ctypes.byref(size)), "accept")
        return Socket(None, fd=fd), room.raw[: size.value]

    def send(self, data, flags=0):
        return checked(libc.send(self.fd, data, len(data), flags), "send")

    def sendto(self, data, where, flags=0):
        return checked(libc.sendto(self.fd, data, len(data), flags, where, len(where)), "sendto")

    def recv(self, size, flags=0):
        data = ctypes.create_string_buffer(max(size, 1))
        count = checked(libc.recv(self.fd, data, size, flags), "recv")
        return data.raw[:count]

    def recvfrom(self, size, flags=0):
        data = ctypes.create_string_buffer(max(size, 1))
        room, length = self._room()
        count = checked(libc.recvfrom(self.fd, data, size, flags, room, ctypes.byref(length)), "recvfrom")
        return data.raw[:count], room.raw[: length.value]

    def getsockname(self):
        return self._name(libc.getsockname, "getsockname")

    def getpeername(self):
        return self._name(libc.getpeername, "getpeername")

    def setsockopt(self, level, name, value):
        if isinstance(value, int):
            value = struct.pack("=i", value)
        checked(libc.setsockopt(self.fd, level, name, value, len(value)), "setsockopt")

    def getsockopt(self, level, name, size=4):
        value = ctypes.create_string_buffer(size)
        length = ctypes.c_uint32(size)
        checked(libc.getsockopt(self.fd, level, name, value, ctypes.byref(length)), "getsockopt")
        return value.raw[: length.value]

    def shutdown(self, how):
        checked(libc.shutdown(self.fd, how), "shutdown")

    def ioctl(self, request, argument=b""):
        return fcntl.ioctl(self.fd, request, argument)

    def close(self):
        os.close(self.fd)

    def _room(self):
        return ctypes.create_string_buffer(LARGEST), ctypes.c_uint32(LARGEST)

    def _name(self, call, what):
        room, size = self._room()
        checked(call(self.fd, room, ctypes.byref(size)), what)
        return room.raw[: size.value]


signal.alarm(LIMIT)
