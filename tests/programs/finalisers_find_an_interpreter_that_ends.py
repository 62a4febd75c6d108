# everywhere: yes
"""At the very end sys has lost what imports need, and warnings are shown without source lines."""

import atexit
import io
import sys
import warnings


class Last:
    def __del__(self):
        print("sys.path:", sys.path, "sys.argv:", sys.argv, "sys.meta_path:", sys.meta_path)
        print("sys.modules:", len(sys.modules), "sys.stdout:", sys.stdout is sys.__stdout__)
        try:
            import string
        except ImportError as error:
            print("import:", error)
        warn("a warning at the end")


warn = warnings.warn
atexit.register(lambda: print("exit function:", len(sys.path) > 1, "os" in sys.modules))
sys.stdout = io.TextIOWrapper(open(1, "wb", closefd=False), write_through=True)
last = Last()
print("end of the program", file=sys.__stdout__, flush=True)
