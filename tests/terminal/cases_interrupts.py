"""Ctrl-C, Ctrl-\\ and the end of the terminal, in whatever the program is doing."""

import signal

from terminal import Terminal

INTERRUPTED = -signal.SIGINT


def _interrupt(terminal: Terminal, program: str, where: str, status: int = INTERRUPTED) -> None:
    """Ctrl-C once the program has said `ready` and waits."""
    terminal.run(program)
    terminal.expect("ready")
    terminal.until_waiting(where)
    terminal.type("\x03")
    terminal.end(status)


def ctrl_c_in_sleep(terminal: Terminal) -> None:
    """Nobody catches it: a traceback, and death by the signal."""
    _interrupt(terminal, "import time\nprint('ready')\ntime.sleep(60)\n", "sleep")


def ctrl_c_in_a_read(terminal: Terminal) -> None:
    """A system call in os.read()."""
    _interrupt(terminal, "import os\nprint('ready')\nos.read(0, 100)\n", "read")


def ctrl_c_in_a_line_of_standard_input(terminal: Terminal) -> None:
    """sys.stdin.readline() through all its layers."""
    _interrupt(terminal, "import sys\nprint('ready')\nsys.stdin.readline()\n", "read")


def ctrl_c_in_input(terminal: Terminal) -> None:
    """input() without readline."""
    _interrupt(terminal, "print('ready')\ninput('? ')\n", "read")


def ctrl_c_in_input_with_readline(terminal: Terminal) -> None:
    """input() with readline, which handles the signal itself for a moment."""
    _interrupt(terminal, "import readline\nprint('ready')\ninput('? ')\n", "select")


def ctrl_c_in_a_lock(terminal: Terminal) -> None:
    """Waiting for a lock that nobody gives back."""
    _interrupt(terminal, "import threading\nlock = threading.Lock()\nlock.acquire()\n"
               "print('ready')\nlock.acquire()\n", "lock")


def ctrl_c_in_select(terminal: Terminal) -> None:
    """Waiting for descriptors."""
    _interrupt(terminal, "import select\nprint('ready')\nselect.select([0], [], [])\n", "select")


def ctrl_c_in_a_busy_loop(terminal: Terminal) -> None:
    """Pure Python code."""
    terminal.run("import sys\nsys.tracebacklimit = 0\nprint('ready')\nwhile True: pass\n")
    terminal.expect("ready")
    terminal.type("\x03")
    terminal.end(INTERRUPTED)


def ctrl_c_in_a_command(terminal: Terminal) -> None:
    """-c: the traceback has no source lines before 3.13."""
    terminal.python("-c", "print('ready'); input('? ')")
    terminal.expect("? ")
    terminal.until_waiting("read")
    terminal.type("\x03")
    terminal.end(INTERRUPTED)


def ctrl_c_in_a_module(terminal: Terminal) -> None:
    """-m: the traceback begins in runpy."""
    terminal.write("waits.py", "print('ready')\ninput('? ')\n")
    terminal.python("-m", "waits")
    terminal.expect("? ")
    terminal.until_waiting("read")
    terminal.type("\x03")
    terminal.end(INTERRUPTED)


def ctrl_c_is_caught_again_and_again(terminal: Terminal) -> None:
    """Each one becomes an exception of its own."""
    terminal.run("""
for number in range(3):
    try:
        input(f'{number}? ')
    except KeyboardInterrupt:
        print('caught', number)
""")
    for number in range(3):
        terminal.expect(f"{number}? ")
        terminal.until_waiting("read")
        terminal.type("\x03")
    terminal.end(0)


def ctrl_c_runs_finally_atexit_and_buffers(terminal: Terminal) -> None:
    """What must happen on the way out."""
    _interrupt(terminal, """
import atexit, time
atexit.register(print, 'atexit')
file = open('written', 'w')
file.write('text')
try:
    print('ready')
    time.sleep(60)
finally:
    print('finally')
""", "sleep")
    terminal.note((terminal.directory / "written").read_text())


def ctrl_c_calls_the_programs_handler(terminal: Terminal) -> None:
    """signal.signal(SIGINT, ...); the sleep goes on and the program ends by itself."""
    _interrupt(terminal, """
import signal, sys
def handler(number, frame):
    print('handler', signal.Signals(number).name, frame.f_code.co_name)
    sys.exit(5)
signal.signal(signal.SIGINT, handler)
print('ready')
signal.pause()
""", "pause", 5)


def ctrl_c_with_the_default_action(terminal: Terminal) -> None:
    """SIG_DFL: death without a word."""
    _interrupt(terminal, "import signal, time\nsignal.signal(2, signal.SIG_DFL)\nprint('ready')\n"
               "time.sleep(60)\n", "sleep")


def ctrl_c_during_an_exit_handler(terminal: Terminal) -> None:
    """The interrupt of an exit handler is reported; the status stays."""
    _interrupt(terminal, "import atexit, time\n"
               "@atexit.register\ndef last():\n    print('ready')\n    time.sleep(60)\n", "sleep", 0)


