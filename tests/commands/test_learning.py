"""`pysnap-run PROGRAM` without an image: plain Python runs, and the next launch has an image."""

import os
import shutil
import time
import unittest
from collections.abc import Callable
from pathlib import Path

from learning import NO_IMAGE, LearningTest
from workshop import LAUNCHER_FAILED, PYSNAP, RUN, interpreters, run

# What a program could find of the learner.
SELF = """
import os, signal, sys
print(dict(os.environ), sys.argv, sys.orig_argv[1:], sys.flags, sys.path, os.getcwd())
print(open("/proc/self/environ", "rb").read().rstrip(b"\\0"), os.listdir("/proc/self/fd"))
print([signal.getsignal(n) for n in range(1, 32)], __name__, __file__, sys.stdin.read())
"""


class ProgramTest(LearningTest):
    """What is learned, and that the program does not notice."""

    def test_second_launch_comes_from_an_image(self):
        self.write("app.py", "import json, sys\nprint(json.dumps(sys.argv), __name__)\n"
                             "sys.exit(len(sys.argv))\n")
        self.write("package/__main__.py", "import argparse, sys\nprint(sys.argv[1:], __package__)\n")
        programs = (["app.py", "a"], ["-m", "package", "b"], ["package", "c"],
                    ["-c", "import decimal; print(decimal.Decimal(1) / 3)"], ["-"],
                    ["-X", "dev", "app.py"], ["-u", "-E", "app.py", "x"])
        for interpreter in interpreters():
            self.interpreter = interpreter
            for arguments in programs:
                with self.subTest(interpreter=interpreter, arguments=arguments):
                    self.assert_learned(*arguments)

    def test_program_sees_nothing_of_the_learner(self):
        self.write("app.py", SELF)
        for interpreter in interpreters():
            self.interpreter = interpreter
            for changes in ({}, {"LD_PRELOAD": "libz.so.1"}):
                with self.subTest(interpreter=interpreter, changes=changes):
                    self.assert_learned("app.py", "x", **changes)
                    run(PYSNAP, "cache", "clear", env=self.variables())

    def test_program_without_a_reason_to_speak_says_nothing(self):
        self.write("app.py", "print('hello')\n")
        for _ in range(2):
            result = run(RUN, "--build-now", "app.py", cwd=self.directory, env=self.variables())
            self.assertEqual((0, "hello\n", ""), (result.returncode, result.stdout, result.stderr))

    def test_image_is_made_in_the_background(self):
        self.write("app.py", "import json\nprint(json.dumps(1))\n")
        self.assert_same(self.plain("app.py"), self.launch("app.py"), NO_IMAGE)
        deadline = time.monotonic() + 60
        while not any(program["images"] for program in self.cached()):
            self.assertLess(time.monotonic(), deadline, "no image was made")
            time.sleep(0.1)
        self.assert_same(self.plain("app.py"), self.launch("app.py"))

    def test_every_way_to_end_has_its_status(self):
        ends = {"sys.exit('words')": True, "1 / 0": True, "os._exit(7)": False,
                "os.kill(os.getpid(), signal.SIGTERM)": False, "raise KeyboardInterrupt": False}
        for end, is_learned in ends.items():
            with self.subTest(end=end):
                self.write("app.py", f"import os, signal, sys\nprint('here', flush=True)\n{end}\n")
                before = len(self.cached())
                expected = self.plain("app.py")
                learned = self.learn("app.py")
                self.assertEqual((expected.stdout, expected.returncode),
                                 (learned.stdout, learned.returncode))
                self.assertEqual(is_learned, len(self.cached()) > before)
                self.assertEqual(0, run(PYSNAP, "cache", "clear", env=self.variables()).returncode)

    def test_children_of_the_first_run_are_plain_and_learn_nothing(self):
        self.write("app.py", "import os, subprocess, sys\n"
                             "print([n for n in os.environ if 'PYSNAP' in n or 'PRELOAD' in n])\n"
                             "subprocess.run([sys.executable, '-c', 'import decimal'], check=True)\n"
                             "if os.fork() == 0:\n    sys.exit(3)\n"
                             "print(os.waitstatus_to_exitcode(os.wait()[1]))\n")
        self.assert_learned("app.py")
        self.assertEqual(["app.py"], [program["program"] for program in self.cached()])

    def test_switches_mean_plain_python(self):
        self.write("app.py", "print('hello')\n")
        reason = "pysnap-run: plain Python runs instead of the image: that was asked for"
        expected = self.plain("app.py")
        self.assert_same(expected, self.launch("--no-image", "app.py"), reason)
        self.assert_same(expected, self.launch("app.py", PYSNAP="off"), reason)
        self.assertEqual([], self.cached())
        self.learn("app.py")
        self.assert_same(expected, self.launch("app.py", PYSNAP="off"), reason)
        self.assert_refused(self.launch("--image", "x", "--no-image", "app.py"), LAUNCHER_FAILED,
                            "contradict")

    def test_scripts_are_known_by_their_place(self):
        self.write("app.py", "import json\n")
        self.learn("app.py")
        for name in ("./app.py", ".//app.py", self.directory / "app.py"):
            self.assertEqual("", self.launch(name).stderr)
        self.write("other/app.py", "import json\n")
        self.assertIn("no image", self.launch("other/app.py").stderr)

    def test_active_virtual_environment_has_its_interpreter(self):
        venv = self.directory / "venv"
        run(self.interpreter, "-m", "venv", "--without-pip", venv)
        self.write("app.py", "import sys\nprint(sys.prefix, sys.executable)\n")
        expected = run(venv / "bin/python", "app.py", cwd=self.directory, env=self.variables())
        for reason in (NO_IMAGE, ""):
            self.assert_same(expected, self.learn("app.py", VIRTUAL_ENV=str(venv)), reason)


