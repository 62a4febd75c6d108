"""atexit functions, one of which raises and one of which registers another."""

import atexit
import sys


class Raising:
    def __call__(self):
        raise ValueError("in an exit function")

    def __repr__(self):
        return "<raising>"  # Python prints it; the usual one has an address


def registering():
    print("registering one more")
    atexit.register(print, "the late one")


atexit.register(print, "registered first", file=sys.stdout)
atexit.register(Raising())
atexit.register(registering)
unwanted = atexit.register(lambda: print("never printed"))
atexit.unregister(unwanted)
atexit.register(print, "registered last")
print("end of the program")
