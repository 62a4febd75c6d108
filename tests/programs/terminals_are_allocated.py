"""A pseudo-terminal: sizes, modes, and a child that sees a terminal."""

import fcntl
import os
import pty
import struct
import sys
import termios
import tty

controller, terminal = os.openpty()
print(os.isatty(terminal), os.isatty(1), os.ttyname(terminal).startswith("/dev/pts/"))
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 101, 0, 0))
print(os.get_terminal_size(controller))
tty.setraw(terminal)
os.write(controller, b"raw\x03")
print(os.read(terminal, 10), termios.tcgetattr(terminal)[3] & termios.ECHO)
sys.stdout.flush()
pid, master = pty.fork()
if pid == 0:
    print("child:", os.isatty(0), os.isatty(1), input("question? "), "done", flush=True)
    input()  # what is still in the terminal when its last user leaves can be lost
    os._exit(3)
os.write(master, b"answer\n")
output = b""
while b"done" not in output:
    output += os.read(master, 1000)
os.write(master, b"\n")
print(sorted(output.split()), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
