# stdin: x = 6\nprint(x * 7)\nif x:\n    y = x\n\ny + 1\n1/0\nundefined\n
"""code.interact reads lines from standard input and shows results and errors."""

import code
import sys

sys.ps1, sys.ps2 = "one> ", "two> "
code.interact(banner="the banner", local={"__name__": "console"}, exitmsg="the end")
