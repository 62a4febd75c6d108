# everywhere: yes
"""A finder in front of sys.meta_path may provide a prepared module, and sees every import."""

import importlib.machinery
import sys
import types

asked = []


class Finder:
    def find_spec(self, name, path=None, target=None):
        asked.append(name)
        if name == "colorsys":
            return importlib.machinery.ModuleSpec(name, self)
        return None

    def create_module(self, spec):
        return types.ModuleType(spec.name)

    def exec_module(self, module):
        module.MARK = "from the finder"


finder = Finder()
sys.meta_path.insert(0, finder)
import colorsys  # noqa: E402
import json  # noqa: E402
import sched  # noqa: E402

# One question may come twice: whether a prepared module stands is asked before it is imported.
print(colorsys.MARK, json.dumps({}), list(dict.fromkeys(asked)))
sys.meta_path.remove(finder)
asked.clear()
import wave  # noqa: E402

print(asked, wave.__name__)
import builtins  # noqa: E402

original = builtins.__import__


def counting(name, *arguments, **keywords):
    asked.append(name)
    return original(name, *arguments, **keywords)


builtins.__import__ = counting
import fileinput  # noqa: E402

builtins.__import__ = original
print(fileinput.__name__ in asked, "io" in asked, fileinput.__name__)
