#!/usr/bin/env python3
"""Launches damaged images and counts what becomes of them.

    tests/mutated_images/run.py                         400 mutants of one image
    tests/mutated_images/run.py --mutants 20000 --results docs/results/mutated-images.md
    tests/mutated_images/run.py --only 1234             one of them, with all that it prints

A file is changed in place and changed back. Every second mutant is executed as a program, the
others are launched by `pysnap-run --image`; each is given to `pysnap verify`, too. Expected: the
right output, plain Python's, or status 125 with one sentence that names the image. Only flips in
captured pages, which no launch looks at, may do anything else, and what the kernel reads of an
executed file before code of ours runs. The last line is `N passed, N failed`.
"""

import argparse
import collections
import concurrent.futures
import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "commands"), str(REPOSITORY / "bench")]

# pylint: disable=wrong-import-position
import forgery  # noqa: E402
import page  # noqa: E402
from anatomy import Anatomy  # noqa: E402
from outcomes import Launches, Outcome  # noqa: E402
from trial import Trials, Verdict  # noqa: E402
from workshop import build, python  # noqa: E402

SEED = 20261122
KEPT = REPOSITORY / "build" / "mutated-images"
SHOWN = 20


def limit_memory() -> None:
    """A process of damaged pages may ask for anything; it shall not hurt the machine."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (4 << 30, 4 << 30))
    resource.setrlimit(resource.RLIMIT_FSIZE, (256 << 20, 256 << 20))


class Session:
    """Counts of all mutants."""

    def __init__(self, anatomy: Anatomy):
        self.anatomy = anatomy
        self.counts = collections.Counter()  # (kind, executed, outcome)
        self.verified = collections.Counter()  # (kind, executed, found by verify)
        self.problems: list[str] = []

    def count(self, verdict: Verdict) -> None:
        """Adds one; shows what went wrong."""
        self.counts[verdict.mutant.kind, verdict.executed, verdict.outcome] += 1
        self.verified[verdict.mutant.kind, verdict.executed, verdict.found] += 1
        if verdict.problem is not None:
            self.add_problem(f"{verdict}\n      kept: {KEPT}/{verdict.mutant.number}.pysnap")

    def add_problem(self, problem: str) -> None:
        """One more; the first are shown."""
        self.problems.append(problem)
        if len(self.problems) <= SHOWN:
            print(f"FAIL  {problem}", flush=True)


def prepare(directory: Path) -> Anatomy:
    """A bare image, which works."""
    image = directory / "bare.pysnap"
    made = build(image, "--relocatable=require", "-m", "json", "-m", "re", "-m", "collections")
    if made.returncode != 0:
        raise SystemExit(f"no image to damage: {made.stderr}\n0 passed, 1 failed")
    anatomy = Anatomy(image)
    if not forgery.check_seal(anatomy):
        raise SystemExit("tests/mutated_images/forgery.py computes another seal than the writer\n"
                         "0 passed, 1 failed")
    launches = Launches(image, python(), directory)
    for executed, moved in ((False, False), (True, False), (False, True), (True, True)):
        outcome, ended = launches.outcome(executed, moved)
        if outcome is not Outcome.RIGHT:
            raise SystemExit(f"the whole image is {outcome.value}: {ended}\n0 passed, 1 failed")
    return anatomy


# Of a worker process: what it damages. A thread would not do: while it forks, the file that another
# one writes to would be open in the child, and could not be executed.
_TRIALS: list[Trials] = []


def begin_work(whole: Path, seed: int) -> None:
    """Makes this process's copy of the image."""
    own = whole.parent / str(os.getpid())
    own.mkdir()
    image = Path(shutil.copy2(whole, own))
    _TRIALS.append(Trials(Anatomy(whole), image, python(), seed))


def work(number: int) -> Verdict:
    """One mutant in a worker process."""
    return _TRIALS[0].run(number, KEPT)


def try_all(anatomy: Anatomy, options: argparse.Namespace, numbers: list[int]) -> Session:
    """All mutants, in several processes."""
    session = Session(anatomy)
    with concurrent.futures.ProcessPoolExecutor(
            options.jobs, initializer=begin_work, initargs=(anatomy.path, options.seed)) as pool:
        for verdict in pool.map(work, numbers, chunksize=min(50, 1 + len(numbers) // options.jobs)):
            session.count(verdict)
            if options.only is not None:
                print(verdict)
    for copy in anatomy.path.parent.glob(f"*/{anatomy.path.name}"):
        if copy.read_bytes() != anatomy.bytes:
            session.add_problem("a copy was not healed: a mutant wrote to it")
    return session


def main() -> int:
    """Tries the mutants asked for."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=400, help="how many (400)")
    parser.add_argument("--only", type=int, metavar="NUMBER", help="this one")
    parser.add_argument("--seed", type=int, default=SEED, help="other mutants")
    parser.add_argument("--jobs", type=int, default=2, help="at once (2)")
    parser.add_argument("--results", type=Path, metavar="FILE", help="write the page of results")
    options = parser.parse_args()
    limit_memory()
    KEPT.mkdir(parents=True, exist_ok=True)
    where = page.machine()
    before = time.monotonic()
    numbers = list(range(options.mutants)) if options.only is None else [options.only]
    with tempfile.TemporaryDirectory(prefix="pysnap-mutants-") as directory:
        session = try_all(prepare(Path(directory)), options, numbers)
    seconds = time.monotonic() - before
    print(page.table(session))
    if options.results is not None:
        command = f"tests/mutated_images/run.py --mutants {options.mutants} --jobs {options.jobs}"
        options.results.write_text(page.page(session, command, where, seconds))
    failed = len(session.problems)
    print(f"{len(numbers)} mutants in {seconds:.0f} s")
    print(f"{max(0, len(numbers) - failed)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
