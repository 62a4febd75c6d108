"""The end of a program: what Py_FinalizeEx() promises, without walking the frozen heap.

Full finalisation visits every object that was ever imported and copies most of the image's pages.
Only what this run created can have anything left to do: its modules, its objects, its files. The
search for them is in agent/finish.cpp; agent/run_program.cpp has the order.
"""

import sys

atexit = import_aside("atexit")
gc = import_aside("gc")


def forget_last_error():
    """The traceback of the error that ended the program keeps its frames alive."""
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        if hasattr(sys, name):
            setattr(sys, name, None)


def leave_to_interpreter():
    """For the interpreter's own end: it collects what the image holds, and closes the streams."""
    gc.unfreeze()
    LAUNCH.clear()
    HIDDEN.clear()
    GENERATORS.clear()


def clear_module(module):
    """A module that is still alive after it left sys.modules loses its names."""
    clear_names(module.__dict__)


def clear_names(names):
    """_PyModule_ClearDict(): private names first, then the others, builtins last of all."""
    for name in list(names):
        if isinstance(name, str) and name[:1] == "_" and name[1:2] != "_":
            names[name] = None
    for name in list(names):
        if isinstance(name, str) and name != "__builtins__":
            names[name] = None
