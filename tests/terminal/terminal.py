"""A program on a pseudo-terminal: what is typed, what appears, how it ends.

The terminal is the controlling one of a session of its own, so that its control characters become
signals and job control works. Everything seen is written down; the two transcripts of a case, plain
Python's and the image's, are compared by sessions.py.
"""

import contextlib
import fcntl
import os
import re
import select
import shlex
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping
from pathlib import Path

import launches

TIMEOUT_SECONDS = 30
ROWS, COLUMNS = 24, 80

# Where a process can be waiting; numbers of asm/unistd_64.h. Python 3.10 sleeps in select().
SYSTEM_CALLS = {"read": {0}, "sleep": {23, 35, 230, 270},
                "select": {7, 23, 232, 270, 271, 281}, "lock": {202}, "child": {61, 247}, "pause": {34, 130}}
SYSTEM_CALLS["input"] = SYSTEM_CALLS["read"] | SYSTEM_CALLS["select"]

# What shells and tracebacks say with a number that varies.
VARYING = ((re.compile(rb"\[(\d+)\] \d+"), rb"[\1] PID"),
           (re.compile(rb"job (\d+)\[\d+\]"), rb"job \1[PID]"),
           (re.compile(rb"0x[0-9a-f]{6,}"), rb"ADDRESS"))


class Unexpected(Exception):
    """What did not happen on the terminal."""


