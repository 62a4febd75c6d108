# status: 1
"""A text goes to standard error and the status is 1."""

import sys

print("on standard output")
sys.exit("a message: naïve ✓")
