#!/usr/bin/env python3
"""Runs CPython's own test modules under plain Python and from an image, and compares.

    tests/cpython/run.py                          all modules, every interpreter that is here
    tests/cpython/run.py --cross-section --environment debian-stdlib
    tests/cpython/run.py --environment pie-3.12 test_os test_io
    tests/cpython/run.py --environment pie-3.12 --children test_sys

The image has the standard library prepared. Each module runs in a process of its own, once on each
side, by CPython's own runner, and the outcome of each test must be the same. A module with a
difference runs a second time on both sides, and a third time if that did not settle it. A test
whose outcome varies under plain Python is unstable: it is listed and not counted. Differences that
are known are in known_differences.toml; any other one fails the run, and so does a known one that
is no longer there.

Children that a test starts as sys.executable are plain Python on both sides. Some modules run once
more with children that come from the image, too: as ENVIRONMENT/children.
"""

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "differential"))

# pylint: disable=wrong-import-position
import environments  # noqa: E402
import expectations  # noqa: E402
import images  # noqa: E402
import module_run  # noqa: E402
import report  # noqa: E402
from comparison import Comparison, Finding, Pair, compare, is_unclear  # noqa: E402
from environments import Environment, Unavailable  # noqa: E402
from module_run import Task  # noqa: E402

KEPT = environments.REPOSITORY / "build" / "cpython-tests"
MOST_PAIRS = 3


PREFIX = "cpython-"


def apart(environment: Environment) -> Environment:
    """The environment with an image and a HOME of its own: CPython's tests leave files in it, such
    as the user's site directory, whose presence changes sys.path."""
    return replace(environment, name=PREFIX + environment.name)


def label(environment: Environment, children: bool) -> str:
    """The name of an environment in one of its two ways."""
    return environment.name.removeprefix(PREFIX) + ("/children" if children else "")


@dataclass
class Session:
    """What all modules of one environment share."""

    environment: Environment
    children: bool  # whether children of the tests come from the image
    options: argparse.Namespace
    known: list[expectations.KnownDifference]
    launcher: list[str]
    comparisons: list[Comparison] = field(default_factory=list)

    @property
    def name(self) -> str:
        """As the lists and results call it."""
        return label(self.environment, self.children)

    @property
    def directory(self) -> Path:
        """Where outputs are kept."""
        return KEPT / self.name

    def known_as(self, finding: Finding) -> expectations.KnownDifference | None:
        """The entry of the list that expects this difference here."""
        return expectations.known_as(self.known, self.name, finding.test)

    def unexpected(self) -> list[Finding]:
        """The differences that fail the run."""
        return [finding for comparison in self.comparisons
                for finding in comparison.of("differs") if not self.known_as(finding)]

    def outdated(self) -> list[str]:
        """Entries of the list that are no longer true."""
        names = {name for comparison in self.comparisons for name in comparison.names}
        differing = {finding.test for c in self.comparisons for finding in c.findings}
        return expectations.outdated(self.known, self.name, names, differing)


def parse_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="all by default")
    environments.add_option(parser)
    environments.add_aslr_option(parser)
    parser.add_argument("--python", metavar="PATH", help="another interpreter")
    parser.add_argument("--cross-section", action="store_true",
                        help="the modules of cross_section.toml")
    parser.add_argument("--match", action="append", default=[], metavar="PATTERN",
                        help="only tests that match (may be repeated)")
    parser.add_argument("--children", action="store_true",
                        help="only the run whose children come from the image")
    parser.add_argument("--jobs", type=int, default=2, help="modules at a time (2)")
    parser.add_argument("--timeout", type=float, default=900, metavar="SECONDS",
                        help="for one run of one module (900)")
    parser.add_argument("--list", action="store_true", help="list the modules and stop")
    parser.add_argument("--fresh", action="store_true", help="build the images anew")
    parser.add_argument("--keep", action="store_true", help="keep the outputs of equal modules")
    parser.add_argument("--plain-twice", action="store_true",
                        help="compare plain Python with itself; builds no image")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write a page for people")
    return parser.parse_args()


def placed(chosen: list[Environment], options: argparse.Namespace) -> list[Environment]:
    """The environments with images at their own places, or elsewhere in each launch."""
    return [environments.moved(one) for one in chosen] if options.aslr == "launch" else chosen


def chosen_environments(options: argparse.Namespace) -> list[Environment]:
    """Those asked for; by default all whose image holds the standard library."""
    known = environments.read_environments()
    if options.python:
        path = Path(options.python).absolute()
        modules = known["debian-stdlib"].requested_modules
        return placed([apart(Environment(f"python-{path.name}", [str(path)], modules))], options)
    unknown = sorted(set(options.environment or []) - set(known))
    if unknown:
        sys.exit(f"no environment named {', '.join(unknown)}; there are: {', '.join(known)}")
    names = options.environment or [n for n, e in known.items() if not e.wants_packages]
    return placed([apart(known[name]) for name in names], options)


def all_modules(environment: Environment) -> list[str]:
    """The names that CPython's runner lists."""
    run = subprocess.run([environment.python, "-m", "test", "--list-tests"], capture_output=True,
                         text=True, env=environment.clean_environment(), timeout=120)
    if run.returncode != 0:
        hint = ("scripts/install-packages test" if str(environment.python).startswith("/usr/")
                else "its library directory has no whole package `test`")
        raise Unavailable(f"{environment.python} has no tests ({hint})")
    return run.stdout.split()


def chosen_ways(options: argparse.Namespace) -> list[bool]:
    """With children from the image or not. Named modules run in one way only."""
    if options.children:
        return [True]
    return [False] if options.modules or options.plain_twice else [False, True]


