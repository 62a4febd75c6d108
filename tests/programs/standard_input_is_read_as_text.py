# stdin: first line\nsecond: \xc3\xa9\xe2\x9c\x93\r\nthird\n4\nlast without end
# everywhere: yes
"""input(), readline, iteration and read share one buffer."""

import sys

print(repr(input("prompt> ")))
print(repr(sys.stdin.readline()))
print([next(sys.stdin)])
print(int(input()) * 2)
print(repr(sys.stdin.read()))
try:
    input("at the end> ")
except EOFError as error:
    print("EOFError", error)
