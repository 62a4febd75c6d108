# status: 255
"""Only the low byte of the status survives."""

import sys

print("leaving")
sys.exit(-1)
