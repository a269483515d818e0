"""What a job is, and how it is measured: every program in turn, so many rounds, and again where it was disturbed.

A new job is a class in one file of bench/jobs with a name, a unit and `run`; it is found by itself.
"""

import importlib
import os
import pkgutil
import random
import shutil
import signal
import statistics
import sys
import tempfile
import time

import machine
from child import Failed


ALL_FILES = 5  # times the largest: all files that the stream jobs keep
LEAST_FILE = 1 << 26


class Cannot(Exception):
    """A program does not have what the job needs; the message says what."""


class Sample:
    """What one run gave.

    value: in the job's unit. cpu: seconds of processor time of the programs compared; amount: GiB that they moved
    for it, or None. rss: KiB at the peak, the larger of two ends. loss: a share. measured: seconds of processor time
    of all that ran, to tell others' by; None if not known. notes: words for the report.
    """

    def __init__(self, value, cpu=None, amount=None, rss=None, loss=None, measured=None, notes=()):
        self.value = value
        self.cpu = cpu
        self.amount = amount
        self.rss = rss
        self.loss = loss
        self.measured = measured
        self.notes = list(notes)

    @classmethod
    def middle(cls, samples):
        """One of several: the median of each figure."""
        figures = {}
        for name in ("value", "cpu", "amount", "rss", "loss", "measured"):
            known = [getattr(sample, name) for sample in samples if getattr(sample, name) is not None]
            figures[name] = statistics.median(known) if known else None
        return cls(**figures, notes=sorted({note for sample in samples for note in sample.notes}))


class Job:
    name = None
    what = None  # for the report
    unit = None
    better = "more"  # or "less"
    rounds = None  # more or fewer than the bench is told
    # Runs whose median is what a round gives: more, where one is short, or has several modes. Peers, which are not near the
    # limit, have one: the time is better spent on the rounds of all.
    turns = 1
    one_processor = False  # are the programs kept on one, so that no other has to be woken?
    order = 100  # where it stands among the others
    extra = False  # runs only when it is asked for by name
    references = ()  # names of reference programs that take part

    def __init__(self, bench):
        self.bench = bench

    def takes_part(self, program):
        return program.kind != "reference" or program.name in self.references

    def prepare(self):
        """Before the first run."""

    def cpu(self):
        """The processor that the programs are kept on, or None."""
        return machine.processors()[-1] if self.one_processor else None

    def processors(self):
        """Those that the job uses."""
        return [self.cpu()] if self.one_processor else machine.processors()

    def run(self, program):
        """One run: a Sample. Raises Cannot, or Failed."""
        raise NotImplementedError


class Bench:
    """What all jobs share: where things are, and how large they may be."""

    def __init__(self, programs, tools, disk, file_bytes=1 << 30):
        self.programs = programs
        self.tools = tools  # the folder of load programs
        self.pace = machine.Pace(self.tool("pace"))
        self.work = tempfile.mkdtemp(prefix="bench-", dir=fast_folder())
        self.disk = tempfile.mkdtemp(prefix="bench-", dir=disk)
        self.file_bytes = file_bytes
        room = min(machine.memory_available(), machine.free_bytes(self.work), machine.free_bytes(self.disk))
        while ALL_FILES * self.file_bytes > room and self.file_bytes > LEAST_FILE:
            self.file_bytes //= 2

    def __enter__(self):
        # whoever ends us shall not leave the files in memory
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.rmtree(self.disk, ignore_errors=True)

    def tool(self, name):
        return os.path.join(self.tools, name)


def fast_folder():
    """Memory, where there is enough to be had as a folder; else where temporary files go."""
    folder = "/dev/shm"
    enough = os.access(folder, os.W_OK) and machine.free_bytes(folder) >= ALL_FILES * LEAST_FILE
    return folder if enough else None


def all_jobs(bench):
    """Every job there is, in the order of the files' names and of the classes in them."""
    import jobs
    found = []
    for module in sorted(pkgutil.iter_modules(jobs.__path__), key=lambda module: module.name):
        module = importlib.import_module("jobs." + module.name)
        found += [entry(bench) for entry in vars(module).values()
                  if isinstance(entry, type) and issubclass(entry, Job) and entry.name
                  and entry.__module__ == module.__name__]
    return sorted(found, key=lambda job: job.order)


