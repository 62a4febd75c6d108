"""New files that the import system would find, and changes that are no business of an image."""

import os
import shutil
import time
import unittest

from scenario import VALUE, Cycle, Scenario
from workshop import run


class SearchTest(Cycle):
    """New files that the import system would find first, or find at last."""

    def test_module_in_an_earlier_directory(self):
        self.make()
        self.write("first/app.py", "VALUE = 2\n")
        self.assert_noticed("first")

    def test_package_in_an_earlier_directory(self):
        self.make()
        self.write("first/app/__init__.py", "VALUE = 2\n")
        self.assert_noticed("first")

    def test_directory_of_the_path_that_was_missing(self):
        (self.directory / "first").rmdir()
        self.make()
        self.write("first/app.py", "VALUE = 2\n")
        self.assert_noticed("first")

    def test_module_that_became_a_package(self):
        self.make()
        self.write("second/app/__init__.py", "VALUE = 2\n")
        self.assert_noticed("second")

    def test_package_that_lost_its_init_file(self):
        self.write("second/app/__init__.py", "VALUE = 1\n")
        self.make()
        (self.directory / "second/app/__init__.py").unlink()
        self.assert_noticed("second/app/__init__.py")

    def test_extension_module_beside_the_source(self):
        self.make()
        self.write("second/app.abi3.so", "no library\n")
        self.assert_noticed_and_in_vain("second")

    def test_module_of_the_standard_library_in_an_earlier_directory(self):
        self.write("second/app.py", "import colorsys\nVALUE = colorsys.__file__\n")
        self.make()
        self.write("first/colorsys.py", "")
        self.assert_noticed("first")

    def test_sitecustomize(self):
        self.program = ("-c", f"{VALUE}; import sys; print(getattr(sys, 'customised', False))")
        self.make()
        self.write("second/sitecustomize.py", "import sys; sys.customised = True\n")
        self.assert_noticed("second")

    def test_usercustomize(self):
        self.program = ("-c", f"{VALUE}; import sys; print(getattr(sys, 'customised', False))")
        self.make()
        self.write("first/usercustomize.py", "import sys; sys.customised = True\n")
        self.assert_noticed("first")

    def test_sitecustomize_that_prints(self):
        self.make()
        self.write("second/sitecustomize.py", "import sys; sys.stdout.write('customised ')\n")
        self.assert_noticed_and_in_vain("second")

    def test_module_whose_import_had_failed(self):
        self.write("second/app.py", "try:\n    from fast import VALUE\n"
                                    "except ImportError:\n    VALUE = 1\n")
        self.make()
        self.write("second/fast.py", "VALUE = 2\n")
        self.assert_noticed("second")

    def test_module_that_was_only_looked_for(self):
        self.write("second/app.py", "from importlib.util import find_spec\n"
                                    "VALUE = find_spec('fast') is None\n")
        self.make()
        self.write("first/fast.py", "")
        self.assert_noticed("first")

    def test_submodule_whose_import_had_failed(self):
        (self.directory / "second/app.py").unlink()
        self.write("second/app/__init__.py", "try:\n    from ._fast import VALUE\n"
                                             "except ImportError:\n    VALUE = 1\n")
        self.make()
        self.write("second/app/_fast.py", "VALUE = 2\n")
        self.assert_noticed("second/app")

    def test_portion_of_a_namespace_package(self):
        self.write("second/space/part.py", "VALUE = 1\n")
        self.write("second/app.py", "import space, space.part\nVALUE = len(space.__path__)\n")
        self.make()
        (self.directory / "first/space").mkdir()
        self.assert_noticed("first")

    def test_modules_that_a_package_has_asked_for(self):
        self.write("second/plugins/__init__.py", "")
        self.write("second/plugins/one.py", "")
        self.write("second/app.py", "import pkgutil, plugins, plugins.one\n"
                   "VALUE = [m.name for m in pkgutil.iter_modules(plugins.__path__)]\n")
        self.make()
        self.write("second/plugins/two.py", "")
        self.assert_noticed("second/plugins")


