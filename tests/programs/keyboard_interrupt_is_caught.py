"""SIGINT raises in the main thread, once per signal, even inside a blocking call."""

import os
import signal
import threading
import time


def interrupt(wait):
    time.sleep(wait)
    os.kill(os.getpid(), signal.SIGINT)


for blocking in (lambda: time.sleep(60), lambda: threading.Event().wait(60),
                 lambda: os.read(os.pipe()[0], 1)):
    sender = threading.Thread(target=interrupt, args=(0.05,))
    sender.start()
    try:
        blocking()
    except KeyboardInterrupt as stop:
        print("caught", repr(stop))
    sender.join()
