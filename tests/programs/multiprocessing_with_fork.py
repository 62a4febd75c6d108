# everywhere: yes
"""Pool, queue, pipe, lock and shared values with forked workers."""

import multiprocessing
import os


def square(number):
    return number * number


def add(value, lock, queue):
    for _ in range(100):
        with lock:
            value.value += 1
    queue.put((os.getppid(), multiprocessing.current_process().name.split("-")[0]))


def main():
    context = multiprocessing.get_context("fork")
    with context.Pool(3) as pool:
        print(pool.map(square, range(10)), pool.apply_async(square, (12,)).get(30))
    value, lock, queue = context.Value("i", 0, lock=False), context.Lock(), context.Queue()
    workers = [context.Process(target=add, args=(value, lock, queue)) for _ in range(3)]
    for worker in workers:
        worker.start()
    print([queue.get(timeout=30) == (os.getpid(), "ForkProcess") for _ in workers])
    for worker in workers:
        worker.join()
    print(value.value, [worker.exitcode for worker in workers])
    ours, theirs = context.Pipe()
    failing = context.Process(target=theirs.send, args=([1, "two"],))
    failing.start()
    print(ours.recv(), failing.join(), multiprocessing.active_children())


if __name__ == "__main__":
    main()
