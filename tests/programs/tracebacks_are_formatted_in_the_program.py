"""traceback, linecache and inspect read sources that were compiled before."""

import inspect
import linecache
import sys
import textwrap
import traceback


def outer(value):
    local = value * 2
    return inner(local)


def inner(value):
    raise RuntimeError(f"with {value}")


try:
    outer(21)
except RuntimeError:
    print(traceback.format_exc())
    stack = traceback.TracebackException(*sys.exc_info(), capture_locals=True)
    print([(frame.name, frame.lineno, frame.locals.get("local")) for frame in stack.stack])
print(linecache.getline(__file__, 11).strip(), inspect.getsource(inner).splitlines()[0])
print(inspect.getsource(textwrap.dedent).splitlines()[0], inspect.signature(textwrap.fill))
print(traceback.format_list(traceback.extract_stack())[-1].splitlines()[-1].strip())
print(inspect.currentframe().f_lineno, inspect.getmodule(outer).__name__)
