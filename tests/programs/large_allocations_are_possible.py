# everywhere: yes
"""A sparse gigabyte, memory mappings, and large pieces given back."""

import mmap

gigabyte = bytearray(1 << 30)
for offset in range(0, 1 << 30, 16 << 20):
    gigabyte[offset] = offset >> 24
assert gigabyte.count(b"\0", 0, 1 << 20) == 1 << 20
print(len(gigabyte), sum(gigabyte[:: 16 << 20]))
del gigabyte
mapping = mmap.mmap(-1, 256 << 20)
mapping[200 << 20] = 7
print(mapping[200 << 20], mapping[100 << 20], len(mapping))
mapping.close()
for size in (1 << 16, 1 << 20, 1 << 24, 1 << 27):
    pieces = [bytes([n]) * (size // 8) for n in range(8)]
    print(size, sum(piece[-1] for piece in pieces))
    del pieces
try:
    bytearray(1 << 62)
except MemoryError:
    print("MemoryError")
