"""Images that are deleted, cut or replaced: before, during and after they are mapped."""

import os
import shutil
import signal
import subprocess
import unittest
from collections.abc import Callable
from pathlib import Path

from fault import OPTIONS, RIGHT, FaultTest, found
from stopped_launch import numbers_of_calls, run_stopped
from workshop import LAUNCHER_FAILED, RUN

SYS_FSTAT, SYS_ARCH_PRCTL = 5, 158
CRASHES = (-signal.SIGBUS, -signal.SIGSEGV)  # the second where the stack of a handler is gone, too

WAITS = ("import decimal, json, sys\nprint('ready', flush=True)\nsys.stdin.read()\n"
         "import argparse, collections, xml.dom.minidom\n"
         "print(decimal.Decimal(1) / 8, json.dumps([1]), argparse.ArgumentParser().prog)\n")
ANSWER = '0.125 [1] app.py\n'


class RunningTest(FaultTest):
    """What happens to an image while programs run from it."""

    def setUp(self) -> None:
        super().setUp()
        self.write("app.py", WAITS)
        process = self.begin("--build-now")
        self.assertEqual((ANSWER, 0), self.end(process))
        self.path = self.images()[0]

    def begin(self, *arguments: str) -> subprocess.Popen:
        """A program that waits for the end of its input."""
        process = subprocess.Popen([RUN, *arguments, "app.py"], cwd=self.directory,
                                   env=self.variables(), stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual("ready\n", process.stdout.readline())
        return process

    def end(self, process: subprocess.Popen) -> tuple[str, int]:
        """What it prints from here on, and its status."""
        output, _ = process.communicate(timeout=60)
        return output, process.returncode

    def test_deleted_or_replaced(self):
        def replace() -> None:
            other = self.path.with_name("other")
            other.write_bytes(bytes(1000))
            os.replace(other, self.path)
        for change in (self.path.unlink, replace):
            running = [self.begin() for _ in range(3)]
            change()
            for process in running:
                self.assertEqual((ANSWER, 0), self.end(process))
            self.assertEqual((ANSWER, 0), self.end(self.begin("--build-now")))
            self.assertEqual((ANSWER, 0), self.end(self.begin()))
        found("an image deleted or replaced while programs run from it", 6, "they go on, right")

    def test_made_again_by_pysnap(self):
        process = self.begin()
        before = self.path.stat().st_ino
        with open(self.path, "r+b") as image:  # as if damaged, at a place that only a launch reads
            os.pwrite(image.fileno(), b"x", 64)
        self.assertEqual((ANSWER, 0), self.end(self.begin("--build-now")))
        self.assertNotEqual(before, self.path.stat().st_ino)
        self.assertEqual((ANSWER, 0), self.end(process))

    def test_truncated_in_place_kills_as_a_library_would(self):
        """docs/cache.md says so: only the owner can do it, and pysnap never does."""
        process = self.begin()
        os.truncate(self.path, 8192)
        output, status = self.end(process)
        self.assertIn((output, status), ((ANSWER, 0), *(("", crash) for crash in CRASHES)))
        found("an image truncated in place while a program runs from it", 1,
              "the program goes on" if status == 0 else "SIGBUS, as for a library that is cut")
        self.assertEqual((ANSWER, 0), self.end(self.begin("--build-now")))
        self.assertEqual((ANSWER, 0), self.end(self.begin()))

    def test_executed_image_cannot_be_truncated_while_it_runs(self):
        image = Path(shutil.copy(self.path, self.directory / "own.image"))
        image.chmod(0o700)
        process = subprocess.Popen([image, "app.py"], cwd=self.directory, env=self.variables(),
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.assertEqual("ready\n", process.stdout.readline())
        with self.assertRaisesRegex(OSError, "Text file busy"):
            os.truncate(image, 8192)
        self.assertEqual((ANSWER, 0), self.end(process))


class BetweenCheckAndMapTest(FaultTest):
    """The same before each single system call of a launch."""

    def setUp(self) -> None:
        super().setUp()
        self.path = self.image()
        self.whole = self.path.read_bytes()

    def restore(self) -> None:
        """The image as it was, and a launch that makes the same calls again."""
        (self.path.parent / "hits").unlink(missing_ok=True)
        if self.path.exists():
            self.path.unlink()
        self.path.write_bytes(self.whole)
        self.path.chmod(0o600)

    def milestones(self) -> tuple[int, int]:
        """Which calls are the last look at the image's size, and the jump into the program."""
        self.restore()
        numbers = numbers_of_calls([str(RUN), "app.py"], self.directory, self.variables(),
                                   self.directory / "output")
        jump = numbers.index(SYS_ARCH_PRCTL) + 1
        return max(i for i in range(jump) if numbers[i] == SYS_FSTAT) + 1, jump

    def at_each_call(self, change: Callable[[], None], first: int, last: int
                     ) -> list[tuple[int, int, str]]:
        """(which call, status, output) of a launch each."""
        outcomes, step = [], 1 if OPTIONS.kills >= 200 else 7
        for calls in sorted({*range(first, last, step), last}):
            self.restore()
            status, output = run_stopped([str(RUN), "app.py"], self.directory, self.variables(),
                                         self.directory / "output", calls, change)
            if status is None:  # a launch varies by some calls
                break
            outcomes.append((calls, status, output))
        self.restore()
        return outcomes

    def assert_right_or_refused(self, outcomes: list[tuple[int, int, str]]) -> None:
        """Never a crash."""
        self.assertGreater(len(outcomes), 5)
        for calls, status, output in outcomes:
            with self.subTest(calls=calls):
                if status == LAUNCHER_FAILED:
                    self.assertRegex(output, r"^pysnap-run: [^\n]+\n$")
                else:
                    self.assertEqual((0, RIGHT), (status, output))

    def test_deleted(self):
        outcomes = self.at_each_call(self.path.unlink, 1, self.milestones()[1] + 100)
        self.assert_right_or_refused(outcomes)
        found("an image deleted before a system call of its launch", len(outcomes), "right")

    def test_replaced(self):
        def replace() -> None:
            other = self.path.with_name("other")
            other.write_bytes(bytes(100_000))
            other.chmod(0o600)
            os.replace(other, self.path)
        outcomes = self.at_each_call(replace, 1, self.milestones()[1] + 100)
        self.assert_right_or_refused(outcomes)
        found("an image replaced before a system call of its launch", len(outcomes), "right")

    def test_truncated(self):
        check, jump = self.milestones()
        self.assertLess(check, jump)
        for size in (0, len(self.whole) // 2):
            def cut(size=size) -> None:
                os.truncate(self.path, size)
            before = self.at_each_call(cut, 1, check)
            self.assert_right_or_refused(before)
            found(f"an image cut to {size} bytes before a system call up to the last look at its "
                  "size", len(before), "right, or refused with a sentence")
            after = self.at_each_call(cut, check + 1, jump + 100)
            killed = [outcome for outcome in after if outcome[1] in CRASHES]
            self.assert_right_or_refused([o for o in after if o not in killed] or before)
            found(f"an image cut to {size} bytes after that", len(after),
                  f"{len(killed)} times SIGBUS or SIGSEGV, as for a library that is cut")


if __name__ == "__main__":
    unittest.main()
