"""Weak references, weak dictionaries, resurrection, __del__ order, exceptions in __del__."""

import gc
import sys
import weakref


class Thing:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("del", self.name)


things = weakref.WeakValueDictionary()
strong = things["a"] = Thing("a")
reference = weakref.ref(strong, lambda dead: print("callback", dead() is None))
proxy = weakref.proxy(strong)
print(proxy.name, len(things), weakref.getweakrefcount(strong))
del strong
try:
    print(proxy.name)
except ReferenceError as error:
    print(error, len(things), reference())


class Phoenix:
    ashes = []

    def __del__(self):
        Phoenix.ashes.append(self)


Phoenix()
print(len(Phoenix.ashes))
Phoenix.ashes.clear()
print(len(Phoenix.ashes))


class Failing:
    def __del__(self):
        raise ValueError("in __del__")

    def __repr__(self):
        return "<failing>"


sys.unraisablehook = lambda what: print("ignored:", what.exc_value, what.err_msg)
Failing()
cycle = [Thing("in a cycle")]
cycle.append(cycle)
del cycle
print(gc.collect() > 0)
