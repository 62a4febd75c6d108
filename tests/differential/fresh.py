#!/usr/bin/env python3
"""Launches one image twice and asserts that nothing random repeats.

tests/programs/data/fresh_values.py prints random numbers, keys, names and identifiers;
each line must differ between the two launches. The same once more with both launches in
new pid namespaces, where both have the same pid: generators that renew themselves only
when the pid changes would repeat there. --plain tries plain Python, to test this test.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile

import companion
import programs
from environments import Environment
from run import Tally

PROGRAM = programs.DATA / "fresh_values.py"
PACKAGES = ("numpy", "pandas", "scipy", "sklearn", "cryptography", "django", "flask", "requests",
            "bson", "fsspec", "billiard", "jupyter_client", "aiohttp", "distributed", "yt_dlp")
NAMESPACES = (["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"],
              ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc",
               "--kill-child"])


class LaunchFailed(Exception):
    """A launch that did not print its values."""


def namespace_command() -> tuple[list[str], str]:
    """The command that starts a program in a new pid namespace, or why there is none."""
    if shutil.which("unshare") is None:
        return [], "there is no unshare (Debian package util-linux)"
    said = ""
    for command in NAMESPACES:
        trial = subprocess.run([*command, "true"], capture_output=True, text=True)
        if trial.returncode == 0:
            return command, ""
        said = trial.stderr.strip()
    return [], f"new pid namespaces are not permitted: {said}"


def launch(command: list[str], environment: Environment, directory: str) -> dict[str, str]:
    """The values of one launch by name."""
    packages = [name for name in PACKAGES if name in environment.modules]
    run = subprocess.run([*command, str(PROGRAM), *packages], capture_output=True, text=True,
                         env=environment.clean_environment(), cwd=directory, timeout=120,
                         stdin=subprocess.DEVNULL)
    if run.returncode != 0:
        raise LaunchFailed(f"status {run.returncode}:\n{run.stderr[-2000:]}")
    return dict(line.split("\t", 1) for line in run.stdout.splitlines())


def compare(first: dict[str, str], second: dict[str, str], where: str, tally: Tally) -> None:
    """Prints and counts each value."""
    for name, value in first.items():
        if name == "pid":
            continue
        if second.get(name, value) == value:
            print(f"FAIL  {where}: {name}: both launches have {value[:80]}")
            tally.failed += 1
        else:
            print(f"pass  {where}: {name}")
            tally.passed += 1


def try_twice(command: list[str], environment: Environment, where: str, tally: Tally) -> None:
    """Two launches of one kind. In namespaces the pids must really have been the same."""
    with tempfile.TemporaryDirectory() as directory:
        try:
            first, second = (launch(command, environment, directory) for _ in range(2))
        except (LaunchFailed, subprocess.TimeoutExpired) as error:
            print(f"FAIL  {where}: {error}")
            tally.failed += 1
            return
    compare(first, second, where, tally)
    if command[0] == "unshare" and first["pid"] != second["pid"]:
        print(f"FAIL  {where}: the pids differ: {first['pid']} and {second['pid']}")
        tally.failed += 1


def main() -> int:
    """Tries both kinds of launches in the environments asked for."""
    options = companion.parser_for(__doc__).parse_args()
    tally = Tally()
    namespace, reason = namespace_command()
    if reason:
        print(f"skip  launches with the same pid: {reason}")
        tally.skipped += 1

    def try_environment(environment: Environment, launcher: list[str], _: argparse.Namespace,
                        tally: Tally) -> None:
        try_twice(launcher, environment, environment.name, tally)
        if namespace:
            try_twice([*namespace, *launcher], environment, f"{environment.name}, same pid", tally)

    return companion.try_environments(options, try_environment, tally)


if __name__ == "__main__":
    sys.exit(main())
