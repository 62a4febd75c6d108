"""Launches that find a prewarmed image: where, in which order, and under which conditions."""

import os
import shutil
import signal
import subprocess
import time
import unittest

from learning import NO_IMAGE
from test_prewarm import PrewarmTest
from workshop import PYSNAP, RUN, in_private_mounts, may_unshare_mounts, run


class PrewarmedLaunchTest(PrewarmTest):
    """One script and its image."""

    def setUp(self) -> None:
        super().setUp()
        self.write("app.py", "import json, sys\nprint(json.dumps(sys.argv))\n")
        self.configure("script = 'app.py'")
        self.program = self.states()["app.py"]
        self.image = self.images / self.program["image"]

    def assert_plain(self, reason: str, *arguments: object, **changes: str) -> None:
        """Plain Python runs, and `--explain` says why no prewarmed image did."""
        expected = self.plain("app.py", *arguments, **changes)
        result = self.launch("app.py", *arguments, **changes)
        self.assertEqual((expected.stdout, expected.returncode),
                         (result.stdout, result.returncode))
        self.assertIn(reason, result.stderr)
        self.assertIn("plain Python runs instead", result.stderr)


class PlaceTest(PrewarmedLaunchTest):
    """Where images are looked for."""

    def test_beside_the_script_whatever_its_path_is_called(self):
        (self.directory / "link").symlink_to(self.directory)
        self.write("below/other.py", "")
        for path in ("app.py", "./app.py", "below/../app.py", self.directory / "app.py",
                     "link/app.py"):
            with self.subTest(path=path):
                self.assert_from(self.program, path)

    def test_directories_that_are_named_come_before_those_beside_the_program(self):
        named = self.directory / "named"
        shutil.copytree(self.images, named)
        result = self.launch("app.py", PYSNAP_PATH=f"/nonexistent:{named}:{self.images}")
        self.assertEqual(self.plain("app.py").stdout, result.stdout)
        self.assertEqual(f"pysnap-run: the prewarmed image {named}/{self.program['image']} is used\n",
                         result.stderr)
        (named / self.program["image"]).write_bytes(b"")
        result = self.launch("app.py", PYSNAP_PATH=str(named))
        self.assertRegex(result.stderr, r"named/\S+ is not used: it is not a pysnap image\n.*"
                                        r"\.pysnap/\S+ is used\n$")

    def test_other_programs_are_left_alone(self):
        self.write("below/app.py", "print('other')\n")
        self.assert_same(self.plain("below/app.py"), self.launch("below/app.py"), NO_IMAGE)
        for arguments in (("-c", "print(1)"), ("-m", "json.tool", "--help")):
            self.assert_same(self.plain(*arguments), self.launch(*arguments), NO_IMAGE)
        self.assertEqual("", self.launch("--no-image", "missing.py").stdout)

    def test_output_elsewhere_needs_the_variable_and_says_so(self):
        shutil.rmtree(self.images)
        elsewhere = self.directory / "elsewhere"
        elsewhere.mkdir(mode=0o755)
        state = self.states("--output", "elsewhere")["app.py"]
        self.assertEqual([f"launches find its image only with PYSNAP_PATH={elsewhere}"],
                         state["notices"])
        self.images = elsewhere
        self.assert_same(self.plain("app.py"), self.launch("app.py"), NO_IMAGE)
        self.assert_from(state, "app.py", PYSNAP_PATH=str(elsewhere))
        for path, mode in ((elsewhere / state["image"], 0o644), (elsewhere / "manifest.json", 0o644),
                           ((elsewhere / state["image"]).parent, 0o755)):
            self.assertEqual(mode, path.stat().st_mode & 0o777, path)

    def test_moved_project_has_no_image(self):
        moved = self.directory / "moved"
        moved.mkdir()
        for name in ("app.py", ".pysnap"):
            (self.directory / name).rename(moved / name)
        self.assert_same(self.plain("moved/app.py"), self.launch("moved/app.py"), NO_IMAGE)


