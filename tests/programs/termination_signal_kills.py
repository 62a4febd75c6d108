# status: signal:15
"""Nothing is flushed and no atexit function runs."""

import atexit
import os
import signal

atexit.register(print, "never printed")
print("flushed", flush=True)
print("lost", end="")
os.kill(os.getpid(), signal.SIGTERM)
signal.pause()
