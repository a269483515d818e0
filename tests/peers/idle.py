#!/usr/bin/env python3
"""What skt costs while it has nothing to do.

usage: idle.py SKT

Brings one skt into each state of the table at the end, all at the same time, and looks at them for a second. A line
each: TICKS of processor time, WAKES (how often it was woken), KIB of resident memory, and the state's name.
"""

import os
import socket
import struct
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from joined import Joined, listening_operands, read_line

FLOOD = os.urandom(1 << 20)
STATES = []


def state(name):
    def add(begin):
        STATES.append((name, begin))
        return begin

    return add


def block_upload(joined):
    joined.flood(joined.input, FLOOD)


def block_download(joined):
    joined.flood(joined.socket, FLOOD)


def end_peer(joined):
    """With a byte before it, which makes it a session for a listener, and only when skt has seen it."""
    joined.send(b"x")
    joined.hear(1)
    joined.socket.shutdown(socket.SHUT_WR)


def end_peer_only(joined):
    joined.socket.shutdown(socket.SHUT_WR)


def end_ours(joined):
    joined.end_input()


def close_peer(joined):
    joined.socket.close()


def reset_peer(joined):
    joined.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    joined.socket.close()


def plainly(*steps, role="client", kind="tcp", options=()):
    """A state reached by steps on a session. What begins a state returns what has to stay open, and the process."""

    def begin(skt):
        joined = Joined(skt, role, kind, options, receive_buffer=1 << 14)
        for step in steps:
            step(joined)
        return joined, joined.process

    return begin


@state("a listener without a client")
def listening(skt):
    announced, write_end = os.pipe()
    words = [skt, "-l", f"--announce=fd:{write_end}"] + listening_operands("tcp")
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[write_end])
    os.close(write_end)
    read_line(announced)
    return None, process


@state("a datagram client that waits for answers")
def datagrams(skt):
    peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    peer.bind(("127.0.0.1", 0))
    words = [skt, "-u", "-q", "-1", "127.0.0.1", str(peer.getsockname()[1])]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdin.write(b"question")
    process.stdin.close()
    peer.recv(100)
    return peer, process


def name_all():
    """The states that are sessions."""
    for role in ("client", "listener"):
        state(f"{role}: nothing moves")(plainly(role=role))
        state(f"{role}: our input has ended")(plainly(end_ours, role=role))
        state(f"{role}: the peer has ended")(plainly(end_peer, role=role))
        state(f"{role}: the peer takes nothing")(plainly(block_upload, role=role))
        state(f"{role}: the peer takes nothing, and our input has ended")(plainly(block_upload, end_ours, role=role))
        state(f"{role}: nobody reads our output")(plainly(block_download, role=role))
        state(f"{role}: nobody reads our output, and our input has ended")(
            plainly(block_download, end_ours, role=role))
        state(f"{role}: nobody reads our output, and the peer has ended")(
            plainly(block_download, end_peer_only, role=role))
        state(f"{role}: nobody reads our output, and the peer has closed")(
            plainly(block_download, close_peer, role=role))
        state(f"{role}: nobody reads our output, and the peer has reset")(
            plainly(block_download, reset_peer, role=role))
        state(f"{role}: both directions are stuck")(plainly(block_upload, block_download, role=role))
    state("seqpacket: both directions are stuck")(plainly(block_upload, block_download, kind="seqpacket"))
    state("seqpacket: the peer has ended")(plainly(end_peer, kind="seqpacket"))
    state("seqpacket: our input has ended")(plainly(end_ours, kind="seqpacket"))
    state("unix: both directions are stuck, and our input has ended")(
        plainly(block_upload, block_download, end_ours, kind="unix"))
    for kind in ("unix", "seqpacket"):
        state(f"{kind}: nobody reads our output, and the peer has closed")(
            plainly(block_download, close_peer, kind=kind))
        state(f"{kind}: both directions are stuck, and the peer has closed")(
            plainly(block_download, block_upload, close_peer, kind=kind))
    state("no input is read")(plainly(block_upload, options=["-d"]))
    state("our input has ended, the writing side is open")(plainly(end_ours, options=["--no-shutdown"]))
    state("only sending, stuck")(plainly(block_upload, end_ours, options=["--send-only"]))
    state("only sending, and the last of it is not acknowledged")(
        plainly(lambda joined: joined.say(FLOOD[:300000]), end_ours, options=["--send-only"]))
    state("a pause between two lines")(
        plainly(lambda joined: joined.say(b"one\ntwo\n"), lambda joined: joined.receive(4), options=["-i", "60"]))


def ticks(pid):
    with open(f"/proc/{pid}/stat") as file:
        words = file.read().rpartition(")")[2].split()
    return int(words[11]) + int(words[12])


def facts(pid):
    with open(f"/proc/{pid}/status") as file:
        return dict(line.split(":", 1) for line in file)


def wakes(pid):
    return int(facts(pid)["voluntary_ctxt_switches"])


def come_to_rest(pids):
    """The last one has only just got there."""
    for _ in range(50):
        before = [(ticks(pid), wakes(pid)) for pid in pids]
        time.sleep(0.2)
        if [(ticks(pid), wakes(pid)) for pid in pids] == before:
            break


def main(skt):
    name_all()
    os.chdir(tempfile.mkdtemp(dir="."))
    with ThreadPoolExecutor(8) as pool:
        running = list(pool.map(lambda begin: begin(skt), [begin for _, begin in STATES]))
    pids = [process.pid for _, process in running]
    come_to_rest(pids)
    before = [(ticks(pid), wakes(pid)) for pid in pids]
    time.sleep(1)  # the subject
    for (name, _), (_, process), (ticks_before, wakes_before) in zip(STATES, running, before):
        pid = process.pid
        if process.poll() is not None:
            print(f"- - - {name}: ended with {process.returncode}")
            continue
        used, woken = ticks(pid) - ticks_before, wakes(pid) - wakes_before
        print(used, woken, facts(pid)["VmRSS"].split()[0], name)
    for _, process in running:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
