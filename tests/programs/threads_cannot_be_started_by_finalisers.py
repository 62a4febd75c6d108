# python: >=3.12
# everywhere: yes
"""A finaliser at the end of the interpreter that starts a thread gets an error."""

import threading


class Last:
    def __del__(self):
        try:
            start()
        except RuntimeError as error:
            print(type(error).__name__, error)


start = threading.Thread(target=print, args=("never",)).start
last = Last()
print("end of the program")
