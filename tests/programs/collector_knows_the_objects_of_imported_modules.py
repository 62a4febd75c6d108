# everywhere: yes
"""gc.get_objects() and gc.get_referrers() look at everything, and garbage is collected as always."""

import gc
import string
import weakref


class Node:
    pass


def cycle():
    node = Node()
    node.itself = node
    return weakref.ref(node)


print("frozen by the program:", gc.get_freeze_count())
gone = cycle()
print("collected before:", gc.collect() > 0, gone())
names = vars(string)
print("the names of a module are an object:", any(item is names for item in gc.get_objects()))
# What trace.Trace does to find the class of a method.
function = string.Formatter.vformat
holders = [item for item in gc.get_referrers(function) if isinstance(item, dict)]
print("who holds a method:", len(holders), "vformat" in holders[0])
classes = [item for item in gc.get_referrers(holders[0]) if hasattr(item, "__bases__")]
print("whose names these are:", classes)
gone = cycle()
print("collected after:", gc.collect() > 0, gone())
print(gc.get_referrers.__name__, gc.get_referrers.__doc__ is not None, type(gc.get_objects()))
