"""The three streams on a terminal: what they say of themselves, and how they buffer."""

from terminal import Terminal

_PROPERTIES = """
import os, sys
for descriptor, stream in enumerate((sys.stdin, sys.stdout, sys.stderr)):
    raw = getattr(stream.buffer, 'raw', stream.buffer)
    facts = (os.isatty(descriptor), stream.isatty(), stream.line_buffering, stream.write_through,
             stream.encoding, stream.errors, stream.newlines, stream.name, stream.mode, raw.name,
             raw.mode, raw.isatty(), raw.seekable(), stream.seekable(), stream.readable(),
             stream.writable(), type(stream.buffer).__name__, stream.closed, raw.closefd)
    print(*facts, file=sys.__stderr__ if '2' in sys.argv[1:] else sys.__stdout__)
print(sys.stdout is sys.__stdout__, sys.stdin is sys.__stdin__, sys.stderr is sys.__stderr__)
"""


def properties_of_the_streams(terminal: Terminal) -> None:
    """All three are the terminal."""
    terminal.run(_PROPERTIES)
    terminal.end(0)


def properties_when_unbuffered(terminal: Terminal) -> None:
    """PYTHONUNBUFFERED on a terminal."""
    terminal.run(_PROPERTIES, PYTHONUNBUFFERED="1")
    terminal.end(0)


def properties_with_output_to_a_file(terminal: Terminal) -> None:
    """Standard input and error stay on the terminal."""
    terminal.run(_PROPERTIES, redirect=">output")
    terminal.end(0)
    terminal.note((terminal.directory / "output").read_text())


def properties_with_output_to_a_pipe(terminal: Terminal) -> None:
    """As in a pipeline; the facts go to the terminal through standard error."""
    terminal.run(_PROPERTIES, "2", redirect="| cat >/dev/null")
    terminal.end(0)


def properties_with_input_from_nowhere(terminal: Terminal) -> None:
    """Standard input is /dev/null."""
    terminal.run(_PROPERTIES, redirect="</dev/null")
    terminal.end(0)


def properties_of_the_terminal_opened_again(terminal: Terminal) -> None:
    """Standard input and output are opened for reading and writing by name."""
    terminal.run(_PROPERTIES, redirect="<>/dev/tty >/dev/tty 2>&1")
    terminal.end(0)


def lines_appear_at_once(terminal: Terminal) -> None:
    """Standard output is line-buffered: a line is seen, the beginning of one is not."""
    terminal.run("""
import os, sys
print('first')
print('begin', end='')
os.write(1, b'[direct]')
print('-end')
sys.stdout.write('two\\nthree ')
os.write(1, b'[direct]\\n')
print('error begins', end=' ', file=sys.stderr)
os.write(1, b'[direct]\\n')
""")
    terminal.end(0)


def lines_wait_when_output_is_a_file(terminal: Terminal) -> None:
    """Not so when standard output is a file and only the rest is a terminal."""
    terminal.run("import os\nprint('first')\nos.write(1, b'[direct]\\n')\nprint('last')\n",
                 redirect=">output")
    terminal.end(0)
    terminal.note((terminal.directory / "output").read_text())


def tabs_new_lines_and_other_characters(terminal: Terminal) -> None:
    """What is typed and printed beyond ASCII; lone surrogates cannot be printed."""
    terminal.run("""
line = input('Größe? ')
print(ascii(line), line, '\\u20ac', '\\N{SNOWMAN}\\tend')
try:
    print('\\udc80')
except UnicodeEncodeError as error:
    print(error)
""")
    terminal.expect("? ")
    terminal.type("äöü €\t1\n")
    terminal.end(0)


