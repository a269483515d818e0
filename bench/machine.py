"""The machine: how quiet it is, and what is to be known of it to read the figures."""

import os
import platform
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
DISTURBED = 0.15  # of all processors: more than this for others, and a run is done again


def processors():
    """Those that we may use."""
    return sorted(os.sched_getaffinity(0))


def _ticks():
    """Seconds of all processors together: busy, stolen."""
    with open("/proc/stat", encoding="ascii") as file:
        words = [int(word) for word in file.readline().split()[1:9]]
    user, nice, system, _idle, _wait, hard, soft, stolen = words
    return (user + nice + system + hard + soft) / TICKS, stolen / TICKS


def wait_quiet(limit=1.0):
    """Until less than a quarter of the processors is busy, but not longer than this."""
    end = time.monotonic() + limit
    window = 0.04
    while time.monotonic() < end:
        before, stolen_before = _ticks()
        time.sleep(window)
        after, stolen_after = _ticks()
        busy = after - before + stolen_after - stolen_before
        if busy < 0.25 * window * (os.cpu_count() or 1):
            return


class Pace:
    """How fast the processors are, measured by load/pace against the fastest that it has seen."""

    LOOKS, BETWEEN_S = 20, 0.05  # at the beginning: a second, in which a neighbour may pause
    APART = 2  # so many times the least that a line took from one processor to another

    def __init__(self, program):
        self.program = program
        self.sums, self.lines = {}, {}  # the fastest, by processor
        for _ in range(self.LOOKS):
            self.look()
            time.sleep(self.BETWEEN_S)

    def look(self):
        """Nanoseconds as they are now, by processor: of sums, and of a line from the first and back."""
        told = subprocess.run([self.program], capture_output=True, check=True, text=True, timeout=10).stdout
        now = {words[0]: words[1:] for words in (list(map(int, line.split())) for line in told.splitlines())}
        for processor, took in now.items():
            for fastest, ns in zip((self.sums, self.lines), took):
                fastest[processor] = min(ns, fastest.get(processor, ns))
        return now

    def missing(self, look, used):
        """The share of these processors that was not to be had then: others have the other thread of their cores."""
        return 1 - sum(self.sums[processor] / look[processor][0] for processor in used) / len(used)

    def apart(self, look, used):
        """Were they at different caches, which they are not always?"""
        return len(used) > 1 and any(look[processor][1] > self.APART * self.lines[processor] for processor in used)


class Disturbance:
    """What we did not have of the machine, from its making to `stop`, as shares of all processors: what others' programs
    took and what the host took, and of those that are used what neighbours had of their cores, before or after. And were
    they apart?"""

    def __init__(self, pace, used):
        """used: processors, by number."""
        self.pace = pace
        self.used = used
        self.looks = [pace.look()]
        self.began = time.monotonic()
        self.own = sum(os.times()[:2])
        self.busy, self.stolen = _ticks()
        self.others_share = self.stolen_share = 0.0

    def stop(self, measured):
        """measured: seconds of processor time that our children took, or None if that is not known."""
        all_there_is = max((time.monotonic() - self.began) * (os.cpu_count() or 1), 1 / TICKS)
        busy, stolen = _ticks()
        self.stolen_share = (stolen - self.stolen) / all_there_is
        if measured is not None:
            own = sum(os.times()[:2]) - self.own
            # two ticks of play: what has run a part of a tick is charged all of it
            others = busy - self.busy - measured - own - 2 / TICKS
            self.others_share = max(0.0, others / all_there_is)
        self.looks.append(self.pace.look())

    # what the looks say is seen against what is known of the processors' best when it is asked

    def neighbours_share(self):
        return max(self.pace.missing(look, self.used) for look in self.looks)

    def apart(self):
        return any(self.pace.apart(look, self.used) for look in self.looks)

    def total(self):
        return self.others_share + self.stolen_share + self.neighbours_share()

    def bad(self):
        return self.total() > DISTURBED or self.apart()


def memory_available():
    """Bytes."""
    with open("/proc/meminfo", encoding="ascii") as file:
        for line in file:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return 0


def free_bytes(folder):
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def file_system(path):
    """The type of the file system that a path is on."""
    best, found = "", "unknown"
    path = os.path.realpath(path)
    with open("/proc/mounts", encoding="utf-8") as file:
        for line in file:
            _device, place, kind = line.split()[:3]
            if (path + "/").startswith(place.rstrip("/") + "/") and len(place) >= len(best):
                best, found = place, kind
    return found


def _setting(name):
    try:
        with open("/proc/sys/net/ipv4/" + name, encoding="ascii") as file:
            return " ".join(file.read().split())
    except OSError:
        return "unknown"


def describe(disk):
    """What a reader has to know of it; no names of machines."""
    return {
        "kernel": platform.system() + " " + ".".join(platform.release().split("-")[0].split(".")[:2]),
        "architecture": platform.machine(),
        "processors": len(processors()),
        "congestion control": _setting("tcp_congestion_control"),
        "tcp_rmem": _setting("tcp_rmem"),
        "tcp_wmem": _setting("tcp_wmem"),
        "file system of tcp-disk": file_system(disk),
    }
