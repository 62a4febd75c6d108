#!/usr/bin/env python3
"""Writes standard_library.txt: the standard modules that the test images prepare.

    list_standard_library.py PYTHON...

A module enters the list when, in each given interpreter that has it, a fresh process
imports it without output, warning, new thread, new descriptor or change of the
environment. A module that warns at import (a deprecated one) stays out: the plain run
would print a warning that points at the program's line, and a prepared image cannot.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

OUTPUT = Path(__file__).with_name("standard_library.txt")

# Not for preparing, each with its reason.
LEFT_OUT = {
    "antigravity": "opens a browser",
    "this": "prints",
    "idlelib": "an application",
    "turtle": "needs a display",
    "turtledemo": "needs a display",
    "tkinter": "needs a display",
    "test": "the tests of CPython",
    "lib2to3": "gone in 3.13",
    "distutils": "gone in 3.12",
    "ensurepip": "carries pip",
    "pydoc_data": "data",
    "_pyrepl": "looks at the terminal when imported",
    "__phello__": "prints",
    "__hello__": "prints",
    # Left for the programs that import an unprepared C extension after the restore.
    "readline": "imported after the restore",
    "rlcompleter": "imports readline",
    "curses": "imported after the restore",
    "dbm": "imported after the restore",
    "cProfile": "imported after the restore",
    "profile": "imported after the restore",
    "pdb": "imports readline in 3.13, which changes COLUMNS, LINES and SIGWINCH",
    "doctest": "imports pdb",
}

LIST_MODULES = """
import pkgutil, sys, sysconfig
OMIT = ("test", "tests", "idlelib", "lib2to3", "site-packages")
directory = sysconfig.get_paths()["stdlib"]
def visit(paths, prefix):
    for found in pkgutil.iter_modules(paths, prefix):
        yield found.name
        last = found.name.rpartition(".")[2]
        if found.ispkg and last not in OMIT:
            yield from visit([f"{paths[0]}/{last}"], found.name + ".")
names = set(visit([directory], "")) | set(sys.builtin_module_names)
names |= {name for name in sys.stdlib_module_names}
print("\\n".join(sorted(names)))
"""

TRY_IMPORT = """
import os, sys, warnings
name = sys.argv[1]
before = (dict(os.environ), os.listdir("/proc/self/fd"), len(os.listdir("/proc/self/task")))
warnings.simplefilter("error")
__import__(name)
after = (dict(os.environ), os.listdir("/proc/self/fd"), len(os.listdir("/proc/self/task")))
sys.exit(before != after)
"""


def wanted(name: str) -> bool:
    """Public modules that are not left out, nor a package's program."""
    parts = name.split(".")
    private = any(part.startswith("_") for part in parts)
    return parts[0] not in LEFT_OUT and parts[-1] != "test" and not private


def candidates(python: str) -> list[str]:
    """The names the interpreter's library directory offers."""
    run = subprocess.run([python, "-c", LIST_MODULES], capture_output=True, text=True, check=True)
    names = set(run.stdout.split())
    known = subprocess.run([python, "-c", "import sys; print(*sys.stdlib_module_names)"],
                           capture_output=True, text=True, check=True)
    standard = set(known.stdout.split())
    return sorted(name for name in names if wanted(name) and name.split(".")[0] in standard)


def imports_quietly(python: str, name: str) -> bool | None:
    """True or False as the module behaves; None where this interpreter has no such module."""
    run = subprocess.run([python, "-c", TRY_IMPORT, name], capture_output=True, text=True,
                         stdin=subprocess.DEVNULL, timeout=60)
    if "ModuleNotFoundError" in run.stderr:
        return None
    return run.returncode == 0 and not run.stdout and not run.stderr


def main() -> int:
    verdicts: dict[str, set[bool]] = {}
    for python in sys.argv[1:]:
        names = candidates(python)
        with ThreadPoolExecutor(2) as pool:
            for name, quiet in zip(names, pool.map(lambda n: imports_quietly(python, n), names)):
                if quiet is not None:
                    verdicts.setdefault(name, set()).add(quiet)
    good = sorted(name for name, found in verdicts.items() if found == {True})
    OUTPUT.write_text("".join(name + "\n" for name in good))
    print("left out:", *sorted(name for name, found in verdicts.items() if False in found))
    print(f"{len(good)} modules in {OUTPUT.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
