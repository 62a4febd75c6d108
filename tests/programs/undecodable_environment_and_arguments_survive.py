# environment: BYTES=a\xff\xfe z
"""Bytes that are no UTF-8 come and go as surrogates."""

import os
import subprocess
import sys

print(ascii(os.environ["BYTES"]), os.environb[b"BYTES"], os.fsencode(os.environ["BYTES"]))
code = "import sys, os; print(ascii(sys.argv[1:]), os.environb[b'BYTES'])"
child = subprocess.run([sys.executable, "-c", code, b"\xff.txt"], capture_output=True, check=True)
print(child.stdout.decode(), end="")
name = b"file \xe9 name"
with open(name, "w") as file:
    file.write("content")
print(ascii(os.listdir(".")), os.path.exists(os.fsdecode(name)))
os.remove(name)
