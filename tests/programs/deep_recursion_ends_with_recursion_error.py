# everywhere: yes
"""The limit is Python's default; its error is caught and leaves the program usable."""

import sys

print(sys.getrecursionlimit())


def depth(level=1):
    try:
        return depth(level + 1)
    except RecursionError as error:
        depth.message = str(error)
        return level


reached = depth()
assert 900 < reached <= 1000, reached
print(reached, depth.message, depth() == reached)
nested = []
for _ in range(100_000):
    nested = [nested]
try:
    print(len(repr(nested)))
except RecursionError as error:
    print(error)
del nested
print("still alive")
