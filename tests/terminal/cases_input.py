"""Questions on a terminal: input(), readline, getpass, sessions of Python and of pdb."""

from terminal import Terminal


def _answer(terminal: Terminal, program: str, keys: str, where: str = "read",
            **variables: str) -> None:
    """Types the keys at the prompt `? `."""
    terminal.run(program, **variables)
    terminal.expect("? ")
    terminal.until_waiting(where)
    terminal.type(keys)
    terminal.end(0)


def input_is_edited_by_the_terminal(terminal: Terminal) -> None:
    """Backspace, Ctrl-W and Ctrl-U are the driver's; an arrow key is not."""
    _answer(terminal, "print(ascii(input('? ')))\n",
            "gone\x15two words\x17line\x7f\x7fke\x1b[D\n")


def input_prompts_on_standard_output(terminal: Terminal) -> None:
    """The prompt appears though standard output holds the begin of a line."""
    _answer(terminal, "print('begin ', end='')\nprint(input('? '))\n", "yes\n")


def input_with_error_output_elsewhere(terminal: Terminal) -> None:
    """The prompt goes where standard error does."""
    terminal.run("print(input('? '))\n", redirect="2>/dev/null")
    terminal.until_waiting("read")
    terminal.type("yes\n")
    terminal.end(0)


def input_with_output_elsewhere(terminal: Terminal) -> None:
    """No terminal on both sides: the prompt is part of the output."""
    terminal.run("import sys\nsys.stderr.write('go ')\nprint(input('? '))\n", redirect=">output")
    terminal.expect("go ")
    terminal.type("yes\n")
    terminal.end(0)
    terminal.note((terminal.directory / "output").read_text())


def input_with_readline_is_edited(terminal: Terminal) -> None:
    """Arrow keys, words, Ctrl-A, Ctrl-K, and the history."""
    _answer(terminal, """
import readline
print(readline.get_current_history_length(), readline.get_history_item(1))
readline.add_history('earlier')
print(ascii(input('? ')), readline.get_current_history_length())
""", "one three\x1bbtwo \x01zero \x1b[A\x1b[B\x0bfinally\n", "select")


def input_with_readline_recalls_lines(terminal: Terminal) -> None:
    """The line before comes back with the arrow key and with Ctrl-R."""
    terminal.run("import readline\nfor number in range(3):\n    print(ascii(input(f'{number}? ')))\n")
    for number, keys in enumerate(("first line\n", "\x1b[A again\n", "\x12first\n\n")):
        terminal.expect(f"{number}? ")
        terminal.until_waiting("select")
        terminal.type(keys)
    terminal.end(0)


def readline_completes(terminal: Terminal) -> None:
    """A completer of the program's, called with Tab."""
    _answer(terminal, """
import readline
words = ['apple', 'apricot', 'banana']
readline.set_completer(lambda text, state: ([w for w in words if w.startswith(text)] + [None])[state])
readline.parse_and_bind('tab: complete')
print(input('? '))
""", "ban\tap\t\tr\t\n", "select")


def readline_completes_names(terminal: Terminal) -> None:
    """rlcompleter finds names of __main__."""
    _answer(terminal, """
import readline, rlcompleter
readline.parse_and_bind('tab: complete')
some_long_name = 5
print(input('? '))
""", "some_l\t\n", "select")


def readline_knows_the_terminal(terminal: Terminal) -> None:
    """Keys follow TERM of the launch; the window's size is known."""
    terminal.resize(24, 40)
    _answer(terminal, "import readline\nprint(input('? '))\n",
            "a line that is longer than the forty columns of the window\x01start \x05 end\n",
            "select", TERM="xterm")


def readline_on_a_dumb_terminal(terminal: Terminal) -> None:
    """TERM=dumb: no capabilities."""
    terminal.resize(24, 40)
    _answer(terminal, "import readline\nprint(input('? '))\n",
            "a line that is longer than the forty columns of the window\x01start \x05 end\n",
            "select", TERM="dumb")


