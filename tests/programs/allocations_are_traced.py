"""tracemalloc, started by the program, finds the line that allocates most."""

import tracemalloc

print(tracemalloc.is_tracing())
tracemalloc.start()
before = tracemalloc.take_snapshot()
kept = [bytes(1000) for _ in range(1000)]
after = tracemalloc.take_snapshot()
top = after.compare_to(before, "lineno")[0]
print(top.traceback[0].lineno, 1_000_000 < top.size_diff < 1_200_000, len(kept))
tracemalloc.stop()
print(tracemalloc.get_traced_memory())
