#!/usr/bin/env python3
"""A scripted peer that speaks TLS: what peer.py is to a socket. What is on the wire is in its hands: records can be cut,
split, held back and spoilt.

usage: tls.py [OPTION...] STEP...

  --port-file=FILE --limit=SECONDS    as peer.py
  --cert=FILE --key=FILE              ours; a listener needs one. The key may be in the same file
  --trust=FILE                        a client verifies the server by it; a listener wants a certificate of each client
  --name=HOST                         a client: who the server is to be (and has to be, with --trust)
  --alpn=NAME,NAME                    --version=1.2|1.3   that one alone            --tickets=N (a listener, 1.3; 2)
  --ciphers=LIST                      of 1.2, in OpenSSL's words

Where
  listen  accept  connect:PORT        127.0.0.1; connectunix:PATH
  rcvbuf:BYTES  sndbuf:BYTES          before those
  handshake                           listen makes us the server of it

Out; TEXT is as in peer.py
  send:TEXT  sendbytes:N  sendfile:FILE  trickle:COUNT:SIZE:SECONDS
  hello                               our first flight of a handshake, and no more
  raw:TEXT                            as it is, past TLS        rawbytes:N   N random ones
  hold  let                           keep all records, from here on; let them go, in one write
  cut:N                               the same without the last N bytes
  spoil:N                             from here on each flight has its Nth byte wrong; spoil:-1 the last
  split:N:SECONDS                     from here on N bytes at a time, with a pause after each (0:0: no more)
  notify                              close_notify: the other direction stays open

In
  recv:N  expect:TEXT  refuses:SECONDS
  drain                               until close_notify; anything else is wrong
  drainraw                            until the end of the connection, and there has been no close_notify
  drainmore                           the same, whether there has been one or not
  sip:N:SECONDS                       N bytes of the wire at a time, with a pause after each, until the end
  alert:WORDS                         reading fails, and OpenSSL says so in these words, as far as we are told
  isreset                             until the connection is reset
  save:FILE  checkseq  digest  print:TEXT
  exchange:N                          N bytes of the sequence and close_notify go out while all comes in, to close_notify
  pause:SECONDS                       within exchange: so long nothing is read, in the middle
  facts                               prints VERSION, ALPN, SNI (a listener) and the SHA-256 of the peer's certificate

End
  halfclose  close  reset             of the connection, without close_notify
Meanwhile
  sleep:SECONDS  touch:FILE  waitfile:FILE  stall
"""

import hashlib
import os
import select
import signal
import socket
import ssl
import sys
import time

import peer

