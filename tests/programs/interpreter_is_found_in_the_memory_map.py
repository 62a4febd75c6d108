# everywhere: yes
"""Profilers and debuggers look for the start of the interpreter's file in /proc/PID/maps."""

import os
import subprocess
import sys

LOOK = """
import os, sys
found = set()
for line in open(f"/proc/{sys.argv[1]}/maps"):
    fields = line.split()
    name = os.path.basename(fields[5]) if len(fields) > 5 else ""
    runtime = name.startswith("libpython") or name == os.path.basename(os.path.realpath(sys.executable))
    if runtime and int(fields[2], 16) == 0 and fields[1] == "r--p":
        found.add(name)
print(sorted(found)[0])
"""
sys.stdout.flush()
subprocess.run([sys.executable, "-c", LOOK, str(os.getpid())], check=True)
