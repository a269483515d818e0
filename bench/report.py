"""The report: a table in Markdown and a picture by gnuplot, of the results as JSON has them.

No time stands alone: beside every value is its ratio to the limit, measured in the same run. A ratio is always turned
so that more is better.
"""

import os

import picture

OURS, LIMIT = "skt", "limit"


def ratio(job, name, to):
    """How good one program is, measured by another, or None."""
    values = [job["results"].get(program, {}).get("median") for program in (name, to)]
    if not all(values):
        return None
    return values[0] / values[1] if job["better"] == "more" else values[1] / values[0]


def peers(everything):
    return [name for name, of in everything["programs"].items() if of["kind"] == "peer"]


def best_peer(job, names):
    """The name of the best of these, or None."""
    there = [name for name in names if job["results"].get(name, {}).get("median")]
    if not there:
        return None
    values = {name: job["results"][name]["median"] for name in there}
    return (max if job["better"] == "more" else min)(there, key=values.get)


def amount(value):
    """Three figures that mean something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def times(value):
    return "-" if value is None else f"{value:.2f}" if value < 10 else f"{value:.0f}"


def row(*cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |\n"


def head(*cells):
    return row(*cells) + "|" + "---|" * len(cells) + "\n"


def cell(job, name, key="median"):
    of = job["results"].get(name, {})
    if key not in of:
        return "-"
    if key == "median":
        marks = ("\\*" if of["disturbed"] else "") + ("!" if of["notes"] else "")
        return f"{amount(of[key])}{marks} ({times(ratio(job, name, LIMIT))})"
    limit = job["results"].get(LIMIT, {}).get(key)
    if key == "loss":
        return f"{of[key]:.0%}"
    return f"{amount(of[key])} ({times(of[key] / limit if limit else None)})"


def unit(job):
    return job["unit"] + (" v" if job["better"] == "less" else "")


def summary_table(everything):
    text = head("job", "what", "unit", "skt", "spread", "limit", "best peer", "skt / limit", "skt / best peer")
    for job in everything["jobs"]:
        best = best_peer(job, peers(everything))
        of = job["results"].get(OURS, {})
        ours = amount(of["median"]) + "\\*" * bool(of["disturbed"]) if "median" in of else "not there"
        limit = job["results"].get(LIMIT, {}).get("median")
        text += row(job["name"], job["what"], unit(job), ours,
                    f"±{of['spread'] / 2:.0%}" if "spread" in of else "-", amount(limit) if limit else "-",
                    f"{amount(job['results'][best]['median'])} ({best})" if best else "-",
                    times(ratio(job, OURS, LIMIT)), times(ratio(job, OURS, best)))
    return text


def full_table(everything, key="median"):
    names = list(everything["programs"])
    text = head("job", "unit" if key == "median" else "", *names)
    shown = 0
    for job in everything["jobs"]:
        if any(key in job["results"].get(name, {}) for name in names):
            text += row(job["name"], unit(job) if key == "median" else "", *(cell(job, name, key) for name in names))
            shown += 1
    return text if shown else ""


def remarks(everything):
    """What failed, what was noted, and what is not there: each reason once, with the jobs it holds for."""
    where = {}
    for name, of in everything["programs"].items():
        if not of["there"]:
            where[name, "not installed" + (f" (package {of['package']})" if of["package"] else "")] = []
    for job in everything["jobs"]:
        for name, of in job["results"].items():
            reasons = [*of.get("notes", []), of.get("failed"), of.get("cannot")]
            for reason in reasons:
                if reason and reason != "not installed":
                    where.setdefault((name, reason), []).append(job["name"])
    return "".join(f"- {name}: {reason.rstrip('.')}" + (f" ({', '.join(jobs)})" if jobs else "") + ".\n"
                   for (name, reason), jobs in sorted(where.items()))


def disturbance(everything):
    runs = [of for job in everything["jobs"] for of in job["results"].values() if "others" in of]
    if not runs:
        return ""
    worst = {who: max(of[who] for of in runs) for who in ("others", "stolen", "neighbours")}
    counts = {key: sum(of[key] for of in runs) for key in ("disturbed", "left_out", "apart")}
    rounds = sum(len(of["values"]) for of in runs) + counts["left_out"]
    return (f"Of {rounds} rounds of a program, {counts['left_out']} do not count, as they were disturbed and others were "
            f"not; {counts['disturbed']} count though they were, for want of better, and the medians of those are "
            "marked \\*. Disturbed is what had more than 15 % of the processors taken from it, or processors that the "
            f"host had put at different caches. In those that count, other programs had at most {worst['others']:.0%}, "
            f"the host took at most {worst['stolen']:.0%}, neighbours on the same cores had at most "
            f"{worst['neighbours']:.0%}, and {counts['apart']} had their processors apart.\n")


def setting(everything):
    words = [f"{key}: {value}" for key, value in everything["machine"].items()]
    versions = [f"{name} {of['version']}".strip() for name, of in everything["programs"].items() if of["there"]]
    return f"{'; '.join(words)}.\n\n{', '.join(versions)}.\n"


def turns(everything):
    words = [f"{job['name']} {job['turns']}" for job in everything["jobs"] if job.get("turns", 1) > 1]
    return (f"Where one run is short, or has several modes, a round gives the median of more, but of peers one: "
            f"{', '.join(words)}.\n" if words else "")


def markdown(everything, drawn):
    """The whole text, without a title. drawn: the name of its picture, or None."""
    parts = [
        f"Rounds: {everything['rounds']}, the programs in turn; medians, and ± half of what lies between the least "
        "and the most. In parentheses the ratio to the limit program of the same run. A ratio of speed is always "
        "turned so that more is better; \"v\" marks units of which less is better, \"!\" what has a remark below.\n",
        turns(everything),
        disturbance(everything),
        f"![how near each program comes to the limit]({drawn}.svg)\n" if drawn else "",
        summary_table(everything),
        "All programs:\n", full_table(everything),
    ]
    for title, key in (("Seconds of processor time per GiB, both ends together (times the limit's):", "cpu_per_gib"),
                       ("Peak memory of the larger end in KiB (times the limit's):", "rss"),
                       ("Lost datagrams, of those offered:", "loss")):
        table = full_table(everything, key)
        if table:
            parts += [title + "\n", table]
    parts += [remarks(everything), setting(everything)]
    return "\n".join(part for part in parts if part)


def draw(everything, base):
    """A row for each job, a point for each program; right is better. False if it could not be drawn."""
    jobs = [job for job in everything["jobs"] if job["results"].get(LIMIT, {}).get("median")]
    names = [name for name in everything["programs"] if any(ratio(job, name, LIMIT) for job in jobs)]
    if not jobs:
        return False
    # the limit at the back, skt in front
    names.sort(key=lambda name: {LIMIT: 0, OURS: 2}.get(name, 1))
    data, plots = "", []
    for number, name in enumerate(names):
        data += picture.block(f"d{number}", [(f"{ratio(job, name, LIMIT):.5f}", len(jobs) - place)
                                             for place, job in enumerate(jobs) if ratio(job, name, LIMIT)])
        plots.append(f"$d{number} with points {picture.style(name, number)} title '{name}'")
    ticks = ", ".join(f"'{job['name']}' {len(jobs) - place}" for place, job in enumerate(jobs))
    return picture.draw(base, 900, 160 + 22 * len(jobs), data, f"""
set logscale x
set format x '%g'
unset mxtics
set xlabel 'ratio to the limit program: right is better'
set yrange [0.3:{len(jobs)}.7]
set ytics ({ticks})
set grid x y lc rgb '#dddddd'
set key outside below
plot {', '.join(plots)}""")


def write(everything, folder, name):
    """NAME.md and the pictures in a folder."""
    drawn = draw(everything, os.path.join(folder, name))
    with open(os.path.join(folder, name + ".md"), "w", encoding="utf-8") as file:
        file.write("# skt and its peers\n\n" + markdown(everything, name if drawn else None))
        if not drawn:
            file.write("\nThere is no picture: gnuplot (package gnuplot-nox) is not installed.\n")
