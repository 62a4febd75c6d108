# arguments: one "two words" "" -- --image=x 'quo"te' tab\there naïve -c
# everywhere: yes
"""Prints what the program was called with."""

import sys

print(len(sys.argv), sys.argv)
print(sys.orig_argv[1:])
assert sys.argv[0] == __file__ or __file__.endswith("/" + sys.argv[0])
assert sys.argv[1:] == sys.orig_argv[2:]
