"""ThreadPoolExecutor: results, exceptions, cancellation, as_completed, shutdown at exit."""

import concurrent.futures
import threading
import time

with concurrent.futures.ThreadPoolExecutor(4, thread_name_prefix="pool") as pool:
    print(list(pool.map(lambda n: n * n, range(10))))
    failing = pool.submit(int, "no number")
    print(failing.exception())
    names = {pool.submit(lambda: threading.current_thread().name).result() for _ in range(8)}
    assert all(name.startswith("pool_") for name in names), names
    futures = [pool.submit(lambda n=n: n) for n in range(20)]
    print(sum(future.result() for future in concurrent.futures.as_completed(futures)))
single = concurrent.futures.ThreadPoolExecutor(1)
release = threading.Event()
blocked = single.submit(release.wait, 30)
waiting = single.submit(print, "never printed")
print(waiting.cancel(), waiting.cancelled())
release.set()
print(blocked.result())
single.submit(lambda: (time.sleep(0.05), print("finished during the exit")))
