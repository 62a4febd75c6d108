# everywhere: yes
"""Once exit functions have run, a daemon thread gets no more turns; finalisers may take their time."""

import atexit
import threading
import time


class Last:
    def __del__(self):
        before = len(turns)
        sleep(0.2)
        print("turns while the finaliser waited:", len(turns) - before)


def take_turns():
    while True:
        turns.append(None)
        sleep(0.001)


def see_turns():
    before = len(turns)
    sleep(0.1)
    print("turns while an exit function waited:", len(turns) > before)


sleep = time.sleep
turns = []
last = Last()
atexit.register(see_turns)
threading.Thread(target=take_turns, daemon=True).start()
print("end of the program")
