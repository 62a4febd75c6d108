#!/usr/bin/env python3
"""Launches one image a hundred times at once, each launch with an argument of its own.

All processes are kept waiting on one pipe until the last has been started, so they are
alive together. Each must then print what belongs to its argument and its own pid, write
its own file, and end with its own status. --plain tries plain Python, to test this test.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import companion
from environments import Environment
from run import Tally

LAUNCHES = 100
TIMEOUT_SECONDS = 120

# Waits for the end of standard input; then works on memory, a module and a file of its own.
COMMAND = """
import hashlib, json, os, sys
number = int(sys.argv[1])
sys.stdin.read()
table = {n: [n * number] for n in range(2000)}
digest = hashlib.sha256(json.dumps(table).encode()).hexdigest()
with open(f"file-{number}", "w") as file:
    file.write(digest)
print(number, os.getpid(), digest, sum(row[0] for row in table.values()))
sys.exit(number % 7)
"""


def expected(number: int, pid: int) -> str:
    """What the launch with that number prints."""
    text = "{" + ", ".join(f'"{n}": [{n * number}]' for n in range(2000)) + "}"
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{number} {pid} {digest} {number * sum(range(2000))}\n"


def start_all(launcher: list[str], environment: Environment, directory: str,
              launches: int) -> list[subprocess.Popen]:
    """Starts all processes, then opens the gate they wait at."""
    reader, writer = os.pipe()
    try:
        return [subprocess.Popen([*launcher, "-c", COMMAND, str(number)], stdin=reader,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=directory,
                                 env=environment.clean_environment(), text=True)
                for number in range(launches)]
    finally:
        os.close(reader)
        os.close(writer)


def problem_of(number: int, process: subprocess.Popen, directory: str) -> str | None:
    """What is wrong with one launch."""
    try:
        out, err = process.communicate(timeout=TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return f"no end within {TIMEOUT_SECONDS} seconds"
    if process.returncode != number % 7:
        return f"status {process.returncode} instead of {number % 7}: {err.strip()[-500:]}"
    right = expected(number, process.pid)
    if out != right or err:
        return f"printed {out!r} {err!r} instead of {right!r}"
    written = Path(directory, f"file-{number}").read_text()
    return None if written == right.split()[2] else f"wrote {written!r}"


def try_environment(environment: Environment, launcher: list[str], options: argparse.Namespace,
                    tally: Tally) -> None:
    """All launches of one image."""
    before = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        processes = start_all(launcher, environment, directory, options.launches)
        problems = [problem_of(number, process, directory)
                    for number, process in enumerate(processes)]
    seconds = time.monotonic() - before
    companion.count_launches(environment, problems,
                             f"concurrent launches are right ({seconds:.1f} s)", tally)


def main() -> int:
    """Tries the environments asked for."""
    parser = companion.parser_for(__doc__)
    parser.add_argument("--launches", type=int, default=LAUNCHES, help=f"how many ({LAUNCHES})")
    return companion.try_environments(parser.parse_args(), try_environment)


if __name__ == "__main__":
    sys.exit(main())
