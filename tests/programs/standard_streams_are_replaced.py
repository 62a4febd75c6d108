"""redirect_stdout, a replaced sys.stdout, reconfigure, detach and dup2."""

import contextlib
import io
import os
import sys

with contextlib.redirect_stdout(io.StringIO()) as captured:
    print("captured")
print(repr(captured.getvalue()), sys.__stdout__ is sys.stdout)
sys.stdout.reconfigure(encoding="latin-1", errors="replace", newline="\r\n", line_buffering=True)
print("naïve ✓")
sys.stdout.reconfigure(encoding="utf-8", newline="\n")
saved = os.dup(1)
with open("redirected.txt", "w") as file:
    sys.stdout.flush()
    os.dup2(file.fileno(), 1)
    print("into the file")
    os.system("echo from a child")
    sys.stdout.flush()
    os.dup2(saved, 1)
print("back again", open("redirected.txt").read().split("\n"))
sys.stdout = open("replaced.txt", "w")  # noqa: SIM115
print("into the replacement, closed by nobody")
print("on standard error", file=sys.stderr)
sys.__stdout__.write("still reachable\n")
