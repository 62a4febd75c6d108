# timeout: 120
"""Workers forked by a server that is started on demand."""

import multiprocessing
import os


def describe(number):
    return number * 2, __name__, multiprocessing.parent_process() is not None


def main():
    context = multiprocessing.get_context("forkserver")
    with context.Pool(2) as pool:
        print(pool.map(describe, range(4)))
    worker = context.Process(target=os._exit, args=(4,))
    worker.start()
    worker.join()
    print(worker.exitcode)


if __name__ == "__main__":
    main()
