#!/usr/bin/env python3
"""Runs sessions on a pseudo-terminal under plain Python and from an image, and compares.

Each case of the files cases_*.py is a function that starts something on a terminal, types, and says
what must appear and how it must end. It runs twice at the same path, first with plain Python, then
with `pysnap-run --image IMAGE`; both must do what the case says, and what appeared on the terminal
must be equal.

    tests/terminal/sessions.py
    tests/terminal/sessions.py --environment debian-stdlib --case 'ctrl_c_*' --keep

--plain-twice compares plain Python with itself. The images hold what those of tests/differential do,
and the modules that deal with terminals.
"""

import argparse
import difflib
import fnmatch
import importlib
import resource
import shutil
import sys
import time
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "differential")]

# pylint: disable=wrong-import-position
import environments  # noqa: E402
import images  # noqa: E402
from environments import Environment, Unavailable  # noqa: E402
from run import Tally, chosen_environments  # noqa: E402
from terminal import Terminal, Unexpected  # noqa: E402

CASES = environments.REPOSITORY / "build" / "terminal"
EXCERPT_LINES = 40
KNOWN = tomllib.loads((HERE / "known_differences.toml").read_text())
MODULES = ["readline", "rlcompleter", "curses", "pdb", "cmd", "code", "codeop", "pydoc"]


def all_cases(patterns: list[str]) -> dict[str, Callable[[Terminal], None]]:
    """The functions of the case files, by name."""
    found = {}
    for path in sorted(HERE.glob("cases_*.py")):
        module = importlib.import_module(path.stem)
        found |= {name: value for name, value in vars(module).items()
                  if getattr(value, "__module__", "") == path.stem and not name.startswith("_")
                  and callable(value)}
    return {name: case for name, case in found.items()
            if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)}


def one_side(case: Callable[[Terminal], None], terminal: Terminal) -> list[str]:
    """Runs the case on a terminal; returns what went against it."""
    try:
        case(terminal)
    except Unexpected as error:
        return [str(error)]
    finally:
        terminal.close()
    return []


def run_case(name: str, case: Callable[[Terminal], None], environment: Environment,
             launcher: list[str], options: argparse.Namespace) -> list[str]:
    """Both sides; returns lines that say what is wrong."""
    directory = CASES / environment.name / name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    transcripts, problems = [], []
    for side, start in (("plain", [str(environment.python)]), ("image", launcher)):
        terminal = Terminal(start, environment.version, environment.clean_environment(),
                            directory / "scratch")
        problems += [f"{side}: {what}" for what in one_side(case, terminal)]
        if (directory / "scratch").exists():
            (directory / "scratch").rename(directory / side)
        transcripts.append(terminal.transcript())
        (directory / f"{side}.transcript").write_text("\n".join(transcripts[-1]) + "\n")
    diff = list(difflib.unified_diff(*transcripts, "plain", "image", lineterm="", n=2))
    problems += diff[:EXCERPT_LINES]
    reason = None if options.plain_twice else KNOWN.get(name)
    if reason:
        return [] if problems else [f"no longer differs; known_differences.toml says: {reason}"]
    if problems and not diff:
        problems += ["the transcript of both:", *transcripts[0][-EXCERPT_LINES:]]
    if not problems and not options.keep:
        shutil.rmtree(directory)
    return problems


def report(name: str, environment: Environment, problems: list[str], seconds: float,
           tally: Tally) -> None:
    """The case's line, and for a failed one what differs and how to repeat it."""
    known = "" if problems else KNOWN.get(name, "")
    print(f"{'FAIL' if problems else 'pass'}  {environment.name}: {name} ({seconds:.1f} s)"
          f"{known and f': differs as known: {known}'}", flush=True)
    tally.failed += bool(problems)
    tally.passed += not problems
    if problems:
        for line in problems:
            print("      " + line)
        print(f"      kept:   {CASES / environment.name / name}")
        print(f"      repeat: tests/terminal/sessions.py --keep --environment "
              f"{environment.name.removeprefix('terminal-')} "
              f"--case {name}", flush=True)


def with_terminal_modules(environment: Environment) -> Environment:
    """The same interpreter, and an image with more in it."""
    modules = environment.requested_modules
    return replace(environment, name=f"terminal-{environment.name}",
                   requested_modules=modules + [name for name in MODULES if name not in modules])


def run_environment(environment: Environment, options: argparse.Namespace, tally: Tally) -> None:
    """All cases with one interpreter."""
    try:
        environment.check()
        launcher = images.launcher_for(environment, options.plain_twice)
    except Unavailable as reason:
        print(f"skip  {environment.name}: {reason}")
        tally.skipped += 1
        return
    except images.BuildFailed as error:
        print(f"FAIL  {environment.name}: {error}")
        tally.failed += 1
        return

    def timed(name: str, case: Callable[[Terminal], None]) -> tuple[list[str], float]:
        start = time.monotonic()
        problems = run_case(name, case, environment, launcher, options)
        return problems, time.monotonic() - start

    with ThreadPoolExecutor(options.jobs) as pool:
        running = {pool.submit(timed, name, case): name
                   for name, case in all_cases(options.case or ["*"]).items()}
        for finished in as_completed(running):
            report(running[finished], environment, *finished.result(), tally)


def parse_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    environments.add_option(parser)
    parser.add_argument("--case", action="append", metavar="PATTERN",
                        help="only cases whose name matches (may be repeated)")
    parser.add_argument("--jobs", type=int, default=3, help="cases at a time (3)")
    parser.add_argument("--keep", action="store_true", help="keep the directories of all cases")
    parser.add_argument("--plain-twice", action="store_true",
                        help="compare plain Python with itself; needs no image")
    return parser.parse_args()


def main() -> int:
    """Runs what the options ask for."""
    options = parse_options()
    # SIGQUIT leaves no core file.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    environments.WORK.mkdir(parents=True, exist_ok=True)
    tally = Tally()
    for environment in chosen_environments(options.environment):
        if not environment.wants_packages:
            run_environment(with_terminal_modules(environment), options, tally)
    print(tally.closing_line())
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
