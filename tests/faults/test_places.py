"""Homes, caches and interpreters that are missing, or are something else; many launches at once."""

import os
import shutil
import subprocess
import unittest

from fault import RIGHT, FaultTest, found
from workshop import LAUNCHER_FAILED, PYSNAP, RUN, run


class PlaceTest(FaultTest):
    """The program runs on plain Python where that makes sense."""

    def test_home_that_is_none(self):
        file = self.write("file", "")
        homes = {"": "neither PYSNAP_CACHE nor HOME", "/nonexistent/x": "no image", str(file): "no",
                 "relative": "no image of this program yet", "/proc/1/root/nope": "no image",
                 "/dev/null": "no image"}
        for home, words in homes.items():
            with self.subTest(home=home):
                self.assert_plain(words, "--build-now", HOME=home)
                self.assertEqual("", file.read_text())
        variables = self.variables()
        del variables["HOME"]
        result = run(RUN, "--explain", "--build-now", "app.py", cwd=self.directory, env=variables)
        self.assert_right(result)
        self.assertIn("neither PYSNAP_CACHE nor HOME", result.stderr)
        found("a home that is missing, unset or no directory", len(homes) + 1, "right, and why")

    def test_cache_that_is_something_else(self):
        self.cache.parent.mkdir(parents=True)
        self.cache.write_text("a file")
        self.assert_plain("no image of this program yet", "--build-now")
        self.assertEqual("a file", self.cache.read_text())
        self.cache.unlink()
        os.mkfifo(self.cache)
        self.assert_plain("no image of this program yet", "--build-now")
        self.cache.unlink()
        self.cache.symlink_to(self.directory / "nowhere")
        self.assert_plain("no image of this program yet", "--build-now")
        self.cache.unlink()
        self.image()
        place = self.images()[0].parent
        shutil.rmtree(place)
        place.write_text("a file")
        self.assert_plain("no image of this program yet", "--build-now")
        found("a cache that is a file, a pipe, a broken link", 4, "right, and why")

    def test_entries_of_the_cache_that_are_something_else(self):
        names = ("lock", "about.json", "failed", "hits", "built")
        for name in names:
            with self.subTest(name=name):
                self.clear()
                place = self.image().parent
                self.images()[0].unlink()
                (place / name).unlink(missing_ok=True)
                (place / name).mkdir()
                self.assert_right(self.learn("app.py"))
                self.assert_right(self.launch("app.py"))
                shutil.rmtree(place)
        self.image()
        self.assert_one_whole_image()
        found("a directory where the cache has a file", len(names), "right")

    def test_interpreter_that_disappears(self):
        venv = self.directory / "venv"
        run(self.interpreter, "-m", "venv", "--without-pip", venv)
        changes = {"VIRTUAL_ENV": str(venv)}
        self.assert_right(self.learn("app.py", **changes))
        self.assert_from_image(**changes)
        away = self.directory / "away"
        (venv / "bin").rename(away)
        self.assert_right(self.launch("app.py", **changes))  # that of PATH
        result = self.launch("app.py", **changes, PATH="/nonexistent")
        self.assert_refused(result, LAUNCHER_FAILED, "no python3 on PATH")
        away.rename(venv / "bin")
        self.assert_from_image(**changes)
        python = venv / "bin" / "python"
        python.unlink()
        python.symlink_to("/nonexistent/python")
        self.assert_right(self.launch("app.py", **changes))
        found("an interpreter that disappears", 3, "another one, or status 125 and a sentence")

    @unittest.skipUnless(os.geteuid() == 0, "only root can give files away")
    def test_cache_of_another_user_is_never_written(self):
        place = self.image().parent
        for path in (self.cache, place):
            os.chown(path, 12345, 12345)
            before = sorted(self.cache.rglob("*"))
            self.assert_plain("the directory belongs to another user", "--build-now")
            self.assertEqual(before, sorted(self.cache.rglob("*")))
            os.chown(path, 0, 0)
        self.assert_from_image()
        found("a cache that belongs to another user", 2, "right, and why; nothing is written")


class ManyTest(FaultTest):
    """Fifty first launches at once."""

    def run_all(self, commands: list[list[object]]) -> None:
        """Starts all, then looks at each."""
        running = [subprocess.Popen([str(word) for word in command], cwd=self.directory,
                                    env=self.variables(), stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True) for command in commands]
        for process in running:
            self.assertEqual((RIGHT, ""), process.communicate(timeout=300))
            self.assertEqual(0, process.returncode)

    def test_fifty_first_launches(self):
        self.run_all([[RUN, "app.py"]] * 50)
        self.settle()
        self.assert_one_whole_image()
        self.clear()
        self.run_all([[RUN, "--build-now", "app.py"]] * 8 + [[RUN, "app.py"]] * 42)
        self.settle()
        self.assert_one_whole_image()
        found("50 first launches at once", 2, "right, and one image")

    def test_first_launches_of_ten_programs(self):
        programs = [f"app{number % 10}.py" for number in range(50)]
        for name in programs:
            shutil.copy(self.directory / "app.py", self.directory / name)
        self.run_all([[RUN, name] for name in programs])
        self.settle()
        for place in self.cache.glob("*/"):
            self.assertLessEqual(len(list(place.glob("*.image"))), 1)
        self.assertEqual([], self.unfinished())
        for name in sorted(set(programs)):
            self.assert_right(self.learn(name))
            self.assertEqual("", self.launch(name).stderr)
        self.assertEqual(10, len(self.images()))
        for image in self.images():
            self.assertEqual(0, run(PYSNAP, "verify", image).returncode)
        found("50 first launches of ten programs at once", 1, "right, one image each")

    def test_launches_while_the_cache_is_cleared(self):
        self.image()
        for number in range(20):
            launches = [subprocess.Popen([RUN, "app.py"], cwd=self.directory, text=True,
                                         env=self.variables(), stdout=subprocess.PIPE,
                                         stderr=subprocess.PIPE) for _ in range(3)]
            if number % 2:
                self.clear()
            for process in launches:
                self.assertEqual((RIGHT, ""), process.communicate(timeout=60))
        self.settle()
        self.image()
        self.assert_one_whole_image()
        found("launches while `pysnap cache clear` runs", 60, "right, and one image at the end")


if __name__ == "__main__":
    unittest.main()
