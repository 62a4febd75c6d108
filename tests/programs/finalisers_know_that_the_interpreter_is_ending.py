# everywhere: yes
"""sys.is_finalizing() says no in exit functions and yes in the finalisers after them."""

import atexit
import sys
import threading


class Last:
    def __del__(self):
        print("finaliser:", ask())


def slow():
    started.set()
    threading.main_thread().join()
    print("thread that outlives the program:", ask())


ask = sys.is_finalizing
started = threading.Event()
atexit.register(lambda: print("exit function:", ask()))
last = Last()
threading.Thread(target=slow).start()
started.wait()
print("program:", ask())
