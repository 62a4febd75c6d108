"""The same seed gives the same numbers as in any Python."""

import random

random.seed(12345)
print(random.random(), random.randint(1, 10**9), random.sample(range(100), 5))
generator = random.Random("text seed")
print(generator.gauss(0, 1), generator.choices("abc", [1, 2, 3], k=10), generator.randbytes(5))
state = generator.getstate()
first = [generator.random() for _ in range(5)]
generator.setstate(state)
assert first == [generator.random() for _ in range(5)]
words = "the quick brown fox".split()
generator.shuffle(words)
print(words, generator.betavariate(1, 2))
unseeded = random.Random()
assert unseeded.random() != random.Random().random()
