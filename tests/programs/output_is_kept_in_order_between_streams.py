"""Standard error is written at once, standard output at the end or when flushed."""

import os
import sys

os.dup2(1, 2)
print("1 out, buffered")
print("2 err", file=sys.stderr)
os.write(1, b"3 descriptor\n")
sys.stdout.flush()
print("4 err, without end", end="", file=sys.stderr)
print("5 out")
sys.stderr.write(" and more\n")
print(sys.stdout.line_buffering, sys.stderr.line_buffering, sys.stdout.write_through)
