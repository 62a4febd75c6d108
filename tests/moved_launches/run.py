#!/usr/bin/env python3
"""Launches images at many places, and compares what their programs print.

    tests/moved_launches/run.py                     each interpreter, 20 places
    tests/moved_launches/run.py --places 200 --all --results docs/results/moved-launches.md

Each image is launched once at its own place and then with --aslr=launch. The program collects
garbage, counts all objects, looks up each key of each dictionary and set, and runs bytecode that was
specialised and caches that were filled at build time. Every launch must print what plain Python
prints, and count as many objects as the others. --all adds images of all of the standard library and
of packages; those that cannot move are named. The last line is `N passed, N failed`.
"""

import argparse
import concurrent.futures
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "differential"), str(REPOSITORY / "bench")]

# pylint: disable=wrong-import-position
import environments  # noqa: E402
import images  # noqa: E402
import page  # noqa: E402
from environments import Environment, Unavailable  # noqa: E402

TIMEOUT_SECONDS = 300
AT_A_TIME = 2
MOST_SHOWN = 5
PROGRAM = HERE / "program.py"
PROGRAMS = [REPOSITORY / "tests" / "programs" / f"{name}.py"
            for name in ("every_hash_table_finds_its_keys", "caches_and_specialised_code_work")]
BARE = ("json", "asyncio", "dataclasses", "typing", "decimal")
PACKAGES = ("numpy", "pandas", "sklearn", "matplotlib", "django", "flask", "jinja2", "sqlalchemy",
            "requests", "pydantic", "cryptography", "lxml")
COUNT_LINES = 3  # where the launch lies, and what only launches of one image have in common


@dataclass(frozen=True)
class Ended:
    """What a launch printed, and its status."""

    status: int | None
    out: str
    err: str

    @property
    def place(self) -> str:
        """The line that says where it lies."""
        return self.out.partition("\n")[0]

    @property
    def counts(self) -> list[str]:
        """How many objects there were."""
        return self.out.splitlines()[1:COUNT_LINES]

    @property
    def work(self) -> list[str]:
        """What the programs printed."""
        return self.out.splitlines()[COUNT_LINES:]


@dataclass
class Moved:
    """All launches of an image."""

    name: str
    modules: tuple[str, ...]
    pinned: str = ""  # why it does not move
    launches: int = 0
    places: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def compare(self, ended: Ended, plain: Ended, first: Ended) -> None:
        """Adds a launch."""
        self.launches += 1
        self.places.add(ended.place)
        for what, one, other in (("status and errors", (ended.status, ended.err), (0, "")),
                                 ("output", ended.work, plain.work),
                                 ("objects", ended.counts, first.counts)):
            if one != other:
                self.problems.append(f"{self.name}, launch {self.launches}: {what}: {one} instead "
                                     f"of {other}")
                if len(self.problems) <= MOST_SHOWN:
                    print(f"FAIL  {self.problems[-1]}", flush=True)
                return


def run(command: list[str], variables: dict[bytes, bytes]) -> Ended:
    """One launch."""
    words = [*command, str(PROGRAM), *map(str, PROGRAMS)]
    try:
        done = subprocess.run(words, env=variables, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, errors="backslashreplace", timeout=TIMEOUT_SECONDS,
                              check=False)
    except subprocess.TimeoutExpired:
        return Ended(None, "", f"no end within {TIMEOUT_SECONDS} seconds")
    return Ended(done.returncode, done.stdout, done.stderr)


def prepared(environment: Environment, name: str, modules: tuple[str, ...]) -> Environment:
    """The environment with an image of its own."""
    chosen = replace(environment, name=f"{environment.name}-{name}", requested_modules=list(modules),
                     wants_packages=False)
    return environments.moved(chosen)


def subjects(options: argparse.Namespace) -> Iterator[Environment]:
    """All images to launch."""
    for name, environment in environments.read_environments().items():
        if name == "third-party" or (options.environment and name not in options.environment):
            continue
        if not environment.wants_packages:
            yield prepared(environment, "small", BARE)
            if options.all:
                yield prepared(environment, "standard-library",
                               tuple(environment.requested_modules))
        elif options.all:
            for package in PACKAGES:
                yield prepared(environment, package, (package,))


def launch_all(environment: Environment, options: argparse.Namespace) -> Moved:
    """Builds the image and launches it."""
    result = Moved(environment.name.removesuffix(environments.MOVED),
                   tuple(environment.requested_modules))
    begin = time.monotonic()
    try:
        image = images.image_for(environment)
    except images.Pinned as reason:
        result.pinned = str(reason)
        print(f"skip  {result.name}: {reason}", flush=True)
        return result
    variables = environment.clean_environment()
    command = images.launcher(image)
    plain = run([str(environment.python)], variables)
    first = run(command, {**variables, b"PYSNAP_ASLR": b"image"})
    result.compare(first, plain, first)
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        for ended in pool.map(lambda _: run(command, variables), range(options.places)):
            result.compare(ended, plain, first)
    if len(result.places) < options.places // 2:
        result.problems.append(f"{result.name}: only {len(result.places)} places")
    result.seconds = time.monotonic() - begin
    verdict = "FAIL" if result.problems else "pass"
    print(f"{verdict}  {result.name}: {result.launches} launches at {len(result.places)} places "
          f"({result.seconds:.0f} s)", flush=True)
    return result


def all_results(options: argparse.Namespace) -> Iterator[Moved]:
    """Each image's; one that cannot be made is a failure."""
    for environment in subjects(options):
        try:
            if environment.modules or not environment.requested_modules:
                yield launch_all(environment, options)
        except Unavailable as reason:
            print(f"skip  {environment.name}: {reason}", flush=True)
        except images.BuildFailed as error:
            print(f"FAIL  {environment.name}: no image: {error}", flush=True)
            yield Moved(environment.name, (), problems=[str(error)])


def main() -> int:
    """Runs what the options ask for."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    environments.add_option(parser)
    parser.add_argument("--places", type=int, default=20, help="launches of each image (20)")
    parser.add_argument("--all", action="store_true",
                        help="images of the standard library and of packages, too")
    parser.add_argument("--results", type=Path, metavar="FILE", help="write the page of results")
    options = parser.parse_args()
    os.environ.pop("PYSNAP_ASLR", None)
    where = page.machine()
    results = list(all_results(options))
    if options.results is not None:
        command = f"tests/moved_launches/run.py --places {options.places}"
        command += " --all" if options.all else ""
        options.results.write_text(page.page(command, where, results))
    launches = sum(result.launches for result in results)
    failed = sum(len(result.problems) for result in results)
    pinned = sum(bool(result.pinned) for result in results)
    print(f"{launches - failed} passed, {failed} failed" + (f", {pinned} pinned" if pinned else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
