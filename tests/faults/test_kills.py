"""Builds that are killed at random moments, and locks that somebody holds."""

import fcntl
import os
import random
import signal
import subprocess
import time
import unittest
from pathlib import Path

from fault import OPTIONS, RIGHT, FaultTest, found
from workshop import PYSNAP, RUN, run

LOCK_SECONDS = 60  # docs/cache.md


def children_of(process: int) -> list[int]:
    """Processes that this one has started."""
    try:
        return [int(word) for task in Path(f"/proc/{process}/task").iterdir()
                for word in (task / "children").read_text().split()]
    except OSError:
        return []


def kill(process: int) -> bool:
    """Whether it was still there."""
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


class LockedTest(FaultTest):
    """What both classes below look at."""

    def seconds_until_unlocked(self) -> float:
        """How long nobody can build."""
        start = time.monotonic()
        for path in [self.cache / "lock", *self.cache.glob("*/lock")]:
            if not path.exists():
                continue
            with open(path, "r+b") as lock:
                while True:
                    try:
                        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        break
                    except BlockingIOError:
                        self.assertLess(time.monotonic() - start, LOCK_SECONDS, path)
                        time.sleep(0.01)
        return time.monotonic() - start


class KillTest(LockedTest):
    """`kill -9` while the image is made behind a program that has ended."""

    def begin(self) -> int:
        """A launch without an image; its builder, or 0."""
        result = run(RUN, "app.py", cwd=self.directory, env=self.variables())
        self.assert_right(result)
        deadline = time.monotonic() + 10
        while not (builders := self.builders()) and not self.images():
            self.assertLess(time.monotonic(), deadline, "no build has begun")
        return builders[0] if builders else 0

    def duration(self) -> float:
        """How long a build takes here and now."""
        self.begin()
        start = time.monotonic()
        self.settle()
        self.clear()
        return time.monotonic() - start

    def kill(self, whom: str, builder: int) -> int:
        """Kills all of a build, the builder, or what it has started; how many."""
        victims = {"builder": [builder], "child": children_of(builder),
                   "all": [builder, *children_of(builder)]}[whom]
        return sum(kill(victim) for victim in victims if victim != 0)

    def assert_repaired(self) -> None:
        """What appears under a final name is whole; a launch is right; the next has an image."""
        for image in self.images():
            self.assertEqual(0, run(PYSNAP, "verify", image).returncode, image)
        self.assert_right(self.learn("app.py"))
        self.settle()
        self.assert_one_whole_image()

    def test_killed_at_random_moments(self):
        whole = sum(self.duration() for _ in range(3)) / 3
        numbers = random.Random(OPTIONS.seed)
        killed, left, slowest = {"all": 0, "builder": 0, "child": 0}, 0, 0.0
        for number in range(2 * OPTIONS.kills):
            if sum(killed.values()) == OPTIONS.kills:
                break
            whom = ("all", "builder", "child")[number % 3]
            seconds = numbers.uniform(0, whole)
            with self.subTest(number=number, whom=whom, seconds=seconds, seed=OPTIONS.seed):
                self.clear()
                builder = self.begin()
                time.sleep(seconds)
                killed[whom] += self.kill(whom, builder) > 0
                # Without its child a builder tries once more.
                slowest = max(slowest, self.seconds_until_unlocked())
                left += bool(self.unfinished())
                self.assert_repaired()
        found("`kill -9` of a build and what it has started", killed["all"],
              f"right, and one whole image after the next launch (seed {OPTIONS.seed}, builds of "
              f"{whole:.2f} s)")
        found("`kill -9` of the builder alone", killed["builder"],
              f"the same; in {left} of all cases a file was left, which the next build removed")
        found("`kill -9` of what the builder has started", killed["child"],
              f"the same; the longest wait for a lock after any kill was {slowest:.2f} s")


class LockTest(LockedTest):
    """Who holds a lock, and for how long."""

    def hold(self, path: Path) -> subprocess.Popen:
        """A process that holds a lock."""
        script = ("import fcntl, sys, time\nlock = open(sys.argv[1], 'a')\n"
                  "fcntl.flock(lock, fcntl.LOCK_EX)\nprint('held', flush=True)\ntime.sleep(600)\n")
        holder = subprocess.Popen([str(self.interpreter), "-c", script, str(path)],
                                  stdout=subprocess.PIPE, text=True)
        self.addCleanup(holder.wait)
        self.addCleanup(holder.stdout.close)
        self.addCleanup(holder.kill)
        self.assertEqual("held\n", holder.stdout.readline())
        return holder

    def test_lock_goes_with_its_process(self):
        place = self.image().parent
        self.images()[0].unlink()
        for path in (place / "lock", self.cache / "lock"):
            holder = self.hold(path)
            self.assert_plain("no image of this program yet")
            self.settle()
            self.assertEqual([], self.images())
            holder.kill()
            holder.wait()
            self.assert_right(self.launch("app.py"))
            self.settle()
            self.assert_one_whole_image()
            self.images()[0].unlink()

    def test_build_that_hangs_is_given_up(self):
        venv = self.directory / "venv"
        run(self.interpreter, "-m", "venv", "--without-pip", venv)
        self.interpreter = venv / "bin" / "python3"
        packages = next(venv.glob("lib/python3*/site-packages"))
        (packages / "parcel.py").write_text(
            "import sys, time\nif sys.argv == ['']:\n    time.sleep(600)\n", encoding="utf-8")
        self.write("app.py", f"import parcel\nprint({RIGHT.strip()!r})\n")
        self.assert_plain("no image of this program yet")
        deadline = time.monotonic() + 60
        while not (children := [child for builder in self.builders()
                                for child in children_of(builder)]):
            self.assertLess(time.monotonic(), deadline, "no build has begun")
        os.kill(self.builders()[0], signal.SIGALRM)  # as after ten minutes
        self.settle()
        deadline = time.monotonic() + 10  # they are killed, which takes a moment
        while any(Path(f"/proc/{child}/exe").exists() for child in children):
            self.assertLess(time.monotonic(), deadline, "the boot goes on")
            time.sleep(0.01)
        self.assertLess(self.seconds_until_unlocked(), 10)
        self.assertIn("did not end within ten minutes", self.cached()[0]["failure"])
        self.assertEqual([], self.unfinished() + self.images())
        self.assert_plain("building one has failed")
        found("a build that hangs", 1, "is given up after ten minutes; the next try after an hour")

    @unittest.skipUnless(os.geteuid() == 0, "only root can be two users")
    def test_users_do_not_share_what_one_of_them_made(self):
        shared = self.directory / "shared"
        shared.mkdir()
        shared.chmod(0o1777)
        self.directory.chmod(0o755)
        changes = {"PYSNAP_CACHE": str(shared)}
        for user, reasons in ((12345, ("no image of this program yet", "")),
                              (23456, ("no image of this program yet",) * 2)):
            for reason in reasons:
                result = subprocess.run([RUN, "--explain", "--build-now", "app.py"],
                                        cwd=self.directory, env=self.variables(**changes),
                                        user=user, group=user, extra_groups=[],
                                        capture_output=True, text=True, check=False)
                self.assert_right(result)
                self.assertIn(reason, result.stderr)
                self.assertEqual(not reason, not result.stderr)
        self.assertEqual(1, len(list(shared.glob("*/*.image"))))


if __name__ == "__main__":
    unittest.main()
