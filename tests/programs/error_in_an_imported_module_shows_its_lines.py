# files: sibling_module.py
# status: 1
# everywhere: yes
"""The traceback shows source lines of the program and of its helper."""

import sibling_module

print(sibling_module.greeting("program"))
sibling_module.call_back(lambda number: number // 0)
