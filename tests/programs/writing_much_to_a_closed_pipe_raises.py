# stdout: closed
"""A write past the buffer raises BrokenPipeError inside the program."""

import sys

try:
    sys.stdout.write("x" * 100_000)
except BrokenPipeError as error:
    print("caught:", error, file=sys.stderr)
