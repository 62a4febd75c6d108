# status: 9
"""os._exit runs no atexit function, no finally block, and flushes nothing."""

import atexit
import os
import sys

atexit.register(print, "never printed")
sys.stdout.write("flushed by hand\n")
sys.stdout.flush()
sys.stdout.write("lost in the buffer\n")
try:
    os._exit(9)
finally:
    print("never printed")