def readline_follows_its_initialisation_file(terminal: Terminal) -> None:
    """INPUTRC of the launch."""
    terminal.write("inputrc", '"\\C-x": "macro text"\nset completion-ignore-case on\n')
    _answer(terminal, "import readline\nprint(input('? '))\n", "\x18\n", "select",
            INPUTRC="inputrc")


def readline_and_the_size_of_the_window(terminal: Terminal) -> None:
    """What importing readline changes: variables, SIGWINCH; and a resize while it waits."""
    terminal.run("""
import os, signal
print(signal.getsignal(signal.SIGWINCH), os.environ.get('COLUMNS'), os.environ.get('LINES'))
import ctypes
import readline
C = ctypes.CDLL(None)
C.getenv.restype = ctypes.c_char_p
print(os.environ.get('COLUMNS'), C.getenv(b'COLUMNS'), C.getenv(b'LINES'))
print(signal.getsignal(signal.SIGWINCH))
print(input('? '))
print(C.getenv(b'COLUMNS'), C.getenv(b'LINES'))
""")
    terminal.expect("? ")
    terminal.until_waiting("select")
    terminal.resize(30, 60)
    terminal.until_waiting("select")
    terminal.type("x" * 70 + "\n")
    terminal.end(0)


def size_of_the_window_without_readline(terminal: Terminal) -> None:
    """C's own variables LINES and COLUMNS are not there."""
    terminal.run("""
import ctypes, os, signal, subprocess
C = ctypes.CDLL(None)
C.getenv.restype = ctypes.c_char_p
print(C.getenv(b'COLUMNS'), C.getenv(b'LINES'), signal.getsignal(signal.SIGWINCH))
action = (ctypes.c_long * 20)()
C.sigaction(signal.SIGWINCH, None, action)
print(action[0])
subprocess.run('echo "${COLUMNS-none} ${LINES-none}"', shell=True)
""")
    terminal.end(0)


def password_is_not_shown(terminal: Terminal) -> None:
    """getpass.getpass() through /dev/tty; the echo comes back."""
    before = terminal.settings()
    terminal.run("import getpass\nprint(repr(getpass.getpass('? ')), getpass.getuser() != '')\n"
                 "print(input('more? '))\n", redirect=">output")
    terminal.expect("? ")
    terminal.until_waiting("read")
    terminal.note(terminal.settings() == before)
    terminal.type("secret\n")
    terminal.expect("\n")  # getpass writes it after it has given the echo back
    terminal.until_waiting("read")
    terminal.note(terminal.settings() == before)
    terminal.type("seen\n")
    terminal.end(0)
    terminal.note((terminal.directory / "output").read_text())


def password_is_interrupted(terminal: Terminal) -> None:
    """Ctrl-C at the question: the echo comes back."""
    before = terminal.settings()
    terminal.run("import getpass\nimport sys\nsys.tracebacklimit = 0\ngetpass.getpass('? ')\n")
    terminal.expect("? ")
    terminal.until_waiting("read")
    terminal.type("sec\x03")
    terminal.expect("KeyboardInterrupt")
    terminal.note(terminal.settings() == before)
    terminal.end(-2)


def password_stopped_and_continued(terminal: Terminal) -> None:
    """Ctrl-Z at the question, fg, then the answer."""
    terminal.write("asks.py", "import getpass\nprint(repr(getpass.getpass('? ')))\n")
    terminal.shell()
    terminal.type("$LAUNCH asks.py\n")
    terminal.expect("? ")
    terminal.until_waiting("read")
    terminal.type("\x1a")
    terminal.expect("$ ")
    terminal.type("fg\n")
    terminal.expect("asks.py")
    terminal.until_waiting("read")
    terminal.type("secret\n")
    terminal.expect("'secret'")
    terminal.end_shell()
