"""What an image depends on: each change that matters is noticed, by name, and plain Python runs."""

import os
import shutil
import unittest
import zipfile
from pathlib import Path

from scenario import VALUE, Cycle
from workshop import REPOSITORY, build, launch, python, run


class SourceTest(Cycle):
    """Files of prepared modules."""

    def test_edited_source_of_the_same_size(self):
        self.make()
        self.write("second/app.py", "VALUE = 2\n")
        self.assert_noticed("second/app.py")

    def test_source_with_more_lines(self):
        self.make()
        self.write("second/app.py", "VALUE = 1\nVALUE = 3\n")
        self.assert_noticed("second/app.py")

    def test_other_size_with_the_old_time(self):
        self.make()
        before = (self.directory / "second/app.py").stat()
        path = self.write("second/app.py", "VALUE = 12345\n")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        self.assert_noticed("second/app.py")

    def test_other_bytes_with_the_old_size_and_time(self):
        for time_of_both in (None, 1_700_000_000 * 10 ** 9):
            with self.subTest(time_of_both=time_of_both):
                path = self.write("second/app.py", "VALUE = 1\n")
                if time_of_both is not None:
                    os.utime(path, ns=(time_of_both, time_of_both))
                shutil.rmtree(self.cache, ignore_errors=True)
                self.make()
                before = path.stat()
                self.write("second/app.py", "VALUE = 2\n")
                os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
                self.assert_noticed("second/app.py")

    def test_replaced_file_with_old_size_and_time(self):
        self.make()
        path = self.directory / "second/app.py"
        other = self.write("other", "VALUE = 2\n")
        os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
        os.replace(other, path)
        self.assert_noticed("second/app.py")

    def test_deleted_source(self):
        self.make()
        (self.directory / "second/app.py").unlink()
        self.assert_noticed_and_in_vain("second")

    def test_source_that_became_a_directory(self):
        self.make()
        (self.directory / "second/app.py").unlink()
        (self.directory / "second/app.py").mkdir()
        self.assert_noticed_and_in_vain("second/app.py")

    def test_module_of_an_inner_import(self):
        self.write("second/inner.py", "VALUE = 1\n")
        self.write("second/app.py", "from inner import VALUE\n")
        self.make()
        self.write("second/inner.py", "VALUE = 2\n")
        self.assert_noticed("second/inner.py")

    def test_link_to_another_file(self):
        self.write("one.py", "VALUE = 1\n")
        self.write("two.py", "VALUE = 2\n")
        link = self.directory / "second/app.py"
        link.unlink()
        link.symlink_to("../one.py")
        self.make()
        link.unlink()
        link.symlink_to("../two.py")
        self.assert_noticed("second/app.py")

    def test_link_to_another_directory(self):
        self.write("new/app.py", "VALUE = 2\n")
        (self.directory / "second").rename(self.directory / "old")
        link = self.directory / "second"
        link.symlink_to("old")
        self.make()
        link.unlink()
        link.symlink_to("new")
        self.assert_noticed("second/app.py")

    def test_module_without_source(self):
        self.write("compiled.py", "VALUE = 1\n")
        compiled = self.directory / "second/app.pyc"

        def compile_it():
            done = run(self.interpreter, "-c", "import py_compile, sys; "
                       "py_compile.compile(sys.argv[1], sys.argv[2])",
                       self.directory / "compiled.py", compiled)
            self.assertEqual(0, done.returncode, done.stderr)

        (self.directory / "second/app.py").unlink()
        compile_it()
        self.make()
        self.write("compiled.py", "VALUE = 2\n")
        compile_it()
        self.assert_noticed("second/app.pyc")

    def test_extension_module(self):
        found = run(self.interpreter, "-c", "import _lsprof; print(_lsprof.__file__)")
        library = Path(shutil.copy(found.stdout.strip(), self.directory / "second"))
        self.write("second/app.py", "import _lsprof\nVALUE = _lsprof.__file__\n")
        self.make()
        os.replace(shutil.copy2(library, self.directory / "other"), library)
        self.assert_noticed(library)

    def test_archive(self):
        archive = self.directory / "first.zip"

        def fill(value: int) -> None:
            with zipfile.ZipFile(archive, "w") as file:
                file.writestr("app.py", f"VALUE = {value}\n")

        fill(1)
        self.changes = {"PYTHONPATH": str(archive)}
        self.make()
        fill(2)
        self.assert_noticed("first.zip")

    def test_script_that_was_frozen_at_its_checkpoint(self):
        script = self.write("script.py", "import pysnap, app\npysnap.checkpoint()\n"
                                         "print(app.VALUE, 1)\n")
        self.changes = {"PYTHONPATH": f"{self.directory / 'second'}:{REPOSITORY / 'python'}"}
        built = build(self.image, "--script", script, env=self.variables())
        self.assertEqual(0, built.returncode, built.stderr)
        self.assertEqual(("1 1\n", ""), self.of_script())
        self.write("script.py", "import app\nprint(app.VALUE, 2)\n")
        output, reason = self.of_script()
        self.assertEqual("1 2\n", output)
        self.assertIn(f"{script} has changed", reason)

    def of_script(self) -> tuple[str, str]:
        """Output and errors of a launch of an image with its own program."""
        done = launch(self.image, env={**self.variables(), "PYSNAP_EXPLAIN": "1"})
        return done.stdout, done.stderr

    def test_warm_up(self):
        self.write("warm_up.py", "import app\napp.VALUE = 5\n")
        self.program = ("-c", "pass")
        self.write("project/pysnap.toml", "modules = ['app']\nwarm-up = '../warm_up.py'\n")
        self.make()
        self.write("warm_up.py", "import app\napp.VALUE = 6\n")
        self.assert_noticed("warm_up.py")


