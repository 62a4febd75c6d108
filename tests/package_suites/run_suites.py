#!/usr/bin/env python3
"""Runs the test suites of packages under plain Python and from images, and compares test by test.

    tests/package_suites/run_suites.py                    all suites of suites.toml
    tests/package_suites/run_suites.py --suite click --keep
    tests/package_suites/run_suites.py --small            what `make test` runs

Each suite is started as `-m pytest`, from an image with pytest, the package and what else the suite
imports from installed packages while its tests are collected. For every test the outcome, and the words of a skip, must be equal.
A test that is known to differ is a line of known_differences.toml. --results FILE writes the table
of docs/results/package-suites.md, from the last run of each suite.
"""

import argparse
import datetime
import re
import shutil
import subprocess
import sys
import tarfile
import time
import tomllib
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "real_commands"))

# pylint: disable=wrong-import-position
import prepared  # noqa: E402

import images  # noqa: E402  pylint: disable=wrong-import-order
from run import Tally  # noqa: E402  pylint: disable=wrong-import-order

SDISTS = prepared.WORK / "sdists"
CASES = prepared.WORK / "suites"
ROWS = prepared.WORK / "rows"
KNOWN = tomllib.loads((HERE / "known_differences.toml").read_text())
TIMEOUT_SECONDS = 1500
SHOWN = 15


@dataclass
class Suite:
    """One suite of suites.toml."""

    name: str
    tests: list[str]
    sdist: str = ""
    small: bool = False
    varying: list[str] = field(default_factory=list)

    def steady(self, outcome: str) -> str:
        """The outcome without what varies from one plain run to the next."""
        for pattern in self.varying:
            outcome = re.sub(pattern, "(varies)", outcome)
        return outcome


@dataclass
class Run:
    """The outcome of every test, by name."""

    outcomes: dict[str, str] = field(default_factory=dict)
    status: int = 0
    seconds: float = 0.0
    output: str = ""


@dataclass
class Row:
    """A suite's line of the results."""

    suite: Suite
    plain: Run
    image: Run
    made: prepared.Prepared
    differ: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)


def read_suites() -> dict[str, Suite]:
    """All suites by name."""
    table = tomllib.loads((HERE / "suites.toml").read_text())
    return {name: Suite(name, **entry) for name, entry in table.items()}


def unpack(suite: Suite, directory: Path) -> Path:
    """The directory to run the suite in; downloads the source archive once."""
    if not suite.sdist:
        return directory
    name, _, version = suite.sdist.partition("==")
    archive = SDISTS / f"{name}-{version}.tar.gz"
    if not archive.exists():
        SDISTS.mkdir(parents=True, exist_ok=True)
        subprocess.run([prepared.PYTHON, "-m", "pip", "download", "--quiet", "--no-deps",
                        "--disable-pip-version-check", "--no-binary", ":all:", "-d", SDISTS,
                        suite.sdist], check=True, timeout=600)
    with tarfile.open(archive) as packed:
        packed.extractall(directory, filter="data")
    inside = directory / archive.name.removesuffix(".tar.gz")
    # The package under test is the installed one, as an image holds it.
    for source in (inside / "src", inside / name):
        shutil.rmtree(source, ignore_errors=True)
    return inside


