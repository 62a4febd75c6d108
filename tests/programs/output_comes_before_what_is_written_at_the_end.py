# mode: script, module, command, stdin, directory
# stderr: stdout
# everywhere: yes
"""The order of standard output and standard error when both go to one place."""

import atexit
import sys


class Noisy:
    def __del__(self):
        sys.stderr.write("a finaliser writes an error\n")


noisy = Noisy()
atexit.register(sys.stderr.write, "an exit function writes an error\n")
atexit.register(print, "an exit function prints")
print("the program prints")
