"""Modules whose import looks at the working directory: they see that of the launch and of the
program, not that of the build."""

import json
import subprocess
import unittest
from pathlib import Path

from learning import NO_IMAGE
from test_modules import BuildTest
from workshop import PYSNAP, REPOSITORY, RUN, build, environment, interpreters, python, run

# A module's import, and what it looks like.
LOOKS = {
    "asks": "import os\nVALUE = os.getcwd()\n",
    "makes_absolute": "from os.path import abspath\nVALUE = abspath('name')\n",
    "takes_path": "import pathlib\nVALUE = str(pathlib.Path.cwd())\n",
    "reads": "with open('settings.txt') as file:\n    VALUE = file.read()\n",
    "asks_whether": "import os.path\nVALUE = os.path.exists('perhaps')\n",
    "lists": "import os\nVALUE = sorted(os.listdir())\n",
    "fails": "try:\n    import broken\nexcept ImportError as error:\n    VALUE = str(error)\n",
}
APP = """
import os, sys
if len(sys.argv) > 1:
    os.chdir(sys.argv[1])
import bystander
print(bystander.NAME)
for name in {names}:
    print(name, __import__(name).VALUE)
"""
AGAIN = "import pysnap\npysnap.checkpoint()\nimport native\nprint(native.VALUE)\n"
AT_BUILD = "looks at the working directory, which was {} at the build"


class DirectoryTest(BuildTest):
    """Two directories with different files, and a directory of modules."""

    def setUp(self) -> None:
        super().setUp()
        self.here = self.write("here/settings.txt", "here").parent
        self.there = self.write("there/settings.txt", "there").parent
        self.modules = self.write(
            "modules/bystander.py",
            "import json, tempfile, importlib.metadata\nNAME = tempfile.gettempdir()\n").parent
        self.image = self.directory / "x.image"

    def variables(self) -> dict[str, str]:
        """As the interpreter wants them: an absolute path to the modules."""
        return environment(PYTHONPATH=str(self.modules))

    def make(self, *modules: str, interpreter: Path | None = None, more: tuple = ()) -> None:
        """The image, built in `here`, and a program that imports all of it."""
        self.write("app.py", APP.format(names=[name for name in modules if name != "bystander"]))
        options = [part for name in modules for part in ("-m", name)]
        built = build(self.image, *options, *more, interpreter=interpreter,
                      env=self.variables(), cwd=self.here)
        self.assertEqual(0, built.returncode, built.stderr)
        self.assertNotIn("could not be recorded", built.stdout)

    def compare(self, directory: Path, *arguments: object, interpreter: Path | None = None) -> str:
        """A launch in a directory does what plain Python does; returns its reasons."""
        command = [self.directory / "app.py", *arguments]
        return self.compare_launch(directory, ["--image", self.image, *command],
                                   [interpreter or python(), *command])

    def compare_launch(self, directory: Path, ours: list, plain: list) -> str:
        """The same, of a launch with these options."""
        expected = run(*plain, env=self.variables(), cwd=directory)
        done = run(RUN, "--explain", *ours, env=self.variables(), cwd=directory)
        self.assertEqual((expected.stdout, expected.returncode), (done.stdout, done.returncode),
                         done.stderr)
        return done.stderr

    def write_package(self, text: str) -> None:
        """One with C code, which cannot be imported afresh."""
        self.write_native_package("modules/native", text)


