"""A build that is killed at any moment leaves no image that is not whole, and no process."""

import os
import random
import signal
import subprocess
import time
import unittest
from pathlib import Path

from workshop import PYSNAP, CommandTest, environment, launch, python, run

SEED = 20240301
KILLS = 20


def processes_of(session: int) -> list[str]:
    """Processes of a session, the dead ones that wait for their parent left out."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            fields = (directory / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(f"{directory.name} {(directory / 'cmdline').read_bytes()!r}")
        except (OSError, ProcessLookupError):
            continue
    return found


class KilledBuildTest(CommandTest):
    """Builds in sessions of their own, killed after a random time."""

    def command(self, image: Path) -> list[str]:
        """A build that takes a few tenths of a second."""
        return [str(PYSNAP), "build", "--python", str(python()), "-m", "asyncio", "-m", "decimal",
                "-o", str(image)]

    def duration(self, image: Path) -> float:
        """How long such a build takes here and now."""
        start = time.monotonic()
        subprocess.run(self.command(image), env=environment(), check=True, capture_output=True)
        image.unlink()
        return time.monotonic() - start

    def kill_after(self, seconds: float, image: Path, number: int) -> list[str]:
        """Starts a build, sends it a signal, and returns the processes that stayed."""
        process = subprocess.Popen(self.command(image), env=environment(), start_new_session=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        os.kill(process.pid, number)
        process.wait()
        limit = time.monotonic() + 10
        while (left := processes_of(process.pid)) and time.monotonic() < limit:
            time.sleep(0.02)
        return left

    def assert_whole_or_missing(self, image: Path) -> None:
        """What appears under the final name is a proven image: a kill may come after the end."""
        if not image.exists():
            return
        self.assertEqual(0, run(PYSNAP, "verify", image).returncode)
        self.assert_succeeds(launch(image, "-c", "pass"))
        image.unlink()

    def test_killed_build_leaves_no_image_and_no_process(self):
        image = self.directory / "x.image"
        whole = self.duration(image)
        numbers = random.Random(SEED)
        for _ in range(KILLS):
            seconds = numbers.uniform(0, whole * 0.95)
            with self.subTest(seconds=seconds):
                self.assertEqual([], self.kill_after(seconds, image, signal.SIGKILL))
                self.assert_whole_or_missing(image)
        stale = [path for path in self.directory.iterdir() if ".building-" in path.name]
        self.assertEqual(len(stale), len(list(self.directory.iterdir())))
        if stale:
            print(f"\nnote: {len(stale)} of {KILLS} killed builds left an unpublished file")
        for path in stale:
            done = launch(path, "-c", "pass")
            self.assertIn(done.returncode, (0, 125), done.stderr)

    def test_interrupted_or_terminated_build_leaves_no_image_and_no_process(self):
        image = self.directory / "x.image"
        whole = self.duration(image)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            for part in (0.2, 0.5, 0.8):
                with self.subTest(number=number, part=part):
                    self.assertEqual([], self.kill_after(whole * part, image, number))
                    self.assert_whole_or_missing(image)


if __name__ == "__main__":
    unittest.main()
