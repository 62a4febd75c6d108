"""sys.executable starts the same Python with the same paths and versions."""

import subprocess
import sys

code = "import sys; print(sys.version, sys.prefix, sys.path[1:], sys.executable, sys.flags, sep='|')"
child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
own = (sys.version, sys.prefix, sys.path[1:], sys.executable, sys.flags)
assert child.stdout == "|".join(map(str, own)) + "\n", (child.stdout, own)
print(sys.executable, sys.prefix, sys.base_prefix)
print(sys.path[1:])
