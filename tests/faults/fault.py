"""What the tests of faults share: a small program, its cache, and what must hold after a fault."""

import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

from learning import LearningTest
from workshop import PYSNAP, run

OPTIONS = SimpleNamespace(kills=12, seed=20261122)
FINDINGS: list[tuple[str, int, str]] = []  # a row of the results each: fault, how often, outcome

APP = ("import argparse, decimal, json, sys\n"
       "print(json.dumps([str(decimal.Decimal(1) / 3), len(sys.argv)]))\n")
RIGHT = '["0.3333333333333333333333333333", 1]\n'


def found(name: str, count: int, words: str) -> None:
    """Notes a row of the results."""
    FINDINGS.append((name, count, words))
    print(f"{name}: {count} times: {words}", file=sys.stderr, flush=True)


class FaultTest(LearningTest):
    """A program of three modules, and a cache that is empty to begin with."""

    runner = "tests/faults/run.py"

    def setUp(self) -> None:
        super().setUp()
        self.cache = self.home / ".cache" / "pysnap"
        self.write("app.py", APP)

    def assert_right(self, result: subprocess.CompletedProcess) -> None:
        """Output and status are plain Python's."""
        self.assertEqual((0, RIGHT), (result.returncode, result.stdout), result.stderr)

    def assert_plain(self, words: str, *arguments: str, **changes: str) -> None:
        """Right, and `--explain` has this reason, in one line; a build adds one when it fails."""
        result = self.launch(*arguments, "app.py", **changes)
        self.assert_right(result)
        reason, *more = result.stderr.splitlines()
        self.assertIn(words, reason)
        self.assertEqual([], [line for line in more if not line.startswith("pysnap: ")])
        self.assertLessEqual(len(more), int("--build-now" in arguments))

    def assert_from_image(self, **changes: str) -> None:
        """Right, and not plain Python's."""
        result = self.launch("app.py", **changes)
        self.assert_right(result)
        self.assertEqual("", result.stderr)

    def images(self) -> list[Path]:
        """All images of the cache."""
        return sorted(self.cache.glob("*/*.image"))

    def image(self) -> Path:
        """The one image, made now."""
        self.assert_right(self.learn("app.py"))
        self.assertEqual(1, len(self.images()))
        return self.images()[0]

    def unfinished(self) -> list[Path]:
        """Files of builds that are under way or were killed."""
        return sorted(self.cache.glob("*/built*")) + sorted(self.cache.glob("**/*.new"))

    def clear(self) -> None:
        """An empty cache."""
        self.assertEqual(0, run(PYSNAP, "cache", "clear", env=self.variables()).returncode)

    def settle(self) -> None:
        """Waits until nothing is built."""
        deadline = time.monotonic() + 120
        while self.builders():
            self.assertLess(time.monotonic(), deadline, "a build does not end")
            time.sleep(0.05)

    def assert_one_whole_image(self) -> None:
        """One image, which is whole and serves; nothing unfinished."""
        self.assertEqual(1, len(self.images()), self.images())
        self.assertEqual(0, run(PYSNAP, "verify", self.images()[0]).returncode)
        self.assertEqual([], self.unfinished())
        self.assert_from_image()
