# python: <3.12
"""A fork while other threads run and hold locks: the child has one thread and goes on.
(From 3.12 on Python warns, with the pid in the text.)"""

import os
import sys
import threading

stop = threading.Event()
lock = threading.Lock()


def busy():
    while not stop.is_set():
        with lock:
            sum(range(100))


threads = [threading.Thread(target=busy) for _ in range(3)]
for thread in threads:
    thread.start()
statuses = []
for number in range(10):
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        alone = len(os.listdir("/proc/self/task")) == 1 and threading.active_count() == 1
        os._exit(number if alone else 99)
    statuses.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
stop.set()
for thread in threads:
    thread.join()
print(statuses)
