# environment: GREETING=hello
# everywhere: yes
"""getenv() of the C library sees the launch's variables and what Python sets."""

import ctypes
import os

libc = ctypes.CDLL(None)
libc.getenv.restype = ctypes.c_char_p
print(libc.getenv(b"GREETING"), libc.getenv(b"ABSENT"), libc.getenv(b"LANG"))
os.environ["FROM_PYTHON"] = "set"
os.environ["GREETING"] = "changed"
print(libc.getenv(b"FROM_PYTHON"), libc.getenv(b"GREETING"))
del os.environ["GREETING"]
print(libc.getenv(b"GREETING"))
libc.setenv(b"FROM_C", b"c value", 1)
print(os.environ.get("FROM_C"), os.popen("echo $FROM_C $FROM_PYTHON").read().strip())
environ = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
names = []
while environ[len(names)]:
    names.append(environ[len(names)].partition(b"=")[0])
print(sorted(names))
