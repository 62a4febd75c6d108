# directory: below/deeper
# files: sibling_module.py
# everywhere: yes
"""The script lies two directories above: its own directory is on sys.path, not this one."""

import os
import sys

import sibling_module

print(sys.argv, sys.orig_argv[1:])
print(os.path.relpath(__file__), os.path.isabs(__file__), os.path.relpath(sys.path[0]))
print(os.path.basename(os.getcwd()), os.path.relpath(sibling_module.__file__))
open("made_here", "w").close()
os.chdir("..")
print(os.listdir("."), os.path.exists("deeper/made_here"))