def ctrl_c_stops_asyncio(terminal: Terminal) -> None:
    """asyncio.run() cancels the main task (3.11) and raises."""
    _interrupt(terminal, """
import asyncio, sys
sys.tracebacklimit = 0
async def main():
    print('ready')
    try:
        await asyncio.sleep(60)
    finally:
        print('cancelled')
asyncio.run(main())
""", "select")


def ctrl_c_reaches_a_child_too(terminal: Terminal) -> None:
    """The whole foreground group gets the signal."""
    _interrupt(terminal, """
import subprocess
child = subprocess.Popen(['sleep', '60'])
print('ready')
try:
    child.wait()
except KeyboardInterrupt:
    child.wait()
    print('interrupted')
""", "child", 0)


def ctrl_c_while_a_thread_works(terminal: Terminal) -> None:
    """The main thread is interrupted, the other one is joined before the end."""
    _interrupt(terminal, """
import threading, time
event = threading.Event()
threading.Thread(target=lambda: (event.wait(), print('thread ends'))).start()
try:
    print('ready')
    time.sleep(60)
except KeyboardInterrupt:
    print('interrupted')
    event.set()
""", "sleep", 0)


def ctrl_backslash_kills(terminal: Terminal) -> None:
    """SIGQUIT has its default action."""
    _interrupt_by(terminal, "import time\nprint('ready')\ntime.sleep(60)\n", "\x1c")


def _interrupt_by(terminal: Terminal, program: str, character: str,
                  status: int = -signal.SIGQUIT) -> None:
    terminal.run(program)
    terminal.expect("ready")
    terminal.until_waiting("sleep")
    terminal.type(character)
    terminal.end(status)


def ctrl_backslash_with_faulthandler(terminal: Terminal) -> None:
    """A registered signal prints the stack, then dies."""
    _interrupt_by(terminal, "import faulthandler, signal, time\n"
                  "faulthandler.register(signal.SIGQUIT, chain=True)\n"
                  "print('ready')\ntime.sleep(60)\n", "\x1c")


def hang_up_kills(terminal: Terminal) -> None:
    """The terminal goes away: SIGHUP."""
    terminal.run("import time\nprint('ready')\ntime.sleep(60)\n")
    terminal.expect("ready")
    terminal.until_waiting("sleep")
    terminal.hang_up()
    terminal.end(-signal.SIGHUP)


def hang_up_is_handled(terminal: Terminal) -> None:
    """A handler for SIGHUP; writing to the lost terminal fails, the file is written."""
    terminal.run("""
import signal, sys
def handler(number, frame):
    raise SystemExit(7)
signal.signal(signal.SIGHUP, handler)
try:
    print('ready')
    signal.pause()
finally:
    with open('said', 'w') as file:
        try:
            print('nobody reads this')
        except OSError as error:
            print('error', error.errno, file=file)
        print('read', repr(open(0, closefd=False).read()), file=file)
""")
    terminal.expect("ready")
    terminal.until_waiting("pause")
    terminal.hang_up()
    terminal.end(120)
    terminal.note((terminal.directory / "said").read_text())


def ctrl_d_ends_input(terminal: Terminal) -> None:
    """The end of input, and after it the terminal still works."""
    terminal.run("""
import sys
try:
    input('? ')
except EOFError as error:
    print('end', error)
print(sys.stdin.read().split())
print(repr(sys.stdin.readline()))
""")
    terminal.expect("? ")
    terminal.type("\x04")
    terminal.expect("end")
    terminal.type("some words\n")
    terminal.type("and more\n\x04")
    terminal.expect("more']")
    terminal.type("last\n")
    terminal.end(0)


def signals_ignored_by_the_caller(terminal: Terminal) -> None:
    """trap '' INT QUIT: neither key does anything, and Python says so."""
    terminal.start(["/bin/sh", "-c", "trap '' INT QUIT; exec \"$@\"", "sh", *terminal.launcher, "-c",
                    "import signal; print(*map(signal.getsignal, (1, 2, 3, 20))); input('? ')"])
    terminal.expect("? ")
    terminal.type("\x03\x1c")
    terminal.type("answer\n")
    terminal.end(0)


def signals_blocked_by_the_caller(terminal: Terminal) -> None:
    """A mask is inherited: the interrupt waits until the program unblocks it."""
    terminal.write("blocks.py", "import os, signal, sys\n"
                   "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])\n"
                   "os.execv(sys.argv[1], sys.argv[1:])\n")
    terminal.start(["/usr/bin/python3", "blocks.py", *terminal.launcher, "-c",
                    "import signal; print(signal.pthread_sigmask(signal.SIG_BLOCK, [])); "
                    "input('? '); signal.pthread_sigmask(signal.SIG_SETMASK, [])"])
    terminal.expect("? ")
    terminal.type("\x03")
    terminal.type("answer\n")
    terminal.end(INTERRUPTED)
