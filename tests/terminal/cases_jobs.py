"""Job control: Ctrl-Z and fg, background jobs, nohup. The shell is bash, on the same terminal."""

from terminal import Terminal


def _stop(terminal: Terminal, where: str) -> None:
    """Ctrl-Z, once the foreground job waits."""
    terminal.until_waiting(where)
    terminal.type("\x1a")
    terminal.expect("Stopped")
    terminal.expect("$ ")


def stopped_and_continued_in_sleep(terminal: Terminal) -> None:
    """The sleep is not cut short or repeated by Ctrl-Z and fg."""
    terminal.write("sleeps.py", "import time\nprint('ready')\nstart = time.monotonic()\n"
                   "time.sleep(1.5)\nprint('slept', 1.4 < time.monotonic() - start)\n")
    terminal.shell()
    terminal.type("$LAUNCH sleeps.py\n")
    terminal.expect("ready")
    _stop(terminal, "sleep")
    terminal.type("fg\n")
    terminal.expect("slept")
    terminal.end_shell()


def stopped_and_continued_in_input(terminal: Terminal) -> None:
    """The question stays open; the answer comes after fg."""
    terminal.write("asks.py", "print('answer:', input('? '))\n")
    terminal.shell()
    terminal.type("$LAUNCH asks.py\n")
    terminal.expect("? ")
    _stop(terminal, "read")
    terminal.type("jobs\n")
    terminal.expect("$ ")
    terminal.type("fg\n")
    terminal.expect("asks.py")
    terminal.type("yes\n")
    terminal.expect("answer: yes")
    terminal.end_shell(last_status=0)


def stopped_by_its_own_handler(terminal: Terminal) -> None:
    """SIGTSTP and SIGCONT are handled by the program, as editors do."""
    terminal.write("handles.py", """
import os, signal, time
def stop(number, frame):
    print('about to stop')
    os.kill(os.getpid(), signal.SIGSTOP)
signal.signal(signal.SIGTSTP, stop)
signal.signal(signal.SIGCONT, lambda number, frame: print('continued'))
print('ready', signal.getsignal(signal.SIGTTIN), signal.getsignal(signal.SIGTTOU))
signal.pause()
signal.pause()
print('done')
""")
    terminal.shell()
    terminal.type("$LAUNCH handles.py\n")
    terminal.expect("ready")
    _stop(terminal, "pause")
    terminal.type("fg\n")
    terminal.expect("continued")
    terminal.until_waiting("pause")
    terminal.type("\x03")
    terminal.end_shell(last_status=130)


def background_job_that_reads_is_stopped(terminal: Terminal) -> None:
    """SIGTTIN; after fg the read goes on."""
    terminal.write("reads.py", "print('read', repr(input()))\n")
    terminal.shell()
    terminal.type("$LAUNCH reads.py & wait; jobs; echo sto'pped'\n")
    terminal.expect("stopped\r\n$ ")
    terminal.forget()
    terminal.type("fg\n")
    terminal.expect("reads.py")
    terminal.until_waiting("read")
    terminal.type("a line\n")
    terminal.expect("'a line'")
    terminal.end_shell()


def background_job_that_writes_is_stopped(terminal: Terminal) -> None:
    """stty tostop: SIGTTOU."""
    terminal.write("writes.py", "print('written')\n")
    terminal.shell()
    terminal.type("stty tostop; $LAUNCH writes.py & wait; jobs; echo sto'pped'\n")
    terminal.expect("stopped\r\n$ ")
    terminal.forget()
    terminal.type("fg\n")
    terminal.expect("written")
    terminal.end_shell()


def background_job_goes_on_after_bg(terminal: Terminal) -> None:
    """Ctrl-Z, bg, wait: the status of a background job."""
    terminal.write("works.py", "import sys, time\nprint('ready')\ntime.sleep(1)\nsys.exit(3)\n")
    terminal.shell()
    terminal.type("$LAUNCH works.py\n")
    terminal.expect("ready")
    _stop(terminal, "sleep")
    terminal.type("bg; wait %1; echo status $?\n")
    terminal.expect("status 3")
    terminal.end_shell()


