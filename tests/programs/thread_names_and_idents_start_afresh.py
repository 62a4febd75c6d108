"""Names count from one; idents are unique among the living; dummy threads have names."""

import _thread
import threading

running = threading.Event()


def work():
    running.wait(30)


threads = [threading.Thread(target=work) for _ in range(3)]
threads.append(threading.Timer(1000, work))
threads.append(threading.Thread(target=work, name="of mine", daemon=True))
for thread in threads:
    thread.start()
print([thread.name for thread in threads], [thread.daemon for thread in threads])
idents = {thread.ident for thread in threads} | {threading.main_thread().ident}
assert len(idents) == 6 and len({thread.native_id for thread in threads}) == 5
print(threading.active_count(), threading.main_thread().name, threading.stack_size())
threads[3].cancel()
running.set()
for thread in threads:
    thread.join()
names, done = [], threading.Lock()
done.acquire()
_thread.start_new_thread(
    lambda: (names.append(threading.current_thread().name.split("-")[0]), done.release()), ())
done.acquire()
print(names)
