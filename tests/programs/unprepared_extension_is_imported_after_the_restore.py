# everywhere: yes
"""Extension modules that no image prepares: loaded from their files by this process."""

import _ctypes_test
import curses
import curses.ascii
import readline

print(curses.ascii.ctrl("a") == "\x01", curses.A_BOLD, curses.COLOR_RED)
try:
    curses.setupterm("no-such-terminal", 1)
except curses.error as error:
    print(error)
readline.add_history("one")
readline.add_history("two")
print(readline.get_current_history_length(), readline.get_history_item(2))
print(_ctypes_test.__name__, _ctypes_test.__file__.endswith(".so"))
