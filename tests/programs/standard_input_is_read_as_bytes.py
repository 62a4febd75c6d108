# stdin: \x00\x01\xff\xfe binary\r\n\n more \x80
"""Bytes arrive unchanged, and a read in pieces sees them all."""

import sys

data = sys.stdin.buffer.read(4)
print(data, sys.stdin.buffer.peek(3)[:3])
data += sys.stdin.buffer.readline() + sys.stdin.buffer.read()
print(len(data), data)
assert data == b"\x00\x01\xff\xfe binary\r\n\n more \x80"
