#!/usr/bin/env python3
"""Sends SIGINT at random moments of a launch.

A launch that is interrupted dies by SIGINT, with a KeyboardInterrupt's traceback or, very early,
without a word; one that was faster has done its work. Anything else is a failure: a crash, a lost
interrupt, another status. Plain Python cannot serve as the measure: its start-up is ten times as
long. --plain tries it all the same, to test this test.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time

import companion
from environments import Environment
from run import Tally

LAUNCHES = 200
LATEST_SECONDS = 0.008
TIMEOUT_SECONDS = 60
PROGRAM = "import json, sys; sys.stdout.write(json.dumps([1, 2])); sys.stdout.flush()"


def interrupt_one(launcher: list[str], environment: Environment, directory: str) -> str | None:
    """What is wrong with one launch that gets a SIGINT."""
    process = subprocess.Popen([*launcher, "-c", PROGRAM], cwd=directory, text=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=environment.clean_environment())
    time.sleep(random.random() * LATEST_SECONDS)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=TIMEOUT_SECONDS)
    finished = process.returncode == 0 and out == "[1, 2]"
    interrupted = process.returncode == -signal.SIGINT
    # While a program ends, CPython reports the interrupt, or what it broke in an exit handler, as
    # ignored, and goes on.
    ignored = finished and "Exception ignored" in err
    expected_words = not err or err.rstrip(" :\n").endswith("KeyboardInterrupt") or ignored
    if (finished or interrupted) and expected_words and "<pysnap" not in err:
        return None
    return f"status {process.returncode}, printed {out!r} {err[-300:]!r}"


def try_environment(environment: Environment, launcher: list[str], options: argparse.Namespace,
                    tally: Tally) -> None:
    """All interrupted launches of one image."""
    with tempfile.TemporaryDirectory() as directory:
        problems = [interrupt_one(launcher, environment, directory)
                    for _ in range(options.launches)]
    companion.count_launches(environment, problems, "interrupted launches end as they should", tally)


def main() -> int:
    """Tries the environments asked for."""
    parser = companion.parser_for(__doc__)
    parser.add_argument("--launches", type=int, default=LAUNCHES, help=f"how many ({LAUNCHES})")
    return companion.try_environments(parser.parse_args(), try_environment)


if __name__ == "__main__":
    sys.exit(main())
