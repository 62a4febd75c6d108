# status: signal:11
"""faulthandler's handler runs on its own stack and then lets the signal kill."""

import ctypes
import faulthandler
import os


def crash():
    ctypes.string_at(0)


with open("report.txt", "w+") as report:
    faulthandler.enable(report, all_threads=False)
    child = os.fork()
    if child == 0:
        crash()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    report.seek(0)
    print([line for line in report.read().splitlines() if "0x" not in line][:4], flush=True)
os.remove("report.txt")
faulthandler.disable()
crash()