class ImportTest(DirectoryTest):
    """Modules of Python alone."""

    def test_import_sees_the_directory_of_the_launch_and_of_the_program(self):
        for name, text in LOOKS.items():
            self.write(f"modules/{name}.py", text)
        self.write("modules/broken.py", "import os\nraise ImportError(os.getcwd())\n")
        self.write("there/perhaps", "")
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.make("bystander", *LOOKS, interpreter=interpreter)
                self.assertEqual("", self.compare(self.here, interpreter=interpreter))
                self.assertEqual("", self.compare(self.there, self.here, interpreter=interpreter))
                for directory, arguments in ((self.there, ()), (self.here, (self.there,)),
                                             (Path("/"), (self.there,))):
                    reasons = self.compare(directory, *arguments, interpreter=interpreter)
                    for name in LOOKS:
                        self.assertIn(f"{name} is imported afresh: {name} "
                                      + AT_BUILD.format(self.here), reasons)
                    self.assertNotIn("bystander", reasons)

    def test_importer_of_one_that_looks(self):
        self.write("modules/asks.py", LOOKS["asks"])
        self.write("modules/above.py", "import json\nfrom asks import VALUE\n")
        self.make("above", "bystander")
        self.assertEqual("", self.compare(self.here))
        self.assertIn("above is imported afresh: asks " + AT_BUILD.format(self.here),
                      self.compare(self.there))

    def test_directory_that_is_gone(self):
        self.write("modules/asks.py", "import os\ntry:\n    VALUE = os.getcwd()\n"
                   "except FileNotFoundError:\n    VALUE = None\n")
        self.make("asks", "bystander")
        gone = self.directory / "gone"
        gone.mkdir()
        program = f"import os; os.rmdir({str(gone)!r}); import asks; print(asks.VALUE)"
        result = run(RUN, "--image", self.image, "-c", program,
                     env=self.variables(), cwd=gone)
        self.assertEqual(("None\n", ""), (result.stdout, result.stderr))

    def test_what_is_renewed_anyway(self):
        self.write("app.py", "import multiprocessing.process as m; print(m.ORIGINAL_DIR)")
        built = build(self.image, "-m", "multiprocessing", env=self.variables(), cwd=self.here)
        self.assertEqual(0, built.returncode, built.stderr)
        self.assertEqual("", self.compare(self.there))


class NativePackageTest(DirectoryTest):
    """A package with C code."""

    def test_launch_elsewhere_runs_plain_python(self):
        self.write_package(LOOKS["asks"])
        self.make("native", "bystander")
        self.assertEqual("", self.compare(self.here))
        self.assertIn("plain Python runs instead of the image: native "
                      + AT_BUILD.format(self.here), self.compare(self.there))

    def test_file_that_is_nowhere(self):
        self.write_package(LOOKS["asks_whether"])
        self.make("native", "bystander")
        self.assertEqual("", self.compare(self.here))
        self.assertEqual("", self.compare(self.there))
        self.write("there/perhaps", "")
        self.assertEqual("", self.compare(self.here))
        self.assertIn("plain Python runs instead of the image: native looks in the working "
                      "directory for perhaps, which was not there at the build",
                      self.compare(self.there))

    def test_file_that_was_there_at_the_build(self):
        self.write("here/perhaps", "")
        self.write_package(LOOKS["asks_whether"])
        self.make("native", "bystander")
        self.assertEqual("", self.compare(self.here))
        self.assertIn("native " + AT_BUILD.format(self.here), self.compare(self.there))

    def test_module_that_the_package_imports(self):
        self.write("modules/below.py", LOOKS["asks_whether"])
        self.write_package("from below import VALUE\n")
        self.make("native", "below", "bystander")
        self.assertEqual("", self.compare(self.here))
        self.assertEqual("", self.compare(self.there))
        self.write("there/perhaps", "")
        self.assertIn("plain Python runs instead of the image: below looks in the working "
                      "directory for perhaps, which was not there at the build",
                      self.compare(self.there))

    def test_package_that_does_not_look(self):
        self.write_package("VALUE = 1\n")
        self.make("native", "bystander")
        self.assertEqual("", self.compare(self.there))

    def test_rebase_can_be_asked_for_anywhere(self):
        """What it launches to move the image runs no program."""
        self.write_package(LOOKS["asks"])
        self.make("native", "bystander", more=("--relocatable=require",))
        before = self.image.read_bytes()
        moved = run(PYSNAP, "rebase", self.image, env=environment(LANG="C"), cwd=self.there)
        self.assertEqual((0, ""), (moved.returncode, moved.stderr))
        self.assertNotEqual(before, self.image.read_bytes())
        self.assertEqual("", self.compare(self.here))
        self.assertIn("native " + AT_BUILD.format(self.here), self.compare(self.there))

    def test_inspect_shows_which_directories_an_image_is_for(self):
        for look, path, absent, line in (
                ("asks", str(self.here), [], f"for launches in {self.here} only"),
                ("asks_whether", None, ["perhaps"],
                 "for launches in directories without perhaps")):
            with self.subTest(look):
                self.write_package(LOOKS[look])
                self.make("native")
                facts = json.loads(run(PYSNAP, "inspect", "--json", self.image).stdout)
                self.assertEqual({"path": path, "absent": absent}, facts["working_directory"])
                self.assertNotIn("native", facts["startup_variables"])
                self.assertIn(line, run(PYSNAP, "inspect", self.image).stdout.splitlines())


