"""The cache of images: caches that cannot be used or trusted, faults, and `pysnap cache`."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import time
import unittest
from pathlib import Path

from learning import LearningTest
from workshop import BINARIES, LAUNCHER_FAILED, PYSNAP, RUN, run


class CacheTest(LearningTest):
    """Caches that cannot be used, or not be trusted."""

    def setUp(self) -> None:
        super().setUp()
        self.write("app.py", "import json\nprint('right')\n")
        self.cache = self.home / ".cache" / "pysnap"

    def assert_plain(self, words: str, **changes: str) -> None:
        """Runs as ever, and says why without an image."""
        result = self.launch("app.py", **changes)
        self.assertEqual((0, "right\n"), (result.returncode, result.stdout), result.stderr)
        self.assertIn(words, result.stderr)

    def image(self) -> Path:
        """The one image, made now."""
        self.learn("app.py")
        return Path(self.cached()[0]["images"][0]["path"])

    def test_everything_is_private(self):
        image = self.image()
        modes = [oct(path.stat().st_mode & 0o777) for path in (self.cache, image.parent, image)]
        self.assertEqual(["0o700", "0o700", "0o600"], modes)

    def test_hit_stays_out_of_proc(self):
        if shutil.which("strace") is None:
            self.skipTest("strace is missing: scripts/install-packages test")
        self.image()
        for _ in range(2):  # these look where the builder is
            self.assertEqual("", self.launch("app.py").stderr)
        traced = run("strace", "-f", "-e", "trace=%file", RUN, "app.py", cwd=self.directory,
                     env=self.variables())
        self.assertEqual((0, "right\n"), (traced.returncode, traced.stdout), traced.stderr)
        self.assertIn("hits", traced.stderr)
        self.assertNotIn("/proc", traced.stderr)

    def test_cache_that_cannot_be_written_or_named(self):
        for changes in ({"PYSNAP_CACHE": "/dev/null/cache"}, {"PYSNAP_CACHE": "/proc/cache"},
                        {"HOME": "/nonexistent/home"}):
            with self.subTest(changes=changes):
                self.assert_plain("no image of this program yet", **changes)
        self.assertFalse(Path("/nonexistent/home").exists())
        self.assert_plain("there is no cache", HOME="")

    def test_cache_has_its_place(self):
        for changes, place in (({"PYSNAP_CACHE": f"{self.directory}/own"}, "own"),
                               ({"XDG_CACHE_HOME": f"{self.directory}/shared"}, "shared/pysnap")):
            self.learn("app.py", **changes)
            self.assertEqual(1, len(list((self.directory / place).glob("*/*.image"))))
            self.assertEqual("", self.launch("app.py", **changes).stderr)

    def test_what_others_can_write_is_not_used(self):
        image = self.image()
        for path in (self.cache, image.parent, image):
            mode = path.stat().st_mode & 0o777
            for more in (0o020, 0o002):
                with self.subTest(path=path, more=more):
                    path.chmod(mode | more)
                    self.assert_plain("others can write")
                    path.chmod(mode)
        self.assertEqual("", self.launch("app.py").stderr)

    @unittest.skipUnless(os.geteuid() == 0, "only root can give files away")
    def test_what_belongs_to_others_is_not_used(self):
        image = self.image()
        for path in (self.cache, image.parent, image):
            with self.subTest(path=path):
                os.chown(path, 12345, 12345)
                self.assert_plain("belongs to another user")
                os.chown(path, 0, 0)
        named = run(RUN, "--image", image, "app.py", cwd=self.directory, env=self.variables())
        self.assertEqual((0, "right\n"), (named.returncode, named.stdout))
        os.chown(image, 12345, 12345)
        named = run(RUN, "--image", image, "app.py", cwd=self.directory, env=self.variables())
        self.assert_refused(named, LAUNCHER_FAILED, "belongs to another user")

    def test_incomplete_installation_learns_nothing_and_says_nothing(self):
        lonely = self.directory / "pysnap-run"
        lonely.write_bytes(RUN.read_bytes())
        lonely.chmod(0o755)
        result = run(lonely, "--build-now", "app.py", cwd=self.directory, env=self.variables())
        self.assertEqual((0, "right\n", ""), (result.returncode, result.stdout, result.stderr))
        self.assertEqual([], self.cached())

    def test_links_are_not_followed(self):
        image = self.image()
        elsewhere = image.rename(self.directory / "elsewhere.image")
        image.symlink_to(elsewhere)
        self.assert_plain("cannot be opened")
        image.unlink()
        elsewhere.rename(image)
        place = image.parent.rename(self.directory / "place")
        image.parent.symlink_to(place)
        self.assert_plain("no image of this program yet")

    @unittest.skipUnless(os.geteuid() == 0, "only root can make programs set-uid for others")
    def test_set_uid_process_uses_no_image(self):
        self.image()
        lonely = self.directory / "pysnap-run"
        lonely.write_bytes(RUN.read_bytes())
        lonely.chmod(0o4755)
        self.directory.chmod(0o755)
        result = subprocess.run([lonely, "--explain", "app.py"], cwd=self.directory, user=12345,
                                env=self.variables(), capture_output=True, text=True, check=False)
        self.assertEqual("right\n", result.stdout)
        self.assertIn("set-uid", result.stderr)

    def test_damaged_image_is_made_again(self):
        image = self.image()
        for damage, words in ((lambda: os.truncate(image, 0), "not a pysnap image"),
                              (lambda: os.truncate(image, 10_000_000), "size is not the one"),
                              (lambda: image.write_bytes(bytes(1000)), "not a pysnap image")):
            damage()
            learned = self.learn("app.py")
            self.assertEqual((0, "right\n"), (learned.returncode, learned.stdout))
            self.assertIn(words, learned.stderr)
            self.assertEqual("", self.launch("app.py").stderr)

    def test_program_whose_image_fails_is_not_tried_at_each_launch(self):
        arguments = ("-X", "importtime", "app.py")
        self.assertIn("no image of this program yet", self.learn(*arguments).stderr)
        self.assertIn("building one has failed", self.launch(*arguments).stderr)
        failure = self.cached()[0]["failure"]
        self.assertIn("importtime", failure)
        failed = next(self.cache.glob("*/failed"))
        os.utime(failed, (time.time() - 3700, time.time() - 3700))
        self.assertNotIn("has failed", self.launch(*arguments).stderr)

    def test_many_first_launches_make_one_image(self):
        runs = [subprocess.Popen([RUN, "app.py"], cwd=self.directory, env=self.variables(),
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                for _ in range(50)]
        for process in runs:
            self.assertEqual(("right\n", ""), process.communicate(timeout=60))
            self.assertEqual(0, process.returncode)
        deadline = time.monotonic() + 60
        while not (images := list(self.cache.glob("*/*.image"))) or self.builders():
            self.assertLess(time.monotonic(), deadline, f"{images} {self.builders()}")
            time.sleep(0.1)
        self.assertEqual(1, len(images))
        self.assertEqual([], list(self.cache.glob("*/built*")))
        self.assertEqual("", self.launch("app.py").stderr)

    def test_one_build_in_the_background_and_none_for_a_mistyped_name(self):
        self.assertEqual(2, self.launch("aap.py").returncode)
        self.cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(self.cache / "lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assert_plain("no image of this program yet")
            deadline = time.monotonic() + 60
            while self.builders():
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.05)
        self.assertEqual([], list(self.cache.glob("*/*.image")))
        self.image()
        self.assertEqual(["app.py"], [program["program"] for program in self.cached()])

    def test_killed_build_leaves_nothing_in_the_way(self):
        for delay in (0.02, 0.1, 0.2, 0.3, 0.45, 0.6):
            with self.subTest(delay=delay):
                run(PYSNAP, "cache", "clear", env=self.variables())
                self.assert_plain("no image of this program yet")
                time.sleep(delay)
                for process in self.builders():
                    os.kill(process, signal.SIGKILL)
                self.assertEqual("right\n", self.launch("app.py").stdout)
                self.assertEqual("right\n", self.learn("app.py").stdout)
                self.assertEqual("", self.launch("app.py").stderr)
                self.assertEqual([], list(self.cache.glob("*/built*")))

    def test_python_that_is_not_one(self):
        wrapper = self.write("bin/python3", f"#!/bin/sh\nexec {self.interpreter} \"$@\"\n")
        wrapper.chmod(0o755)
        self.assert_plain("a wrapper", PATH=f"{wrapper.parent}:/usr/bin:/bin")
        result = self.launch("app.py", PATH="/nonexistent")
        self.assert_refused(result, LAUNCHER_FAILED, "no python3 on PATH")


class CacheCommandTest(LearningTest):
    """`pysnap cache`."""

    def setUp(self) -> None:
        super().setUp()
        for name in ("one", "two"):
            self.write(f"{name}.py", "import json\n")
            self.learn(f"{name}.py", "argument")
        self.launch("one.py", "argument")

    def cache(self, *arguments: str) -> subprocess.CompletedProcess:
        """The command."""
        return run(PYSNAP, "cache", *arguments, env=self.variables())

    def test_list_and_show(self):
        lines = self.cache("list").stdout.splitlines()
        self.assertEqual(["one.py argument", "two.py argument"],
                         sorted(" ".join(line.split()[-2:]) for line in lines[:2]))
        self.assertIn(str(self.home / ".cache/pysnap"), lines[2])
        shown = self.cache("show", "one.py").stdout
        self.assertIn("hits         1\n", shown)
        self.assertIn("last miss    there is no image of this program yet\n", shown)
        self.assertNotIn("two.py", shown)
        key = json.loads(self.cache("show", "two.py", "--json").stdout)["key"]
        self.assertIn("two.py", self.cache("show", key[:6]).stdout)
        self.assert_refused(self.cache("show", "three"), 3, "three", "pysnap cache list")

    def test_prune_removes_what_was_not_used_for_longest(self):
        one, two = sorted(self.cached(), key=lambda program: program["program"])
        long_ago = time.time() - 1000
        for path in Path(two["images"][0]["path"]).parent.iterdir():
            os.utime(path, (long_ago, long_ago))
        size = one["images"][0]["size"]
        self.assertIn("1 program removed", self.cache("prune", "--size", str(size)).stdout)
        self.assertEqual(["one.py argument"], [p["program"] for p in self.cached()])
        self.assertIn("0 programs removed", self.cache("prune").stdout)
        self.assert_refused(self.cache("prune", "--size", "many"), 2, "PYSNAP_CACHE_SIZE", "many")

    def test_clear_removes_what_is_ours_and_nothing_else(self):
        cache = self.home / ".cache/pysnap"
        strangers = [cache / "file", next(cache.glob("*/")) / "stranger"]
        for path in strangers:
            path.write_text("", encoding="utf-8")
        self.assertIn("2 programs removed", self.cache("clear").stdout)
        self.assertEqual(sorted(strangers), sorted(p for p in cache.rglob("*") if p.is_file()))

    def test_new_images_push_old_ones_out(self):
        self.write("three.py", "import json\n")
        self.learn("three.py", PYSNAP_CACHE_SIZE="40M")
        self.assertEqual(2, len(self.cached()))

    def test_nothing_to_learn_from_is_a_sentence(self):
        self.assert_refused(run(PYSNAP, "learn", env=self.variables()), 2, "nothing to learn")
        self.assertTrue((BINARIES.parent / "lib/pysnap/pysnap-learner.so").exists())


if __name__ == "__main__":
    unittest.main()