StepFailed = peer.StepFailed
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class TlsPeer(peer.Peer):
    def __init__(self, options):
        super().__init__(options.get("port-file"), float(options.get("limit", 20)))
        self.options = options
        self.tls = None
        self.incoming = self.outgoing = None
        self.held = None
        self.spoilt = None
        self.piece, self.pause_after = 0, 0.0
        self.rest = 0.0
        self.asked_for = None

    # --- where ---

    def listen(self, _=None):
        super().listen("tcp")

    def connect(self, port):
        super().connect(f"tcp:{port}")

    def connectunix(self, path):
        super().connect(f"unix:{path}")

    def context(self):
        option = self.options.get
        listens = self.listener is not None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if listens else ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_REQUIRED if option("trust") else ssl.CERT_NONE
        if option("trust"):
            context.load_verify_locations(option("trust"))
            context.check_hostname = not listens and option("name") is not None
        if option("cert"):
            context.load_cert_chain(option("cert"), option("key"))
        if option("alpn"):
            context.set_alpn_protocols(option("alpn").split(","))
        if option("version"):
            context.minimum_version = context.maximum_version = VERSIONS[option("version")]
        if option("ciphers"):
            context.set_ciphers(option("ciphers"))
        if option("tickets") and listens:
            context.num_tickets = int(option("tickets"))
        if listens:
            context.sni_callback = self.on_name
        return context

    def on_name(self, _, name, __):
        self.asked_for = name

    def begin(self):
        if not self.tls:
            self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            self.tls = self.context().wrap_bio(
                self.incoming, self.outgoing, self.listener is not None,
                None if self.listener else self.options.get("name"))

    def handshake(self):
        self.begin()
        while True:
            try:
                self.tls.do_handshake()
                self.put()
                return
            except ssl.SSLWantReadError:
                self.put()
                if not self.feed():
                    raise StepFailed("the connection ended within the handshake") from None
            except ssl.SSLError:
                self.put()
                raise

    def hello(self):
        self.begin()
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            self.put()

    # --- the wire ---

    def transmit(self, data):
        step = self.piece or len(data)
        for at in range(0, len(data), step or 1):
            self.socket.sendall(data[at : at + step])
            time.sleep(self.pause_after)

    def put(self):
        data = self.outgoing.read()
        if data and self.spoilt is not None:
            data = bytearray(data)
            data[self.spoilt] ^= 0x55
        if self.held is not None:
            self.held += data
        elif data:
            self.transmit(bytes(data))

    def feed(self):
        """More of what is on the wire; False at its end."""
        data = self.socket.recv(1 << 16)
        if data:
            self.incoming.write(data)
        return bool(data)

    def hold(self):
        self.held = b""

    def let(self):
        self.cut(0)

    def cut(self, count):
        data, self.held = self.held, None
        self.transmit(data[: len(data) - int(count)])

    def spoil(self, where):
        self.spoilt = int(where)

    def split(self, arguments):
        piece, seconds = arguments.split(":")
        self.piece, self.pause_after = int(piece), float(seconds)
        self.nodelay()

    def raw(self, text):
        self.socket.sendall(peer.unescape(text))

    def rawbytes(self, size):
        self.socket.sendall(os.urandom(int(size)))

    # --- out ---

    def write(self, data):
        self.tls.write(data)
        self.put()
        self.sent.update(data)
        self.sent_bytes += len(data)

    def notify(self):
        kept = self.incoming.read()  # the second half of unwrap would throw it away
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        self.incoming.write(kept)
        self.put()

    # --- in ---

    def note(self, data):
        self.received.update(data)
        self.received_bytes += len(data)
        if len(self.kept) < 1 << 26:
            self.kept += data
        if self.saved:
            self.saved.write(data)
            self.saved.flush()
        return data

    def read(self, most):
        """One read; empty at close_notify."""
        while True:
            try:
                return self.note(self.tls.read(most))
            except ssl.SSLZeroReturnError:
                return b""
            except ssl.SSLWantReadError:
                self.put()
                if not self.feed():
                    raise StepFailed("the connection ended without close_notify") from None

    def drainraw(self):
        try:
            self.drain()
        except StepFailed:
            return
        raise StepFailed("there was a close_notify")

    def drainmore(self):
        try:
            self.drain()
        except StepFailed:
            return
        while self.socket.recv(1 << 16):
            pass

    def sip(self, arguments):
        size, seconds = arguments.split(":")
        while self.socket.recv(int(size)):
            time.sleep(float(seconds))

    def alert(self, words):
        try:
            if self.tls.session is None and not self.tls.version():
                self.handshake()
            self.drain()
        except ssl.SSLError as error:
            if words.replace(" ", "_").upper() not in str(error).replace(" ", "_").upper():
                raise StepFailed(f"failed by {error}") from None
            return
        raise StepFailed("nothing is wrong")

    def isreset(self):
        try:
            while self.socket.recv(1 << 16):
                pass
        except ConnectionResetError:
            return
        raise StepFailed("it ended in order")

    def pause(self, seconds):
        self.rest = float(seconds)

    def exchange(self, size):
        left, ready = int(size), b""
        is_told = is_ended = False
        half = int(size) // 2
        self.socket.setblocking(False)
        while not (is_ended and is_told and not ready):
            if not ready and left > 0:
                data = self.sequence.take(min(left, 1 << 16))
                self.tls.write(data)
                self.sent_bytes += len(data)
                left -= len(data)
            elif not ready and not is_told:
                kept = self.incoming.read()
                try:
                    self.tls.unwrap()
                except ssl.SSLWantReadError:
                    pass
                self.incoming.write(kept)
                is_told = True
            ready += self.outgoing.read()
            can_read, can_write, _ = select.select(
                [] if is_ended else [self.socket], [self.socket] if ready else [], [], self.limit)
            if not can_read and not can_write:
                raise StepFailed("nothing moves any more")
            if can_write:
                ready = ready[self.socket.send(ready[: 1 << 18]) :]
            if can_read:
                is_ended = self.take_some()
                if self.rest and self.received_bytes > half:
                    time.sleep(self.rest)
                    self.rest = 0
        self.socket.settimeout(self.limit)

    def take_some(self):
        if not self.feed():
            raise StepFailed("the connection ended without close_notify")
        try:
            while self.note(self.tls.read(1 << 16)):
                pass
            return True
        except ssl.SSLZeroReturnError:
            return True
        except ssl.SSLWantReadError:
            return False

    def facts(self):
        certificate = self.tls.getpeercert(True)
        print(f"VERSION {self.tls.version()}")
        print(f"ALPN {self.tls.selected_alpn_protocol()}")
        print(f"SNI {self.asked_for}")
        print(f"PEER {hashlib.sha256(certificate).hexdigest() if certificate else None}", flush=True)

    VERBS = {
        **peer.Peer.VERBS,
        "listen": listen, "connect": connect, "connectunix": connectunix, "handshake": handshake, "hello": hello,
        "raw": raw, "rawbytes": rawbytes, "hold": hold, "let": let, "cut": cut, "spoil": spoil, "split": split,
        "notify": notify, "drainraw": drainraw, "drainmore": drainmore, "sip": sip, "alert": alert,
        "isreset": isreset,
        "pause": pause, "exchange": exchange, "facts": facts,
    }  # fmt: skip


def main(words):
    options = {}
    while words and words[0].startswith("--"):
        option, _, value = words.pop(0)[2:].partition("=")
        if option == "help":
            print(__doc__)
            return 0
        options[option] = value
    scripted = TlsPeer(options)
    for number, step in enumerate(words, 1):
        try:
            scripted.perform(step)
        except (StepFailed, OSError, ValueError, AttributeError, TypeError) as error:
            sys.stderr.write(f"tls.py: step {number}, {step}: {error or type(error).__name__}\n")
            return 1
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    sys.exit(main(sys.argv[1:]))
