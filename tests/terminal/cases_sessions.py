"""Interactive Python, pdb and cmd on a terminal. TERM is vt100 and the REPL the basic one."""

from terminal import Terminal


def _talk(terminal: Terminal, prompt: str, lines: list[str], where: str = "input") -> None:
    """Types each line at the prompt."""
    for line in lines:
        terminal.expect(prompt)
        terminal.until_waiting(where)
        terminal.type(line + "\n")


def python_without_arguments(terminal: Terminal) -> None:
    """The interactive session: banner, values, an error, the end by Ctrl-D."""
    terminal.python()
    _talk(terminal, ">>> ", ["1 + 1", "import sys; sys.argv, sys.flags.interactive", "unknown", "_"])
    terminal.expect(">>> ")
    terminal.until_waiting("input")
    terminal.type("\x04")
    terminal.end(0)


def python_with_a_dash(terminal: Terminal) -> None:
    """`-` with a terminal on standard input is a session too."""
    terminal.python("-", "argument")
    _talk(terminal, ">>> ", ["import sys; sys.argv", "exit(4)"])
    terminal.end(4)


def interrupt_in_a_session(terminal: Terminal) -> None:
    """Ctrl-C at the prompt and in a statement; the session goes on."""
    terminal.python("-q")
    terminal.expect(">>> ")
    terminal.until_waiting("input")
    terminal.type("unfinished\x03")
    terminal.expect("KeyboardInterrupt")
    _talk(terminal, ">>> ", ["import signal; signal.pause()"])
    terminal.until_waiting("pause")
    terminal.type("\x03")
    _talk(terminal, ">>> ", ["exit()"])
    terminal.end(0)


def session_after_a_script(terminal: Terminal) -> None:
    """-i: the names of the script are there."""
    terminal.write("script.py", "name = 'value'\nprint(__name__)\n")
    terminal.python("-i", "script.py", "argument")
    _talk(terminal, ">>> ", ["name, __name__, __file__", "raise SystemExit(3)"])
    terminal.end(3)


def session_after_an_error(terminal: Terminal) -> None:
    """-i -c with an exception: the traceback, then the session with sys.last_value."""
    terminal.python("-i", "-c", "1 / 0")
    _talk(terminal, ">>> ", ["import sys; sys.last_type", "exit()"])
    terminal.end(0)


def session_by_variable(terminal: Terminal) -> None:
    """PYTHONINSPECT of the caller."""
    terminal.run("name = 'value'\n", PYTHONINSPECT="1")
    _talk(terminal, ">>> ", ["name", "exit()"])
    terminal.end(0)


def session_asked_for_by_the_script(terminal: Terminal) -> None:
    """A script that sets PYTHONINSPECT gets a session at its end."""
    terminal.run("import os\nname = 'value'\nos.environ['PYTHONINSPECT'] = '1'\nprint('end')\n")
    _talk(terminal, ">>> ", ["name", "exit(6)"])
    terminal.end(6)


def session_asked_for_before_an_exit(terminal: Terminal) -> None:
    """The same with sys.exit(): there is no session, and the status is its own."""
    terminal.run("import os, sys\nos.environ['PYTHONINSPECT'] = '1'\nsys.exit('leaving')\n")
    terminal.end(1)


def console_of_the_program(terminal: Terminal) -> None:
    """code.interact() within a program, without readline."""
    terminal.run("import code\ncode.interact('banner', local={'x': 7}, exitmsg='leaving')\n"
                 "print('after')\n")
    _talk(terminal, ">>> ", ["x * 6", "for i in range(2): print(i)"])
    terminal.expect("... ")
    terminal.type("\n")
    terminal.expect(">>> ")
    terminal.type("\x04")
    terminal.end(0)


def debugger_run_as_a_module(terminal: Terminal) -> None:
    """python -m pdb: break, step, print, list, continue."""
    terminal.write("script.py", "def double(n):\n    result = n * 2\n    return result\n"
                   "total = 0\nfor i in range(3):\n    total += double(i)\nprint('total', total)\n")
    terminal.python("-m", "pdb", "script.py")
    _talk(terminal, "(Pdb) ", ["break 2", "continue", "p n, __name__", "next", "list", "where",
                               "clear 1", "up", "p total", "continue", "quit"])
    terminal.end(0)


def debugger_at_a_breakpoint(terminal: Terminal) -> None:
    """breakpoint() in a script; the program ends by quit."""
    terminal.run("def inner(value):\n    breakpoint()\n    print('after', value)\n    return 1\n"
                 "inner(5)\nbreakpoint()\nprint('end')\n")
    _talk(terminal, "(Pdb) ", ["p value", "value = 6", "!print(value + 1)", "continue", "where",
                               "quit"])
    terminal.end(1)


def debugger_is_interrupted(terminal: Terminal) -> None:
    """Ctrl-C while the debugged program runs brings the debugger back."""
    terminal.write("script.py", "import signal\nprint('ready')\nsignal.pause()\nprint('on')\n")
    terminal.python("-m", "pdb", "-c", "continue", "script.py")
    terminal.expect("ready")
    terminal.until_waiting("pause")
    terminal.type("\x03")
    _talk(terminal, "(Pdb) ", ["where", "quit"])
    terminal.end(0)


def command_interpreter(terminal: Terminal) -> None:
    """cmd.Cmd, which uses readline where it is there."""
    terminal.run("""
import cmd
class Shell(cmd.Cmd):
    prompt = '> '
    def do_greet(self, name):
        'greet NAME'
        print('hello', name)
    def do_quit(self, _):
        return True
Shell().cmdloop('welcome')
""")
    _talk(terminal, "> ", ["greet you", "help greet", "gr\tthem", "quit"])
    terminal.end(0)


def password_in_a_pipeline(terminal: Terminal) -> None:
    """Standard input is a pipe, the question still goes to the terminal."""
    terminal.write("asks.py", "import getpass, sys\nprint(sys.stdin.read().split())\n"
                   "print(getpass.getpass('? '))\n")
    terminal.start(["/bin/sh", "-c", "echo piped words | $LAUNCH asks.py"])
    terminal.expect("? ")
    terminal.until_waiting("read")
    terminal.type("secret\n")
    terminal.end(0)


def pager_shows_documentation(terminal: Terminal) -> None:
    """help() with a pager of the caller's."""
    terminal.python("-c", "help('builtins.callable')", PAGER="cat")
    terminal.end(0)
