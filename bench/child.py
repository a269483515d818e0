"""Programs under measurement: started by load/measure, ended by their own pid, each bounded in time."""

import os
import subprocess
import tempfile
import time


class Failed(Exception):
    """A program did not do the job; the message says how, in words for the report."""


class NotServed(Failed):
    """A load program was not served as the job wants it."""


class Usage:
    """What a program took: monotonic seconds of its start and end, seconds of processor time, peak KiB."""

    def __init__(self, line):
        words = [int(word) for word in line.split()]
        self.started, self.ended = words[0] / 1e9, words[1] / 1e9
        self.cpu = words[2] / 1e6
        self.rss = words[3]
        self.status = words[4]


def _number(fd):
    return fd if isinstance(fd, int) else fd.fileno()


class Child:
    """One running program. Every Child that is started has to be waited for or stopped."""

    measure = None  # the path of load/measure; set by the bench

    def __init__(self, command, stdin=None, stdout=None, cpu=None, timeout=60, pass_fds=()):
        """stdin, stdout: /dev/null if None. cpu: the processor that it is kept on. timeout: in seconds."""
        self.command = [str(word) for word in command]
        self.errors = tempfile.TemporaryFile()
        report, write_end = os.pipe()
        words = [self.measure, "-r", str(write_end), "-t", str(timeout)]
        if cpu is not None:
            words += ["-p", str(cpu)]
        self.process = subprocess.Popen(
            words + self.command,
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=subprocess.DEVNULL if stdout is None else stdout,
            stderr=self.errors, pass_fds=(write_end, *(_number(fd) for fd in pass_fds)))
        os.close(write_end)
        self.report = os.fdopen(report)
        self.pid = int(self.report.readline() or 0)

    def said(self):
        """The first line that it wrote to standard error, and what it was."""
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return lines[0] if lines else "said nothing"

    def wait(self, accepts=(0,)):
        """Its Usage once it has ended; Failed if not with one of these statuses (None: with any)."""
        line = self.report.readline()
        self.report.close()
        self.process.wait()
        if not line:
            raise Failed("measure failed: " + self.said())
        usage = Usage(line)
        if accepts is not None and usage.status not in accepts:
            raise Failed(f"{os.path.basename(self.command[0])} ended with {usage.status}: {self.said()}")
        return usage

    def running(self):
        """Has it not ended yet?"""
        return self.process.poll() is None

    def stop(self):
        """End it, and return its Usage, or None if it was waited for before."""
        if self.report.closed:
            return None
        self.process.terminate()
        return self.wait(accepts=None)


class Teller(Child):
    """A load program: what it writes to standard output are numbers."""

    NOT_SERVED = 3  # the status that says that it was not served as it wanted

    def __init__(self, command, **options):
        self.numbers_file = tempfile.TemporaryFile()
        super().__init__(command, stdout=self.numbers_file, **options)

    def numbers(self):
        """Those that it has written so far."""
        return [int(word) for word in os.pread(self.numbers_file.fileno(), 1000, 0).split()]

    def wait(self, accepts=(0,)):
        if accepts is None:
            return super().wait(None)
        usage = super().wait((*accepts, self.NOT_SERVED))
        if usage.status == self.NOT_SERVED and self.NOT_SERVED not in accepts:
            raise NotServed(self.said())
        return usage


class Children:
    """The children of one run: none survives the with block."""

    def __init__(self):
        self.started = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in reversed(self.started):
            child.stop()

    def start(self, command, kind=Child, **options):
        child = kind(command, **options)
        self.started.append(child)
        return child

    def tell(self, command, **options):
        """Start a load program."""
        return self.start(command, kind=Teller, **options)


def wait_until(condition, what, child=None, seconds=10):
    """Ask again and again; Failed when the time is over, or when the child that it depends on has ended."""
    limit = time.monotonic() + seconds
    while not condition():
        if child is not None and not child.running():
            raise Failed(f"{os.path.basename(child.command[0])} ended early: {child.said()}")
        if time.monotonic() > limit:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(0.001)
