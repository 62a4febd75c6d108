# status: 7
"""Only the low byte of the status survives."""

import sys

print("leaving")
sys.exit(256 * 5 + 7)
