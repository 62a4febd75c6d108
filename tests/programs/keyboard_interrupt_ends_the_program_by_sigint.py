# status: signal:2
# everywhere: yes
"""An uncaught KeyboardInterrupt prints its traceback, cleans up, and dies of the signal."""

import atexit
import os
import signal

atexit.register(print, "atexit ran")
try:
    os.kill(os.getpid(), signal.SIGINT)
    signal.pause()
finally:
    print("finally ran")