class HarmlessTest(Cycle):
    """What happens beside the files of an image without being its business."""

    def test_output_beside_the_module(self):
        self.make()
        for name in ("result.csv", "app.csv", "app.log", "application.py"):
            self.write(f"second/{name}", "")
        self.assert_unnoticed()

    def test_bytecode_that_is_written(self):
        self.write("second/app.py", "import inner\nVALUE = 1\n")
        self.write("second/inner/__init__.py", "")
        self.make()
        written = run(self.interpreter, *self.program,
                      env={**self.variables(), "PYTHONDONTWRITEBYTECODE": ""})
        self.assertEqual(0, written.returncode, written.stderr)
        self.assertTrue((self.directory / "second/inner/__pycache__").exists())
        self.assert_unnoticed()

    def test_bytecode_that_the_build_writes_and_somebody_deletes(self):
        self.write("second/app.py", "import inner\nVALUE = 1\n")
        self.write("second/inner/__init__.py", "")
        self.changes = {"PYTHONDONTWRITEBYTECODE": None}
        self.make()
        shutil.rmtree(self.directory / "second/__pycache__")
        shutil.rmtree(self.directory / "second/inner/__pycache__")
        self.assert_unnoticed()

    def test_unrelated_module(self):
        self.write("second/inner/__init__.py", "")
        self.write("second/inner/used.py", "")
        self.write("second/app.py", "import inner.used\nVALUE = 1\n")
        self.make()
        self.write("second/unrelated.py", "")
        self.write("second/inner/unrelated.py", "")
        self.write("first/unrelated/__init__.py", "")
        self.assert_unnoticed()

    def test_unrelated_module_that_goes(self):
        self.write("second/unrelated.py", "")
        self.make()
        (self.directory / "second/unrelated.py").unlink()
        self.assert_unnoticed()

    def test_time_of_change(self):
        self.make()
        path = self.directory / "second/app.py"
        path.chmod(0o600)
        self.assert_unnoticed()
        os.link(path, self.directory / "another name")
        self.assert_unnoticed()

    def test_time_of_access(self):
        self.make()
        path = self.directory / "second/app.py"
        os.utime(path, ns=(time.time_ns() + 10 ** 10, path.stat().st_mtime_ns))
        path.read_text()
        self.assert_unnoticed()

    def test_directory_that_was_only_looked_up(self):
        (self.directory / "data").mkdir()
        self.write("second/app.py", "import os, pathlib\n"
                   "VALUE = os.path.isdir(pathlib.Path(__file__).parents[1] / 'data')\n")
        self.make()
        self.write("data/file", "")
        self.assert_unnoticed()
        shutil.rmtree(self.directory / "data")
        self.assert_noticed("data")


class OwnFilesTest(Scenario):
    """What the boot itself makes; with a name, as no launch before it has made that already."""

    def test_files_that_the_import_makes(self):
        self.write("second/app.py", "import os, tempfile\n"
                   "HERE = os.path.dirname(__file__)\n"
                   "os.makedirs(HERE + '/cache/deep', exist_ok=True)\n"
                   "CACHE = HERE + '/cache/deep/file'\n"
                   "if not os.path.exists(CACHE):\n    open(CACHE + '.new', 'w').close()\n"
                   "    os.rename(CACHE + '.new', CACHE)\n"
                   "with tempfile.NamedTemporaryFile(dir=HERE):\n    pass\n"
                   "with open(HERE + '/log', 'a') as log:\n    log.write('x')\nVALUE = 1\n")
        self.make()
        shutil.rmtree(self.directory / "second/cache")
        self.write("second/log", "")
        self.assert_unnoticed()

    def test_files_that_a_command_of_the_import_makes(self):
        self.write("second/app.py", "import os, subprocess\nPATH = __file__ + '.made'\n"
                   "if not os.path.exists(PATH):\n    subprocess.run(['touch', PATH])\nVALUE = 1\n")
        self.make()
        (self.directory / "second/app.py.made").unlink()
        self.assert_unnoticed()


if __name__ == "__main__":
    unittest.main()
