# everywhere: yes
# mode: script, command
"""What a program hangs on modules that it did not write ends with the program: buffers are written,
finalisers run, generators are closed."""

import codecs
import collections
import json
import string
import struct
import textwrap


class Noisy:
    """Its finaliser leaves a file: the order of several is nobody's business."""

    def __init__(self, name):
        self.name = name
        self.open = open

    def __del__(self):
        with self.open(f"finalised-{self.name}", "w") as file:
            file.write(self.name)


class Both(Noisy):
    def __init__(self, name):
        super().__init__(name)
        self.inner = Noisy(f"{name}-inner")


def suspended(name, opener=open):
    try:
        yield name
    finally:
        with opener(f"closed-{name}", "w") as file:
            file.write("closed")


struct.attribute = Noisy("attribute-of-an-extension")
json.attribute = Noisy("attribute-of-a-package")
json.JSONEncoder.attribute = Both("attribute-of-a-class")
collections.entries = [Noisy("in-a-list"), {"key": Noisy("in-a-dictionary")}]
string.Template.registry = {"a": (Noisy("in-a-tuple"),)}
codecs.kept = open("buffered", "w")
codecs.kept.write("written at the end")
textwrap.generator = suspended("generator")
print(next(textwrap.generator))
textwrap.TextWrapper.kept = open("buffered-bytes", "wb")
textwrap.TextWrapper.kept.write(b"bytes at the end")
cycle = Noisy("cycle")
cycle.cycle = [cycle]
json.decoder.cycle = cycle
del cycle
print("end of the program")
