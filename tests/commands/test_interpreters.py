"""`pysnap build` with interpreters that cannot be frozen: one sentence, no file."""

import os
import unittest
from pathlib import Path

from workshop import INPUT, CommandTest, build, environment, interpreters, launch, run, PYSNAP

SUPPORTED = "CPython 3.10, 3.11, 3.12 and 3.13 are supported"


class InterpreterTest(CommandTest):
    """Each wrong interpreter is named, and the way out with it."""

    def build_with(self, interpreter: object, **options: object):
        """A build into the test's directory."""
        return build(self.directory / "x.image", interpreter=interpreter, **options)

    def answering(self, *lines: str) -> Path:
        """A program that answers the probe with these lines."""
        return self.script("fake-python", "printf '%s\\n' " +
                           " ".join(f"'{line}'" for line in lines) + "\n")

    def test_missing_interpreter_is_named(self):
        result = self.build_with("/nowhere/python3")
        self.assert_refused(result, INPUT, "/nowhere/python3", "does not exist", "--python")
        self.assert_files()

    def test_name_that_is_not_on_the_path_is_named(self):
        result = self.build_with("python-that-nobody-has")
        self.assert_refused(result, INPUT, "python-that-nobody-has", "PATH", "--python")
        self.assert_files()

    def test_interpreter_of_a_virtual_environment_that_is_gone_is_named(self):
        env = environment(VIRTUAL_ENV=str(self.directory / "gone"))
        result = run(PYSNAP, "build", "-o", self.directory / "x.image", env=env)
        self.assert_refused(result, INPUT, "gone/bin/python", "does not exist", "--python")
        self.assert_files()

    def test_directory_is_no_interpreter(self):
        result = self.build_with(self.directory)
        self.assert_refused(result, INPUT, self.directory, "--python")
        self.assert_files()

    def test_text_file_is_no_interpreter(self):
        text = self.write("text", "print('hello')\n")
        self.assert_refused(self.build_with(text), INPUT, text, "--python")
        text.chmod(0o755)
        self.assert_refused(self.build_with(text), INPUT, text, "--python")
        self.assert_files("text")

    def test_script_whose_own_interpreter_is_missing_is_no_interpreter(self):
        script = self.write("script", "#!/nowhere/python\n")
        script.chmod(0o755)
        self.assert_refused(self.build_with(script), INPUT, script, "--python")
        self.assert_files("script")

    def test_programs_that_are_not_python_are_no_interpreters(self):
        for program in ("/bin/true", "/bin/false", "/bin/echo", "/bin/sh"):
            with self.subTest(program):
                result = self.build_with(program)
                self.assert_refused(result, INPUT, program, "is not a Python 3 interpreter",
                                    "--python")
        self.assert_files()

    def test_program_that_dies_of_a_signal_is_no_interpreter(self):
        result = self.build_with(self.script("dies", "kill -SEGV $$\n"))
        self.assert_refused(result, INPUT, "is not a Python 3 interpreter")
        self.assert_files("dies")

    def test_unsupported_versions_are_refused_with_the_supported_ones(self):
        for version in ("3.6", "3.7", "3.8", "3.9", "3.14"):
            for path in (Path.home() / ".pyenv" / "versions").glob(
                    f"{version}.*/bin/python{version}"):
                with self.subTest(str(path)):
                    result = self.build_with(path)
                    self.assert_refused(result, INPUT, path, f"is version {version}.", SUPPORTED)
        for version in ("3.9.2", "3.14.0"):
            with self.subTest(version):
                fake = self.answering("cpython", version, "", "/usr/bin/python3")
                self.assert_refused(self.build_with(fake), INPUT, version, SUPPORTED)
        self.assert_files("fake-python")

    def test_other_implementation_is_refused_by_name(self):
        fake = self.answering("pypy", "3.10.13", "", "/usr/bin/pypy3")
        self.assert_refused(self.build_with(fake), INPUT, "is pypy, not CPython", SUPPORTED)
        self.assert_files("fake-python")

    def test_free_threaded_build_is_refused(self):
        fake = self.answering("cpython", "3.13.0", "t", "/usr/bin/python3")
        self.assert_refused(self.build_with(fake), INPUT, "free-threaded")
        self.assert_files("fake-python")

    def test_interpreter_whose_program_is_something_else_is_refused(self):
        shell = Path("/bin/sh").resolve()
        fake = self.answering("cpython", "3.11.2", "", str(shell))
        result = self.build_with(fake)
        self.assert_refused(result, INPUT, "it is not CPython")
        self.assert_files("fake-python")

    def test_supported_interpreters_are_frozen(self):
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                image = self.directory / "good.image"
                result = self.build_with(interpreter)
                self.assertEqual(0, result.returncode, result.stderr)
                os.rename(self.directory / "x.image", image)
                launched = launch(image, "-c", "import sys; print(sys.executable)")
                self.assert_succeeds(launched)
                self.assertEqual(f"{interpreter}\n", launched.stdout)

    def test_default_is_the_active_virtual_environment(self):
        interpreter = interpreters()[0]
        made = run(interpreter, "-m", "venv", "--without-pip", self.directory / "venv")
        self.assertEqual(0, made.returncode, made.stderr)
        image = self.directory / "x.image"
        result = run(PYSNAP, "build", "-o", image,
                     env=environment(VIRTUAL_ENV=str(self.directory / "venv")))
        self.assertEqual(0, result.returncode, result.stderr)
        launched = launch(image, "-c", "import sys; print(sys.prefix)")
        self.assertEqual(f"{self.directory}/venv\n", launched.stdout)


if __name__ == "__main__":
    unittest.main()