class BaseTest(DirectoryTest):
    """Images that are made from one with such a package."""

    def setUp(self) -> None:
        super().setUp()
        self.again = self.directory / "again.image"

    def variables(self) -> dict[str, str]:
        """Plain Python finds the package `pysnap`, too."""
        return environment(PYTHONPATH=f"{self.modules}:{REPOSITORY / 'python'}")

    def make_again(self, look: str, directory: Path) -> subprocess.CompletedProcess:
        """A base that was built in `here`, and an image from it that is built elsewhere."""
        self.write_package(LOOKS[look])
        self.make("native")
        return run(PYSNAP, "build", "--from", self.image, "--script",
                   self.write("again.py", AGAIN), "-o", self.again, env=self.variables(),
                   cwd=directory)

    def compare_again(self, directory: Path) -> str:
        """A launch of that image does what plain Python does; returns its reasons."""
        return self.compare_launch(directory, ["--image", self.again],
                                   [python(), self.directory / "again.py"])

    def test_base_for_one_directory(self):
        self.assert_succeeds(self.make_again("asks", self.here))
        self.assertEqual("", self.compare_again(self.here))
        self.assertIn("native " + AT_BUILD.format(self.here), self.compare_again(self.there))

    def test_base_for_another_directory(self):
        built = self.make_again("asks", self.there)
        self.assertNotEqual(0, built.returncode)
        self.assertIn("native " + AT_BUILD.format(self.here), built.stderr)
        self.assertFalse(self.again.exists())

    def test_base_for_directories_without_a_file(self):
        self.assert_succeeds(self.make_again("asks_whether", self.there))
        self.assertEqual("", self.compare_again(self.here))
        self.assertEqual("", self.compare_again(self.there))
        self.write("there/perhaps", "")
        self.assertEqual("", self.compare_again(self.here))
        self.assertIn("native looks in the working directory for perhaps, which was not there at "
                      "the build", self.compare_again(self.there))


class LearnedTest(DirectoryTest):
    """A program whose images are made by its launches."""

    def setUp(self) -> None:
        super().setUp()
        self.write("project/pysnap.toml", "modules = ['native']\n")
        self.program = self.write("project/app.py", "import native\nprint(native.VALUE)\n")

    def variables(self) -> dict[str, str]:
        return {**super().variables(), "PATH": f"{python().parent}:/usr/bin:/bin",
                "PYSNAP_CACHE": str(self.directory / "cache")}

    def learned(self, directory: Path) -> str:
        """The reasons of a launch that ends with an image for the next one."""
        return self.compare_launch(directory, ["--build-now", self.program],
                                   [python().parent / "python3", self.program])

    def when_made(self) -> list[int]:
        """The times of the images."""
        return [path.stat().st_ctime_ns for path in (self.directory / "cache").glob("*/*.image")]

    def assert_learned(self, look: str, reason: str) -> None:
        """An image for each of two directories, of which the second is asked for in vain."""
        self.write_package(LOOKS[look])
        self.assertEqual(NO_IMAGE + "\n", self.learned(self.here))
        self.assertEqual("", self.learned(self.here))
        self.assertIn(reason, self.learned(self.there))
        made = self.when_made()
        self.assertEqual(2, len(made))
        for directory in (self.there, self.here, self.there):
            self.assertEqual("", self.learned(directory))
        self.assertEqual(made, self.when_made())

    def test_image_for_a_second_directory(self):
        self.assert_learned("asks", "native " + AT_BUILD.format(self.here))

    def test_image_for_a_directory_with_the_file(self):
        self.write("there/perhaps", "")
        self.assert_learned("asks_whether", "native looks in the working directory for perhaps, "
                            "which was not there at the build")


if __name__ == "__main__":
    unittest.main()
