"""What each launch runs: says where it lies, counts its objects, and runs the programs that are
named. Two launches of one image differ in the first line alone."""
import collections
import gc
import runpy
import sys

gc.collect()
print(id(runpy))
counts = collections.Counter(type(thing).__name__ for thing in gc.get_objects())
print(sorted(counts.items()))
print(gc.get_count()[1:], len(sys.modules), [len(gc.get_referents(thing)) > 0 for thing in (sys, gc)])
for path in sys.argv[1:]:
    runpy.run_path(path, run_name="__main__")
gc.collect()
print("garbage", gc.garbage)
