"""Short lives: start-up, and a scan."""

from address import free_port
from child import Children, Failed
from job import Cannot, Job, Sample

DURATION_MS = 300


class StartUp(Job):
    name, what, order = "startup", "start, connect, end; one processor", 43
    unit = "us"
    better = "less"
    references = ("skt static",)
    one_processor = True

    def run(self, program):
        port = free_port()
        command = program.client(port)
        if command is None:
            raise Cannot("not tuned for this")
        with Children() as children:
            timer = children.tell([self.bench.tool("startup"), port, DURATION_MS, *command],
                                  cpu=self.cpu(), timeout=20)
            used = timer.wait()
        return Sample(timer.numbers()[0] / 1e3, measured=used.cpu)


class Scan(Job):
    name, what, order = "scan", "1,000 closed ports", 44
    unit = "ports/s"
    references = ("skt static",)
    turns = 25  # of a few milliseconds each
    ports = 1000

    def closed_ports(self):
        """The first of so many in a row where nobody is, below those that the kernel gives out."""
        taken = set()
        for name in ("tcp", "tcp6"):
            with open("/proc/net/" + name, encoding="ascii") as file:
                taken |= {int(line.split()[1].rpartition(":")[2], 16) for line in file.readlines()[1:]}
        for first in range(1024, 32000 - self.ports, self.ports):
            if not taken.intersection(range(first, first + self.ports)):
                return first
        raise Failed("there are not so many closed ports in a row")

    def run(self, program):
        first = self.closed_ports()
        command = program.scan(first, first + self.ports - 1)
        if command is None:
            raise Cannot("no scan")
        with Children() as children:
            # that all are closed is a failure to most
            used = children.start(command).wait(accepts=(0, 1, 4))
        return Sample(self.ports / (used.ended - used.started), cpu=used.cpu, rss=used.rss, measured=used.cpu)
