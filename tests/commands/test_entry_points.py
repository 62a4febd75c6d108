"""`pysnap build --entry-point`: images of installed commands."""

import unittest

from test_modules import BuildTest
from workshop import INPUT, PYSNAP, RUN, build, environment, interpreters, launch, python, run

METADATA = "Metadata-Version: 2.1\nName: greeter\nVersion: 1.0\n"
MODULE = """
import sys

def main():
    print("greetings", sys.argv, __name__, sys.modules["__main__"].__file__, flush=True)
    if "fail" in sys.argv:
        raise ValueError("as asked")
    return 7 if "seven" in sys.argv else None
"""
SCRIPT = """#!/usr/bin/python3
import sys
from greeter.command import main
if __name__ == "__main__":
    sys.exit(main())
"""


class EntryPointTest(BuildTest):
    """Commands of a package that the test installs into a folder of its own."""

    def setUp(self) -> None:
        super().setUp()
        self.image = self.directory / "x.image"
        self.path = self.script_of("greet")

    def script_of(self, name: str):
        """Installs the package with a command of this name; returns the command's script."""
        self.write("site/greeter/__init__.py", "")
        self.write("site/greeter/command.py", MODULE)
        self.write("site/greeter-1.0.dist-info/METADATA", METADATA)
        self.write("site/greeter-1.0.dist-info/RECORD", f"../bin/{name},,\n")
        self.write("site/greeter-1.0.dist-info/entry_points.txt",
                   f"[console_scripts]\n{name} = greeter.command:main\n"
                   "scriptless = greeter.command:main\n[other]\nother = greeter.command:main\n")
        script = self.write(f"bin/{name}", SCRIPT)
        script.chmod(0o755)
        return script

    def variables(self) -> dict[str, str]:
        return environment(PYTHONPATH=str(self.directory / "site"))

    def test_launches_behave_as_the_installed_script(self):
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.assert_succeeds(build(self.image, "--entry-point", "greet",
                                           interpreter=interpreter, env=self.variables()))
                for arguments in ((), ("a", "-m", "b"), ("--version",), ("-h",), ("seven",),
                                  ("fail",)):
                    plain = run(interpreter, self.path, *arguments, env=self.variables())
                    for launched in (run(self.image, *arguments, env=self.variables()),
                                     launch(self.image, *arguments, env=self.variables())):
                        self.assertEqual(
                            (plain.returncode, plain.stdout, plain.stderr),
                            (launched.returncode, launched.stdout, launched.stderr))

    def test_module_of_the_command_is_prepared(self):
        self.write("site/greeter/command.py", "print('imported')\n" + MODULE)
        built = build(self.image, "--entry-point", "greet", env=self.variables())
        self.assertIn("imported", built.stdout)
        self.assertNotIn("imported", run(self.image, env=self.variables()).stdout)

    def test_plain_python_runs_the_script_where_the_image_does_not_fit(self):
        self.assert_succeeds(build(self.image, "--entry-point", "greet", env=self.variables()))
        other = {**self.variables(), "HOME": "/other"}
        explained = run(RUN, "--explain", "--image", self.image, "seven", env=other)
        self.assertEqual(7, explained.returncode, explained.stderr)
        self.assertIn("the variable HOME is /other", explained.stderr)
        self.assertIn(f"greetings ['{self.path}', 'seven']", explained.stdout)

    def test_plain_python_has_the_options_of_the_image(self):
        self.write("site/greeter/command.py", "import sys\n"
                   "def main():\n    print(sys.flags.dev_mode, sys.flags.optimize, sys.argv[1:])\n"
                   "    print(sys.orig_argv[1:4], sys.orig_argv[5:])\n")
        self.assert_succeeds(build(self.image, "--entry-point", "greet",
                                   "--python-options=-X dev -OO", env=self.variables()))
        for variables, explained in ((self.variables(), ""),
                                     ({**self.variables(), "HOME": "/other"}, "HOME")):
            launched = run(RUN, "--explain", "--image", self.image, "-X", env=variables)
            self.assertEqual("True 2 ['-X']\n['-X', 'dev', '-OO'] ['-X']\n", launched.stdout)
            self.assertIn(explained, launched.stderr)
            self.assertEqual(bool(explained), bool(launched.stderr))

    def test_executed_image_has_no_options_of_the_launcher(self):
        self.assert_succeeds(build(self.image, "--entry-point", "greet", env=self.variables()))
        launched = run(self.image, "--explain", "--image", env=self.variables())
        self.assertIn("'--explain', '--image']", launched.stdout)

    def test_unknown_entry_point_is_named(self):
        for name in ("nobody-has-this", "other"):
            result = build(self.image, "--entry-point", name, env=self.variables())
            self.assert_refused(result, INPUT, f"has the entry point {name}", python())
            self.assert_no_image()

    def test_entry_point_without_a_script_is_named(self):
        result = build(self.image, "--entry-point", "scriptless", env=self.variables())
        self.assert_refused(result, INPUT, "the entry point scriptless has no script")

    def test_entry_point_whose_module_fails_is_shown_with_its_traceback(self):
        self.write("site/greeter/command.py", "raise ValueError('no luck')\n")
        result = build(self.image, "--entry-point", "greet", env=self.variables())
        self.assert_refused(result, INPUT, "importing greeter.command fails",
                            "ValueError: no luck", lines=None)

    def test_inspect_names_the_program(self):
        self.assert_succeeds(build(self.image, "--entry-point", "greet", env=self.variables()))
        shown = run(PYSNAP, "inspect", self.image)
        self.assertRegex(shown.stdout, rf"(?m)^program +{self.path}$")


if __name__ == "__main__":
    unittest.main()
