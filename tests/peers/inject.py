#!/usr/bin/env python3
"""Runs a program through one exchange again and again, and lets another call fail each time.

usage: inject.py [OPTION...] SCENARIO PROGRAM

The exchange: the program sends SIZE bytes and receives SIZE others at the same time, and each side ends its input.
SCENARIO is KIND-client or KIND-listener, the program's part in it; KIND is
  tcp unix              streams
  name                  tcp, to "localhost", which has to be looked up (client only)
  proxy                 tcp, through a SOCKS5 proxy, which the other side is, too (client only)
  tls                   tcp, encrypted; the listener has the certificate of --cert, and the client takes it by its pin
  seqpacket             Unix records, with --records u32 on the program's standard streams

  --size=BYTES          of each direction (1048576)
  --ordinals=some|all   which calls of each kind fail: the first, the second, the middle one and the last, or each
                        (some)
  --lasting             a final error comes at every later call of the kind as well (but for write, which tells of
                        it), and no allocation succeeds any more
  --only=CALL[,CALL]    only these system calls
  --copy                the program also writes a copy of all that it moves, with --output
  --exec=OPTIONS        a program of the program's (--sh-exec), with these options too ("": none), sends and receives;
                        its own calls do not fail
  --cert=FILE           a certificate and its key
  --shim=FILE           not system calls but allocations fail, each once; FILE is failmalloc.c, compiled
  --own                 only the program's own ones, not those of libraries
  --stride=N            only each Nth of them
  --limit=SECONDS       of one run (20)
  --verbose             a line for each run, not only for those that are wrong

A run with a fault in it is one of
  whole     status 0, nothing said, all bytes have arrived on both sides (and in the copy), and the peer saw an
            orderly end
  clean     another status, and exactly one line of message
  LIE       status 0 though something is missing, or the peer was reset
  MUTE      another status and no message         BABBLE   a message of several lines, or at status 0
  HANG      did not end                           CRASH    ended by a signal, or a sanitizer spoke
  DIED      clean, though the error was one that only says "try again"
Those in capitals are wrong, and each is printed. The last line counts. Exit status: 0 nothing was wrong, 1 something.
A listener whose client is lost before a byte has moved goes on listening, so such a client comes back.
"""

import concurrent.futures
import errno
import hashlib
import os
import re
import select
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

