# files: sibling_module.py, sample_package
# everywhere: yes
"""A sibling, a package, its data, a namespace package, and a module written just now."""

import importlib
import importlib.resources
import importlib.util
import os
import pkgutil
import sys

import sample_package.inner
import sibling_module

print(sibling_module.greeting("program"), sample_package.inner.NAME)
print(os.path.relpath(sibling_module.__file__), os.path.relpath(sibling_module.__cached__)[:11])
os.makedirs("namespace/below")
with open("namespace/below/leaf.py", "w") as source:
    source.write("VALUE = __name__\n")
os.utime("namespace/below/leaf.py", (1_700_000_000, 1_700_000_000))
importlib.invalidate_caches()
import namespace.below.leaf  # noqa: E402

print(namespace.below.leaf.VALUE, type(namespace.__path__).__name__, namespace.__file__)
print(importlib.resources.read_text("sample_package", "data.txt")
      if sys.version_info < (3, 11) else
      importlib.resources.files("sample_package").joinpath("data.txt").read_text("utf-8"), end="")
print(pkgutil.get_data("sample_package", "data.txt"))
print(sorted(module.name for module in pkgutil.iter_modules(["sample_package"])))
spec = importlib.util.spec_from_file_location("by_path", "sibling_module.py")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(module.greeting("path"), importlib.util.find_spec("no_such_module"))
try:
    import no_such_module  # noqa: F401
except ModuleNotFoundError as error:
    print(error, error.name)