class DataTest(Cycle):
    """Files that imports read themselves."""

    READER = ("import pathlib\nDATA = pathlib.Path(__file__).with_name('data.txt')\n"
              "VALUE = DATA.read_text() if DATA.exists() else 'nothing'\n")

    def setUp(self) -> None:
        super().setUp()
        self.write("second/app.py", self.READER)

    def test_edited_data_file(self):
        self.write("second/data.txt", "1")
        self.make()
        self.write("second/data.txt", "2")
        self.assert_noticed("second/data.txt")

    def test_deleted_data_file(self):
        self.write("second/data.txt", "1")
        self.make()
        (self.directory / "second/data.txt").unlink()
        self.assert_noticed("second/data.txt")

    def test_created_data_file(self):
        self.make()
        self.write("second/data.txt", "2")
        self.assert_noticed("second")

    def test_created_data_file_in_a_directory_nobody_has_listed(self):
        self.write("second/app.py", self.READER.replace("with_name('data.txt')",
                                                        "parents[1] / 'data/here.txt'"))
        (self.directory / "data").mkdir()
        self.make()
        self.write("data/here.txt", "2")
        self.assert_noticed("data/here.txt")

    def test_created_data_file_below_a_missing_directory(self):
        self.write("second/app.py", self.READER.replace("with_name('data.txt')",
                                                        "parents[1] / 'data/here.txt'"))
        self.make()
        self.write("data/here.txt", "2")
        self.assert_noticed("data/here.txt")

    def test_relative_path(self):
        self.write("second/app.py", "import os\nVALUE = os.path.exists('../here/here.txt')\n")
        (self.directory / "here").mkdir()
        self.make()
        self.write("here/here.txt", "")
        self.assert_noticed("project/../here/here.txt")

    def test_relative_path_in_another_directory(self):
        self.write("second/app.py", "import os\nVALUE = os.path.exists('here.txt')\n")
        self.program = ("-c", f"import os; os.chdir(os.environ['PLACE']); {VALUE}")
        self.changes["PLACE"] = str(self.project)
        self.make()
        self.changes["PLACE"] = str(self.write("other/here.txt", "").parent)
        ours, plain = self.launches()
        self.assert_same(ours, plain)
        self.assertIn("app is imported afresh: app looks at the working directory", ours.stderr)

    def test_path_relative_to_an_open_directory(self):
        self.write("second/app.py", "import os\nFOLDER = os.open(os.path.dirname(__file__), "
                   "os.O_RDONLY | os.O_DIRECTORY)\n"
                   "VALUE = os.stat('data.txt', dir_fd=FOLDER).st_size\nos.close(FOLDER)\n")
        self.write("second/data.txt", "1")
        self.make()
        self.write("second/data.txt", "22")
        self.assert_noticed("second/data.txt")

    def test_listed_directory(self):
        self.write("plugins/one", "")
        self.write("second/app.py", "import os, pathlib\n"
                   "VALUE = sorted(os.listdir(pathlib.Path(__file__).parents[1] / 'plugins'))\n")
        self.make()
        self.write("plugins/two", "")
        self.assert_noticed("plugins")

    def test_file_read_by_a_thread(self):
        self.write("second/data.txt", "1")
        self.write("second/app.py", "import threading, pathlib\nREAD = []\n"
                   "def read():\n    READ.append(pathlib.Path(__file__).with_name('data.txt')"
                   ".read_text())\n"
                   "thread = threading.Thread(target=read)\nthread.start()\nthread.join()\n"
                   "VALUE = READ[0]\n")
        self.make()
        self.write("second/data.txt", "2")
        self.assert_noticed("second/data.txt")


