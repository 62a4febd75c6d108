"""Cycles, callbacks, weak references, thresholds, and disabling."""

import gc
import weakref


class Node:
    def __init__(self):
        self.me = self

    def __del__(self):
        Node.deleted += 1


Node.deleted = 0
print(gc.isenabled(), gc.get_threshold(), gc.get_debug(), gc.callbacks)
nodes = [Node() for _ in range(10)]
references = [weakref.ref(node) for node in nodes]
events = []
gc.callbacks.append(lambda phase, info: events.append((phase, info["generation"])))
del nodes
assert gc.collect() >= 10 and Node.deleted == 10
gc.callbacks.clear()
print(events, [reference() for reference in references])
gc.disable()
for _ in range(5000):
    Node()
before = Node.deleted
gc.enable()
gc.collect()
print(before, Node.deleted, gc.garbage)
for _ in range(20_000):
    Node()
assert Node.deleted > 5010, "no automatic collection happened"
print("collected automatically")
