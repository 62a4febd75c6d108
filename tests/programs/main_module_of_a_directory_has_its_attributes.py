# mode: directory
# files: sibling_module.py
# arguments: x y
"""The __main__.py of a directory."""

import os
import sys

import sibling_module

print(__name__, __doc__, repr(__package__), os.path.relpath(__file__))
print(__spec__.name if __spec__ else None, sys.argv, os.path.relpath(sys.path[0]))
print(sibling_module.greeting("directory"))