def input_in_small_pieces(terminal: Terminal) -> None:
    """read(), readline() and iteration on a terminal return line by line."""
    terminal.run("""
import sys
print('ready')
print(repr(sys.stdin.read(3)), repr(sys.stdin.readline()))
print(repr(sys.stdin.buffer.raw.read(100)))
for line in sys.stdin:
    print('line', repr(line))
    if line == 'stop\\n':
        break
print(repr(sys.stdin.read(0)))
""")
    terminal.expect("ready")
    terminal.until_waiting("read")
    terminal.type("one two\n")
    terminal.expect(" two\\n")
    terminal.until_waiting("read")
    terminal.type("raw line\n")
    terminal.expect("raw line\\n")
    terminal.type("three\n")
    terminal.expect("'three\\n'")
    terminal.type("stop\n")
    terminal.expect("'stop\\n'")
    terminal.end(0)


def script_from_standard_input(terminal: Terminal) -> None:
    """`-` with a file: the script's own input() reads from the same file."""
    terminal.write("script.py", "import os, sys\nprint(__name__, sys.argv, os.isatty(0))\n"
                   "print(open('/dev/tty').readline())\n")
    terminal.python("-", "argument", redirect="<script.py")
    terminal.expect("argument")
    terminal.type("from the terminal\n")
    terminal.end(0)


def names_of_the_terminal(terminal: Terminal) -> None:
    """ttyname, ctermid, process groups and the session."""
    terminal.run("""
import os
print(os.ttyname(0) == os.ttyname(1) == os.ttyname(2), os.ctermid())
print(os.tcgetpgrp(0) == os.getpgrp() == os.getpid() == os.getsid(0))
print(os.fstat(0).st_rdev == os.stat(os.ttyname(0)).st_rdev)
with open('/dev/tty', 'w') as file:
    print(file.isatty(), file.line_buffering, os.device_encoding(0), file=file)
""")
    terminal.end(0)


def children_have_the_terminal(terminal: Terminal) -> None:
    """subprocess, fork, multiprocessing and pty.spawn."""
    terminal.run("""
import multiprocessing, os, pty, subprocess, sys
def inside():
    print('worker', os.isatty(1), sys.stdout.line_buffering)
if __name__ == '__main__':
    subprocess.run([sys.executable, '-c', 'import sys; print(sys.stdin.isatty(), input("? "))'])
    if os.fork() == 0:
        print('child', os.tcgetpgrp(0) == os.getpgrp())
        os._exit(0)
    os.wait()
    for method in ('fork', 'spawn'):
        worker = multiprocessing.get_context(method).Process(target=inside)
        worker.start()
        worker.join()
    print('status', pty.spawn([sys.executable, '-c', 'import os; print(os.isatty(0))'],
                              lambda descriptor: os.read(descriptor, 100)))
""")
    terminal.expect("? ")
    terminal.type("typed\n")
    terminal.end(0)


def child_gets_the_foreground(terminal: Terminal) -> None:
    """A program that acts as a shell: own group for the child, tcsetpgrp there and back."""
    terminal.run("""
import os, signal, subprocess, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
child = subprocess.Popen(['cat'],
                         preexec_fn=lambda: (os.setpgrp(), os.tcsetpgrp(0, os.getpid())))
print('ready')
print('status', child.wait())
os.tcsetpgrp(0, os.getpgrp())
print(input('? '))
""")
    terminal.expect("ready")
    terminal.type("to cat\n")
    terminal.expect("to cat\r\nto cat")
    terminal.type("\x03")
    terminal.expect("? ")
    terminal.type("to Python\n")
    terminal.end(0)


def locale_without_utf8(terminal: Terminal) -> None:
    """LC_ALL=C on a terminal: Python coerces the locale."""
    terminal.run(_PROPERTIES, LC_ALL="C")
    terminal.end(0)


def encoding_by_variable(terminal: Terminal) -> None:
    """PYTHONIOENCODING for all three streams."""
    terminal.run(_PROPERTIES, PYTHONIOENCODING="latin-1:backslashreplace")
    terminal.end(0)


def replaced_streams_at_exit(terminal: Terminal) -> None:
    """A wrapper of the program's around standard output is flushed at the end."""
    terminal.run("""
import io, sys
sys.stdout = io.TextIOWrapper(sys.stdout.detach(), line_buffering=False)
print('late')
sys.stderr.write('early\\n')
""")
    terminal.end(0)
