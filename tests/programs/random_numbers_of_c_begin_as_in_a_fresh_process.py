# everywhere: yes
"""Without a seed, rand(3), random(3) and drand48(3) give the same numbers in every process."""

import ctypes

libc = ctypes.CDLL(None)
libc.random.restype = ctypes.c_long
libc.drand48.restype = ctypes.c_double
print([libc.rand() for _ in range(5)])
print([libc.random() for _ in range(5)])
print([libc.drand48() for _ in range(5)])
libc.srand(7)
print([libc.rand() for _ in range(5)])
