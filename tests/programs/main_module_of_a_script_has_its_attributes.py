# everywhere: yes
"""The docstring of the script."""

import __main__
import sys

print(__name__, __main__ is sys.modules["__main__"])
print(__file__, __doc__, __package__, __spec__)
print(type(__loader__).__name__, __builtins__ is sys.modules["builtins"])
print(sorted(name for name in vars(__main__) if name.startswith("__")))
print(sys.path[0], sys.argv, sys.flags)
print(sys.orig_argv[1:])
print(sys.version_info[:2] >= (3, 10), sys.byteorder, sys.implementation.name)
