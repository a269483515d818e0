"""Servers: clients one after the other, a program for each, and many at once."""

import contextlib
import os
import time

from address import free_port, wait_listening
from child import Children, Failed, NotServed, wait_until
from job import Cannot, Job, Sample

DURATION_MS = 400


class Connects(Job):
    name, what, order = "connects", "connections one after the other, one processor", 40
    unit = "conn/s"
    threads = 1
    one_processor = True  # waking another takes longer than the connection, and has several modes
    answer = ()

    def command(self, program, port):
        command = program.serve(port)
        if command is None:
            raise Cannot("serves one client and ends")
        return command

    def run(self, program):
        port = free_port()
        with contextlib.ExitStack() as opened, Children() as children:
            silent, _kept_open = (opened.enter_context(os.fdopen(fd, mode)) for fd, mode in zip(os.pipe(), "rw"))
            server = children.start(self.command(program, port), stdin=silent if self.answer else None, cpu=self.cpu())
            wait_listening(port, server)
            clients = children.tell([self.bench.tool("connects"), port, DURATION_MS, self.threads, *self.answer],
                                    cpu=self.cpu(), timeout=20)
            clients.wait()
            used = server.stop()
        served, elapsed_ns = clients.numbers()
        # processor time of what the server has started is not known in all cases: others' cannot be told
        return Sample(served / elapsed_ns * 1e9, cpu=used.cpu, rss=used.rss)


class Executes(Connects):
    name, what, order = "exec", "a program for each connection, one at a time, one processor", 41
    answer = ("answer",)

    def command(self, program, port):
        command = program.execute(port, os.path.abspath(self.bench.tool("answer")))
        if command is None:
            raise Cannot("not there" if program.kind == "ours" else "runs a program for one client and ends, or none")
        return command


class ExecutesFour(Executes):
    name, what, order = "exec-4", "a program for each connection, four at a time", 42
    threads = 4
    one_processor = False


def family_of(pid):
    """A process and its descendants."""
    found = [pid]
    for parent in found:
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{parent}/task"):
                with open(f"/proc/{parent}/task/{task}/children", encoding="ascii") as file:
                    found += map(int, file.read().split())
    return found


def memory(pids):
    """KiB of them all: what each has for itself, and what one has in common with others once.

    The kernel's own sum of this kind (Pss) would depend on who else runs the same libraries at the moment.
    """
    own, common = 0, 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            kib = {line.split(":")[0]: int(line.split()[1]) for line in file.readlines()[1:]}
        own += kib["Private_Clean"] + kib["Private_Dirty"]
        common = max(common, kib["Rss"] - kib["Private_Clean"] - kib["Private_Dirty"])
    return own + common


def ticks(pids):
    """Processor time that they have used, in ticks."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            words = file.read().rpartition(")")[2].split()
        total += int(words[11]) + int(words[12])
    return total


class Idle(Job):
    name, what, order = "idle", "memory while listening", 50
    unit = "KiB"
    better = "less"
    references = ("skt static",)
    rounds = 5  # where the libraries lie is another each time, and with that how much of them is brought in

    def run(self, program):
        port = free_port()
        command = program.serve(port) or program.stream("receive", "listen", port)
        if command is None or program.name == "socat -b1M":
            raise Cannot("not tuned for this")
        with Children() as children:
            server = children.start(command)
            wait_listening(port, server)
            return Sample(memory([server.pid]))


class Clients(Job):
    name, what, order = "clients-1000", "memory with 1,000 clients, all processes", 51
    unit = "KiB"
    better = "less"
    rounds = 1
    count = 1000
    too_many = ()

    def run(self, program):
        port = free_port()
        command, echoes = program.crowd(port)
        if command is None:
            raise Cannot("serves one client and ends")
        if program.name in self.too_many:
            raise Cannot("a process for each client: not tried")
        with contextlib.ExitStack() as opened, Children() as children:
            (silent, _), (output_read, output_write) = (
                [opened.enter_context(os.fdopen(fd, mode, buffering=0)) for fd, mode in zip(os.pipe(), ("rb", "wb"))]
                for _ in range(2))
            server = children.start(command, stdin=silent, stdout=output_write)
            output_write.close()
            wait_listening(port, server)
            clients = children.tell([self.bench.tool("clients"), port, self.count,
                                     "echo" if echoes else output_read.fileno()],
                                    pass_fds=[output_read])
            try:
                wait_until(clients.numbers, "serving so many clients", clients, seconds=50)
            except Failed as reason:
                if not server.running():
                    raise Failed(f"the server ended: {server.said()}") from None
                if "others were there" in str(reason):
                    raise Cannot(clients.said()) from None
                raise
            family = family_of(server.pid)
            before = ticks(family)
            time.sleep(0.5)
            used = ticks(family) - before
            return Sample(memory(family), notes=[f"{2 * used} % of a processor while idle"] if used else [])


class ManyClients(Clients):
    name, what, order = "clients-10000", "memory with 10,000 clients, all processes", 52
    count = 10000
    too_many = ("socat",)


class Hub(Job):
    name, what, order = "hub-64", "messages of 64 B to 1,000 receivers, deliveries", 53
    unit = "k/s"
    receivers, messages, size = 1000, 150, 64
    turns = 3  # the receivers share the processors with the hub

    def run(self, program):
        port = free_port()
        command = program.hub(port)
        if command is None:
            raise Cannot("not there" if program.kind == "ours" else "no hub")
        with Children() as children:
            hub = children.start(command)
            wait_listening(port, hub)
            clients = children.tell([self.bench.tool("receivers"), port, self.receivers, self.messages, self.size],
                                    timeout=40)
            try:
                told = clients.wait()
            except NotServed as reason:
                raise Failed(str(reason)) from None
            used = hub.stop()
        deliveries, elapsed_ns = clients.numbers()
        return Sample(deliveries / elapsed_ns * 1e6, cpu=used.cpu, rss=used.rss, measured=used.cpu + told.cpu)


class LargeHub(Hub):
    name, what, order = "hub-1400", "messages of 1400 B to 1,000 receivers, deliveries", 54
    size = 1400