class EnvironmentTest(Cycle):
    """A virtual environment and what is installed there."""

    def setUp(self) -> None:
        super().setUp()
        self.changes = {"PYTHONPATH": None}
        self.interpreter = self.make_environment()
        self.packages = next((self.directory / "venv/lib").glob("python3.*/site-packages"))
        self.install("1.0")

    def make_environment(self) -> Path:
        """A new one; its interpreter."""
        made = run(python(), "-m", "venv", "--without-pip", self.directory / "venv")
        self.assertEqual(0, made.returncode, made.stderr)
        return self.directory / "venv/bin/python"

    def install(self, version: str, name: str = "app") -> None:
        """As pip does: the old files go, the new ones come."""
        for old in self.packages.glob(f"{name}*"):
            shutil.rmtree(old)
        self.write(self.packages / name / "__init__.py", "from .code import VALUE\n")
        self.write(self.packages / name / "code.py", f"VALUE = '{version}'\n")
        self.write(self.packages / f"{name}-{version}.dist-info/METADATA",
                   f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        self.write(self.packages / f"{name}-{version}.dist-info/entry_points.txt",
                   f"[plugins]\n{name} = {name}\n")

    def test_upgraded_package(self):
        self.make()
        self.install("2.0")
        self.assert_noticed(self.packages / "app/__init__.py")

    def test_path_file(self):
        self.program = ("-c", f"{VALUE}; import sys; print(hasattr(sys, 'mark'))")
        self.make()
        self.write(self.packages / "more.pth", "import sys; sys.mark = 1\n")
        self.assert_noticed(self.packages)

    def test_path_file_that_prints(self):
        self.make()
        self.write(self.packages / "more.pth", "import sys; sys.stdout.write('more ')\n")
        self.assert_noticed_and_in_vain(self.packages)

    def test_edited_path_file(self):
        self.program = ("-c", "import sys; print(sys.mark)")
        self.write(self.packages / "more.pth", "import sys; sys.mark = 1\n")
        self.make()
        self.write(self.packages / "more.pth", "import sys; sys.mark = 2\n")
        self.assert_noticed(self.packages / "more.pth")

    def test_environment_made_again_with_another_package(self):
        self.make()
        (self.directory / "venv").rename(self.directory / "moved")
        self.make_environment()
        self.write(self.packages / "app.py", "VALUE = 'new'\n")
        self.assert_noticed("venv/pyvenv.cfg")

    def test_configuration_of_the_environment(self):
        self.program = ("-c", "import site; print(site.ENABLE_USER_SITE)")
        self.make()
        path = self.directory / "venv/pyvenv.cfg"
        path.write_text(path.read_text().replace("site-packages = false", "site-packages = true"))
        self.assert_noticed(path)

    def test_version_that_an_import_has_asked_for(self):
        self.write(self.packages / "app/__init__.py",
                   "from importlib.metadata import version\nVALUE = version('app')\n")
        self.make()
        old = self.packages / "app-1.0.dist-info"
        text = (old / "METADATA").read_text()
        (old / "METADATA").write_text(text.replace("1.0", "1.1"))
        self.assert_noticed(old / "METADATA")

    def test_new_distribution_where_imports_ask_for_all(self):
        self.write(self.packages / "app/__init__.py",
                   "from importlib.metadata import distributions\n"
                   "VALUE = sum(1 for _ in distributions())\n")
        self.make()
        self.install("1.0", "other")
        self.assert_noticed(self.packages)

    def test_new_distribution_where_nobody_asks(self):
        self.make()
        self.install("1.0", "other")
        self.assert_unnoticed()


if __name__ == "__main__":
    unittest.main()
