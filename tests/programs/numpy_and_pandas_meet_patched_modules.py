# packages: numpy, pandas
"""A program that has patched the standard library before it imports packages with C code."""

import socket
import subprocess
import threading
import time

time.sleep = lambda seconds: print("slept")


class Patched(subprocess.Popen):
    pass


class Thread(threading.Thread):
    pass


subprocess.Popen = Patched
threading.Thread = Thread
socket.create_connection = None
import numpy  # noqa: E402
import pandas  # noqa: E402

print(pandas.DataFrame({"a": [1, 2]}).to_csv(), numpy.linalg.norm([3, 4]))
import sched  # noqa: E402
import pandas.testing  # noqa: E402

print(sched.scheduler().delayfunc is time.sleep)
frame = pandas.DataFrame({"a": numpy.arange(3)})
pandas.testing.assert_frame_equal(frame, frame.copy())
print(frame.groupby("a").size().to_dict(), isinstance(frame.index, pandas.RangeIndex))