class Run:
    """One run: what it gave, and how disturbed it was."""

    def __init__(self, sample, disturbance):
        self.sample = sample
        self.disturbance = disturbance

    @staticmethod
    def best(runs):
        """Those that were not disturbed, if there are any; else all."""
        return [run for run in runs if not run.disturbance.bad()] or runs

    @classmethod
    def middle(cls, runs):
        """One of several: the median of each figure of the best, and the middle one of their disturbances."""
        best = cls.best(runs)
        disturbances = sorted((run.disturbance for run in best), key=machine.Disturbance.total)
        return cls(Sample.middle([run.sample for run in best]), disturbances[len(best) // 2])


class Results:
    """What the rounds of one program gave at one job."""

    def __init__(self):
        self.runs = []
        self.notes = set()
        self.failed = None  # why it failed, twice in turn
        self.cannot = None

    def open(self):
        """Is there a reason to go on?"""
        return self.failed is None and self.cannot is None

    def add(self, run):
        self.runs.append(run)
        self.notes.update(run.sample.notes)

    def plain(self):
        """As JSON has it: of the rounds that were not disturbed, if there are any; else of all."""
        if not self.runs:
            return {"failed": self.failed} if self.failed else {"cannot": self.cannot}
        best = Run.best(self.runs)
        samples, disturbances = [run.sample for run in best], [run.disturbance for run in best]
        values = [sample.value for sample in samples]
        median = statistics.median(values)
        plain = {
            "median": median,
            "spread": (max(values) - min(values)) / median if median else 0.0,
            "values": values,
            "left_out": len(self.runs) - len(best),
            "disturbed": sum(disturbance.bad() for disturbance in disturbances),
            "others": max(disturbance.others_share for disturbance in disturbances),
            "stolen": max(disturbance.stolen_share for disturbance in disturbances),
            "neighbours": max(disturbance.neighbours_share() for disturbance in disturbances),
            "apart": sum(disturbance.apart() for disturbance in disturbances),
            "notes": sorted(self.notes),
        }
        for key, of in (("cpu_per_gib", lambda s: s.cpu / s.amount if s.amount and s.cpu is not None else None),
                        ("cpu", lambda s: s.cpu), ("rss", lambda s: s.rss), ("loss", lambda s: s.loss)):
            known = [of(sample) for sample in samples if of(sample) is not None]
            if known:
                plain[key] = statistics.median(known)
        if self.failed:
            plain["failed"] = self.failed
        return plain


def measured_run(job, program):
    """One run on a machine as quiet as it gets."""
    machine.wait_quiet()
    disturbance = machine.Disturbance(job.bench.pace, job.processors())
    sample = job.run(program)
    disturbance.stop(sample.measured)
    return Run(sample, disturbance)


def run_that_counts(job, program, results):
    """A run, or None. One that fails is noted and tried again; a second failure is one."""
    for last_try in (False, True):
        try:
            return measured_run(job, program)
        except Cannot as reason:
            results.cannot = str(reason)
            return None
        except Failed as reason:
            if last_try:
                results.failed = str(reason)
            else:
                results.notes.add(f"failed once: {reason}")
    return None


def one_turn(job, programs, results, seed, until):
    """Every program once, in an order that is another each time, and then those again whose run was disturbed, if there
    is time: a neighbour who was there a moment ago has perhaps gone. The runs by the program's name."""
    runs = {}
    # what a run leaves behind (caches, a machine that has just woken) is not always for the same one
    shuffled = random.Random(seed).sample(programs, len(programs))
    for program in shuffled:
        if results[program.name].open():
            runs[program.name] = [run_that_counts(job, program, results[program.name])]
    for program in shuffled:
        of = runs.get(program.name)
        if of and of[0] and of[0].disturbance.bad() and time.monotonic() < until:
            of.append(run_that_counts(job, program, results[program.name]))
    return {name: [run for run in of if run] for name, of in runs.items()}


def one_round(job, programs, results, seed, until):
    """So many turns as the job has, one for peers, and their median."""
    runs = {program.name: [] for program in programs}
    near = [program for program in programs if program.kind != "peer"]
    for turn in range(job.turns):
        for name, of in one_turn(job, near if turn else programs, results, f"{seed} {turn}", until).items():
            runs[name] += of
    for name, of in runs.items():
        if of:
            results[name].add(Run.middle(of))


def run_job(job, rounds, until):
    """Measure every program, in an order that is another in each round. until: monotonic time after which no second round begins."""
    programs = [program for program in job.bench.programs if job.takes_part(program)]
    results = {program.name: Results() for program in programs}
    for program in programs:
        if program.path() is None:
            results[program.name].cannot = "not installed"
    for done in range(job.rounds or rounds):
        if done > 0 and time.monotonic() > until:
            break
        one_round(job, programs, results, f"{job.name} {done}", until)
    return {
        "name": job.name, "what": job.what, "unit": job.unit, "better": job.better, "turns": job.turns,
        "results": {name: result.plain() for name, result in results.items()},
    }
