# everywhere: yes
"""Clocks are those of this launch: no clock stands still or is that of the snapshot."""

import os
import threading
import time

before = time.time()
open("stamp", "w").close()
assert abs(os.stat("stamp").st_mtime - before) < 5, "time() is not the file system's time"
with open("/proc/uptime") as uptime:
    assert abs(float(uptime.read().split()[0]) - time.clock_gettime(time.CLOCK_BOOTTIME)) < 5
for name in ("monotonic", "perf_counter", "time"):
    clock = getattr(time, name)
    readings = [clock() for _ in range(1000)]
    assert readings == sorted(readings), name
    start = clock()
    time.sleep(0.02)
    assert 0.015 < clock() - start < 5, name
    print(name, "advances", time.get_clock_info(name).implementation)
start = time.process_time()
sum(range(2_000_000))
assert 0 < time.process_time() - start < 20 and time.process_time() < 30
assert abs(time.monotonic() - time.perf_counter()) < 5
waited = time.monotonic()
assert not threading.Event().wait(0.05)
assert 0.04 < time.monotonic() - waited < 5
os.remove("stamp")
print("waiting takes its time")
