# everywhere: yes
"""A package has the attribute of a submodule only once that is imported."""

import os
import xml

print(hasattr(xml, "dom"), hasattr(xml, "etree"), hasattr(os, "path"))
import xml.dom.minidom  # noqa: E402

print(hasattr(xml, "dom"), hasattr(xml, "etree"), xml.dom.minidom.parseString("<a/>").toxml())
import concurrent  # noqa: E402

print(hasattr(concurrent, "futures"))
from concurrent import futures  # noqa: E402

print(concurrent.futures is futures, futures.ThreadPoolExecutor.__module__)
import importlib  # noqa: E402

print(importlib.import_module("email.mime.text") is __import__("email.mime.text").mime.text)
try:
    import json.no_such_part  # noqa: F401
except ModuleNotFoundError as error:
    print(error)
