# files: sibling_module.py
"""importlib.reload of a prepared module and of a file that has changed meanwhile."""

import importlib
import json
import os

import sibling_module

json.changed = True
before = json.loads
reloaded = importlib.reload(json)
print(reloaded is json, json.loads is before, json.changed, json.loads("[1]"))
print(sibling_module.greeting("first"))
with open("sibling_module.py", "w") as source:
    source.write("def greeting(name):\n    return f'changed for {name}, a longer text'\n")
os.utime("sibling_module.py", (1_700_000_000, 1_700_000_000))
importlib.reload(sibling_module)
print(sibling_module.greeting("second"), hasattr(sibling_module, "fail"))
