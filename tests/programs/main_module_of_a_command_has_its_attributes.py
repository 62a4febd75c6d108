# mode: command
# arguments: first -m
# everywhere: yes
import __main__
import sys

print(__name__, __main__ is sys.modules["__main__"], __doc__, __package__, __spec__)
print(sorted(name for name in vars(__main__) if name.startswith("__")))
print(hasattr(__main__, "__file__"), __loader__.__name__)
print(sys.path[0] == "", sys.argv)
print(sys.orig_argv[1], len(sys.orig_argv[2].splitlines()), sys.orig_argv[3:])
