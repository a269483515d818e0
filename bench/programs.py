"""The programs that are compared: how each is told to do a job, as its own users would tell it.

A method returns the command, or None where the program cannot do that at all. An address is a port of 127.0.0.1 or
the path of a Unix socket. Roles: send (standard input to the socket), receive, both. Sides: listen, connect.
"""

import functools
import os
import re
import shutil
import subprocess

HOST = "127.0.0.1"


def is_path(address):
    return address.startswith("/")


class Program:
    name = None
    command = None  # what is looked for in PATH
    package = None  # Debian's
    kind = "peer"  # peer, reference (not compared with), ours, limit
    version_words = ()  # what makes it say its version
    silent_input = False  # as a receiver it needs a standard input that neither speaks nor ends

    def path(self):
        return shutil.which(self.command)

    def version(self):
        """The number of its version, or "" if it tells none."""
        try:
            ran = subprocess.run([self.path(), *self.version_words], capture_output=True, text=True, timeout=10,
                                 stdin=subprocess.DEVNULL, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return ""
        found = re.search(r"\d+\.\d[\w.]*(?:-\d+)?", ran.stdout + ran.stderr)
        return found.group() if found else ""

    def stream(self, role, side, address):
        """Bytes one way or both; ends when they have ended."""
        return None

    def encrypted(self, role, side, port, certificate):
        """The same by TLS over TCP; the certificate is for 127.0.0.1, signs itself, and has its key in its file."""
        return None

    def seqpacket(self, role, side, path):
        return None

    def datagrams(self, role, port):
        """UDP: receive binds the port and writes payloads to standard output, send connects to it."""
        return None

    def client(self, address):
        """Connect and be used interactively."""
        return self.stream("both", "connect", address)

    def serve(self, address):
        """Serve clients for ever, what they send to standard output."""
        return None

    def crowd(self, port):
        """Serve many clients at once: the command, and whether they get back what they send."""
        return self.serve(port), False

    def execute(self, port, program):
        """Run a program for each client, for ever."""
        return None

    def scan(self, first, last):
        return None

    def hub(self, port):
        """Give on to all clients what one sends."""
        return None

    def relay(self, port, other):
        """Serve one client, and join it with what listens at the other port."""
        return None


class Skt(Program):
    name = "skt"
    kind = "ours"
    version_words = ("--version",)

    def __init__(self, path):
        self.command = path

    def stream(self, role, side, address):
        listen = ["-l"] if side == "listen" else []
        where = ["-U", address] if is_path(address) else [HOST, address]
        return [self.path(), *listen, *where]

    def encrypted(self, role, side, port, certificate):
        if "--ssl-cert" not in self.help:
            return None
        words = ["-l", "--ssl-cert", certificate] if side == "listen" else ["--ssl-trustfile", certificate]
        return [self.path(), *words, HOST, port]

    def seqpacket(self, role, side, path):
        return [self.path(), "--seqpacket", *self.stream(role, side, path)[1:]]

    def datagrams(self, role, port):
        return [self.path(), "-lud" if role == "receive" else "-u", HOST, port]

    def serve(self, address):
        return [self.path(), "-lk", *self.stream("both", "connect", address)[1:]]

    def crowd(self, port):
        if "--echo" not in self.help:
            return self.serve(port), False
        return [self.path(), "-lk", "--echo", "--max-conns", "20000", HOST, port], True

    @functools.cached_property
    def help(self):
        return subprocess.run([self.path(), "--help"], capture_output=True, text=True, timeout=10, check=True).stdout

    def execute(self, port, program):
        return [self.path(), "-lk", "-e", program, HOST, port] if "--exec" in self.help else None

    def scan(self, first, last):
        return [self.path(), "-z", HOST, f"{first}-{last}"]

    def hub(self, port):
        return [self.path(), "-lk", "--broker", "--merge", "bytes", HOST, port] if "--broker" in self.help else None

    def relay(self, port, other):
        return [self.path(), "-l", "--relay", f"{HOST}:{other}", HOST, port] if "--relay" in self.help else None


class StaticSkt(Skt):
    """skt linked statically, for jobs in which the dynamic linker has a part."""

    name = "skt static"
    kind = "reference"


class Limit(Program):
    """The project's own least programs, one a job: bench/limit."""

    name = "limit"
    kind = "limit"

    def __init__(self, folder):
        self.command = os.path.join(folder, "stream")
        self.folder = folder

    def tool(self, name, *words):
        path = os.path.join(self.folder, name)
        return [path, *words] if os.path.exists(path) else None

    def version(self):
        return ""

    def stream(self, role, side, address):
        return self.tool("stream", role, side, address)

    def encrypted(self, role, side, port, certificate):
        return self.tool("tls", role, side, port, certificate)

    def seqpacket(self, role, side, path):
        return self.tool("seqpacket", role, side, path)

    def datagrams(self, role, port):
        return self.tool("datagrams", role, port)

    def client(self, address):
        return self.tool("client", address)

    def serve(self, address):
        return self.tool("serve", address)

    def execute(self, port, program):
        return self.tool("execute", port, program)

    def scan(self, first, last):
        return self.tool("scan", str(first), str(last))

    def hub(self, port):
        return self.tool("hub", port)

    def relay(self, port, other):
        return self.tool("relay", port, other)


class OpenBsd(Program):
    name = "nc.openbsd"
    command = "nc.openbsd"
    package = "netcat-openbsd"
    version_words = ("-h",)

    def version(self):
        return package_version(self.package)

    def stream(self, role, side, address):
        words = {"send": ["-N"], "receive": ["-d"], "both": ["-N"]}[role]
        listen = ["-l"] if side == "listen" else []
        where = ["-U", address] if is_path(address) else ["-n", HOST, address]
        return [self.path(), *words, *listen, *where]

    def datagrams(self, role, port):
        return [self.path(), "-n", "-u", *(["-l", "-d"] if role == "receive" else []), HOST, port]

    def serve(self, address):
        return [self.path(), "-N", "-l", "-k", *(["-U", address] if is_path(address) else ["-n", HOST, address])]

    def scan(self, first, last):
        return [self.path(), "-n", "-z", HOST, f"{first}-{last}"]


class Traditional(Program):
    name = "nc.traditional"
    command = "nc.traditional"
    package = "netcat-traditional"

    def version(self):
        return package_version(self.package)

    def stream(self, role, side, address):
        if is_path(address) or (role == "both" and side == "listen"):
            return None  # no Unix sockets, and no half-close
        if side == "listen":
            return [self.path(), "-n", "-l", "-s", HOST, "-p", address]
        return [self.path(), "-n", *(["-q", "0"] if role == "send" else []), HOST, address]

    def datagrams(self, role, port):
        if role == "receive":
            return [self.path(), "-n", "-u", "-l", "-s", HOST, "-p", port]
        return [self.path(), "-n", "-u", HOST, port]

    def scan(self, first, last):
        return [self.path(), "-n", "-z", HOST, f"{first}-{last}"]


class Ncat(Program):
    name = "ncat"
    command = "ncat"
    package = "ncat"
    version_words = ("--version",)

    def stream(self, role, side, address):
        words = {"send": ["--send-only"], "receive": ["--recv-only"], "both": []}[role]
        listen = ["-l"] if side == "listen" else []
        where = ["-U", address] if is_path(address) else ["-n", HOST, address]
        return [self.path(), *words, *listen, *where]

    def encrypted(self, role, side, port, certificate):
        words = {"send": ["--send-only"], "receive": ["--recv-only"]}[role]
        if side == "listen":
            words += ["-l", "--ssl-cert", certificate, "--ssl-key", certificate]
        return [self.path(), "--ssl", *words, "-n", HOST, port]

    def datagrams(self, role, port):
        words = ["-l", "--recv-only"] if role == "receive" else ["--send-only"]
        return [self.path(), "-n", "-u", *words, HOST, port]

    def serve(self, address):
        where = ["-U", address] if is_path(address) else ["-n", HOST, address]
        return [self.path(), "-l", "-k", "-m", "20000", *where]

    def execute(self, port, program):
        return [self.path(), "-n", "-l", "-k", "-m", "20000", "-e", program, HOST, port]

    def hub(self, port):
        return [self.path(), "-n", "-l", "-m", "20000", "--broker", HOST, port]

    def relay(self, port, other):
        # one program in front of another: it has no other way
        return [self.path(), "-n", "-l", HOST, port, "--sh-exec", f"exec {self.path()} -n {HOST} {other}"]


class Socat(Program):
    name = "socat"
    command = "socat"
    package = "socat"
    version_words = ("-V",)
    block = ()

    def version(self):
        return package_version(self.package)

    def run(self, *words):
        return [self.path(), *self.block, *words]

    @staticmethod
    def socket(side, address, words=""):
        if is_path(address):
            return f"UNIX-{side.upper()}:{address}{words}"
        if side == "listen":
            return f"TCP-LISTEN:{address},bind={HOST},backlog=4096{words}"
        return f"TCP:{HOST}:{address}{words}"

    @staticmethod
    def ways(role, socket):
        """The addresses in their order, and -u for one way."""
        return {"send": ["-u", "STDIN", socket], "receive": ["-u", socket, "STDOUT"], "both": ["STDIO", socket]}[role]

    def stream(self, role, side, address):
        # when one way has ended, the other has this long: half a second if nothing is said
        return self.run("-t", "60", *self.ways(role, self.socket(side, address)))

    def encrypted(self, role, side, port, certificate):
        socket = (f"OPENSSL-LISTEN:{port},bind={HOST},cert={certificate},verify=0" if side == "listen"
                  else f"OPENSSL:{HOST}:{port},cafile={certificate}")
        return self.run("-t", "60", *self.ways(role, socket))

    def seqpacket(self, role, side, path):
        return self.run("-t", "60", *self.ways(role, self.socket(side, path, ",type=5")))

    def datagrams(self, role, port):
        if role == "receive":
            return self.run("-u", f"UDP-RECV:{port},bind={HOST}", "STDOUT")
        return self.run("-u", "STDIN", f"UDP-SENDTO:{HOST}:{port}")

    def relay(self, port, other):
        return self.run("-t", "60", self.socket("listen", port), self.socket("connect", other))

    def serve(self, address):
        return self.run("-u", self.socket("listen", address, ",fork,max-children=20000"), "STDOUT")

    def execute(self, port, program):
        return self.run(self.socket("listen", port, ",fork,max-children=20000"), "EXEC:" + program)


class LargeSocat(Socat):
    """socat tuned by hand: for streams only, where it matters."""

    name = "socat -b1M"
    block = ("-b", "1048576")

    def seqpacket(self, role, side, path):
        return None  # 1 MiB is more than such a socket takes as one message

    def datagrams(self, role, port):
        return None

    def client(self, address):
        return None

    def serve(self, address):
        return None

    def execute(self, port, program):
        return None


class Busybox(Program):
    name = "busybox nc"
    command = "busybox"
    package = "busybox"
    version_words = ("--help",)
    silent_input = True

    def stream(self, role, side, address):
        if is_path(address):
            return None
        if side == "listen":
            return [self.path(), "nc", "-l", "-p", address]
        return [self.path(), "nc", HOST, address]

    def execute(self, port, program):
        return [self.path(), "nc", "-ll", "-p", port, "-e", program]


class Iperf(Program):
    """Memory to memory over TCP: what a program that touches no files gets."""

    name = "iperf3"
    command = "iperf3"
    package = "iperf3"
    kind = "reference"
    version_words = ("--version",)

    def memory(self, side, port, size):
        if side == "listen":
            return [self.path(), "-s", "-1", "-B", HOST, "-p", port]
        return [self.path(), "-c", HOST, "-p", port, "-n", str(size), "-J"]


def package_version(package):
    """For programs that do not tell: what the package manager knows, or ""."""
    try:
        ran = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True,
                             timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ran.stdout.strip() if ran.returncode == 0 else ""


def all_programs(skt, limits):
    static = os.path.join(os.path.dirname(limits), "skt-static")
    return [Skt(skt), Limit(limits), StaticSkt(static), OpenBsd(), Traditional(), Ncat(), Socat(), LargeSocat(), Busybox(), Iperf()]
