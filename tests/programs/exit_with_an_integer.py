# status: 3
# everywhere: yes
"""Leaves with a small status; clean-up still happens."""

import atexit
import sys

atexit.register(print, "atexit ran")
try:
    print("before")
    sys.exit(3)
finally:
    print("finally ran")
