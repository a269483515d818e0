"""A short bench that fails: ratios to the limit programs may not fall below floors, and the pump's inner paths may not
take more or fewer instructions than is written down.

usage: check.py --skt PROGRAM --programs FOLDER --compiler WORDS [--renew]

No time is compared with anything but another of the same minute. The best of skt's runs counts, against the median of
the limit's, and what is below its floor is measured again, several times: a busy machine makes this slow, not wrong.
"""

import argparse
import os
import platform
import shutil
import statistics
import sys

import machine
import network
from child import Child, Failed
from job import Bench, Cannot, all_jobs
from paths import PATHS
from programs import Limit, Skt

FOLDER = os.path.dirname(os.path.abspath(__file__))
FLOORS = os.path.join(FOLDER, "floors.txt")
INSTRUCTIONS = os.path.join(FOLDER, "instructions.txt")
FILE_BYTES = 256 << 20
ROUNDS, TRIES = 3, 4
TOLERANCE = 0.05
SLACK = 3  # instructions: of very few, this is still no change


def arguments():
    parser = argparse.ArgumentParser(description="ratios and instruction counts against what is written down")
    parser.add_argument("--skt", required=True)
    parser.add_argument("--programs", required=True, help="the folder with the built limit/ and load/")
    parser.add_argument("--compiler", required=True, help="what skt was built with, in words")
    parser.add_argument("--renew", action="store_true", help="write the instruction counts down")
    return parser.parse_args()


def table(path):
    """The lines of a file that are neither empty nor comments, as words."""
    with open(path, encoding="utf-8") as file:
        return [line.split() for line in file if line.strip() and not line.startswith("#")]


def say(text):
    print(text, flush=True)


# ratios


class Runs:
    """Runs of skt and of the limit at one job, in turn, and what they come to; more is better."""

    def __init__(self, job):
        self.job = job
        self.samples = {program.kind: [] for program in job.bench.programs}

    def add_round(self):
        for program in self.job.bench.programs:
            machine.wait_quiet(0.2)
            self.samples[program.kind].append(self.job.run(program))

    def speed(self):
        """skt's best against the limit's median: others can make a run slower, not faster."""
        ours, limits = ([sample.value for sample in self.samples[kind]] for kind in ("ours", "limit"))
        if self.job.better == "more":
            return max(ours) / statistics.median(limits)
        return statistics.median(limits) / min(ours)

    def processor(self):
        """Processor time for the same amount: the limit's against skt's, both medians. Others hardly matter here."""
        ours, limits = (statistics.median(sample.cpu for sample in self.samples[kind]) for kind in ("ours", "limit"))
        return limits / ours


def check_job(job, floors):
    """Measure until the floors are reached, but not for ever. floors: of speed, and perhaps of processor time."""
    runs = Runs(job)
    job.prepare()
    for tried in range(1, TRIES + 1):
        for _ in range(ROUNDS):
            runs.add_round()
        reached = [runs.speed()] + ([runs.processor()] if len(floors) > 1 else [])
        below = any(value < floor for value, floor in zip(reached, floors))
        if not below:
            break
    text = "; ".join(f"{what} {value:.2f} of the limit (floor {floor})"
                     for what, value, floor in zip(("speed", "processor"), reached, floors))
    say(f"{job.name:<24} {text}" + (f", tried {tried} times" if tried > 1 else "") + ("   BELOW" if below else ""))
    return below


def check_floors(bench):
    failures = 0
    known = {job.name: job for job in all_jobs(bench)}
    for name, *floors in table(FLOORS):
        try:
            failures += check_job(known[name], [float(floor) for floor in floors])
        except (Cannot, Failed) as reason:
            say(f"{name:<24} FAILED: {reason}")
            failures += 1
    return failures


# instructions


def built_with(compiler):
    return f"{compiler}, {platform.machine()}, {' '.join(os.confstr('CS_GNU_LIBC_VERSION').split())}"


def renew(counts, compiler):
    with open(INSTRUCTIONS, encoding="utf-8") as file:
        head = [line for line in file if line.startswith("#")]
    with open(INSTRUCTIONS, "w", encoding="utf-8") as file:
        file.writelines(head)
        file.write(f"for {built_with(compiler)}\n")
        for path in PATHS:
            file.write(f"{path.name:<24} {counts[path.name]:>9.0f} a {path.unit}\n")
    say(f"written to {INSTRUCTIONS}")


def check_instructions(skt, compiler, renewing):
    if not shutil.which("valgrind"):
        say("FAILED: instructions cannot be counted without valgrind (./bootstrap install bench)")
        return 1
    counts = {path.name: path.instructions(skt) for path in PATHS}
    if renewing:
        renew(counts, compiler)
        return 0
    written = table(INSTRUCTIONS)
    comparable = " ".join(written[0][1:]) == built_with(compiler)
    expected = {words[0]: float(words[1]) for words in written[1:]}
    failures = 0
    for path in PATHS:
        count, before = counts[path.name], expected.get(path.name)
        if before is None:
            say(f"{path.name:<24} {count:9.0f} instructions a {path.unit}, not written down   FAILED")
            failures += 1
            continue
        bad = comparable and abs(count - before) > max(TOLERANCE * before, SLACK)
        failures += bad
        say(f"{path.name:<24} {count:9.0f} instructions a {path.unit}, {count / before - 1:+.1%}"
            + ("   MORE than 5 % away" if bad else ""))
    if not comparable:
        say(f"not compared: written down {' '.join(written[0])}, and this is {built_with(compiler)}")
    elif failures:
        say("if that is meant: make bench-check RENEW=1 writes them down anew")
    return failures


def main():
    network.enter()
    options = arguments()
    Child.measure = os.path.join(options.programs, "load", "measure")
    skt = os.path.abspath(options.skt)
    failures = check_instructions(skt, options.compiler, options.renew)
    if not options.renew:
        programs = [Skt(skt), Limit(os.path.abspath(os.path.join(options.programs, "limit")))]
        with Bench(programs, os.path.join(options.programs, "load"), os.getcwd(), FILE_BYTES) as bench:
            failures += check_floors(bench)
    say(f"bench-check: {failures or 'nothing'} failed" if not options.renew else "bench-check: renewed")
    return 1 if failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as reason:
        sys.exit(f"bench-check: {reason}")
