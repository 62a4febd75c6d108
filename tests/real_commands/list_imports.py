"""Runs a command under plain Python and writes down which modules it has imported at its end.

    list_imports.py OUTPUT SCRIPT ARGS...
    list_imports.py OUTPUT -m MODULE ARGS...

One name a line, in the order of the imports; only modules that can be imported again by that name.
"""

import atexit
import os
import sys

START = frozenset(sys.modules)


def importable(name, module):
    """Whether `import NAME` gives this module wherever the image is built; tests stay out."""
    spec = getattr(module, "__spec__", None)
    if spec is None or spec.name != name or spec.loader is None:
        return False
    if name.rpartition(".")[2] == "conftest" or ".tests." in name + ".":
        return False
    installed = (sys.prefix + "/lib", sys.base_prefix + "/lib")
    return not spec.has_location or spec.origin.startswith(installed)


def write(path, pid):
    """Appends the names; the children of the command add theirs to other files."""
    if os.getpid() != pid:
        return
    names = [name for name, module in list(sys.modules.items())
             if name not in START and name != "runpy" and importable(name, module)]
    with open(path, "a", encoding="utf-8") as file:
        file.writelines(name + "\n" for name in names)


def main():
    """Registers first, so that it runs last."""
    _, output, *sys.argv = sys.argv
    atexit.register(write, output, os.getpid())
    import runpy
    if sys.argv[0] == "-m":
        name = sys.argv.pop(1)
        sys.path[0] = os.getcwd()
        runpy._run_module_as_main(name, alter_argv=True)
    else:
        sys.path[0] = os.path.dirname(os.path.realpath(sys.argv[0]))
        runpy.run_path(sys.argv[0], run_name="__main__")


main()
