# everywhere: yes
"""15,000 frames on the main thread: its stack grows as in any process."""

import sys

sys.setrecursionlimit(20_000)


def depth(level):
    return 1 + depth(level - 1) if level else 0


print(depth(15_000))


def chain(level):
    if level:
        yield level
        yield from chain(level - 1)


print(sum(chain(800)))