# What each call may answer: what only says "try again", or "try the next one"; and what is final. What is final may
# be survived all the same, where the call was not needed.
AGAIN = ["EINTR", "EAGAIN"]
FULL = ["ENOBUFS", "ENOMEM"]
REFUSED = ["EINVAL", "ENOSYS", "EPERM"]  # not inside the kernel, then
GONE = ["ECONNRESET", "ETIMEDOUT", "EIO"]
ERRORS = {
    "accept4": (AGAIN + FULL + ["ECONNABORTED", "EPROTO", "EMFILE", "ENFILE"], ["EIO"]),
    "bind": ([], ["ENOMEM", "EIO", "EADDRINUSE"]),
    "clone": ([], ["EAGAIN", "ENOMEM"]),
    "close_range": (["ENOSYS", "EINVAL"], []),
    "pidfd_open": (["ENOSYS", "EMFILE"], []),
    "socketpair": ([], ["EMFILE"]),
    "vfork": ([], ["EAGAIN", "ENOMEM"]),
    "wait4": (["EINTR"], []),
    "clone3": ([], ["EAGAIN", "ENOMEM"]),
    "close": (["EINTR"], ["EIO", "ENOSPC"]),
    "connect": (AGAIN, GONE + FULL),
    "dup": ([], ["EMFILE"]),
    "epoll_create1": ([], ["EMFILE", "ENOMEM"]),
    "epoll_ctl": ([], ["ENOMEM", "ENOSPC"]),
    "epoll_pwait": (["EINTR"], ["EIO"]),
    "epoll_wait": (["EINTR"], ["EIO"]),
    "eventfd2": ([], ["EMFILE", "ENOMEM"]),
    "fchmod": ([], ["EIO"]),
    "fcntl": ([], ["EBADF", "ENOMEM"]),
    "fstat": ([], ["ENOMEM", "EIO"]),
    "getpeername": ([], ["ENOBUFS"]),
    "getsockname": ([], ["ENOBUFS"]),
    "getsockopt": ([], FULL),
    "ioctl": ([], ["EIO", "ENOMEM"]),
    "listen": ([], ["EADDRINUSE", "ENOBUFS"]),
    "mmap": ([], ["ENOMEM"]),
    "newfstatat": ([], ["ENOMEM", "EIO"]),
    "openat": ([], ["EMFILE", "EACCES", "ENOMEM"]),
    "pipe2": ([], ["EMFILE"]),
    "poll": (["EINTR"], ["ENOMEM"]),
    "ppoll": (AGAIN, ["ENOMEM", "EIO"]),
    "read": (AGAIN, ["EIO", "ENOMEM", "ECONNRESET"]),
    "recvfrom": (AGAIN, GONE + FULL),
    "recvmsg": (AGAIN, GONE + FULL),
    "sendfile": (AGAIN + REFUSED + FULL + ["EIO"], ["ECONNRESET", "ETIMEDOUT", "EPIPE"]),
    "sendmsg": (AGAIN + FULL, GONE + ["EPIPE"]),
    "sendto": (AGAIN + FULL, GONE + ["EPIPE"]),
    "setsockopt": ([], FULL),
    "shutdown": ([], GONE + ["ENOTCONN", "ENOBUFS"]),
    "socket": ([], FULL + ["EMFILE"]),
    "splice": (AGAIN + REFUSED + FULL, GONE + ["EPIPE", "ENOSPC"]),
    "unlink": ([], ["EIO"]),
    "write": (AGAIN, ["EIO", "ENOSPC", "EPIPE", "ENOMEM"]),
}
# In a lookup these are the C library's, on files of the system; and a counter that nobody else has cannot fail.
# The same of the loader, and of a library's own files.
NOT_IN_TLS = ["read", "newfstatat", "fstat", "openat", "mmap", "close"]
NOT_IN_LOOKUPS = ["read", "write", "newfstatat", "openat", "mmap", "close", "poll", "sendto", "recvfrom", "ioctl"]
WRONG = ["LIE", "MUTE", "BABBLE", "HANG", "CRASH", "DIED"]
SANITIZED = os.environ.get("SKT_SANITIZED", "no") == "yes"
SANITIZER_STATUS = 99
WORKERS = len(os.sched_getaffinity(0))
RECORD = 32768
# RFC 1928: no password; and to 127.0.0.1 port 9
PROXY_TURNS = [
    (b"\5\1\0", b"\5\0"),
    (b"\5\1\0\1\x7f\0\0\1\0\x09", b"\5\0\0\1\0\0\0\0\0\0"),
]
# The program's first call of its own; what comes before is the loader's and the C library's.
OWN = re.compile(r"fcntl\(0, F_GETFD")


def marked(data):
    """The bytes with the length before each record, as --records u32 has them."""
    records = (data[start : start + RECORD] for start in range(0, len(data), RECORD))
    return b"".join(len(record).to_bytes(4, "big") + record for record in records)


def error_name(error):
    if isinstance(error, ssl.SSLError):
        return str(error)
    return errno.errorcode.get(error.errno, str(error))


