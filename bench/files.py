"""The files that streams are read from and written to.

Outputs are overwritten, never made anew: the first write of fresh memory can cost more than the whole job.
"""

import mmap
import os
import random

from child import Failed

PAGE = 4096
PIECES = 64  # pages of an output that are compared


class Files:
    """An input of so many bytes in a folder, and outputs of the same size."""

    def __init__(self, folder, size):
        self.folder, self.size = folder, size
        self.input = self.have("input")
        some = random.Random(2)
        self.places = [some.randrange(size // PAGE) * PAGE for _ in range(PIECES)] + [size - PAGE]

    def have(self, name):
        path = os.path.join(self.folder, f"{name}-{self.size}")
        if not os.path.exists(path):
            block = random.Random(1).randbytes(1 << 20)
            with open(path, "wb", buffering=0) as file:
                for number in range(self.size >> 20):
                    file.write(number.to_bytes(8, "big") + block[8:])
        return path

    def output(self, name):
        """A file ready to be overwritten: the places that `check` compares hold zeros."""
        path = self.have(name)
        with open(path, "r+b") as file, mmap.mmap(file.fileno(), self.size) as memory:
            for place in self.places:
                memory[place:place + PAGE] = bytes(PAGE)
        return path

    def check(self, path):
        """Failed unless the input is there; a sample of it, and the size."""
        if os.path.getsize(path) != self.size:
            raise Failed("more arrived than was sent")
        with open(self.input, "rb") as sent, open(path, "rb") as received:
            for place in self.places:
                sent.seek(place)
                received.seek(place)
                if sent.read(PAGE) != received.read(PAGE):
                    raise Failed(f"what arrived is not what was sent, at byte {place}")