class ChoiceTest(PrewarmedLaunchTest):
    """Prewarmed images and everything else that decides what runs."""

    def test_prewarmed_image_comes_before_the_cache_and_nothing_is_learned(self):
        aside = self.directory / "aside"
        self.images.rename(aside)
        self.learn("app.py")
        self.assertEqual("", self.launch("app.py").stderr)
        aside.rename(self.images)
        before = self.cached()
        self.write("app.py", "import json, sys, colorsys\nprint(json.dumps(sys.argv))\n")
        self.assert_from(self.program, "app.py")
        expected = self.plain("app.py")
        self.assertEqual(expected.stdout, self.launch("--build-now", "app.py").stdout)
        self.assertEqual(before, self.cached())

    def test_cache_and_learning_where_no_prewarmed_image_fits(self):
        names = sorted(self.images.rglob("*"))
        for expected in (NO_IMAGE.rpartition(": ")[2], ""):
            result = self.launch("--build-now", "app.py", PYTHONUTF8="1")
            self.assertEqual(self.plain("app.py").stdout, result.stdout)
            self.assertIn("is not used: the variable PYTHONUTF8 is 1", result.stderr)
            self.assertEqual(bool(expected), "plain Python runs instead" in result.stderr)
        self.assertEqual(names, sorted(self.images.rglob("*")))
        self.assertEqual(1, len(self.cached()))

    def test_what_asks_for_plain_python_or_another_image_is_obeyed(self):
        other = self.directory / "other.image"
        run(PYSNAP, "build", "--python", self.interpreter, "-o", other, env=self.variables())
        expected = self.plain("app.py")
        for arguments, changes, reason in ((("--no-image",), {}, "that was asked for"),
                                           ((), {"PYSNAP": "off"}, "that was asked for")):
            result = self.launch(*arguments, "app.py", **changes)
            self.assertEqual(expected.stdout, result.stdout)
            self.assertIn(reason, result.stderr)
            self.assertNotIn("prewarmed", result.stderr)
        self.assert_same(expected, self.launch("--image", other, "app.py"))

    def test_another_interpreter_has_no_image(self):
        venv = self.directory / "venv"
        run(self.interpreter, "-m", "venv", "--without-pip", venv)
        self.assert_plain("it was made from another interpreter than", VIRTUAL_ENV=str(venv))

    def test_link_that_is_called_python_finds_the_image(self):
        tools = self.directory / "tools"
        tools.mkdir()
        (tools / "python3").symlink_to(RUN)
        variables = self.variables(PYSNAP_EXPLAIN="1")
        result = run(tools / "python3", "app.py", cwd=self.directory, env=variables)
        self.assertEqual(self.plain("app.py").stdout, result.stdout)
        self.assertIn(f"{self.image} is used\n", result.stderr)

    def test_variables_that_are_ignored_may_differ(self):
        self.configure("script = 'app.py'", first="environment.ignore = ['HOME']")
        self.program = self.states()["app.py"]
        self.assert_from(self.program, "app.py", HOME="/nonexistent")

    def test_launch_of_a_sealed_image_looks_at_no_source(self):
        if shutil.which("strace") is None:
            self.skipTest("strace is missing: scripts/install-packages test")
        traced = run("strace", "-f", "-e", "trace=%file", RUN, "app.py", cwd=self.directory,
                     env=self.variables())
        self.assertEqual(self.plain("app.py").stdout, traced.stdout)
        self.assertIn(".pysnap", traced.stderr)
        self.assertNotIn("json/", traced.stderr)
        self.assertNotIn(str(self.home), traced.stderr)