class Peer:
    """The other side of the exchange, in threads of this process."""

    def __init__(self, family, kind, down, is_proxy):
        self.family, self.kind = family, kind
        self.is_proxy = is_proxy
        self.down = down
        self.listener = None
        self.connection = None
        self.received = bytearray()
        self.end = "no connection"
        self.calls = 0
        self.thread = None

    def listen(self, address):
        self.listener = socket.socket(self.family, self.kind)
        self.listener.bind(address)
        self.listener.listen(4)
        return self.listener.getsockname()

    def start(self, function, *arguments):
        self.thread = threading.Thread(target=function, args=arguments)
        self.thread.start()

    def serve(self):
        try:
            self.connection, _ = self.listener.accept()
        except OSError:
            return  # nobody came: the listener was shut down once the program had ended
        if not self.is_proxy or self.connects():
            self.converse()

    def connects(self):
        """What a proxy hears and says before what it connects to does. False if it hears something else."""
        try:
            for question, answer in PROXY_TURNS:
                if self.connection.recv(len(question), socket.MSG_WAITALL) != question:
                    return False
                self.connection.sendall(answer)
        except OSError as error:
            self.end = error_name(error)
            return False
        return True

    def call(self, find_address, has_ended):
        """Connect when there is an address; again when nothing was taken and the program goes on."""
        while not has_ended():
            address = find_address()
            if address:
                self.connection = socket.socket(self.family, self.kind)
                self.calls += 1
                try:
                    self.connection.connect(address)
                    self.converse()
                except OSError as error:
                    self.end = error_name(error)
                if self.received:
                    return
                self.connection.close()
            time.sleep(0.002)

    def converse(self):
        sender = threading.Thread(target=self.send)
        sender.start()
        self.receive()
        sender.join()

    def send(self):
        try:
            step = RECORD if self.kind == socket.SOCK_SEQPACKET else len(self.down)
            for start in range(0, len(self.down), step):
                self.connection.sendall(self.down[start : start + step])
            self.connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has gone: what came of it is judged by the other direction and by its status

    def receive(self):
        try:
            while data := self.connection.recv(1 << 20):
                self.received += data
            self.end = "the end"
        except OSError as error:
            self.end = error_name(error)

    def finish(self):
        """The program has ended: what still waits for it is told."""
        if self.listener:
            self.interrupt(self.listener)
        self.thread.join(5)
        if self.thread.is_alive():
            self.interrupt(self.connection)
            self.thread.join()
            self.end = "no end"
        for one in (self.listener, self.connection):
            if one:
                one.close()

    @staticmethod
    def interrupt(one):
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # not connected any more


class TlsPeer(Peer):
    """The same by TLS, in one thread: two would be one too many for OpenSSL."""

    def __init__(self, family, kind, down, certificate):
        super().__init__(family, kind, down, False)
        self.certificate = certificate

    def begin(self):
        listens = self.listener is not None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if listens else ssl.PROTOCOL_TLS_CLIENT)
        if listens:
            context.load_cert_chain(self.certificate)
        else:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, listens)
        self.connection.setblocking(False)
        self.has_begun = self.has_told = self.has_ended = False
        self.left = memoryview(self.down)

    def converse(self):
        try:
            self.begin()
            ready = self.step()
            while ready or not (self.has_told and self.has_ended):
                reading = [] if self.has_ended else [self.connection]
                can_read, can_write, _ = select.select(reading, [self.connection] if ready else [], [])
                if can_write:
                    ready = ready[self.connection.send(ready) :]
                if can_read:
                    data = self.connection.recv(1 << 18)
                    if not data:
                        self.end = "an end without close_notify"
                        return
                    self.incoming.write(data)
                    self.take()
                ready += self.step() if not ready else b""
            self.end = "the end"
        except OSError as error:
            self.end = error_name(error)

    def step(self):
        """What is to be sent next."""
        try:
            if not self.has_begun:
                self.tls.do_handshake()
                self.has_begun = True
                self.take()  # what came with it
            if self.left:
                self.left = self.left[self.tls.write(self.left[: 1 << 17]) :]
            elif not self.has_told:
                self.has_told = True
                self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        return self.outgoing.read()

    def take(self):
        try:
            while self.has_begun and not self.has_ended:
                data = self.tls.read(1 << 17)
                self.received += data
                self.has_ended = not data
        except ssl.SSLZeroReturnError:
            self.has_ended = True
        except ssl.SSLWantReadError:
            pass


