"""A launch that is stopped before one of its system calls, so that something can change meanwhile."""

import ctypes
import os
import signal
from collections.abc import Callable
from pathlib import Path

TRACE_ME, CONTINUE, DETACH, SYSTEM_CALL, SET_OPTIONS = 0, 7, 17, 24, 0x4200
MARK_SYSTEM_CALLS, KILL_WITH_TRACER = 1, 1 << 20
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
LIBC.ptrace.restype = ctypes.c_long


def trace(request: int, process: int, data: int = 0) -> None:
    """ptrace(2)."""
    if LIBC.ptrace(request, process, None, data) != 0:
        raise OSError(ctypes.get_errno(), f"ptrace request {request}")


def start(command: list[str], directory: Path, variables: dict[str, str], output: Path) -> int:
    """A traced process that has just been executed."""
    process = os.fork()
    if process == 0:
        try:
            with open(output, "wb") as file:
                os.dup2(file.fileno(), 1)
                os.dup2(file.fileno(), 2)
            os.chdir(directory)
            trace(TRACE_ME, 0)
            os.execve(command[0], command, variables)
        finally:
            os._exit(99)
    _, status = os.waitpid(process, 0)
    if not os.WIFSTOPPED(status):
        raise OSError(f"{command[0]} was not executed: {status}")
    trace(SET_OPTIONS, process, MARK_SYSTEM_CALLS | KILL_WITH_TRACER)
    return process


def number_of_call(process: int) -> int:
    """Of the system call before which a process is stopped."""
    return int(Path(f"/proc/{process}/syscall").read_text().split()[0])


def numbers_of_calls(command: list[str], directory: Path, variables: dict[str, str],
                     output: Path) -> list[int]:
    """The system calls of a whole run, in order."""
    process = start(command, directory, variables, output)
    numbers, inside = [], False
    while True:
        trace(SYSTEM_CALL, process)
        _, status = os.waitpid(process, 0)
        if not os.WIFSTOPPED(status):
            return numbers
        inside = not inside
        if inside:
            numbers.append(number_of_call(process))


def run_stopped(command: list[str], directory: Path, variables: dict[str, str], output: Path,
                calls: int, change: Callable[[], None]) -> tuple[int | None, str]:
    """Lets `calls` system calls begin, makes the change before the last of them is carried out, and
    returns status and output; the status is None where the process has ended before that or has
    executed something else."""
    process = start(command, directory, variables, output)
    begun, inside = 0, False
    while begun < calls:
        trace(SYSTEM_CALL, process)
        _, status = os.waitpid(process, 0)
        if not os.WIFSTOPPED(status):
            return None, output.read_text(errors="replace")
        if os.WSTOPSIG(status) == signal.SIGTRAP | 0x80:
            inside = not inside
            begun += inside
        elif os.WSTOPSIG(status) == signal.SIGTRAP:  # after execve(2): it is plain Python
            trace(DETACH, process)
            os.waitpid(process, 0)
            return None, output.read_text(errors="replace")
    change()
    trace(DETACH, process)
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status), output.read_text(errors="replace")
