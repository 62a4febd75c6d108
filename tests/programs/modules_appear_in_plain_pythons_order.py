# everywhere: yes
"""sys.modules before the first import, and after each: the same names in the same order."""

import sys

print("start", list(sys.modules))
import json  # noqa: E402

print("json", list(sys.modules)[-12:])
import logging.handlers  # noqa: E402

print("logging.handlers", list(sys.modules))
import asyncio  # noqa: E402

print("asyncio", list(sys.modules))
import unittest.mock  # noqa: E402
import xml.dom.minidom  # noqa: E402
import multiprocessing.pool  # noqa: E402

print("more", list(sys.modules))
print(json.__spec__.name, json.__spec__.origin == json.__file__, type(json.__loader__).__name__)
print(asyncio.__name__, logging.handlers.__package__, sorted(vars(unittest))[:5])
