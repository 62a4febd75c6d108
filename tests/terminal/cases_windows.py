"""Window size, terminal modes, and full-screen programs."""

from terminal import Terminal


def size_of_the_window(terminal: Terminal) -> None:
    """os and shutil agree with the terminal; variables win in shutil."""
    terminal.resize(33, 101)
    terminal.run("""
import os, shutil
print(os.get_terminal_size(), os.get_terminal_size(0), shutil.get_terminal_size())
os.environ['COLUMNS'] = '55'
print(shutil.get_terminal_size())
print(sorted(set(os.environ) & {'LINES', 'TERM', 'COLUMNS'}))
""")
    terminal.end(0)


def size_follows_the_window(terminal: Terminal) -> None:
    """SIGWINCH reaches a handler, and a waiting input() goes on."""
    terminal.run("""
import os, signal
print(signal.getsignal(signal.SIGWINCH))
def handler(number, frame):
    print('size', *os.get_terminal_size())
signal.signal(signal.SIGWINCH, handler)
print('answer', input('? '))
""")
    terminal.expect("? ")
    for rows, columns in ((40, 132), (10, 20)):
        terminal.until_waiting("read")
        terminal.resize(rows, columns)
        terminal.expect(f"size {columns} {rows}")
    terminal.type("yes\n")
    terminal.end(0)


def size_is_used_by_argparse(terminal: Terminal) -> None:
    """Help texts are folded to the width of the window."""
    terminal.resize(24, 40)
    terminal.run("""
import argparse, os, textwrap
parser = argparse.ArgumentParser(prog='tool', description='A description that is longer than a line')
parser.add_argument('--option', help='help that needs more than one line in a small window')
parser.print_help()
""")
    terminal.end(0)


def window_changes_while_stopped(terminal: Terminal) -> None:
    """The size after fg is the new one."""
    terminal.write("shows.py", "import os\ninput('? ')\nprint('size', *os.get_terminal_size())\n")
    terminal.shell()
    terminal.type("$LAUNCH shows.py\n")
    terminal.expect("? ")
    terminal.until_waiting("read")
    terminal.type("\x1a")
    terminal.expect("$ ")
    terminal.resize(50, 66)
    terminal.type("fg\n")
    terminal.expect("shows.py")
    terminal.type("\n")
    terminal.expect("size 66 50")
    terminal.end_shell()


def raw_mode_is_left_as_found(terminal: Terminal) -> None:
    """tty.setraw() and back; keys arrive one by one and Ctrl-C is a character."""
    before = terminal.settings()
    terminal.run("""
import os, sys, termios, tty
before = termios.tcgetattr(0)
try:
    tty.setraw(0)
    os.write(1, b'ready')
    for number in range(3):
        os.write(1, repr(os.read(0, 1)).encode())
finally:
    termios.tcsetattr(0, termios.TCSADRAIN, before)
print('done')
""")
    terminal.expect("ready")
    for key in ("x", "\x03", "\x1a"):
        terminal.type(key)
        terminal.expect("'")
        terminal.expect("'")
    terminal.expect("done")
    terminal.note(terminal.settings() == before)
    terminal.end(0)


def modes_stay_after_an_ordinary_program(terminal: Terminal) -> None:
    """A launch changes nothing of the terminal."""
    before = terminal.settings()
    terminal.run("import termios\nprint(termios.tcgetattr(1)[:4])\ninput('? ')\n")
    terminal.expect("? ")
    terminal.note(terminal.settings() == before)
    terminal.type("\n")
    terminal.end(0)


def modes_left_by_a_killed_program(terminal: Terminal) -> None:
    """What a program leaves is left: the mode of cbreak and no echo."""
    terminal.run("import os, tty\ntty.setcbreak(0)\nprint('ready')\nos.read(0, 1)\n")
    terminal.expect("ready")
    terminal.until_waiting("read")
    terminal.note(terminal.settings())
    terminal.type("\x03")
    terminal.end(-2)


def full_screen_with_curses(terminal: Terminal) -> None:
    """curses.wrapper(): size, keys, and the terminal given back."""
    before = terminal.settings()
    terminal.run("""
import curses
def main(screen):
    screen.addstr(2, 4, 'size %d %d' % screen.getmaxyx())
    screen.addstr(4, 4, 'ready', curses.A_BOLD)
    screen.refresh()
    keys = [screen.getkey() for _ in range(3)]
    return keys
print(curses.wrapper(main), curses.termname())
""")
    terminal.expect("ready")
    terminal.until_waiting("input")
    terminal.type("a")
    terminal.until_waiting("input")
    terminal.type("\x1bOA")
    terminal.until_waiting("input")
    terminal.type("q")
    terminal.expect("vt100")
    terminal.note(terminal.settings() == before)
    terminal.end(0)


def full_screen_interrupted(terminal: Terminal) -> None:
    """Ctrl-C in curses: the screen is given back, then the traceback."""
    before = terminal.settings()
    terminal.run("import curses\ncurses.wrapper(lambda screen: (screen.addstr('ready'), "
                 "screen.getch()))\n")
    terminal.expect("ready")
    terminal.until_waiting("input")
    terminal.type("\x03")
    terminal.expect("KeyboardInterrupt")
    terminal.note(terminal.settings() == before)
    terminal.end(-2)