class TrustTest(PrewarmedLaunchTest):
    """Directories that others can change, and such that nobody can."""

    def test_what_others_can_write_is_not_used(self):
        for path, reason in ((self.images, "others can write the directory"),
                             (self.image.parent, "others can write the directory"),
                             (self.image, "others can write it")):
            with self.subTest(path=path):
                mode = path.stat().st_mode
                path.chmod(0o777)
                self.assert_plain(f"is not used: {reason}")
                path.chmod(mode)
        self.assert_from(self.program, "app.py")

    def test_symbolic_links_in_the_directory_are_not_followed(self):
        for path in (self.image, self.image.parent):
            with self.subTest(path=path):
                target = path.with_name("target")
                path.rename(target)
                path.symlink_to(target)
                result = self.launch("app.py")
                self.assertEqual(self.plain("app.py").stdout, result.stdout)
                self.assertIn("plain Python runs instead", result.stderr)
                path.unlink()
                target.rename(path)

    @unittest.skipIf(os.geteuid() != 0, "needs root rights")
    def test_what_belongs_to_another_user_is_not_used(self):
        for path, reason in ((self.images, "the directory belongs to another user"),
                             (self.image.parent, "the directory belongs to another user"),
                             (self.image, "it belongs to another user")):
            with self.subTest(path=path):
                os.chown(path, 1234, 1234)
                self.assert_plain(f"is not used: {reason}")
                os.chown(path, 0, 0)
        self.assert_from(self.program, "app.py")

    @unittest.skipUnless(may_unshare_mounts(), "mount namespaces cannot be made here")
    def test_read_only_system_and_no_cache(self):
        script = ("mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && cd \"$1\" && "
                  "! touch x 2>/dev/null && shift && exec \"$@\"")
        for home in (self.home, "/nonexistent"):
            command = ["env", f"HOME={home}", RUN, "--explain", "app.py", "a"]
            if home != self.home:
                shutil.rmtree(self.images)
                self.program = self.states(HOME=home)["app.py"]
            result = in_private_mounts(script, self.directory, *command, env=self.variables())
            self.assertEqual((0, '["app.py", "a"]\n'), (result.returncode, result.stdout))
            self.assertIn(f"{self.images / self.program['image']} is used\n", result.stderr)

    def test_without_any_home(self):
        variables = self.variables()
        del variables["HOME"]
        for arguments in (("prewarm",), ("prewarm", "--json")):
            done = run(PYSNAP, *arguments, cwd=self.directory, env=variables)
            self.assertEqual((0, ""), (done.returncode, done.stderr))
        result = run(RUN, "--explain", "app.py", cwd=self.directory, env=variables)
        self.assertEqual('["app.py"]\n', result.stdout)
        self.assertIn(" is used\n", result.stderr)


class RaceTest(PrewarmedLaunchTest):
    """Several at a time, and one that is killed."""

    def test_two_at_a_time_leave_one_good_directory(self):
        shutil.rmtree(self.images)
        started = [subprocess.Popen([PYSNAP, "prewarm"], cwd=self.directory, env=self.variables(),
                                    stdout=subprocess.PIPE, text=True) for _ in range(2)]
        outputs = [process.communicate(timeout=120)[0] for process in started]
        self.assertEqual([0, 0], [process.returncode for process in started])
        self.assertEqual(1, sum("  kept\n" in output for output in outputs), outputs)
        self.assert_from(self.program, "app.py")

    def test_killed_run_leaves_nothing_that_is_used(self):
        shutil.rmtree(self.images)
        for delay in (0.05, 0.2, 0.4, 0.6):
            with subprocess.Popen([PYSNAP, "prewarm"], cwd=self.directory, env=self.variables(),
                                  stdout=subprocess.DEVNULL) as process:
                time.sleep(delay)
                process.send_signal(signal.SIGKILL)
            self.assertEqual(self.plain("app.py").stdout, self.launch("app.py").stdout)
        self.states()
        self.assert_from(self.program, "app.py")
        left = {path.name for path in self.images.rglob("*") if path.is_file()}
        self.assertEqual({"lock", "manifest.json", self.image.name}, left)


if __name__ == "__main__":
    unittest.main()
