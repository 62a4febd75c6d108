# mode: stdin
# arguments: a b
# everywhere: yes
"""A script that arrives on standard input."""

import __main__
import sys

print(__name__, __main__ is sys.modules["__main__"], __doc__, __package__, __spec__)
print(sorted(name for name in vars(__main__) if name.startswith("__")))
print(sys.path[0] == "", sys.argv, sys.orig_argv[1:])
print(repr(sys.stdin.read()))
