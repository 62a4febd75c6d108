# mode: module
# arguments: -x last
# everywhere: yes
"""A module that is run by its name."""

import __main__
import os
import sys

print(__name__, __main__ is sys.modules["__main__"], __doc__, repr(__package__))
print(__spec__.name, __spec__.origin == __file__, __spec__.cached == __cached__, __file__)
print(sys.path[0] == os.getcwd(), sys.argv, sys.orig_argv[1:])
print(type(__loader__).__name__)
print(os.path.exists("__pycache__"))
