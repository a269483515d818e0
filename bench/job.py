"""What a job is, and how it is measured: every program in turn, so many rounds, and again where it was disturbed.

A new job is a class in one file of bench/jobs with a name, a unit and `run`; it is found by itself.
"""

import importlib
import os
import pkgutil
import shutil
import statistics
import tempfile
import time

import machine
from child import Failed


class Cannot(Exception):
    """A program does not have what the job needs; the message says what."""


class Sample:
    """What one run gave.

    value: in the job's unit. cpu: seconds of processor time of the programs compared; amount: GiB that they moved
    for it, or None. rss: KiB at the peak, the larger of two ends. loss: a share. measured: seconds of processor time of all that
    ran, to tell others' by; None if not known. notes: words for the report.
    """

    def __init__(self, value, cpu=None, amount=None, rss=None, loss=None, measured=None, notes=()):
        self.value = value
        self.cpu = cpu
        self.amount = amount
        self.rss = rss
        self.loss = loss
        self.measured = measured
        self.notes = list(notes)


class Job:
    name = None
    what = None  # for the report
    unit = None
    better = "more"  # or "less"
    rounds = None  # more or fewer than the bench is told
    extra = False  # runs only when it is asked for by name
    references = ()  # names of reference programs that take part

    def __init__(self, bench):
        self.bench = bench

    def takes_part(self, program):
        return program.kind != "reference" or program.name in self.references

    def prepare(self):
        """Before the first run."""

    def run(self, program):
        """One run: a Sample. Raises Cannot, or Failed."""
        raise NotImplementedError


class Bench:
    """What all jobs share: where things are, and how large they may be."""

    def __init__(self, programs, tools, disk, file_bytes=1 << 30):
        self.programs = programs
        self.tools = tools  # the folder of load programs
        self.work = tempfile.mkdtemp(prefix="bench-", dir=fast_folder())
        self.disk = tempfile.mkdtemp(prefix="bench-", dir=disk)
        self.file_bytes = file_bytes
        while 4 * self.file_bytes > machine.memory_available() and self.file_bytes > 1 << 26:
            self.file_bytes //= 2

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.rmtree(self.disk, ignore_errors=True)

    def tool(self, name):
        return os.path.join(self.tools, name)


def fast_folder():
    """Memory, where there is some to be had as a folder."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def all_jobs(bench):
    """Every job there is, in the order of the files' names and of the classes in them."""
    import jobs
    found = []
    for module in sorted(pkgutil.iter_modules(jobs.__path__), key=lambda module: module.name):
        module = importlib.import_module("jobs." + module.name)
        found += [entry(bench) for entry in vars(module).values()
                  if isinstance(entry, type) and issubclass(entry, Job) and entry.name
                  and entry.__module__ == module.__name__]
    return sorted(found, key=lambda job: getattr(job, "order", 100))


class Results:
    """All runs of one program at one job."""

    def __init__(self):
        self.samples = []
        self.disturbed = 0  # runs that were disturbed, and again when they were repeated
        self.others = []
        self.stolen = []
        self.failed = None
        self.cannot = None

    def plain(self):
        """As JSON has it."""
        if not self.samples:
            return {"failed": self.failed} if self.failed else {"cannot": self.cannot}
        values = [sample.value for sample in self.samples]
        median = statistics.median(values)
        plain = {
            "median": median,
            "spread": (max(values) - min(values)) / median if median else 0.0,
            "values": values,
            "disturbed": self.disturbed,
            "others": max(self.others),
            "stolen": max(self.stolen),
            "notes": sorted({note for sample in self.samples for note in sample.notes}),
        }
        for key, of in (("cpu_per_gib", lambda s: s.cpu / s.amount if s.amount and s.cpu is not None else None),
                        ("cpu", lambda s: s.cpu), ("rss", lambda s: s.rss), ("loss", lambda s: s.loss)):
            known = [of(sample) for sample in self.samples if of(sample) is not None]
            if known:
                plain[key] = statistics.median(known)
        if self.failed:
            plain["failed"] = self.failed
        return plain


def measured_run(job, program):
    """One run on a machine as quiet as it gets, and how disturbed it was."""
    machine.wait_quiet()
    disturbance = machine.Disturbance()
    sample = job.run(program)
    disturbance.stop(sample.measured)
    return sample, disturbance


def one_round(job, program, results):
    """A run, and once more if others had more of the machine than is good; the quieter one counts."""
    try:
        sample, disturbance = measured_run(job, program)
        if disturbance.bad():
            again = measured_run(job, program)
            if again[1].others_share + again[1].stolen_share < disturbance.others_share + disturbance.stolen_share:
                sample, disturbance = again
    except Cannot as reason:
        results.cannot = str(reason)
        return
    except Failed as reason:
        results.failed = str(reason)
        return
    results.samples.append(sample)
    results.disturbed += disturbance.bad()
    results.others.append(disturbance.others_share)
    results.stolen.append(disturbance.stolen_share)


def run_job(job, rounds, until):
    """Measure every program, interleaved. until: monotonic time after which no further round begins."""
    programs = [program for program in job.bench.programs if job.takes_part(program)]
    results = {program.name: Results() for program in programs}
    for done in range(job.rounds or rounds):
        if done > 0 and time.monotonic() > until:
            break
        for program in programs:
            result = results[program.name]
            if program.path() is None:
                result.cannot = "not installed"
            elif not result.cannot and not result.failed:
                one_round(job, program, result)
    return {
        "name": job.name, "what": job.what, "unit": job.unit, "better": job.better,
        "results": {name: result.plain() for name, result in results.items()},
    }