class PackagesTest(LearningTest):
    """A virtual environment for installed packages."""

    def site_packages(self) -> Path:
        """Of a new virtual environment, which is active from here on."""
        venv = self.directory / "venv"
        run(self.interpreter, "-m", "venv", "--without-pip", venv)
        self.interpreter = venv / "bin" / "python3"
        return next(venv.glob("lib/python3*/site-packages"))


class PreparedTest(PackagesTest):
    """Which modules wait in the image."""

    def when_made(self) -> int:
        """The time of the one image of the program that was used last, in nanoseconds."""
        return Path(self.cached()[0]["images"][0]["path"]).stat().st_mtime_ns

    def test_modules_of_the_project_run_in_each_launch_and_never_in_the_build(self):
        self.write("worker.py", "import colorsys\nwith open('log', 'a') as log:\n    log.write('x')\n")
        self.write("app.py", "import worker, json\nprint(json.dumps([worker.__file__]))\n")
        self.assert_learned("app.py")
        self.assertEqual("xxx", (self.directory / "log").read_text())  # plain, learned, image
        modules = self.modules_of(self.cached()[0])
        self.assertNotIn("worker", modules)
        self.assertLessEqual({"json", "colorsys"}, set(modules))
        self.write("worker.py", "print('edited')\n")
        self.assert_same(self.plain("app.py"), self.launch("app.py"))

    def test_configuration_of_the_project_has_its_say(self):
        self.write("project/prepared.py", "import colorsys\nNAME = __name__\n")
        self.write("project/own.py", "with open('log', 'a') as log:\n    log.write('x')\n")
        self.write("project/app.py", "import decimal, json, own, prepared\nprint(prepared.NAME)\n")
        self.write("project/pysnap.toml", "modules = ['prepared']\nexclude = ['decimal']\n")
        self.assert_learned("project/app.py")
        modules = self.modules_of(self.cached()[0])
        self.assertLessEqual({"prepared", "json"}, set(modules))
        self.assertTrue({"decimal", "own"}.isdisjoint(modules), modules)
        self.assertEqual("xxx", (self.directory / "log").read_text())

    def test_configuration_that_is_wrong_is_in_nobodys_way(self):
        self.write("pysnap.toml", "moduls = []\n")
        self.write("app.py", "print('right')\n")
        result = self.launch("--build-now", "app.py")
        self.assertEqual((0, "right\n"), (result.returncode, result.stdout))
        self.assertIn("building one has failed", self.launch("app.py").stderr)
        self.assertIn("modules", self.cached()[0]["failure"])

    def test_what_cannot_be_frozen_is_left_out_with_what_imports_it(self):
        packages = self.site_packages()
        (packages / "restless.py").write_text(
            "import threading, time\nthreading.Thread(target=time.sleep, args=(1,), daemon=True)"
            ".start()\n", encoding="utf-8")
        (packages / "above.py").write_text("import decimal, restless\n", encoding="utf-8")
        (packages / "beside.py").write_text("NAME = __name__\n", encoding="utf-8")
        (packages / "deadly.py").write_text(
            "import os, sys\nif sys.argv == ['']:\n    os.abort()\n", encoding="utf-8")
        self.write("app.py", "import above, beside, deadly\nprint(beside.NAME, above.restless)\n")
        self.assert_learned("app.py")
        modules = self.modules_of(self.cached()[0])
        self.assertLessEqual({"beside", "decimal"}, set(modules))
        self.assertTrue({"above", "restless", "deadly"}.isdisjoint(modules), modules)

    def test_launch_that_imports_more_improves_the_image(self):
        self.write("worker.py", "")
        self.write("app.py", "import json, sys, worker\nprint([__import__(n) for n in sys.argv[1:]])\n")
        for interpreter in interpreters():
            self.interpreter = interpreter
            with self.subTest(interpreter=interpreter):
                self.assert_learned("app.py")
                first = self.when_made()
                self.assert_same(self.plain("app.py"), self.learn("app.py"))
                self.assertEqual(first, self.when_made())
                more = ("app.py", "colorsys")
                self.assert_same(self.plain(*more), self.learn(*more))
                improved = self.cached()[0]
                self.assertNotEqual(first, self.when_made())
                self.assertEqual("the image did not hold colorsys", improved["last_miss"])
                self.assertLessEqual({"json", "colorsys"},
                                     set(self.modules_of(improved)))
                self.assert_same(self.plain(*more), self.launch(*more))

    def test_what_was_left_out_is_not_tried_again(self):
        packages = self.site_packages()
        (packages / "restless.py").write_text(
            "import threading, time\nthreading.Thread(target=time.sleep, args=(1,), daemon=True)"
            ".start()\n", encoding="utf-8")
        self.write("app.py", "import json, restless, choosy\nprint(restless.__name__)\n")
        (packages / "choosy.py").write_text("import __main__\n__main__.json\n", encoding="utf-8")
        self.assert_learned("app.py")
        before = self.when_made()
        self.assert_same(self.plain("app.py"), self.learn("app.py"))
        self.assertEqual(before, self.when_made())

    def test_import_that_fails_in_the_build_is_left_to_the_launches(self):
        packages = self.site_packages()
        (packages / "choosy.py").write_text(
            "import __main__\nassert __main__.READY\n", encoding="utf-8")
        (packages / "leaving.py").write_text(
            "import sys\nif sys.argv == ['']:\n    sys.exit(1)\n", encoding="utf-8")
        self.write("app.py", "READY = True\nimport choosy, leaving, json\nprint(choosy.__name__)\n")
        self.assert_learned("app.py")
        self.assertIn("json", self.modules_of(self.cached()[0]))

    def test_what_prints_when_it_is_imported_is_left_out(self):
        packages = self.site_packages()
        (packages / "quiet.py").write_text("NAME = __name__\n", encoding="utf-8")
        for name, text in (("chatty", "print('hello')\n"), ("above", "import chatty\n"),
                           ("raw", "import os\nos.write(2, b'words\\n')\n"),
                           ("child", "import subprocess\nsubprocess.run(['echo', 'child'])\n")):
            (packages / f"{name}.py").write_text(text, encoding="utf-8")
        self.write("app.py", "import quiet, above, raw, child\nprint(quiet.NAME)\n")
        for reason in (NO_IMAGE, ""):
            self.assert_same(self.plain("app.py"), self.learn("app.py"), reason)
        modules = self.modules_of(self.cached()[0])
        self.assertIn("quiet", modules)
        self.assertTrue({"above", "chatty", "raw", "child"}.isdisjoint(modules), modules)

    def test_what_keeps_a_key_draws_a_new_one_in_each_launch(self):
        packages = self.site_packages()
        (packages / "keyed.py").write_text("import os\nKEY = os.urandom(16).hex()\n", encoding="utf-8")
        (packages / "above.py").write_text("import json\nfrom keyed import KEY\n", encoding="utf-8")
        self.write("app.py", "import colorsys, above\nprint(above.KEY)\n")
        launches = [self.learn("app.py"), self.launch("app.py"), self.launch("app.py")]
        self.assertEqual(3, len({launch.stdout for launch in launches}))
        self.assertEqual([0, 0, 0], [launch.returncode for launch in launches])
        self.assertEqual(["", ""], [launch.stderr for launch in launches[1:]])
        self.assertIn("colorsys", self.modules_of(self.cached()[0]))

    def test_one_image_for_each_set_of_variables(self):
        self.write("app.py", "import sys\nprint(sys.flags.optimize, sys.getfilesystemencoding())\n")
        kinds = ({}, {"PYTHONOPTIMIZE": "1"}, {"PYTHONUTF8": "1"}, {"PYTHONOPTIMIZE": "2"})
        for changes in kinds:
            self.learn("app.py", **changes)
        for changes in kinds:
            with self.subTest(changes=changes):
                self.assert_same(self.plain("app.py", **changes), self.launch("app.py", **changes))
        self.learn("app.py", LC_ALL="C")
        self.assertEqual(4, len(self.cached()[0]["images"]))
        self.assertEqual("", self.launch("app.py", LC_ALL="C").stderr)