def pytest_arguments(suite: Suite, report: Path) -> list[str]:
    """What follows the interpreter."""
    return ["-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *suite.tests]


def run_suite(suite: Suite, launcher: list[str], directory: Path, environment: dict) -> Run:
    """One run, and the outcomes from its report."""
    shutil.rmtree(directory, ignore_errors=True)
    inside = unpack(suite, prepared.empty(directory))
    report = directory / "report.xml"
    start = time.monotonic()
    process = subprocess.run([*launcher, *pytest_arguments(suite, report)], cwd=inside,
                             env=environment, stdin=subprocess.DEVNULL, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace",
                             timeout=TIMEOUT_SECONDS, check=False)
    run = Run(status=process.returncode, seconds=time.monotonic() - start, output=process.stdout)
    if report.exists():
        run.outcomes = outcomes_of(report)
    return run


def outcomes_of(report: Path) -> dict[str, str]:
    """passed, failed, error or skipped with its words, of each test; repeated names are numbered."""
    found: dict[str, str] = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        number = 1
        while (name if number == 1 else f"{name} ({number})") in found:
            number += 1
        outcome = [child.tag + (": " + (child.get("message") or "") if child.tag == "skipped" else "")
                   for child in case if child.tag in ("failure", "error", "skipped")]
        found[name if number == 1 else f"{name} ({number})"] = ", ".join(outcome) or "passed"
    return found


def differences(suite: Suite, plain: Run, image: Run) -> tuple[list[str], list[str]]:
    """Lines about tests whose outcome differs: (unexpected ones, known ones)."""
    known = KNOWN.get(suite.name, {})
    unexpected, expected = [], []
    for name in dict.fromkeys([*plain.outcomes, *image.outcomes]):
        pair = plain.outcomes.get(name, "not there"), image.outcomes.get(name, "not there")
        if suite.steady(pair[0]) != suite.steady(pair[1]):
            (expected if name in known else unexpected).append(f"{name}: {pair[0]} / {pair[1]}")
    for name in known:
        if not any(line.startswith(name + ": ") for line in expected):
            unexpected.append(f"{name}: no longer differs; known_differences.toml says it does")
    if plain.status != image.status and not expected:
        unexpected.append(f"exit status: {plain.status} / {image.status}")
    if not plain.outcomes or plain.status not in (0, 1):
        unexpected.append(f"plain Python: pytest ended with status {plain.status}, which is no run "
                          "of the suite")
    return unexpected, expected


def try_suite(suite: Suite, options: argparse.Namespace, tally: Tally) -> None:
    """Plain run, image, run from the image, comparison."""
    directory = CASES / suite.name
    scratch = directory / "run"
    environment = prepared.clean_environment(f"suite-{suite.name}", {"PYTHONHASHSEED": "0"})
    prepared.empty(directory)
    inside = unpack(suite, prepared.empty(scratch))
    collect = [*pytest_arguments(suite, scratch / "report.xml"), "--collect-only"]
    modules = prepared.imports_of(prepared.PYTHON, collect, inside, environment, TIMEOUT_SECONDS)
    try:
        made = prepared.build(f"suite-{suite.name}", prepared.PYTHON, modules, environment, directory)
    except prepared.NoImage as error:
        print(f"FAIL  {suite.name}: no image: {error}", flush=True)
        tally.failed += 1
        return
    plain = run_suite(suite, [str(prepared.PYTHON)], scratch, environment)
    image = run_suite(suite, images.launcher(made.image), scratch, environment)
    for side, run in (("plain", plain), ("image", image)):
        (directory / f"{side}.output").write_text(run.output)
        (directory / f"{side}.outcomes").write_text(
            "".join(f"{name}: {outcome}\n" for name, outcome in run.outcomes.items()))
    row = Row(suite, plain, image, made, *differences(suite, plain, image))
    report(row, directory, options, tally)
    store(row)


def report(row: Row, directory: Path, options: argparse.Namespace, tally: Tally) -> None:
    """The suite's lines; a test is counted by itself."""
    tally.passed += len(row.plain.outcomes) - len(row.differ)
    tally.failed += len(row.differ)
    print(f"{'FAIL' if row.differ else 'pass'}  {row.suite.name}: {len(row.plain.outcomes)} tests, "
          f"{len(row.differ)} differ, {len(row.known)} as known; plain {row.plain.seconds:.1f} s, "
          f"image {row.image.seconds:.1f} s, {len(row.made.modules)} modules prepared", flush=True)
    for module, why in row.made.dropped.items():
        print(f"      without {module}: {why}")
    for line in row.differ[:SHOWN]:
        print("      " + line[:300])
    if row.differ:
        print(f"      kept:   {directory}\n      repeat: tests/package_suites/run_suites.py --keep "
              f"--suite {row.suite.name}", flush=True)
    elif not options.keep:
        shutil.rmtree(directory)


def store(row: Row) -> None:
    """Keeps the suite's line of the table."""
    kinds = list(row.plain.outcomes.values())
    skipped = sum(kind.startswith("skipped") for kind in kinds)
    failing = sum(kind.startswith(("failure", "error")) for kind in kinds)
    ROWS.mkdir(parents=True, exist_ok=True)
    (ROWS / row.suite.name).write_text(
        f"| {row.suite.sdist or row.suite.name} | {len(kinds)} | {skipped} | {failing} | "
        f"{len(row.differ)} | {len(row.known)} | {len(row.made.modules)} | "
        f"{row.plain.seconds:.1f} s | {row.image.seconds:.1f} s | {datetime.date.today()} |\n")


def results() -> str:
    """The page of docs/results."""
    text = ["# Test suites of packages, from images", "",
            "Each suite is started by `pysnap-run --image IMAGE -m pytest`, from an image of the",
            "modules that it imports from installed packages, and compared test by test with plain",
            f"Python. `make test-packages` on {prepared.processor()},",
            "Debian's CPython 3.11, other work running: the times say little.", "",
            "| suite | tests | skipped | failing on both sides | differ | known | modules | plain | "
            "image | date |", "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|"]
    stored = [ROWS / name for name in read_suites() if (ROWS / name).exists()]
    known = [f"- `{name}` ({suite}): {why}" for suite, found in KNOWN.items()
             for name, why in found.items()]
    text += [path.read_text().rstrip("\n") for path in stored]
    return "\n".join([*text, "", "## Known differences", "", *(known or ["None."])]) + "\n"


def main() -> int:
    """Runs what the options ask for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--suite", action="append", metavar="NAME", help="only this suite")
    parser.add_argument("--small", action="store_true", help="only small suites")
    parser.add_argument("--keep", action="store_true", help="keep the directories")
    parser.add_argument("--results", type=Path, metavar="FILE", help="write the table of results")
    options = parser.parse_args()
    tally = Tally()
    suites = [suite for suite in read_suites().values()
              if (suite.small or not options.small)
              and (not options.suite or suite.name in options.suite)]
    if not prepared.PYTHON.exists():
        for suite in suites:
            print(f"skip  {suite.name}: no {prepared.PYTHON}; scripts/install-command-environment "
                  "makes it")
        tally.skipped += len(suites)
        suites = []
    for suite in suites:
        try_suite(suite, options, tally)
    if options.results:
        options.results.write_text(results(), encoding="utf-8")
    print(tally.closing_line())
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
