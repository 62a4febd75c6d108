# status: 6
# arguments: stay
"""os.exec replaces the process: same pid, open descriptors as they are marked."""

import os
import sys

if sys.argv[1] == "stay":
    print("first life", flush=True)
    os.environ["FIRST_PID"] = str(os.getpid())
    os.execv(sys.executable, [sys.executable, sys.argv[0], "again"])
print("second life", os.environ["FIRST_PID"] == str(os.getpid()), sys.argv[1:], flush=True)
os.execvp("sh", ["sh", "-c", "echo third life; exit 6"])
