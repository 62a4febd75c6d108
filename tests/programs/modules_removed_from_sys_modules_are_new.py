# everywhere: yes
"""Deleting, blocking and replacing entries of sys.modules."""

import sys

import json

first = json
for name in [name for name in sys.modules if name.partition(".")[0] == "json"]:
    del sys.modules[name]
import json  # noqa: E402

print(json is first, json.decoder is first.decoder, json.loads("[1, 2]"))
sys.modules["csv"] = None
try:
    import csv  # noqa: F401
except ModuleNotFoundError as error:
    print(error)
import types  # noqa: E402

fake = types.ModuleType("colorsys")
fake.rgb_to_hsv = lambda *rgb: "fake"
sys.modules["colorsys"] = fake
import colorsys  # noqa: E402

print(colorsys.rgb_to_hsv(1, 2, 3), colorsys is fake)
blocked = types.ModuleType("textwrap")
blocked.dedent = lambda text: "not " + text
sys.modules["textwrap"] = blocked
import argparse  # noqa: E402

print(argparse._textwrap.dedent("x") if hasattr(argparse, "_textwrap") else "lazy", argparse.__name__)
del sys.modules["textwrap"]
import textwrap  # noqa: E402

print(textwrap is blocked, textwrap.dedent("  x"))
