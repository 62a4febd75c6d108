# everywhere: yes
"""Each kind of SystemExit in a forked child, seen by the parent."""

import os
import sys

KINDS = [0, 1, 42, 255, 256, -1, -300, 2**40 + 9, None, "text", 3.5, (), True, [1]]

for kind in KINDS:
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.dup2(1, 2)
        raise SystemExit(kind)
    _, status = os.waitpid(child, 0)
    print(repr(kind), "->", os.waitstatus_to_exitcode(status))