class Run:
    """One exchange. A client's standard input is a file and its output a pipe; a listener's, the other way round."""

    def __init__(self, sweep, folder):
        self.sweep = sweep
        self.folder = folder
        kind, _, role = sweep.scenario.partition("-")
        self.name = "localhost" if kind == "name" else "127.0.0.1"
        self.is_client = role == "client"
        self.is_inet = kind in ("tcp", "name", "proxy", "tls")
        self.has_proxy = kind == "proxy"
        self.is_tls = kind == "tls"
        self.has_records = kind == "seqpacket"
        self.input = marked(sweep.up) if self.has_records else sweep.up
        self.wanted = marked(sweep.down) if self.has_records else sweep.down
        self.path = os.path.join(folder, "socket")
        self.announced = os.path.join(folder, "announced")
        self.copy = os.path.join(folder, "copy")
        self.copied = 0
        self.has_program = sweep.options["exec"] is not None
        self.result = os.path.join(folder, "result")
        family = socket.AF_INET if self.is_inet else socket.AF_UNIX
        type_ = socket.SOCK_SEQPACKET if self.has_records else socket.SOCK_STREAM
        if self.is_tls:
            self.peer = TlsPeer(family, type_, sweep.down, sweep.options["cert"])
        else:
            self.peer = Peer(family, type_, sweep.down, self.has_proxy)
        self.output = self.errors = b""
        self.status = None

    def address(self):
        """Where the program has said that it listens, or None."""
        try:
            with open(self.announced, encoding="utf-8") as file:
                line = file.readline()
        except OSError:
            return None
        if not line.endswith("\n"):
            return None
        return ("127.0.0.1", int(line.rpartition(":")[2])) if self.is_inet else self.path

    def operands(self):
        kind = ["--seqpacket", "--records", "u32"] if self.has_records else []
        if self.is_tls:
            kind = ["--ssl-pin", self.sweep.pin] if self.is_client else ["--ssl-cert", self.sweep.options["cert"]]
        listen = [] if self.is_client else ["-l", "--announce=" + self.announced]
        listen += ["--output=" + self.copy] if self.sweep.options["copy"] else []
        if self.has_program:
            source = os.path.join(self.folder, "source")
            with open(source, "wb") as file:
                file.write(self.input)
            listen += ["-c", f"cat {source} & cat >{self.result}; wait $!"] + self.sweep.options["exec"].split()
        if not self.is_inet:
            return listen + kind + ["-U", self.path]
        port = self.peer.listener.getsockname()[1] if self.is_client else 0
        if self.has_proxy:
            return listen + ["-x", f"{self.name}:{port}", self.name, "9"]
        return listen + kind + [self.name, str(port)]

    def perform(self, before, environment):
        """Run the program, `before` being the words in front of it."""
        with open(os.path.join(self.folder, "file"), "w+b") as file:
            if self.is_client:
                self.peer.listen(("127.0.0.1", 0) if self.is_inet else self.path)
                file.write(self.input)
                file.seek(0)
            process = subprocess.Popen(
                before + [self.sweep.program] + self.operands(),
                stdin=file if self.is_client else subprocess.PIPE,
                stdout=subprocess.PIPE if self.is_client else file,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
                env=environment,
            )
            if self.is_client:
                self.peer.start(self.peer.serve)
            else:
                self.peer.start(self.peer.call, self.address, lambda: process.returncode is not None)
            feeder = threading.Thread(target=self.feed, args=(process.stdin,))
            feeder.start()
            process.stdin = None  # the feeder's
            try:
                self.output, self.errors = process.communicate(timeout=self.sweep.limit)
                self.status = process.returncode
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
            feeder.join()
            self.peer.finish()
            if not self.is_client:
                file.seek(0)
                self.output = file.read()
        if self.has_program and os.path.exists(self.result):
            with open(self.result, "rb") as file:
                self.output = file.read()
        if os.path.exists(self.copy):
            self.copied = os.path.getsize(self.copy)

    def feed(self, pipe):
        """In writes as large as the pipe takes; communicate() would make them small."""
        try:
            if pipe:
                with pipe:
                    pipe.write(self.input)
        except OSError:
            pass  # it takes no more: whether that was in order is judged by what arrived

    def is_whole(self):
        if self.peer.received != self.sweep.up or self.peer.end != "the end" or self.output != self.wanted:
            return False
        if self.sweep.options["copy"]:
            return self.copied == len(self.sweep.up) + len(self.sweep.down)
        return True

    def verdict(self, transient):
        if self.status is None:
            return "HANG"
        spoke = b"Sanitizer" in self.errors or b"runtime error" in self.errors
        if self.status < 0 or self.status == SANITIZER_STATUS or spoke:
            return "CRASH"
        if self.status == 0 and not self.is_whole():
            return "LIE"
        if self.status == 0:
            return "BABBLE" if self.errors and not self.came_back() else "whole"
        if not self.errors:
            return "MUTE"
        if self.errors.count(b"\n") != 1 or not self.errors.startswith(b"skt: "):
            return "BABBLE"
        return "DIED" if transient else "clean"

    def came_back(self):
        """A handshake that fails is told, and the listener waits for the next client."""
        return self.is_tls and self.peer.calls > 1 and self.errors.count(b"\n") == self.peer.calls - 1

    def describe(self):
        said = self.errors.decode(errors="replace").strip()
        return (
            f"status {self.status}; peer received {len(self.peer.received)} of {len(self.sweep.up)} bytes and"
            f" {self.peer.end}; {len(self.output)} of {len(self.wanted)} written; {said or 'nothing said'}"
        )


