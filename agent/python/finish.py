"""The end of a program: what Py_FinalizeEx() promises, without walking the frozen heap.

Full finalisation visits every object that was ever imported and copies most of the image's pages.
Only what this run created can have anything left to do: its modules, its objects, its files. The
search for them is in agent/finish.cpp; agent/run_program.cpp has the order.
"""

import sys

atexit = import_aside("atexit")
gc = import_aside("gc")


def leave_to_interpreter():
    """For the interpreter's own end: it collects what the image holds, and closes the streams."""
    gc.unfreeze()
    LAUNCH.clear()
    HIDDEN.clear()
    GENERATORS.clear()
    SEEDS.clear()
