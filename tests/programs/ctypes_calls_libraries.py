# everywhere: yes
"""Functions, callbacks, structures, errno and dlopen after the start."""

import ctypes
import ctypes.util
import os

libc = ctypes.CDLL("libc.so.6", use_errno=True)
print(libc.strlen(b"twelve bytes"), libc.abs(-5), libc.getpid() == os.getpid())
buffer = ctypes.create_string_buffer(50)
print(libc.snprintf(buffer, 50, b"%s %d %.3f", b"text", 42, ctypes.c_double(2.5)), buffer.value)
Compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
calls = []


@Compare
def compare(left, right):
    calls.append((left[0], right[0]))
    return left[0] - right[0]


numbers = (ctypes.c_int * 8)(5, 3, 9, 1, 7, 2, 8, 6)
libc.qsort(numbers, len(numbers), ctypes.sizeof(ctypes.c_int), compare)
print(list(numbers), len(calls) > 7)
print(libc.close(9999), os.strerror(ctypes.get_errno()))


class TimeValue(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("micros", ctypes.c_long)]


now = TimeValue()
print(libc.gettimeofday(ctypes.byref(now), None), now.seconds > 1_600_000_000)
math = ctypes.CDLL(ctypes.util.find_library("m") or "libm.so.6")
math.pow.restype, math.pow.argtypes = ctypes.c_double, [ctypes.c_double] * 2
print(math.pow(2.0, 0.5), ctypes.pythonapi.Py_IsInitialized())
ctypes.pythonapi.PyLong_FromLong.restype = ctypes.py_object
print(ctypes.pythonapi.PyLong_FromLong(ctypes.c_long(12345)), ctypes.sizeof(TimeValue))
