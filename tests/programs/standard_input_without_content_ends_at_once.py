# status: 1
"""/dev/null as standard input: nothing to read, and input() raises."""

import sys

print(repr(sys.stdin.read()), sys.stdin.isatty())
input("prompt without answer> ")