class Terminal:
    """One side of a case: a launcher, a directory, and the terminal its programs run on."""

    def __init__(self, launcher: list[str], version: tuple[int, int],
                 environment: Mapping[bytes, bytes], directory: Path) -> None:
        self.launcher = launcher
        self.version = version
        self.directory = directory
        self.environment = {**environment, b"TERM": b"vt100", b"PS1": b"$ ",
                            b"PYTHON_BASIC_REPL": b"1", b"HISTFILE": b"",
                            b"LAUNCH": os.fsencode(shlex.join(launcher))}
        self.process: subprocess.Popen | None = None
        self.output = b""
        self.seen = 0  # expect() looks behind this point
        self.notes: list[str] = []
        self.controller, self.terminal = os.openpty()
        self.resize(ROWS, COLUMNS)

    # Starting.

    def write(self, name: str, text: str) -> str:
        """A file in the directory of the case; returns its name."""
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / name).write_text(text)
        return name

    def run(self, program: str, *arguments: str, redirect: str = "",
            **variables: str) -> None:
        """Starts the text of a script; `redirect` is in the language of the shell."""
        self.write("program.py", program)
        self.python("program.py", *arguments, redirect=redirect, **variables)

    def python(self, *arguments: str, redirect: str = "", **variables: str) -> None:
        """Starts the launcher with these arguments."""
        self.start(["/bin/sh", "-c", f'exec "$@" {redirect}', "sh", *self.launcher, *arguments],
                   **variables)

    def shell(self) -> None:
        """Starts an interactive shell with job control; $LAUNCH is the launcher."""
        self.start(["/bin/bash", "--norc", "--noprofile", "--noediting", "-i"])
        self.expect("$ ")

    def start(self, command: list[str], **variables: str) -> None:
        """Starts a command as the leader of a session that has the terminal."""
        self.directory.mkdir(parents=True, exist_ok=True)
        extra = {os.fsencode(name): os.fsencode(value) for name, value in variables.items()}
        self.process = subprocess.Popen(
            ["/usr/bin/setsid", "--ctty", *command], stdin=self.terminal, stdout=self.terminal,
            stderr=self.terminal, cwd=self.directory, env={**self.environment, **extra})
        os.close(self.terminal)
        self.terminal = -1

    # Watching.

    def read_some(self, seconds: float) -> bool:
        """Adds what appears within the time; False at the end of the terminal."""
        if not select.select([self.controller], [], [], max(seconds, 0))[0]:
            return True
        try:
            data = os.read(self.controller, 65536)
        except OSError:  # EIO: nobody has the terminal open any more
            return False
        self.output += data
        return bool(data)

    def expect(self, text: str) -> None:
        """Waits until the text appears."""
        wanted = text.encode()
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            found = self.output.find(wanted, self.seen)
            if found >= 0:
                self.seen = found + len(wanted)
                return
            if time.monotonic() > deadline or not self.read_some(deadline - time.monotonic()):
                raise Unexpected(f"{text!r} did not appear")

    @property
    def foreground(self) -> int:
        """The process group that the terminal belongs to."""
        return os.tcgetpgrp(self.controller)

    def forget(self) -> None:
        """Leaves out of the transcript what has appeared: how often bash tells varies."""
        if b"Stopped" not in self.output:
            raise Unexpected("the job did not stop")
        self.output, self.seen = b"", 0

    def until_waiting(self, where: str) -> None:
        """Waits until the leader of the foreground, or a child of it, is in such a system call."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        text = ""
        while time.monotonic() < deadline:
            self.read_some(0.002)
            leader = self.foreground
            with contextlib.suppress(OSError):
                children = Path(f"/proc/{leader}/task/{leader}/children").read_text().split()
                for process in (leader, *children):
                    text = Path(f"/proc/{process}/syscall").read_text()
                    number = text.split()[0]
                    if number.isdigit() and int(number) in SYSTEM_CALLS[where]:
                        return
        raise Unexpected(f"the process never waited in {where}; it is in {text!r}")

    def until_gone(self, pid: int) -> None:
        """Waits for the end of a process that is not our child."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while Path(f"/proc/{pid}").exists():
            if "Z" in (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() or "Z")[0]:
                return
            if time.monotonic() > deadline:
                raise Unexpected(f"process {pid} does not end")
            time.sleep(0.01)

    # Acting.

    def type(self, text: str) -> None:
        """Types a text; control characters act as on a keyboard."""
        os.write(self.controller, text.encode())

    def resize(self, rows: int, columns: int) -> None:
        """Changes the size of the window."""
        fcntl.ioctl(self.controller, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def settings(self) -> str:
        """Input, output and local modes of the terminal."""
        return str(termios.tcgetattr(self.controller)[:4])

    def note(self, text: object) -> None:
        """Writes a line of the test's own into the transcript."""
        self.notes.append(str(text))

    def hang_up(self) -> None:
        """Takes the terminal away."""
        os.close(self.controller)
        self.controller = -1

    def end(self, status: int) -> None:
        """Reads to the end and checks the status of what was started."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while self.controller >= 0 and self.read_some(deadline - time.monotonic()):
            if time.monotonic() > deadline:
                raise Unexpected("no end")
        try:
            got = self.process.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            raise Unexpected("no end") from None
        self.process = None
        self.note(launches.describe_status(got))
        if got != status:
            raise Unexpected(f"{launches.describe_status(got)} instead of "
                             f"{launches.describe_status(status)}")

    def end_shell(self, last_status: int | None = None) -> None:
        """Waits for the prompt, compares the status of the last command, and leaves the shell."""
        self.expect("$ ")
        if last_status is not None:
            self.type("echo status $?\n")
            self.expect(f"status {last_status}\r\n")
            self.expect("$ ")
        self.type("exit 0\n")
        self.end(0)

    # Afterwards.

    def close(self) -> None:
        """Kills what is left of the session and gives the terminal back."""
        if self.process is not None and self.process.poll() is None:
            for group in {self.foreground_or(self.process.pid), self.process.pid}:
                with contextlib.suppress(OSError):
                    os.killpg(group, signal.SIGKILL)
            self.process.wait()
        for descriptor in (self.controller, self.terminal):
            if descriptor >= 0:
                os.close(descriptor)
        self.controller = self.terminal = -1

    def foreground_or(self, other: int) -> int:
        """The foreground group, as far as there is one."""
        try:
            return self.foreground or other
        except OSError:
            return other

    def transcript(self) -> list[str]:
        """Everything that appeared, then the notes; numbers that vary are replaced."""
        text = self.output
        for pattern, replacement in VARYING:
            text = pattern.sub(replacement, text)
        shown = text.decode("utf-8", "backslashreplace").split("\n")
        return [line.replace("\r", "\\r").replace("\x1b", "\\e") for line in shown] + self.notes
