# everywhere: yes
# mode: script, module, command
# arguments: one "two words"
"""Sub-interpreters import what they need for themselves, and one that is left ends with the program."""

import json
import sys

try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

CODE = """
import sys
before = set(sys.modules)
import json, collections, re, random
assert json.loads(json.dumps({"a": [1, 2]})) == {"a": [1, 2]}
print("inside", "json" in before, flush=True)
json.only_here = True
print(sys.argv, sys.orig_argv[1:], flush=True)
"""

print("json" in sys.modules, flush=True)
for _ in range(2):
    one = interpreters.create()
    print(interpreters.run_string(one, CODE), flush=True)
    print(interpreters.run_string(one, "import json; print(json.only_here, json.__file__ is not None, flush=True)"), flush=True)
    print(hasattr(json, "only_here"), flush=True)
    interpreters.destroy(one)
print("main runs:", interpreters.is_running(0), flush=True)
left = interpreters.create()
interpreters.run_string(left, "import atexit, json\natexit.register(print, 'exit function inside', flush=True)")
print("end", flush=True)
