# packages: numpy
"""Seeded generators, old and new, give the same numbers in any process."""

import numpy as np

np.random.seed(42)
print(np.random.rand(3), np.random.randint(0, 100, 5), np.random.permutation(6))
generator = np.random.default_rng(7)
print(generator.normal(size=3), generator.choice(["a", "b", "c"], 4), generator.integers(10**12))
state = np.random.get_state()
first = np.random.standard_normal(4)
np.random.set_state(state)
assert np.array_equal(first, np.random.standard_normal(4))
children = np.random.SeedSequence(5).spawn(2)
print([round(np.random.Generator(np.random.Philox(child)).random(), 12) for child in children])
assert np.random.default_rng().random() != np.random.default_rng().random()
