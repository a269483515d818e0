"""The bench: skt, its peers and the limit programs side by side, in one run.

usage: bench.py --skt PROGRAM --programs FOLDER --out FOLDER [--disk FOLDER] [--rounds N] [--minutes N] [JOB]...

Writes results.json, results.md and, where gnuplot is there, results.svg and results.png to the out folder.
"""

import argparse
import json
import os
import sys
import time

import machine
import network
import report
from child import Child
from job import Bench, all_jobs, run_job
from programs import all_programs


def arguments():
    parser = argparse.ArgumentParser(description="skt, its peers and the limit side by side")
    parser.add_argument("--skt", required=True, help="the program that was built")
    parser.add_argument("--programs", required=True, help="the folder with the built limit/ and load/")
    parser.add_argument("--out", required=True, help="where the results go")
    parser.add_argument("--disk", help="a folder on a disk, for tcp-disk (default: the out folder)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=9, help="after this long, one round for each job left")
    parser.add_argument("--list", action="store_true", help="show the jobs")
    parser.add_argument("jobs", nargs="*", metavar="JOB")
    return parser.parse_args()


def say(text):
    print(text, flush=True)


def chosen(jobs, names):
    known = {job.name: job for job in jobs}
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"bench: no such job: {' '.join(unknown)}; there are: {' '.join(known)}")
    return [known[name] for name in names] or [job for job in jobs if not job.extra]


def say_results(result):
    for name, of in result["results"].items():
        if "median" not in of:
            say(f"    {name:<15} {of.get('failed') or of.get('cannot')}")
            continue
        marks = "*" * bool(of["disturbed"]) + " " + "; ".join(of["notes"] + [of.get("failed", "")])
        cpu = f"{of['cpu_per_gib']:6.2f} s/GiB" if "cpu_per_gib" in of else ""
        loss = f"{of['loss']:6.1%} lost" if "loss" in of else ""
        say(f"    {name:<15} {of['median']:>12.4g} {result['unit']:<8} +-{of['spread'] / 2:4.0%} {cpu}{loss} {marks}")


def run_all(jobs, rounds, end):
    """Every job, each with its share of the time that is left."""
    results = []
    for number, job in enumerate(jobs):
        share = (end - time.monotonic()) / (len(jobs) - number)
        say(f"{job.name}: {job.what} ({job.unit}, {job.better} is better)")
        job.prepare()
        # jobs differ, and some are quick: one may take the share of three, but not all that is left
        results.append(run_job(job, rounds, time.monotonic() + 3 * share))
        say_results(results[-1])
    return results


def main():
    network.enter()
    options = arguments()
    os.makedirs(options.out, exist_ok=True)
    Child.measure = os.path.join(options.programs, "load", "measure")
    programs = all_programs(os.path.abspath(options.skt), os.path.abspath(os.path.join(options.programs, "limit")))
    began = time.monotonic()
    disk = os.path.abspath(options.disk or options.out)
    with Bench(programs, os.path.join(options.programs, "load"), disk) as bench:
        jobs = chosen(all_jobs(bench), options.jobs)
        if options.list:
            for job in jobs:
                say(f"{job.name:<20} {job.what}")
            return 0
        results = run_all(jobs, options.rounds, began + options.minutes * 60)
    everything = {
        "machine": machine.describe(disk),
        "programs": {program.name: describe(program) for program in programs},
        "seconds": round(time.monotonic() - began),
        "rounds": options.rounds,
        "jobs": results,
    }
    with open(os.path.join(options.out, "results.json"), "w", encoding="utf-8") as file:
        json.dump(everything, file, indent=1)
        file.write("\n")
    report.write(everything, options.out, "results")
    say(f"bench: {everything['seconds']} s; see {options.out}/results.md")
    return 0


def describe(program):
    there = program.path() is not None
    return {"kind": program.kind, "package": program.package, "there": there,
            "version": program.version() if there else ""}


if __name__ == "__main__":
    sys.exit(main())
