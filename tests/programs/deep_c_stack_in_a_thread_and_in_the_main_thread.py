"""Recursion through C code (sorted's key function) uses megabytes of C stack."""

import sys
import threading

sys.setrecursionlimit(1_000_000)
# From 3.12 on the depth of C calls has a limit of its own, which cannot be raised.
DEEPEST = 1500 if sys.version_info < (3, 12) else 350


def through_c(level):
    return sorted([level], key=lambda n: through_c(n - 1) if n else 0)[0]


def measure(results):
    for level in (10, 100, DEEPEST):
        through_c(level)
        results.append(level)
    nested = "[" * 150 + "1" + "]" * 150
    results.append(repr(eval(nested)) == nested)


threading.stack_size(64 << 20)
results = []
thread = threading.Thread(target=measure, args=(results,))
thread.start()
thread.join()
print(results, threading.stack_size())
through_c(DEEPEST // 2)
print("main thread too")
