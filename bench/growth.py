"""How skt grows: throughput and memory against the size of a transfer, of a message, and the number of clients.

usage: growth.py --skt PROGRAM --programs FOLDER --out FOLDER [--largest BYTES]

Writes growth.json, growth.md, growth.svg and growth.png to the out folder. What should be seen is flat memory, linear
time and no cliff; so each row has its ratio to the limit program, and what it has for each unit beside the row above.
"""

import argparse
import json
import os
import sys
import time

import machine
import network
import picture
from child import Child
from job import Bench, Results, one_round
from jobs.datagrams import Receive, Send
from jobs.server import Clients
from jobs.stream import TcpNull
from programs import Limit, Skt

KIB, GIB = 1 << 10, 1 << 30
REPEAT_S = 3  # what takes longer is not repeated because it was disturbed
PIPE_WHOLE = 4096  # the largest packet that a pipe keeps whole


class Sparse:
    """A file that is all hole, for sizes that no memory holds."""

    def __init__(self, folder, size):
        self.size = size
        self.input = os.path.join(folder, f"sparse-{size}")
        with open(self.input, "wb") as file:
            file.truncate(size)


class Size(TcpNull):
    name, what = "size", "a sparse file over TCP to /dev/null"
    sizes = [KIB << shift for shift in range(0, 25, 4)]
    label = "bytes"

    def at(self, size):
        self.size = size
        self.rounds = 5 if size < GIB else 1

    def files(self, program):
        return Sparse(self.bench.work, self.size)


class ReceivedSize(Receive):
    name, what = "received", "UDP, a flood delivered, against the size of a datagram"
    sizes = [16, 64, 256, 1400, 4096, 16384, 65507]
    label = "bytes of a datagram"
    rounds, turns = 3, 3

    def at(self, size):
        self.size = size


class SentSize(Send):
    name, what = "sent", "UDP, packets of a pipe sent, against the size of a datagram"
    sizes = [16, 64, 256, 1400, PIPE_WHOLE]
    label = "bytes of a datagram"
    rounds, turns = 3, 3  # for seconds at a time the machine has less than half of it for all programs

    def at(self, size):
        self.size = size


class ClientCount(Clients):
    name, what = "clients", "memory against the number of clients"
    sizes = [1, 10, 100, 1000, 10000]
    label = "clients"

    def at(self, size):
        self.count = size


SERIES = (Size, ReceivedSize, SentSize, ClientCount)


def arguments():
    parser = argparse.ArgumentParser(description="throughput and memory against sizes")
    parser.add_argument("--skt", required=True)
    parser.add_argument("--programs", required=True, help="the folder with the built limit/ and load/")
    parser.add_argument("--out", required=True)
    parser.add_argument("--largest", type=int, default=16 * GIB, help="transfer in bytes")
    return parser.parse_args()


def short(size):
    for power, unit in ((GIB, "GiB"), (1 << 20, "MiB"), (KIB, "KiB")):
        if size >= power and size % power == 0:
            return f"{size // power} {unit}"
    return str(size)


def measure(job, size):
    """Both programs at one size, in turn."""
    job.at(size)
    results = {program.name: Results() for program in job.bench.programs}
    for done in range(job.rounds):
        one_round(job, job.bench.programs, results, f"{job.name} {size} {done}", time.monotonic() + REPEAT_S)
    return {name: result.plain() for name, result in results.items()}


def run(series, largest):
    points = []
    print(f"{series.name}: {series.what} ({series.unit})", flush=True)
    for size in series.sizes:
        if isinstance(series, Size) and size > largest:
            break
        results = measure(series, size)
        points.append({"size": size, "results": results})
        words = [f"{name} {of['median']:.4g}" if "median" in of else f"{name}: {of.get('failed') or of['cannot']}"
                 for name, of in results.items()]
        print(f"    {short(size):>8}  {'   '.join(words)}", flush=True)
    return {"name": series.name, "what": series.what, "unit": series.unit, "better": series.better,
            "label": series.label, "points": points}


