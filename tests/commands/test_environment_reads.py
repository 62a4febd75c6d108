"""Modules whose import reads the environment: as the launch and the program have it, not the build."""

import subprocess
import unittest

from test_modules import BuildTest
from workshop import BINARIES, build, interpreters, python, run

READS = """
import os
VALUES = [os.environ.get("READ_BY_GET"), os.getenv("READ_BY_GETENV", "default"),
          "READ_BY_IN" in os.environ, os.environ.get("READ_AND_SET_AT_BUILD")]
try:
    VALUES.append(os.environ["READ_BY_INDEX"])
except KeyError:
    VALUES.append("no index")
LENGTH = sum(1 for name, value in os.environ.items() if name.startswith("PREFIX_" + value))
"""
APP = """
import os, sys
for argument in sys.argv[1:]:
    name, _, value = argument.partition("=")
    if value:
        os.environ[name] = value
    else:
        del os.environ[name]
import above, bystander
print(above.VALUES, bystander.NAME)
"""
NAMES = ("READ_BY_GET", "READ_BY_GETENV", "READ_BY_IN", "READ_BY_INDEX")


class EnvironmentReadsTest(BuildTest):
    """A module, one that imports it, and one that has nothing to do with them."""

    def setUp(self) -> None:
        super().setUp()
        self.write("reads.py", READS)
        self.write("above.py", "from reads import VALUES\n")
        self.write("bystander.py", "NAME = 'bystander'\n")
        self.write("app.py", APP)

    def variables(self, **changes: str) -> dict[str, str]:
        """Those of the build, and changes."""
        return {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(self.directory),
                "LANG": "C.UTF-8", "PYTHONPATH": str(self.directory), "UNRELATED": "1",
                "PYTHONDONTWRITEBYTECODE": "1", "READ_AND_SET_AT_BUILD": "as it was", **changes}

    def launch(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess:
        """From the image, with the reasons on standard error."""
        return run(BINARIES / "pysnap-run", "--explain", "--image", self.directory / "x.image",
                   "app.py", *arguments, env=self.variables(**changes), cwd=self.directory)

    def compare(self, interpreter, *arguments: str, **changes: str) -> str:
        """What the image does, having compared it with plain Python; returns the reasons."""
        plain = run(interpreter, "app.py", *arguments, env=self.variables(**changes),
                    cwd=self.directory)
        image = self.launch(*arguments, **changes)
        self.assertEqual((plain.stdout, plain.returncode, ""),
                         (image.stdout, image.returncode, plain.stderr), image.stderr)
        return image.stderr

    def test_import_sees_the_variables_of_the_launch_and_of_the_program(self):
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.assert_succeeds(self.build_with("above", "bystander", interpreter=interpreter))
                self.assertEqual("", self.compare(interpreter))
                self.assertEqual("", self.compare(interpreter, UNRELATED="2", ANOTHER="3"))
                self.assertEqual("", self.compare(interpreter, "NOT_READ=1"))
                for name in NAMES:
                    for reasons in (self.compare(interpreter, **{name: "new"}),
                                    self.compare(interpreter, f"{name}=new")):
                        self.assertIn(f"above is imported afresh: the variable {name}, which reads "
                                      "reads, was another at the build", reasons)
                        self.assertNotIn("bystander", reasons)
                gone = self.compare(interpreter, "READ_AND_SET_AT_BUILD=")
                self.assertIn("READ_AND_SET_AT_BUILD", gone)

    def test_change_that_was_taken_back_is_none(self):
        self.assert_succeeds(self.build_with("above", "bystander"))
        self.assertEqual("", self.compare(python(), "READ_BY_GET=new", "READ_BY_GET="))

    def test_variable_of_what_a_package_with_c_code_imports(self):
        self.write_native_package("native", "from below import VALUE\n")
        self.write("below.py", "import os\nVALUE = os.environ.get('READ_BY_GET')\n")
        self.write("app.py", "import native, below\nprint(native.VALUE, below.VALUE)\n")
        self.assert_succeeds(self.build_with("native", "below"))
        self.assertEqual("", self.compare(python()))
        self.assertIn("plain Python runs instead of the image: the variable READ_BY_GET",
                      self.compare(python(), READ_BY_GET="new"))

    def test_value_of_a_variable_is_not_in_the_image(self):
        self.write("secret.py", "import os\nHAS = 'SECRET' in os.environ\n")
        secret = "correct horse battery staple"
        self.assert_succeeds(build(self.directory / "x.image", "-m", "secret",
                                   env=self.variables(SECRET=secret)))
        self.assertNotIn(secret.encode(), (self.directory / "x.image").read_bytes())


if __name__ == "__main__":
    unittest.main()
