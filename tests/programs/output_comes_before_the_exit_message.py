# mode: script, module, command, stdin
# stderr: stdout
# status: 1
# everywhere: yes
"""What a program has printed stands before the message it exits with, where CPython writes it so."""

import sys

print("the program prints")
sys.exit("and says why it ends")
