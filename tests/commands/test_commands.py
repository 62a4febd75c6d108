#!/usr/bin/env python3
"""Runs the command tests: every kind of bad input against the real programs.

    tests/commands/test_commands.py                      all of them
    tests/commands/test_commands.py test_damage          one file
    tests/commands/test_commands.py test_damage.DamageTest.test_longer_image_is_rejected

The programs are those of build/release/bin, or of the directory in PYSNAP_BIN_DIR. The last line
is `N passed, N failed`.
"""

import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from workshop import BINARIES, PYSNAP  # noqa: E402  pylint: disable=wrong-import-position


def main(names: list[str]) -> int:
    """Runs the named tests, all by default."""
    if not PYSNAP.exists():
        print(f"there is no {PYSNAP}: run make first, or set PYSNAP_BIN_DIR")
        print("0 passed, 1 failed")
        return 1
    names = names or sorted(path.stem for path in HERE.glob("test_*.py")
                            if path.stem != Path(__file__).stem)
    tests = unittest.defaultTestLoader.loadTestsFromNames(names)
    print(f"programs of {BINARIES}", file=sys.stderr)
    result = unittest.TextTestRunner(verbosity=2).run(tests)
    for test, reason in result.skipped:
        print(f"skipped: {test.id()}: {reason}")
    # A test with several failing sub-tests failed once.
    failed = {getattr(test, "test_case", test).id()
              for test, _ in result.failures + result.errors}
    failed |= {test.id() for test in result.unexpectedSuccesses}
    print(f"{result.testsRun - len(failed) - len(result.skipped)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
