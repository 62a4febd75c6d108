# packages: numpy
"""A product of exact integers, large enough for the BLAS library's threads: in the main
thread, in another thread, and in a forked child, always with the right result."""

import os
import sys
import threading
import warnings

import numpy as np

SIZE = 1024
rows = np.arange(SIZE, dtype=np.float64)
left = (np.add.outer(rows, 3 * rows) % 17) - 8
right = (np.add.outer(5 * rows, rows) % 13) - 6


def check(where):
    product = left @ right
    # Freivalds: exact here, since all numbers stay far below 2**53.
    for probe in (rows % 7, np.ones(SIZE), (rows * rows) % 11):
        assert np.array_equal(product @ probe, left @ (right @ probe)), where
    print(where, product[0, :4], product[-1, -4:], product.trace())


sys.stdout.flush()
# BLAS ends its threads in a fork handler; 3.12 counts them right after and sometimes still sees one.
warnings.simplefilter("ignore", DeprecationWarning)
child = os.fork()
if child == 0:
    check("child")
    sys.stdout.flush()
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
check("main thread")
tasks = len(os.listdir("/proc/self/task"))
print("several threads:", tasks > 1 or len(os.sched_getaffinity(0)) == 1)
threads = [threading.Thread(target=check, args=("other thread",)) for _ in range(2)]
for thread in threads:
    thread.start()
    thread.join()
check("main thread again")
