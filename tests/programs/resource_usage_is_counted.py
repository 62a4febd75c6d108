"""rusage counts this process and its children."""

import os
import resource

usage = resource.getrusage(resource.RUSAGE_SELF)
assert 0 <= usage.ru_utime < 30 and usage.ru_maxrss > 1000 and usage.ru_minflt > 10
pid = os.fork()
if pid == 0:
    sum(range(3_000_000))
    os._exit(0)
_, status, child = os.wait4(pid, 0)
assert child.ru_utime > 0 and child.ru_maxrss > 1000
assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime > 0
print(status, os.times().children_user > 0, resource.getpagesize())
