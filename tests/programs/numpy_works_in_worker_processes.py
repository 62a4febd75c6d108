# packages: numpy
# timeout: 120
"""Arrays travel to forked and to spawned workers and back."""

import multiprocessing

import numpy as np


def work(seed):
    matrix = np.random.default_rng(seed).random((200, 200))
    return seed, np.linalg.slogdet(matrix @ matrix.T)[1].round(4), np.arange(seed).sum()


def main():
    results = []
    for method in ("fork", "spawn"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            results.append(pool.map(work, range(4)))
    assert results[0] == results[1]
    print(results[0])


if __name__ == "__main__":
    main()
