"""SharedMemory, a manager's dictionary, and a ProcessPoolExecutor."""

import concurrent.futures
import multiprocessing
from multiprocessing import shared_memory


def fill(name, start):
    memory = shared_memory.SharedMemory(name)
    memory.buf[start:start + 4] = bytes([start] * 4)
    memory.close()


def note(mapping, key):
    mapping[key] = key * 2


def main():
    context = multiprocessing.get_context("fork")
    memory = shared_memory.SharedMemory(create=True, size=16)
    workers = [context.Process(target=fill, args=(memory.name, s)) for s in (0, 4, 8)]
    with context.Manager() as manager:
        mapping = manager.dict()
        workers += [context.Process(target=note, args=(mapping, key)) for key in "ab"]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        print(sorted(mapping.items()), bytes(memory.buf[:12]))
    memory.close()
    memory.unlink()
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        print(list(pool.map(pow, range(5), [2] * 5)))


if __name__ == "__main__":
    main()
