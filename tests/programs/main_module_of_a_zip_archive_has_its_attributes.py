# mode: archive
# files: sibling_module.py
# arguments: x y
# everywhere: yes
"""The __main__.py of a zip archive."""

import os
import sys

import sibling_module

print(__name__, __doc__, repr(__package__), os.path.relpath(__file__))
print(__spec__.name if __spec__ else None, sys.argv, os.path.relpath(sys.path[0]))
print(type(__loader__).__name__, sibling_module.greeting("archive"))
try:
    sibling_module.fail()
except ValueError as error:
    import traceback
    traceback.print_exc(file=sys.stdout)
    print(error)
