"""sys.exit in a thread is silent; the program goes on."""

import sys
import threading


def leave():
    print("thread leaves")
    sys.exit(11)


thread = threading.Thread(target=leave)
thread.start()
thread.join()
print("main goes on", thread.is_alive(), threading.active_count())
