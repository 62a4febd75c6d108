"""__del__ of a global, weakref.finalize, and a generator that is still open."""

import weakref


class Noisy:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("del", self.name)


def generator():
    try:
        yield 1
    finally:
        print("generator closed")


early = Noisy("early")
kept = Noisy("kept until the end")
finalizer = weakref.finalize(kept, print, "finalizer of kept")
weakref.finalize(early, print, "finalizer of early")
last = weakref.finalize(Noisy, print, "finalizer of the class")
running = generator()
next(running)
del early
print("end of the program", finalizer.alive)
