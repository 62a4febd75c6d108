# everywhere: yes
"""Pids and thread ids agree between Python, libc and /proc, also in a thread and a child."""

import ctypes
import os
import sys
import threading

libc = ctypes.CDLL(None)


def check(where):
    own = int(os.readlink("/proc/self"))
    thread = int(os.readlink("/proc/thread-self").rpartition("/")[2])
    assert os.getpid() == own == libc.getpid(), where
    assert threading.get_native_id() == thread == libc.gettid(), where
    # After a fork, Python before 3.13 keeps the parent's id in the thread object.
    assert threading.current_thread().native_id == thread or where == "child", where
    assert threading.current_thread().ident == threading.get_ident(), where
    print(where, threading.current_thread().name, "main:", own == thread)


check("main thread")
assert threading.main_thread() is threading.current_thread()
assert threading.enumerate() == [threading.main_thread()]
assert os.getppid() == int(open("/proc/self/stat").read().rpartition(")")[2].split()[1])
parent = os.getpid()
sys.stdout.flush()
child = os.fork()
if child == 0:
    check("child")
    assert threading.main_thread() is threading.current_thread()
    sys.stdout.flush()
    os._exit(0 if os.getppid() == parent else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), len(os.listdir("/proc/self/task")))
thread = threading.Thread(target=check, args=("other thread",))
thread.start()
thread.join()
