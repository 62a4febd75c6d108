# status: 5
"""finally blocks and context managers run on the way out."""

import contextlib
import sys


@contextlib.contextmanager
def announced(name):
    print("enter", name)
    try:
        yield
    finally:
        print("leave", name)


def descend(depth):
    with announced(f"level {depth}"):
        if depth == 3:
            exit_code = 5
            sys.exit(exit_code)
        descend(depth + 1)


try:
    descend(0)
except Exception:
    print("SystemExit is no Exception: not reached")
