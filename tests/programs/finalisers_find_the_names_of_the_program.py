# mode: script, command, module, stdin
# everywhere: yes
"""Finalisers called at the very end still find the names of the program."""

import sys


def tell(text):
    print(prefix, text, len(listed), flush=True)


class Noisy:
    def __init__(self, name):
        self.name = name
        self.partner = None

    def __del__(self):
        # Which module a name came from makes no difference: a function of the program and a class.
        tell(f"{self.name} {self.partner is None} {Noisy.__name__} {sys.byteorder}")


prefix = "finaliser:"
listed = [1, 2, 3]
alone = Noisy("alone")
cycle = Noisy("cycle")
cycle.partner = cycle
_private = Noisy("private")
print("end of the program")
