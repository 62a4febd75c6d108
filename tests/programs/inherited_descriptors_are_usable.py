# descriptor: 3=from descriptor three\n
# descriptor: 7=and from seven
"""Descriptors that the caller opened keep their numbers and contents."""

import os

with os.fdopen(3) as three:
    print(three.read(), end="")
print(os.read(7, 100), os.lseek(7, 0, os.SEEK_CUR))
print(os.get_inheritable(7), sorted(int(n) for n in os.listdir("/proc/self/fd"))[:4])
