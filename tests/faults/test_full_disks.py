"""Caches on file systems without room: for bytes, for files, and by the limit of a process."""

import json
import os
import resource
import shutil
import subprocess
import unittest
from pathlib import Path

from fault import FaultTest, found
from workshop import PYSNAP, RUN, run


def unshare() -> list[str]:
    """How a mount namespace is made here, by root or by anybody."""
    for command in (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"]):
        if run(*command, "true").returncode == 0:
            return command
    raise unittest.SkipTest("no mount namespace can be made here, not even with a user namespace")


class FullDiskTest(FaultTest):
    """The program is right, nothing torn stays, and `pysnap cache show` has the reason."""

    def setUp(self) -> None:
        super().setUp()
        self.size = self.image().stat().st_size
        self.clear()

    def on_small_disk(self, options: str, *commands: str) -> list[subprocess.CompletedProcess]:
        """Runs shell commands with a small file system as the cache."""
        self.cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        script = f"mount -t tmpfs -o mode=700,{options} tmpfs {self.cache}\n"
        for number, command in enumerate(commands):
            script += (f"{command} >{self.directory}/out{number} 2>{self.directory}/err{number}\n"
                       f"echo $? >{self.directory}/status{number}\n")
        done = run(*unshare(), "sh", "-c", script, cwd=self.directory, env=self.variables())
        self.assertEqual(0, done.returncode, done.stderr)
        return [subprocess.CompletedProcess(
            command, int((self.directory / f"status{number}").read_text()),
            (self.directory / f"out{number}").read_text(),
            (self.directory / f"err{number}").read_text())
            for number, command in enumerate(commands)]

    def assert_survives(self, options: str) -> str:
        """Two launches and a look at the cache; why there is no image, or nothing."""
        launch = f"{RUN} --explain --build-now app.py"
        first, listed, files, second = self.on_small_disk(
            options, launch, f"{PYSNAP} cache list --json", f"find {self.cache} -type f",
            f"{RUN} --explain app.py")
        self.assert_right(first)
        self.assert_right(second)
        self.assertNotIn(".building-", files.stdout)
        self.assertNotIn("/built", files.stdout)
        programs = json.loads(listed.stdout)
        if second.stderr == "":
            self.assertEqual(1, files.stdout.count(".image\n"))
            return ""
        self.assertNotIn(".image\n", files.stdout)
        self.assertEqual(1, second.stderr.count("\n"), second.stderr)
        self.assertIn("plain Python runs instead of the image: ", second.stderr)
        return (programs[0]["failure"] or "") if programs else "no directory"

    def test_no_room_for_bytes(self):
        sizes = [4096, 8192, 12288, 65536, 1 << 20, self.size // 2, self.size - 65536,
                 self.size - 4096, self.size + 4096, self.size + 65536, 2 * self.size]
        without = 0
        for size in sizes:
            with self.subTest(size=size, image=self.size):
                reason = self.assert_survives(f"size={size}")
                without += reason != ""
                if size >= self.size + 65536:
                    self.assertEqual("", reason)
                elif 65536 <= size <= self.size - 65536:  # two images differ by a few pages
                    self.assertIn("No space left on device", reason)
        found("a full disk", len(sizes),
              f"right; no image on {without} of them, nothing torn, the reason in `cache show`")

    def test_no_room_for_files(self):
        counts = range(2, 9)
        for count in counts:
            with self.subTest(count=count):
                self.assert_survives(f"nr_inodes={count}")
        found("no more files on the disk", len(counts), "the same")

    def test_limit_of_file_sizes(self):
        sizes = [0, 4096, 1 << 20, self.size * 9 // 10]  # two images differ a little
        for size in sizes:
            with self.subTest(size=size):
                def limit(size=size):
                    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
                result = run(RUN, "--explain", "--build-now", "app.py", cwd=self.directory,
                             env=self.variables(), preexec_fn=limit)
                self.assert_right(result)
                self.assertEqual([], self.images())
                self.assertEqual([], self.unfinished())
                shutil.rmtree(self.cache, ignore_errors=True)
        found("RLIMIT_FSIZE", len(sizes), "right, nothing torn")
        self.image()
        self.assert_one_whole_image()

    def test_disk_that_fills_up_later_is_no_reason_against_the_image(self):
        fill = f"dd if=/dev/zero of={self.cache}/fill bs=4096"
        launch = f"{RUN} --explain app.py"
        again = f"touch -d '1 hour ago' {self.directory}/app.py"
        done = self.on_small_disk(f"size={self.size + 65536}", f"{RUN} --build-now app.py", fill,
                                  launch, again, launch)
        for result in (done[2], done[4]):
            self.assert_right(result)
            self.assertEqual("", result.stderr)

    def test_cache_that_vanishes_and_comes_back(self):
        mount = f"mount -t tmpfs -o mode=700 tmpfs {self.cache}"
        launch = f"{RUN} --explain --build-now app.py"
        with_image, vanished, back = ("", "there is no image", "there is no image")
        done = self.on_small_disk("size=1G", launch, launch, f"umount {self.cache}", launch, launch,
                                  mount, launch, launch)
        for index, words in ((1, with_image), (3, vanished), (4, with_image), (6, back),
                             (7, with_image)):
            self.assert_right(done[index])
            self.assertIn(words, done[index].stderr)
            self.assertEqual(not words, not done[index].stderr, done[index].stderr)
        found("a cache on a tmpfs that is unmounted", 1, "right, and a new image")

    def test_cache_unmounted_under_a_running_program(self):
        self.write("app.py", "import json, subprocess, sys\n"
                             "subprocess.run(['umount', '-l', sys.argv[1]], check=True)\n"
                             "import decimal\nprint(decimal.Decimal(1) / 8, json.dumps([]))\n")
        learn = f"{RUN} --build-now app.py"
        mount = f"mount --bind {self.cache} {self.cache}"
        done = self.on_small_disk("size=1G", mount, f"{learn} {self.cache}",
                                  f"{RUN} --explain app.py {self.cache}")
        self.assertEqual((0, "0.125 []\n"), (done[2].returncode, done[2].stdout), done[2].stderr)


class ReadOnlyTest(FaultTest):
    """File systems that cannot be written."""

    def read_only(self, *places: Path) -> list[str]:
        """The start of a command that sees these places read-only."""
        script = "".join(f"mount --bind {place} {place} && mount -o remount,ro,bind {place} && "
                         for place in places)
        return [*unshare(), "sh", "-c", f'{script}exec "$@"', "sh"]

    def launch_read_only(self, *places: Path) -> subprocess.CompletedProcess:
        """A launch that would like to make an image."""
        return run(*self.read_only(*places), RUN, "--explain", "--build-now", "app.py",
                   cwd=self.directory, env=self.variables())

    def test_cache_that_is_mounted_read_only(self):
        self.cache.mkdir(parents=True, mode=0o700)
        result = self.launch_read_only(self.cache)
        self.assert_right(result)
        self.assertIn("no image of this program yet", result.stderr)
        self.image()
        for _ in range(3):
            result = self.launch_read_only(self.cache)
            self.assert_right(result)
            self.assertEqual("", result.stderr)
        found("a cache that is mounted read-only", 4, "right, from the image if there is one")

    def test_root_that_is_mounted_read_only(self):
        self.image()
        for expected in ("", "no image of this program yet"):
            result = self.launch_read_only(Path("/"), self.directory)
            self.assert_right(result)
            self.assertIn(expected, result.stderr)
            self.clear()
        found("a root file system that is read-only", 2, "right, from the image if there is one")

    @unittest.skipUnless(os.geteuid() == 0, "only root can be a user whose rights are missing")
    def test_cache_without_the_right_to_write(self):
        user = 12345
        image = self.image()
        for path in (self.home, self.home / ".cache", self.cache, *self.cache.rglob("*")):
            os.chown(path, user, user)
        self.directory.chmod(0o755)
        expected = ""
        for remove in (False, True):
            if remove:
                image.unlink()
                expected = "no image of this program yet"
            for path in (self.cache, image.parent):
                path.chmod(0o500)
            result = subprocess.run([RUN, "--explain", "--build-now", "app.py"], user=user,
                                    group=user, extra_groups=[], cwd=self.directory,
                                    env=self.variables(), capture_output=True, text=True,
                                    check=False)
            self.assert_right(result)
            self.assertIn(expected, result.stderr)
            self.assertEqual(not expected, not result.stderr)
        self.assertEqual([], self.images())
        found("a cache without the right to write", 2, "right, from the image if there is one")


if __name__ == "__main__":
    unittest.main()
