"""The program ends while a daemon thread sleeps; a normal thread is waited for."""

import threading
import time


def sleep_long():
    time.sleep(600)
    print("never printed")


def finish_late():
    time.sleep(0.1)
    print("the normal thread ends after the main one")


threading.Thread(target=sleep_long, daemon=True).start()
threading.Thread(target=finish_late).start()
print("main ends")
