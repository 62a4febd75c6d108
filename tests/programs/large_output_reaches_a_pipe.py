"""Five megabytes, in lines and in one piece."""

import sys

line = "".join(chr(33 + i % 90) for i in range(99)) + "\n"
for _ in range(25_000):
    sys.stdout.write(line)
sys.stdout.flush()
written = sys.stdout.buffer.write(line.encode() * 25_000)
assert written == 2_500_000
