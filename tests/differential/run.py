#!/usr/bin/env python3
"""Runs the test programs under plain Python and from an image, and compares.

For each environment of environments.toml that this machine has: builds an image of its
modules (kept until pysnap or the interpreter changes), then runs every program that suits
it twice in the same scratch directory path, first `PYTHON program`, then
`pysnap-run --image IMAGE program`, both with the same small environment. Standard output,
standard error, exit status (or the signal) and the files left behind must be equal, and
the status must be the one that the program's header declares. Nothing is normalised.

A failed case keeps its directory with the output of both sides under
build/differential/cases/. --plain-twice compares plain Python with plain Python: that
proves the programs themselves deterministic. With --aslr=launch the images are such that can
move, and each launch lies somewhere else; environments whose image cannot are named and counted.
"""

import argparse
import difflib
import resource
import shutil
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

import environments
import images
import launches
import programs
from environments import Environment, Unavailable
from launches import Outcome
from programs import Program

CASES = environments.WORK / "cases"
EXCERPT_LINES = 30


@dataclass(frozen=True)
class Case:
    """One program in one environment."""

    program: Program
    environment: Environment

    @property
    def directory(self) -> Path:
        """Where its scratch directories and outputs are."""
        return CASES / self.environment.name / self.program.name


@dataclass
class Tally:
    """The counts of the closing line."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    pinned: list[str] = field(default_factory=list)  # environments whose image should move

    def closing_line(self) -> str:
        """`N passed, N failed`, and what was left out when there is any."""
        line = f"{self.passed} passed, {self.failed} failed"
        if self.skipped:
            line += f", {self.skipped} skipped"
        if self.pinned:
            line += f", {len(self.pinned)} pinned ({', '.join(self.pinned)})"
        return line


def parse_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    environments.add_option(parser)
    environments.add_aslr_option(parser)
    parser.add_argument("--program", action="append", metavar="GLOB",
                        help="only programs whose name matches (may be repeated)")
    parser.add_argument("--jobs", type=int, default=2, help="cases at a time (2)")
    parser.add_argument("--fresh", action="store_true", help="build the images anew")
    parser.add_argument("--keep", action="store_true", help="keep directories of passed cases")
    parser.add_argument("--list", action="store_true", help="list the cases and stop")
    parser.add_argument("--timeout-scale", type=float, default=1.0, metavar="FACTOR",
                        help="multiplies the time limit of each program")
    parser.add_argument("--plain-twice", action="store_true",
                        help="compare plain Python with itself; builds no image")
    return parser.parse_args()


def chosen_environments(names: list[str] | None, aslr: str = "image") -> list[Environment]:
    """The environments asked for, all by default."""
    known = environments.read_environments()
    unknown = sorted(set(names or []) - set(known))
    if unknown:
        sys.exit(f"no environment named {', '.join(unknown)}; there are: {', '.join(known)}")
    chosen = [known[name] for name in names or known]
    return [environments.moved(one) for one in chosen] if aslr == "launch" else chosen


def chosen_programs(patterns: list[str] | None) -> list[Program]:
    """The programs asked for, all by default."""
    found = {program.name: program
             for pattern in patterns or ["*"] for program in programs.read_programs(pattern)}
    if not found:
        sys.exit("no program matches")
    return [found[name] for name in sorted(found)]


def meant_for(program: Program, environment: Environment) -> bool:
    """Whether the program belongs into the environment at all."""
    if bool(program.packages) != environment.wants_packages:
        return False
    return environment.programs == "all" or program.everywhere


def reason_to_skip(program: Program, environment: Environment) -> str | None:
    """Why a program that belongs here cannot run in this interpreter."""
    if not program.suits(environment.version):
        return f"needs Python {program.python}"
    missing = [name for name in program.packages if name not in environment.modules]
    return f"no package {', '.join(missing)}" if missing else None


def cases_of(environment: Environment, all_programs: list[Program],
             tally: Tally) -> list[Case]:
    """The environment's cases; prints and counts those that are skipped."""
    cases = []
    for program in all_programs:
        if not meant_for(program, environment):
            continue
        reason = reason_to_skip(program, environment)
        if reason is None:
            cases.append(Case(program, environment))
        else:
            tally.skipped += 1
            print(f"skip  {environment.name}: {program.name}: {reason}")
    return cases


def run_case(case: Case, launcher: list[str], options: argparse.Namespace) -> list[str]:
    """Runs both sides; returns lines that say what is wrong, none when all is well."""
    shutil.rmtree(case.directory, ignore_errors=True)
    case.directory.mkdir(parents=True)
    plain_launcher = [str(case.environment.python)]
    outcomes = []
    for side, start in (("plain", plain_launcher), ("image", launcher)):
        scratch = case.directory / "scratch"
        outcome = launches.run(case.program, start, case.environment.clean_environment(),
                               scratch, options.timeout_scale)
        scratch.rename(case.directory / side)
        launches.save(outcome, case.directory, side)
        outcomes.append(outcome)
    problems = list(problems_of(case.program, *outcomes))
    if not problems and not options.keep:
        shutil.rmtree(case.directory)
    return problems


