# status: 1
"""sys.excepthook, threading.excepthook and sys.unraisablehook."""

import sys
import threading


def report(kind, value, trace):
    print("hook:", kind.__name__, value, trace.tb_lineno)


class Unraisable:
    def __del__(self):
        raise ValueError("in __del__")


sys.unraisablehook = lambda what: print("unraisable:", what.exc_value)
threading.excepthook = lambda what: print("thread:", what.exc_value, what.thread.name)
sys.excepthook = report
Unraisable()
thread = threading.Thread(target=lambda: 1 / 0, name="T")
thread.start()
thread.join()
raise RuntimeError("for the hook")
