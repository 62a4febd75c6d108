"""mmap of files and of anonymous memory shared with a child."""

import mmap
import os

with open("mapped.bin", "wb") as file:
    file.write(bytes(range(256)) * 64)
with open("mapped.bin", "r+b") as file, mmap.mmap(file.fileno(), 0) as mapping:
    print(len(mapping), mapping[65:70], mapping.find(b"\xff\x00"), mapping.rfind(b"\x01\x02"))
    mapping[0:5] = b"HELLO"
    mapping.flush()
    mapping.madvise(mmap.MADV_DONTNEED)
    print(mapping.read(8), mapping.tell())
print(open("mapped.bin", "rb").read(6))
shared = mmap.mmap(-1, mmap.PAGESIZE)
child = os.fork()
if child == 0:
    shared.write(b"from the child")
    os._exit(0)
os.waitpid(child, 0)
print(shared[:14], memoryview(shared)[5:8].tobytes())
private = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
child = os.fork()
if child == 0:
    private[0] = 1
    os._exit(private[0])
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), private[0])
