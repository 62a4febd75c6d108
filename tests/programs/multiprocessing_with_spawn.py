# timeout: 120
# everywhere: yes
"""Workers that are started anew import this file by its path."""

import multiprocessing
import os


def describe(number):
    return number + 1, __name__, os.path.basename(__file__)


def fail(queue):
    queue.put("about to leave")
    queue.close()
    queue.join_thread()
    raise SystemExit(3)


def main():
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        print(pool.map(describe, range(4)))
    queue = context.Queue()
    worker = context.Process(target=fail, args=(queue,), name="named worker")
    worker.start()
    print(queue.get(timeout=60))
    worker.join()
    print(worker.exitcode, worker.name)


if __name__ == "__main__":
    main()
