"""Clocks that were put back, and times of files that do not tell."""

import os
import time
import unittest
from pathlib import Path

from fault import FaultTest, found
from workshop import PYSNAP, run

YEARS = 5 * 365 * 86400


def put_ahead(path: Path, seconds: float = YEARS) -> None:
    """Times as they are after the clock was put back."""
    later = time.time() + seconds
    os.utime(path, (later, later))


class ClockTest(FaultTest):
    """Everything in the cache, and every source, is of the future."""

    def test_cache_of_the_future_is_used_as_ever(self):
        image = self.image()
        self.assert_from_image()
        for path in sorted(self.cache.rglob("*")) + [self.cache, self.directory / "app.py"]:
            with self.subTest(path=path):
                put_ahead(path)
                self.assert_from_image()
        self.assertEqual(0, run(PYSNAP, "cache", "list", env=self.variables()).returncode)
        image.unlink()
        self.image()
        self.assert_one_whole_image()
        found("a cache with times of the future", 1, "used, and made again, as ever")

    def test_failure_of_the_future_does_not_stop_learning(self):
        place = self.image().parent
        self.images()[0].unlink()
        (place / "failed").write_text("it failed\n")
        self.assert_plain("building one has failed")
        put_ahead(place / "failed")
        self.assert_right(self.launch("app.py"))
        self.settle()
        self.assert_one_whole_image()
        found("a failure noted in the future", 1, "does not stop learning")

    def test_images_of_the_future_do_not_push_out_new_ones(self):
        self.image()
        size = self.images()[0].stat().st_size
        self.write("other.py", "import json\n")
        for path in self.cache.rglob("*"):
            put_ahead(path)
        self.learn("other.py", PYSNAP_CACHE_SIZE=str(size * 3 // 2))
        self.assertEqual("", self.launch("other.py").stderr)
        self.assertEqual(1, len(self.images()))
        found("images of the future in a cache that is full", 1, "give way to new ones")

    def test_variants_of_the_future_do_not_push_out_new_ones(self):
        for number in range(4):
            self.assert_right(self.learn("app.py", PYTHONHASHSEED=str(number)))
        self.assertEqual(4, len(self.images()))
        for path in self.images():
            put_ahead(path)
        self.assert_right(self.learn("app.py", PYTHONHASHSEED="9"))
        self.assert_from_image(PYTHONHASHSEED="9")
        self.assertEqual(4, len(self.images()))
        found("four variants of the future", 1, "the fifth takes the place of one of them")


class CoarseTimeTest(FaultTest):
    """Installed modules whose times are whole seconds, and the same before and after an edit."""

    def setUp(self) -> None:
        super().setUp()
        venv = self.directory / "venv"
        run(self.interpreter, "-m", "venv", "--without-pip", venv)
        self.interpreter = venv / "bin" / "python3"
        packages = next(venv.glob("lib/python3*/site-packages"))
        self.module = packages / "parcel.py"
        self.write("app.py", "import parcel\nprint(parcel.NAME)\n")

    def fill(self, name: str, when: int) -> None:
        """The same size, the same time, the same inode."""
        with open(self.module, "w", encoding="utf-8") as file:
            file.write(f"NAME = '{name}'\n")
        os.utime(self.module, (when, when))

    def test_edit_without_another_size_or_time(self):
        moments = (int(time.time()), int(time.time()) - YEARS, 315532800, 1)
        for when in moments:
            with self.subTest(when=when):
                self.clear()
                self.fill("one", when)
                for reason in ("no image of this program yet", ""):
                    result = self.learn("app.py")
                    self.assertEqual("one\n", result.stdout)
                    self.assertIn(reason, result.stderr)
                self.assertEqual("", self.launch("app.py").stderr)
                self.fill("two", when)
                result = self.learn("app.py")
                self.assertEqual("two\n", result.stdout)
                self.assertIn("with other bytes", result.stderr)
                self.assertEqual(("two\n", ""), (self.launch("app.py").stdout,
                                                 self.launch("app.py").stderr))
                self.module.chmod(0o600)
                os.link(self.module, self.directory / f"link{when}")
                self.assertEqual("", self.launch("app.py").stderr)
        found("an edit with the same size, inode and time of modification", len(moments),
              "noticed; chmod and a new hard link are not taken for one")

    def test_edit_at_once_after_the_build(self):
        count = 20
        for number in range(count):
            name = f"v{number:02}"
            self.fill(name, 1_700_000_000)
            self.assertEqual(f"{name}\n", self.launch("app.py").stdout)
            if number % 5 == 0:
                self.learn("app.py")
        found("edits that follow each other at once, with the same times", count, "noticed")


if __name__ == "__main__":
    unittest.main()
