"""A program may close its standard output; the end is then silent."""

import os
import sys

print("before")
sys.stdout.flush()
os.write(2, b"closing\n")
sys.stdout.close()
try:
    print("after")
except ValueError as error:
    print(error, file=sys.stderr)
