"""A storm of allocations and frees of all sizes, in the main thread and in others."""

import hashlib
import random
import threading


def storm(seed, digests):
    generator = random.Random(seed)
    live, digest = {}, hashlib.sha256()
    for step in range(30_000):
        key = generator.randrange(500)
        if key in live:
            content = live.pop(key)
            assert content == bytes([content[0]]) * len(content)
            digest.update(content[:8])
        else:
            size = 1 << generator.randrange(14)
            live[key] = bytes([step % 256]) * (size + generator.randrange(size))
    digests[seed] = digest.hexdigest()[:16]


digests = {}
threads = [threading.Thread(target=storm, args=(seed, digests)) for seed in range(3)]
for thread in threads:
    thread.start()
storm(99, digests)
for thread in threads:
    thread.join()
again = {}
storm(0, again)
assert again[0] == digests[0]
print(sorted(digests.items()))