def background_job_of_a_shell_without_job_control(terminal: Terminal) -> None:
    """sh ignores SIGINT and SIGQUIT for it and gives it /dev/null to read."""
    terminal.start(["/bin/sh", "-c", "$LAUNCH -c \"import signal, sys; print(signal.getsignal(2), "
                    "signal.getsignal(3), sys.stdin.isatty(), repr(sys.stdin.read()))\" & wait"])
    terminal.end(0)


def statuses_that_a_shell_reports(terminal: Terminal) -> None:
    """Ctrl-C, kill, exit: what $? is."""
    terminal.write("waits.py", "import time\nprint('ready')\ntime.sleep(60)\n")
    terminal.shell()
    terminal.type("$LAUNCH waits.py; echo status $?\n")
    terminal.expect("ready")
    terminal.until_waiting("sleep")
    terminal.type("\x03")
    terminal.expect("$ ")
    terminal.type("echo status $?\n")
    terminal.expect("status 130")
    terminal.expect("$ ")
    terminal.type("$LAUNCH -c 'import os; os.kill(os.getpid(), 15)'; echo status $?\n")
    terminal.expect("status 143")
    terminal.expect("$ ")
    terminal.type("$LAUNCH -c 'raise SystemExit(42)'; echo status $?\n")
    terminal.expect("status 42")
    terminal.end_shell()


def interrupt_ends_a_shell_script(terminal: Terminal) -> None:
    """A shell goes on after a program that handled Ctrl-C, and stops after one that died of it."""
    terminal.write("dies.py", "import time\nprint('ready')\ntime.sleep(60)\n")
    terminal.write("handles.py", "import time\ntry:\n    print('ready')\n    time.sleep(60)\n"
                   "except KeyboardInterrupt:\n    print('handled')\n")
    terminal.start(["/bin/bash", "-c", "$LAUNCH handles.py; echo goes on; $LAUNCH dies.py; echo no"])
    for expected in ("ready", "ready"):
        terminal.expect(expected)
        terminal.until_waiting("sleep")
        terminal.type("\x03")
    terminal.end(-2)


def nohup_survives_a_hang_up(terminal: Terminal) -> None:
    """SIGHUP stays ignored and output goes to the file."""
    terminal.write("lasts.py", """
import os, signal, sys, time
print(signal.getsignal(signal.SIGHUP), os.isatty(0), os.isatty(1), os.isatty(2))
print(sys.stdout.line_buffering, sys.stderr.line_buffering)
print('ready', file=open('started', 'w'))
while not os.path.exists('gone'):
    time.sleep(0.02)
print('still here')
""")
    terminal.shell()
    terminal.type("nohup $LAUNCH lasts.py & until test -s started; do sleep 0.05; done; echo up\n")
    terminal.expect("up\r\n$ ")
    pid = int(next(line.split()[1] for line in terminal.output.decode().splitlines()
                   if line.startswith("[1] ")))
    terminal.hang_up()
    terminal.process.wait(60)
    terminal.process = None
    terminal.write("gone", "")
    terminal.until_gone(pid)
    terminal.note((terminal.directory / "nohup.out").read_text())


def pipeline_in_the_foreground(terminal: Terminal) -> None:
    """Two launches in one job: one group, one Ctrl-C."""
    terminal.write("gives.py", "import sys, time\nprint('line', flush=True)\ntime.sleep(60)\n")
    terminal.write("takes.py", "import os, sys\nsys.tracebacklimit = 0\ntry:\n"
                   "    print(sys.stdin.readline(), os.getpgrp() == os.tcgetpgrp(1))\n"
                   "    sys.stdin.readline()\nexcept KeyboardInterrupt:\n    print('interrupted')\n")
    terminal.shell()
    terminal.type("$LAUNCH gives.py 2>/dev/null | $LAUNCH takes.py\n")
    terminal.expect("True")
    terminal.until_waiting("sleep")
    terminal.type("\x03")
    terminal.expect("interrupted")
    terminal.end_shell()