def value(point, name, key="median"):
    return point["results"].get(name, {}).get(key)


def table(series):
    memory = any(value(point, "skt", "rss") for point in series["points"])
    cells = [series["label"], f"skt, {series['unit']}", "limit", "skt / limit",
             *(["skt, KiB", "limit, KiB"] if memory else [])]
    text = "| " + " | ".join(cells) + " |\n|" + "---|" * len(cells) + "\n"
    for point in series["points"]:
        ours, limit = value(point, "skt"), value(point, "limit")
        ratio = (ours / limit if series["better"] == "more" else limit / ours) if ours and limit else None
        reason = point["results"]["skt"].get("failed") or point["results"]["skt"].get("cannot")
        cells = [short(point["size"]), f"{ours:.4g}" if ours else reason, f"{limit:.4g}" if limit else "-",
                 f"{ratio:.2f}" if ratio else "-"]
        if memory:
            cells += [f"{value(point, name, 'rss') or 0:,.0f}" for name in ("skt", "limit")]
        text += "| " + " | ".join(cells) + " |\n"
    return text


def markdown(growth, drawn):
    parts = [f"![how skt grows]({drawn}.svg)\n" if drawn else ""]
    for series in growth["series"]:
        parts += [f"{series['what'][0].upper()}{series['what'][1:]}:\n", table(series)]
    return "\n".join(part for part in parts if part)


def panel(series, key, label, data):
    """One plot: the commands, and its data added to the list."""
    plots = []
    for number, name in enumerate(("limit", "skt")):
        pairs = [(point["size"], value(point, name, key)) for point in series["points"] if value(point, name, key)]
        if pairs:
            block = f"p{len(data)}"
            data.append(picture.block(block, pairs))
            plots.append(f"${block} with linespoints {picture.style(name, number)} title '{name}'")
    if not plots:
        return ""
    return (f"set title '{series['what']}' font ',10'\nset xlabel '{series['label']}'\nset ylabel '{label}'\n"
            f"set yrange [*:*]\nplot {', '.join(plots)}\n")


def draw(growth, base):
    data, panels = [], []
    for series in growth["series"]:
        panels.append(panel(series, "median", series["unit"], data))
        if series["name"] == "size":
            panels.append(panel(series, "rss", "KiB at the peak", data))
    panels = [commands for commands in panels if commands]
    return bool(panels) and picture.draw(base, 900, 300 * ((len(panels) + 1) // 2), "".join(data), (
        f"set multiplot layout {(len(panels) + 1) // 2},2\nset logscale xy\nset format x '%.0s%c'\n"
        "unset mxtics\nunset mytics\nset grid lc rgb '#dddddd'\nset key bottom right\n"
        + "".join(panels) + "unset multiplot"))


def write(growth, folder, name):
    drawn = draw(growth, os.path.join(folder, name))
    with open(os.path.join(folder, name + ".md"), "w", encoding="utf-8") as file:
        file.write("# How skt grows\n\n" + markdown(growth, name if drawn else None))


def main():
    network.enter()
    options = arguments()
    os.makedirs(options.out, exist_ok=True)
    Child.measure = os.path.join(options.programs, "load", "measure")
    programs = [Skt(os.path.abspath(options.skt)), Limit(os.path.abspath(os.path.join(options.programs, "limit")))]
    with Bench(programs, os.path.join(options.programs, "load"), options.out) as bench:
        growth = {"machine": machine.describe(bench.disk),
                  "series": [run(series(bench), options.largest) for series in SERIES]}
    with open(os.path.join(options.out, "growth.json"), "w", encoding="utf-8") as file:
        json.dump(growth, file, indent=1)
        file.write("\n")
    write(growth, options.out, "growth")
    return 0


if __name__ == "__main__":
    sys.exit(main())