class ChangeTest(PackagesTest):
    """A change is noticed; the program is right at once, and fast again in the next launch."""

    def setUp(self) -> None:
        super().setUp()
        self.packages = self.site_packages()
        (self.packages / "parcel").mkdir()
        self.install("parcel/__init__.py", "from . import part\nNAME = part.NAME\n")
        self.install("parcel/part.py", "NAME = 'first'\n")
        self.install("reader.py", "import os\nplace = os.path.join(os.path.dirname(__file__), 'data')\n"
                                  "TEXT = open(place).read() if os.path.exists(place) else None\n")
        self.write("app.py", "import parcel, reader, json, sys\n"
                             "print(parcel.NAME, reader.TEXT, json.__file__, sys.flags.optimize,"
                             " getattr(sys, 'customised', None))\n")

    def install(self, name: str, text: str) -> Path:
        """A file of the environment's packages."""
        path = self.packages / name
        path.write_text(text, encoding="utf-8")
        return path

    def assert_noticed(self, change: Callable[[], object], words: str) -> None:
        """Learns, changes something, and looks at the next two launches."""
        self.learn("app.py")
        self.assertEqual("", self.launch("app.py").stderr)
        change()
        now = self.plain("app.py")
        stale = self.learn("app.py")
        self.assertEqual((now.stdout, now.returncode), (stale.stdout, stale.returncode))
        self.assertIn(words, stale.stderr)
        self.assert_same(now, self.launch("app.py"))

    def test_changes_of_packages(self):
        part = self.packages / "parcel" / "part.py"
        for name, change, words in (
                ("edited", lambda: part.write_text("NAME = 'second'\n", encoding="utf-8"), "part.py"),
                ("same size", lambda: part.write_text("NAME = 'thirds'\n", encoding="utf-8"),
                 "part.py"),
                ("replaced", lambda: os.replace(self.install("new", "NAME = 'fourth'\n"), part),
                 "part.py"),
                ("data appears", lambda: self.install("data", "text"), "site-packages"),
                ("data changes", lambda: self.install("data", "texts"), "data"),
                ("data goes", lambda: (self.packages / "data").unlink(), "data"),
                ("customised", lambda: self.install("sitecustomize.py",
                                                    "import sys\nsys.customised = True\n"),
                 "site-packages"),
                ("path file", lambda: self.install("x.pth", "import sys; sys.customised = 2\n"),
                 "site-packages"),
                ("gone", lambda: shutil.rmtree(self.packages / "parcel"), "parcel")):
            with self.subTest(name):
                self.assert_noticed(change, words)

    def test_shadowing_module_and_new_interpreter(self):
        early = self.directory / "early"
        early.mkdir()
        changes = {"PYTHONPATH": str(early)}
        self.learn("app.py", **changes)
        self.assertEqual("", self.launch("app.py", **changes).stderr)
        (early / "json.py").write_text("import sys\n", encoding="utf-8")
        for reason in ("early", ""):
            result = self.learn("app.py", **changes)
            self.assertEqual(self.plain("app.py", **changes).stdout, result.stdout)
            self.assertIn(reason, result.stderr)
        self.assertEqual("", self.launch("app.py", **changes).stderr)


if __name__ == "__main__":
    unittest.main()
