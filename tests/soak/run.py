#!/usr/bin/env python3
"""Launches one image very often, several at a time, and looks for what piles up.

    tests/soak/run.py                                              500 launches
    tests/soak/run.py --launches 100000 --results docs/results/soak.md

Each launch's output and status are compared. Descriptors of this process, its memory, files in the
temporary directory of the launches, and processes that are left are counted before and after. What
other programs change, too, is noted only: the memory of the machine, and files in /dev/shm. The
last line is `N passed, N failed`.
"""

import argparse
import concurrent.futures
import ctypes
import hashlib
import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "commands"), str(REPOSITORY / "bench")]

# pylint: disable=wrong-import-position
import page  # noqa: E402
import programs  # noqa: E402
from workshop import RUN, build, environment  # noqa: E402

TIMEOUT_SECONDS = 120
AT_A_TIME = 4
MOST_SHOWN = 10
WARM_UP = 50  # launches before anything is counted: the pools of this process are made
RSS_ROOM_KIB = 16 * 1024
EXECUTED_EACH = 4  # the image itself is executed for every fourth launch


@dataclass(frozen=True)
class Resources:
    """What could pile up."""

    descriptors: int
    temporary_files: int
    shared_memory_files: int
    children: int
    rss_kib: int
    available_kib: int
    shmem_kib: int
    kernel_kib: int  # SUnreclaim: structures of the kernel


def kib_of(file: str, name: str) -> int:
    """A number of /proc/meminfo or /proc/self/status."""
    for line in Path(file).read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0


def resources(temporary: Path) -> Resources:
    """What is there now."""
    children = [word for task in Path("/proc/self/task").iterdir()
                for word in (task / "children").read_text().split()]
    return Resources(
        len(os.listdir("/proc/self/fd")), len(os.listdir(temporary)), len(os.listdir("/dev/shm")),
        len(children), kib_of("/proc/self/status", "VmRSS"),
        *(kib_of("/proc/meminfo", name) for name in ("MemAvailable", "Shmem", "SUnreclaim")))


def adopt_orphans() -> None:
    """A process that a launch leaves behind becomes a child of this one (prctl(2))."""
    set_child_subreaper = 36
    ctypes.CDLL(None, use_errno=True).prctl(set_child_subreaper, 1, 0, 0, 0)


class Soak:
    """All launches of one image."""

    def __init__(self, image: Path, directory: Path):
        self.image = image
        self.directory = directory
        self.temporary = directory / "temporary"
        self.temporary.mkdir()
        self.script = directory / "script.py"
        self.script.write_text(programs.SCRIPT)
        self.variables = environment(TMPDIR=str(self.temporary))
        self.lock = threading.Lock()
        self.times: list[tuple[float, float]] = []  # end of a launch, its seconds
        self.problems: list[str] = []
        self.stop_at = float("inf")

    def launch(self, number: int) -> None:
        """One launch, compared."""
        wanted = programs.launch_of(number, str(self.script), str(self.directory))
        executed = number // len(programs.KINDS) % EXECUTED_EACH == 0
        start = [self.image] if executed else [RUN, "--image", self.image]
        before = time.monotonic()
        try:
            done = subprocess.run([*start, *wanted.words], input=wanted.given, text=True,
                                  capture_output=True, timeout=TIMEOUT_SECONDS, check=False,
                                  errors="backslashreplace", cwd=self.directory,
                                  env=self.variables)
            right = (done.returncode, done.stdout, done.stderr) == (wanted.status, wanted.out, "")
            problem = None if right else f"{done} instead of {wanted.status} {wanted.out!r}"
        except subprocess.TimeoutExpired:
            problem = f"no end within {TIMEOUT_SECONDS} seconds"
        after = time.monotonic()
        with self.lock:
            self.times.append((after, after - before))
            if problem is not None:
                self.problems.append(f"launch {number}: {problem}")
                if len(self.problems) <= MOST_SHOWN:
                    print(f"FAIL  {self.problems[-1]}", flush=True)

    def plain_kinds(self) -> list[str]:
        """The kinds of programs that plain Python runs instead of the image, with its reason."""
        found = []
        for number, kind in enumerate(programs.KINDS):
            wanted = programs.launch_of(number, str(self.script), str(self.directory))
            done = subprocess.run([RUN, "--explain", "--image", self.image, *wanted.words],
                                  input=wanted.given, capture_output=True, text=True, check=False,
                                  cwd=self.directory, env=self.variables)
            if "plain Python runs instead" in done.stderr:
                found.append(f"{kind}: {done.stderr.strip()}")
        return found

    def work(self, numbers: "itertools.count", end: int) -> None:
        """One of several workers: takes the next number until the end."""
        for number in iter(lambda: next(numbers), end):
            if number > end or time.monotonic() > self.stop_at:
                return
            self.launch(number)

    def launch_all(self, begin: int, end: int) -> None:
        """The launches of these numbers, AT_A_TIME at once."""
        numbers = itertools.count(begin)  # next() on it is atomic
        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
            for done in [pool.submit(self.work, numbers, end) for _ in range(AT_A_TIME)]:
                done.result()


def piled_up(before: Resources, after: Resources) -> list[str]:
    """What there is more of."""
    problems = [f"{getattr(after, name)} {what} instead of {getattr(before, name)}"
                for name, what in (("descriptors", "open descriptors"),
                                   ("temporary_files", "temporary files"),
                                   ("children", "processes"))
                if getattr(after, name) > getattr(before, name)]
    # The times of the launches are kept: about 150 bytes for each.
    if after.rss_kib > before.rss_kib + RSS_ROOM_KIB:
        problems.append(f"this process has grown from {before.rss_kib} to {after.rss_kib} KiB")
    return problems


def soak(options: argparse.Namespace, directory: Path) -> int:
    """Builds, launches, compares."""
    where = page.machine()
    image = directory / "soak.pysnap"
    modules = [word for module in programs.MODULES for word in ("-m", module)]
    made = build(image, *modules)
    if made.returncode != 0:
        print(f"no image to launch: {made.stderr}\n0 passed, 1 failed")
        return 1
    digest = hashlib.sha256(image.read_bytes()).digest()
    run = Soak(image, directory)
    adopt_orphans()
    run.launch_all(0, WARM_UP)
    run.times.clear()
    before = resources(run.temporary)
    begin = time.monotonic()
    run.stop_at = begin + options.most_seconds
    run.launch_all(WARM_UP, WARM_UP + options.launches)
    seconds = time.monotonic() - begin
    after = resources(run.temporary)
    others = piled_up(before, after) + run.plain_kinds()
    if hashlib.sha256(image.read_bytes()).digest() != digest:
        others.append("the image has changed")
    for problem in others:
        print(f"FAIL  {problem}")
    facts = page.facts(run.times, begin, before, after, len(run.problems), others)
    print(f"{facts}\n{len(run.times)} launches in {seconds:.0f} s")
    if options.results is not None:
        command = f"tests/soak/run.py --launches {options.launches}"
        options.results.write_text(page.page(command, where, seconds, facts))
    failed = len(run.problems) + len(others)
    print(f"{len(run.times) - len(run.problems)} passed, {failed} failed")
    return 1 if failed else 0


def main() -> int:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--launches", type=int, default=500, help="how many (500)")
    parser.add_argument("--most-seconds", type=float, default=float("inf"), metavar="SECONDS",
                        help="end earlier, with as many as there were")
    parser.add_argument("--results", type=Path, metavar="FILE", help="write the page of results")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pysnap-soak-") as directory:
        return soak(options, Path(directory))


if __name__ == "__main__":
    sys.exit(main())
