"""The report names the thread; so does the one of a thread with a name."""

import threading


def fail(text):
    raise ValueError(text)


for name in (None, "worker of mine"):
    thread = threading.Thread(target=fail, args=("from a thread",), name=name)
    thread.start()
    thread.join()
print("main goes on")
