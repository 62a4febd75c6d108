# status: 4
"""exit() of the site module closes standard input first."""

import sys

try:
    exit(4)
except SystemExit as stop:
    print("code", stop.code, "stdin closed:", sys.stdin.closed)
    raise
