#!/usr/bin/env python3
"""Run a command with a terminal as its standard input.

usage: terminal.py [--all] [--raw] [--type=TEXT]... [--after=FILE] [--limit=SECONDS] COMMAND [ARGUMENT]...

  --type=TEXT    typed into the terminal, in order; may have the escapes \\n \\r \\t \\\\ and \\xHH (\\x04 is Ctrl-D,
                 the end of input; \\x03 is Ctrl-C)
  --after=FILE   what is typed is typed once FILE exists
  --all          standard output and standard error are the terminal too; what comes out of it is printed
  --raw          a terminal that passes every byte on as it is: no echo, no line editing, no signals
  --limit        the command is killed after this long (20 s)

The terminal stays open as long as the command runs. Exit status: the command's, 128 + N when signal N ended it.
"""

import fcntl
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
import tty


def unescape(text):
    one = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"\\": b"\\"}

    def replace(match):
        word = match.group(1)
        return bytes([int(word[1:], 16)]) if word[:1] == b"x" else one[word]

    return re.sub(rb"\\(x[0-9a-fA-F]{2}|[nrt\\])", replace, os.fsencode(text))


def become_foreground():
    """A session of its own, whose controlling terminal this one becomes: then Ctrl-C arrives as a signal."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def main(words):
    typed, after, limit, all_streams, raw = b"", None, 20.0, False, False
    while words and words[0].startswith("--"):
        option, _, value = words.pop(0).partition("=")
        if option == "--type":
            typed += unescape(value)
        elif option == "--after":
            after = value
        elif option == "--limit":
            limit = float(value)
        elif option == "--all":
            all_streams = True
        elif option == "--raw":
            raw = True
        else:
            print(__doc__)
            return 0 if option == "--help" else 2
    ours, theirs = pty.openpty()
    if raw:
        tty.setraw(theirs)
    other = theirs if all_streams else None
    command = subprocess.Popen(words, stdin=theirs, stdout=other, stderr=other, preexec_fn=become_foreground)
    os.close(theirs)
    end = time.monotonic() + limit
    while command.poll() is None and time.monotonic() < end:
        if typed and (after is None or os.path.exists(after)):
            typed = typed[os.write(ours, typed) :]
        readable, _, _ = select.select([ours], [], [], 0.02)
        if readable and not show(ours, all_streams):
            time.sleep(0.02)
    if command.poll() is None:
        command.kill()
        sys.stderr.write("terminal.py: the command did not end in time\n")
    while select.select([ours], [], [], 0)[0] and show(ours, all_streams):
        pass
    status = command.wait()
    return status if status >= 0 else 128 - status


def show(terminal, wanted):
    """Take what has come out of the terminal, and print it if wanted. False when nobody has it open any more."""
    try:
        data = os.read(terminal, 4096)
    except OSError:
        return False
    if wanted:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
    return bool(data)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