class Sweep:
    def __init__(self, options, scenario, program):
        self.options = options
        self.scenario = scenario
        self.program = program
        size = int(options["size"])
        self.up, self.down = os.urandom(size), os.urandom(size)
        self.limit = float(options["limit"])
        if options["cert"]:
            with open(options["cert"], encoding="ascii") as file:
                certificate = ssl.PEM_cert_to_DER_cert(re.search(r"-----BEGIN CERT.*?-----END CERT[^\n]*", file.read(), re.S)[0])
            self.pin = hashlib.sha256(certificate).hexdigest()
        self.counts = dict.fromkeys(["whole", "clean"] + WRONG, 0)
        self.transient_faults = 0
        self.transient_survived = 0
        self.own_words = 0
        self.not_reached = 0

    def run(self, words, left_behind, environment=None):
        """One run. Returns it and the text of the file whose name stands where FILE is among the words."""
        with tempfile.TemporaryDirectory(dir=".") as folder:
            path = os.path.join(folder, left_behind)
            run = Run(self, folder)
            run.perform([path if word == "FILE" else word for word in words], environment and environment(path))
            try:
                with open(path, encoding="utf-8", errors="replace") as file:
                    return run, file.read()
            except OSError:
                return run, ""

    def note(self, what, run, transient, words):
        verdict = run.verdict(transient)
        self.counts[verdict] += 1
        self.transient_faults += transient
        self.transient_survived += transient and verdict == "whole"
        self.own_words += verdict == "clean" and words.encode() in run.errors
        if verdict in WRONG or self.options["verbose"]:
            print(f"{verdict} {self.scenario} {what}: {run.describe()}", flush=True)

    def finish(self):
        runs = sum(self.counts.values())
        counts = ", ".join(f"{count} {name}" for name, count in self.counts.items())
        print(
            f"{self.scenario}: {runs} faults: {counts}; {self.transient_survived} of {self.transient_faults} transient"
            f" survived, {self.own_words} of {self.counts['clean']} messages in the error's own words,"
            f" {self.not_reached} not reached"
        )
        return 1 if runs == 0 or any(self.counts[name] for name in WRONG) else 0


# --- system calls ---


def strace(sweep, *words):
    threads = [] if sweep.options["exec"] is not None else ["-f"]
    return ["strace", *threads, "-q", "-e", "signal=none", "-o", "FILE", *words]


def calls_of_its_own(sweep):
    """{call: its ordinals in a run without a fault}."""
    run, trace = sweep.run(strace(sweep), "trace")
    if run.verdict(True) != "whole":
        sys.exit(f"inject.py: without a fault: {run.describe()}")
    own, counts, ordinals = False, {}, {}
    for line in trace.splitlines():
        match = re.match(r"(?:\d+ +)?(\w+)\(", line)
        if not match:
            continue
        own = own or OWN.search(line) is not None
        call = match.group(1)
        counts[call] = counts.get(call, 0) + 1
        if own and call in ERRORS:
            ordinals.setdefault(call, []).append(counts[call])
    if not ordinals:
        sys.exit("inject.py: the trace shows no call of the program's own")
    return ordinals


