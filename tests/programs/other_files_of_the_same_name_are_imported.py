# files: colorsys.py
# everywhere: yes
"""A directory that is searched first decides: beside the script, added later, and taken away."""

import os
import sys

import colorsys

print(colorsys.__file__ == os.path.join(sys.path[0], "colorsys.py"), colorsys.MARK)
os.mkdir("front")
for name in ("tabnanny", "wave", "json"):
    with open(f"front/{name}.py", "w") as source:
        source.write(f"MARK = 'mine, {name}'\n")
os.mkdir("front/calendar")
sys.path.insert(0, os.path.abspath("front"))
sys.dont_write_bytecode = True
import tabnanny  # noqa: E402
import calendar  # noqa: E402
import json  # noqa: E402

print(tabnanny.MARK, calendar.month_abbr[2], json.MARK)
sys.path.append(os.path.abspath("behind"))
os.mkdir("behind")
with open("behind/shelve.py", "w") as source:
    source.write("MARK = 'never'\n")
import shelve  # noqa: E402

print(hasattr(shelve, "MARK"), shelve.Shelf.__name__)
del sys.path[0]
for name in ("wave", "json"):
    sys.modules.pop(name, None)
import wave  # noqa: E402
import json  # noqa: E402

print(hasattr(wave, "MARK"), hasattr(json, "MARK"), json.dumps([1]))
kept = sys.path[:]
sys.path[:] = []
try:
    import mailcap_or_nothing  # noqa: F401
except ImportError as error:
    print(error)
try:
    import chunk_or_uu as nothing  # noqa: F401
except ImportError as error:
    print(error)
try:
    import sched  # noqa: F401
    print("found")
except ImportError as error:
    print(error)
sys.path[:] = kept
import sched  # noqa: E402

print(sched.scheduler.__name__)
