#!/usr/bin/env python3
"""What goes wrong around a launch and a build: kills, full disks, caches and images that go away.

    tests/faults/run.py                                      the short form: some minutes
    tests/faults/run.py test_kills                           one file
    tests/faults/run.py --kills 200 --results docs/results/faults.md
    tests/faults/run.py --seed 7 test_kills                  the same random moments again

The programs are those of build/release/bin, or of the directory in PYSNAP_BIN_DIR. The last line
is `N passed, N failed`.
"""

import argparse
import sys
import time
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "commands"), str(REPOSITORY / "bench")]

# pylint: disable=wrong-import-position
import fault  # noqa: E402
from suite.page import machine  # noqa: E402
from workshop import PYSNAP  # noqa: E402

SHORT_KILLS = 12


def write_results(path: Path, options: argparse.Namespace, seconds: float,
                  result: unittest.TestResult) -> None:
    """The page of results."""
    lines = ["# Faults", "",
             f"Written by `tests/faults/run.py --kills {options.kills} --seed {options.seed}`, "
             f"in {seconds:.0f} seconds.", "",
             machine(),
             f"{result.testsRun} tests, {len(result.skipped)} of them left out, "
             f"{len(result.failures) + len(result.errors)} failures.", "",
             "| fault | how often | what came of it |", "|---|---:|---|"]
    lines += [f"| {name} | {count} | {words} |" for name, count, words in fault.FINDINGS]
    for test, reason in result.skipped:
        lines += ["", f"Left out: {test.id()}: {reason}"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> int:
    """Runs the tests."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=SHORT_KILLS)
    parser.add_argument("--seed", type=int, default=fault.OPTIONS.seed)
    parser.add_argument("--results", type=Path)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    if not PYSNAP.exists():
        print(f"there is no {PYSNAP}: run make first, or set PYSNAP_BIN_DIR\n0 passed, 1 failed")
        return 1
    fault.OPTIONS.kills, fault.OPTIONS.seed = options.kills, options.seed
    names = options.names or sorted(path.stem for path in HERE.glob("test_*.py"))
    start = time.monotonic()
    result = unittest.TextTestRunner(verbosity=2).run(
        unittest.defaultTestLoader.loadTestsFromNames(names))
    for test, reason in result.skipped:
        print(f"skipped: {test.id()}: {reason}")
    for name, count, words in fault.FINDINGS:
        print(f"{name}: {count} times: {words}")
    if options.results is not None:
        write_results(options.results, options, time.monotonic() - start, result)
    failed = {getattr(test, "test_case", test).id()
              for test, _ in result.failures + result.errors}
    print(f"{result.testsRun - len(failed) - len(result.skipped)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
