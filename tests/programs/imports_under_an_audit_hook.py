# everywhere: yes
"""An audit hook sees what an import opens and executes."""

import os
import sys

events = []


def hook(event, arguments):
    if event == "exec":
        events.append(f"exec {os.path.basename(arguments[0].co_filename)}")
    elif event == "import":
        events.append(f"import {arguments[0]}")
    elif event == "open" and isinstance(arguments[0], str) and "colorsys" in arguments[0]:
        events.append("open")


sys.addaudithook(hook)
import colorsys
import textwrap

events.append("end")
print(*events, colorsys.__name__, textwrap.__name__)
