# everywhere: yes
"""A thread that goes on when the program has ended, and an exit function, start others: 3.12 refuses."""

import _thread
import atexit
import os
import threading
import warnings

warnings.simplefilter("ignore")


def fork():
    child = os.fork()
    if child == 0:
        os._exit(3)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def thread():
    lock = _thread.allocate_lock()
    lock.acquire()
    _thread.start_new_thread(lock.release, ())
    return lock.acquire(timeout=10)


def join():
    threading.Thread(target=int).start()
    return "started"


def late(who):
    for start in (fork, thread, join):
        try:
            print(who, start.__name__, start(), flush=True)
        except RuntimeError as error:
            print(who, start.__name__, error, flush=True)


def late_thread():
    threading.main_thread().join()
    late("thread:")


late("program:")
threading.Thread(target=late_thread).start()
atexit.register(late, "exit function:")