def problems_of(program: Program, plain: Outcome, image: Outcome) -> Iterator[str]:
    """What is wrong with the two outcomes, in words and excerpts."""
    if plain.status != program.status:
        yield (f"plain Python: {launches.describe_status(plain.status)}, the header declares "
               f"{launches.describe_status(program.status)}")
        yield from plain.stderr.decode("utf-8", "backslashreplace").splitlines()[-10:]
    if not (plain.stdout or plain.stderr) and program.stdout == "capture":
        yield "plain Python printed nothing: there is nothing to compare"
    for name in launches.differences(plain, image):
        if name == "status":
            yield (f"plain: {launches.describe_status(plain.status)}, "
                   f"image: {launches.describe_status(image.status)}")
        else:
            yield from excerpt(name, getattr(plain, name), getattr(image, name))


def excerpt(name: str, plain: bytes | dict, image: bytes | dict) -> Iterator[str]:
    """The first lines of the difference between two streams or file listings."""
    def lines(value: bytes | dict) -> list[str]:
        if isinstance(value, dict):
            return [f"{key}  {what}" for key, what in value.items()]
        return value.decode("utf-8", "backslashreplace").splitlines()

    diff = list(difflib.unified_diff(lines(plain), lines(image), f"{name}, plain",
                                     f"{name}, image", lineterm="", n=1))
    yield from (line[:300] for line in diff[:EXCERPT_LINES] or [f"{name}: line ends differ"])
    if len(diff) > EXCERPT_LINES:
        yield f"... {len(diff) - EXCERPT_LINES} more lines"


def report(case: Case, problems: list[str], seconds: float, options: argparse.Namespace) -> None:
    """The case's line, and for a failed one what differs and how to repeat it."""
    verdict = "FAIL" if problems else "pass"
    print(f"{verdict}  {case.environment.name}: {case.program.name} ({seconds:.1f} s)", flush=True)
    if not problems:
        return
    for line in problems:
        print("      " + line)
    again = "tests/differential/run.py --keep " + ("--plain-twice " if options.plain_twice else "")
    print(f"      kept:   {case.directory}")
    print(f"      repeat: {again}{case.environment.options()} "
          f"--program {case.program.name}", flush=True)


def timed_run(case: Case, launcher: list[str],
              options: argparse.Namespace) -> tuple[list[str], float]:
    """run_case with its duration; an error of the runner itself is a failure too."""
    start = time.monotonic()
    try:
        problems = run_case(case, launcher, options)
    except OSError as error:
        problems = [f"the runner failed: {error}"]
    return problems, time.monotonic() - start


def run_environment(environment: Environment, cases: list[Case], tally: Tally,
                    options: argparse.Namespace) -> None:
    """Builds the image and runs the environment's cases."""
    launcher = [str(environment.python)]
    if options.plain_twice:
        environment.warm_up()
    else:
        try:
            launcher = images.launcher(images.image_for(environment, options.fresh))
        except images.BuildFailed as error:
            print(f"FAIL  {environment.name}: no image, so none of its {len(cases)} programs: "
                  f"{error}", flush=True)
            tally.failed += len(cases)
            return
        except images.Pinned as reason:
            print(f"skip  {environment.name}: its image cannot move: {reason}", flush=True)
            tally.pinned.append(environment.name)
            return
    with ThreadPoolExecutor(options.jobs) as pool:
        running = {pool.submit(timed_run, case, launcher, options): case for case in cases}
        for finished in as_completed(running):
            problems, seconds = finished.result()
            report(running[finished], problems, seconds, options)
            if problems:
                tally.failed += 1
            else:
                tally.passed += 1


def main() -> int:
    """Runs what the options ask for."""
    options = parse_options()
    all_programs = chosen_programs(options.program)
    # A program that dies by a signal leaves no core file on either side.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    tally = Tally()
    for environment in chosen_environments(options.environment, options.aslr):
        try:
            environment.check()
        except Unavailable as reason:
            tally.skipped += 1
            print(f"skip  {environment.name}: {reason}")
            continue
        cases = cases_of(environment, all_programs, tally)
        if options.list:
            print(*(f"{environment.name}: {case.program.name}" for case in cases), sep="\n")
        elif cases:
            run_environment(environment, cases, tally, options)
    if options.list:
        return 0
    print(tally.closing_line())
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
