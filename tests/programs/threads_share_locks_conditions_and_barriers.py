# everywhere: yes
"""Locks, conditions, semaphores, barriers and events between eight threads."""

import threading

total = 0
lock = threading.Lock()
barrier = threading.Barrier(8)
condition = threading.Condition()
semaphore = threading.BoundedSemaphore(2)
inside, most_inside, arrived = 0, 0, []


def work(number):
    global total, inside, most_inside
    barrier.wait(30)
    for _ in range(2000):
        with lock:
            total += number
    with semaphore:
        with lock:
            inside += 1
            most_inside = max(most_inside, inside)
        with lock:
            inside -= 1
    with condition:
        arrived.append(number)
        condition.notify_all()


threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
for thread in threads:
    thread.start()
with condition:
    assert condition.wait_for(lambda: len(arrived) == 8, 30)
for thread in threads:
    thread.join()
assert most_inside <= 2
print(total, sorted(arrived), barrier.broken, threading.active_count())
local = threading.local()
local.value = "main"
seen = []
other = threading.Thread(target=lambda: seen.append(hasattr(local, "value")))
other.start()
other.join()
print(seen, local.value)
recursive = threading.RLock()
with recursive, recursive:
    print(lock.locked(), lock.acquire(timeout=1), lock.acquire(blocking=False))
