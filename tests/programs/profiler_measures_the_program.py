"""cProfile, imported after the start, counts calls exactly."""

import cProfile
import pstats


def fibonacci(number):
    return number if number < 2 else fibonacci(number - 1) + fibonacci(number - 2)


profile = cProfile.Profile()
print(profile.runcall(fibonacci, 15))
statistics = pstats.Stats(profile)
counts = {key[2]: value[:2] for key, value in statistics.stats.items()}
print(counts["fibonacci"], statistics.total_calls)