def chosen(ordinals, which):
    if which == "all":
        return ordinals
    return sorted({ordinals[0], *ordinals[1:2], ordinals[len(ordinals) // 2], ordinals[-1]})


def is_swept(sweep, call):
    if sweep.options["only"]:
        return call in sweep.options["only"].split(",")
    if sweep.scenario.startswith("name-") and call in NOT_IN_LOOKUPS:
        return False
    if sweep.scenario.startswith("tls-") and call in NOT_IN_TLS:
        return False
    return not (SANITIZED and call == "mmap")


def is_a_lie(sweep, call, error):
    """
    What the kernel never says: that a close was in vain which would have ended a program's input, and that nobody reads
    that while somebody does. A program that reads no more of it is none that lost something.
    """
    return sweep.options["exec"] is not None and (call == "close" or (call in ("write", "splice") and error == "EPIPE"))


def fail_call(sweep, call, first, ordinal, error, lasting):
    """
    Returns the run, and the ordinal. Not each run has the last calls; then the ordinal moves down, twice at most, and
    never below the first, which is the program's own.
    """
    for _ in range(3):
        when = f"{ordinal}+" if lasting else f"{ordinal}"
        inject = f"inject={call}:error={error}:when={when}"
        seccomp = ["--seccomp-bpf"] if sweep.options["exec"] is None else []  # it needs -f
        run, trace = sweep.run(strace(sweep, *seccomp, "-e", f"trace={call}", "-e", inject), "trace")
        if "(INJECTED)" in trace or run.verdict(True) != "whole":
            return run, ordinal
        ordinal = min(ordinal - 1, len(re.findall(rf"(?m)^(?:\d+ +)?{call}\(", trace)))
        if ordinal < first:
            break
    return None, ordinal


def sweep_calls(sweep, pool):
    jobs = []
    lasting = sweep.options["lasting"]
    for call, ordinals in sorted(calls_of_its_own(sweep).items()):
        if not is_swept(sweep, call):
            continue
        again, final = ERRORS[call]
        for ordinal in chosen(ordinals, sweep.options["ordinals"]):
            first = ordinals[0]
            jobs += [(call, first, ordinal, error, True, False) for error in again]
            jobs += [(call, first, ordinal, error, False, lasting and call != "write") for error in final]
    jobs = [job for job in jobs if not is_a_lie(sweep, job[0], job[3])]
    results = pool.map(lambda job: fail_call(sweep, *job[:4], job[5]), jobs)
    for (call, _, _, error, transient, _), (run, ordinal) in zip(jobs, results):
        if run is None:
            sweep.not_reached += 1
        else:
            sweep.note(f"{call} {ordinal} {error}", run, transient, os.strerror(getattr(errno, error)))


# --- allocations ---


def fail_allocation(sweep, number):
    """The run, or None when the program has not come to that allocation."""

    def environment(path):
        at = f"{number}+" if sweep.options["lasting"] else f"{number}"
        own = {"FAILMALLOC_OWN": "1"} if sweep.options["own"] else {}
        return dict(os.environ, LD_PRELOAD=sweep.options["shim"], FAILMALLOC_AT=at, FAILMALLOC_SAYS=path, **own)

    run, said = sweep.run([], "said", environment)
    return run if said else None


def sweep_allocations(sweep, pool):
    number, reached, stride = 1, True, int(sweep.options["stride"])
    while reached:
        batch = range(number, number + WORKERS * stride, stride)
        for at, run in zip(batch, pool.map(lambda at: fail_allocation(sweep, at), batch)):
            reached = reached and run is not None
            if run is not None:
                sweep.note(f"allocation {at}", run, False, os.strerror(errno.ENOMEM))
        number += WORKERS * stride


def main(words):
    options = {
        "size": "1048576",
        "ordinals": "some",
        "lasting": "",
        "only": "",
        "copy": "",
        "exec": None,
        "cert": "",
        "shim": "",
        "limit": "20",
        "own": "",
        "stride": "1",
        "verbose": "",
    }
    while words and words[0].startswith("--"):
        name, _, value = words.pop(0)[2:].partition("=")
        if name not in options:
            sys.stderr.write(f"inject.py: no such option: --{name}\n")
            return 2
        options[name] = value if name == "exec" else value or "yes"
    if len(words) != 2:
        sys.stderr.write("usage: inject.py [OPTION...] SCENARIO PROGRAM\n")
        return 2
    if SANITIZED:  # the search for leaks traces the process, and only one can do that
        os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    sweep = Sweep(options, *words)
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        if options["shim"]:
            sweep_allocations(sweep, pool)
        else:
            sweep_calls(sweep, pool)
    return sweep.finish()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
