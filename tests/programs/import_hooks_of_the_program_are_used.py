"""A finder on sys.meta_path and one on sys.path_hooks."""

import importlib.abc
import importlib.machinery
import sys


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        if name.startswith("virtual_"):
            return importlib.machinery.ModuleSpec(name, self, origin="thin air")
        return None

    def exec_module(self, module):
        module.answer = len(module.__name__)


sys.meta_path.insert(0, Finder())
import virtual_module  # noqa: E402

print(virtual_module.answer, virtual_module)
print([getattr(finder, "__name__", type(finder).__name__) for finder in sys.meta_path][:4])
print(len(sys.path_hooks), "virtual_module" in sys.modules, virtual_module.__spec__.origin)
