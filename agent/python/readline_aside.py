"""Keeps readline out of images: each launch that wants it imports it.

Its import takes the terminal's name, size and key bindings from the environment, sets LINES, COLUMNS
and the action of SIGWINCH, and makes input() edit lines: in C, where nothing can take it back. While
modules are prepared, loading it fails as on a Python without it. A module whose import lives with
that is forgotten, and so are all that import it: a launch imports them anew and finds readline.
"""

import sys

LEFT_TO_LAUNCHES = "readline"


def refuse_to_load(name):
    """Called for each module about to be loaded."""
    if name == LEFT_TO_LAUNCHES:
        raise ImportError(f"{name} cannot be prepared: each launch imports it", name=name)


def forget_who_asked(recorder):
    """Takes out the modules whose import imports readline, directly or not."""
    missed = ("absent", LEFT_TO_LAUNCHES)
    askers = {name for name, steps in recorder.steps.items() if missed in steps}
    if not askers:
        return
    imports = steps_of(recorder)
    closures = {}
    for name in [name for name in sys.modules if name not in LAUNCH["started_modules"]]:
        if closure_of(name, imports, closures).isdisjoint(askers):
            continue
        module = sys.modules.pop(name)
        parent, _, child = name.rpartition(".")
        names = getattr(sys.modules.get(parent), "__dict__", {})
        if names.get(child) is module:
            del names[child]