def chosen_tasks(environment: Environment, children: bool,
                 options: argparse.Namespace) -> list[Task]:
    """What to run there."""
    everything = all_modules(environment)
    # Later versions list the parts of some test packages, such as test.test_asyncio.test_tasks.
    names = {name.removeprefix("test.").partition(".")[0] for name in everything}
    only = tuple(options.match)
    if options.modules:
        tasks = [Task(name) for name in options.modules]
    elif children:
        tasks = [Task(name) for name in expectations.read_children()]
    elif options.cross_section:
        tasks = expectations.read_cross_section()
    else:
        tasks = [Task(name) for name in everything]
        names.update(everything)
    for task in tasks:
        if task.module not in names:
            print(f"skip  {label(environment, children)}: {task.module}: this version has none")
    return [Task(task.module, only or task.only, task.leave_out, children) for task in tasks
            if task.module in names]


def run_pair(task: Task, session: Session, folder: Path, scratch: Path, number: int) -> Pair:
    """Both sides, one after the other, at the same path."""
    variables = session.environment.clean_environment()
    plain = [str(session.environment.python)]
    runs = [module_run.run(task, launcher, variables, scratch, folder / f"{side}-{number}",
                           session.options.timeout)
            for side, launcher in (("plain", plain), ("image", session.launcher))]
    return runs[0], runs[1]


def examine(task: Task, session: Session) -> Comparison:
    """Runs a module as often as its verdicts need. Sockets have short names: the scratch directory
    is not below the repository."""
    folder = session.directory / task.module
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="pysnap-", ignore_cleanup_errors=True) as scratch:
        place = Path(scratch) / "scratch"
        pairs = [run_pair(task, session, folder, place, 1)]
        while len(pairs) < MOST_PAIRS and is_unclear(pairs, task.module):
            pairs.append(run_pair(task, session, folder, place, len(pairs) + 1))
    comparison = compare(pairs, task.module)
    if not comparison.findings and not session.options.keep:
        shutil.rmtree(folder)
    return comparison


def show(comparison: Comparison, session: Session, task: Task) -> None:
    """The module's line, and for each difference what it is and how to repeat it."""
    differences = comparison.of("differs")
    unexpected = [finding for finding in differences if not session.known_as(finding)]
    verdict = "FAIL" if unexpected else "pass"
    also = [f"{len(found)} {word}" for word, found in
            (("different", differences), ("unstable", comparison.of("unstable")),
             ("different once", comparison.of("once"))) if found]
    print(f"{verdict}  {session.name}: {comparison.module}: "
          f"{', '.join([f'{comparison.tests} tests', *also])} "
          f"({comparison.seconds[0]:.1f} s, {comparison.seconds[1]:.1f} s)", flush=True)
    for finding in unexpected:
        print(f"      {finding.test}\n          plain: {finding.plain}\n"
              f"          image: {finding.image}")
        print("".join(f"          | {line}\n" for line in finding.detail.splitlines()[-6:]), end="")
    if unexpected:
        folder = session.directory / comparison.module
        again = module_run.command_for(task, session.launcher, Path("results"), Path("/tmp"))
        print(f"      kept:   {folder}\n      repeat: tests/cpython/run.py "
              f"{'--children ' if session.children else ''}"
              f"{session.environment.options().replace(PREFIX, '')} {comparison.module}\n"
              f"      image:  {' '.join(again)}", flush=True)


def run_environment(environment: Environment, children: bool,
                    options: argparse.Namespace) -> Session:
    """All modules in one environment and in one way."""
    tasks = chosen_tasks(environment, children, options)
    launcher = images.launcher_for(environment, plain=options.plain_twice)
    session = Session(environment, children, options, expectations.read_known_differences(),
                      launcher)
    with ThreadPoolExecutor(options.jobs) as pool:
        running = {pool.submit(examine, task, session): task for task in tasks}
        for finished in as_completed(running):
            session.comparisons.append(finished.result())
            show(finished.result(), session, running[finished])
    session.comparisons.sort(key=lambda comparison: comparison.module)
    for pattern in session.outdated():
        print(f"FAIL  {session.name}: {pattern} is in known_differences.toml and was equal")
    return session


def make_user_site(environment: Environment) -> None:
    """test_site makes this directory where it is missing; then the image would not know it."""
    version = ".".join(map(str, environment.version))
    path = environment.home / ".local" / "lib" / f"python{version}" / "site-packages"
    path.mkdir(parents=True, exist_ok=True)


def list_modules(environment: Environment, options: argparse.Namespace) -> None:
    """Prints what would run."""
    for children in chosen_ways(options):
        for task in chosen_tasks(environment, children, options):
            print(f"{label(environment, children)}: {task.module}")


def main() -> int:
    """Runs what the options ask for."""
    options = parse_options()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sessions, failed = [], 0
    for environment in chosen_environments(options):
        try:
            environment.check()
            if options.list:
                list_modules(environment, options)
                continue
            make_user_site(environment)
            if options.fresh and not options.plain_twice:
                images.image_for(environment, fresh=True)
            sessions += [run_environment(environment, children, options)
                         for children in chosen_ways(options)]
        except Unavailable as reason:
            print(f"skip  {label(environment, False)}: {reason}")
        except images.Pinned as reason:
            print(f"skip  {label(environment, False)}: its image cannot move: {reason}")
        except images.BuildFailed as error:
            failed += 1
            print(f"FAIL  {label(environment, False)}: no image: {error}")
    if options.list:
        return 0
    report.write(sessions, options.json, options.markdown)
    bad = failed + sum(len(s.unexpected()) + len(s.outdated()) for s in sessions)
    print(f"{sum(report.equal_tests(session) for session in sessions)} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
