"""`pysnap-run` and executed images: options, what does not fit, and what plain Python takes over."""

import os
import resource
import shutil
import subprocess
import time
import unittest
from pathlib import Path

from workshop import (LAUNCHER_FAILED, PYSNAP, RUN, CommandTest, build, environment, interpreters,
                      launch, plain_image, python, run)

SHOW = "import sys; print(sys.argv, sys.orig_argv[1:], sys.flags.hash_randomization)"


class OptionTest(CommandTest):
    """The command line of `pysnap-run`."""

    def test_image_option_without_a_path_is_a_sentence(self):
        self.assert_refused(run(RUN, "--image"), LAUNCHER_FAILED,
                            "--image needs the path of an image")

    def test_launcher_needs_no_loader(self):
        """Nobody relocates it: an address that is stored as data would be a wrong one."""
        self.assertIn("no relocations", run("readelf", "--relocs", RUN).stdout)

    def test_help_is_that_of_pysnap_run(self):
        for arguments in (["--help"], ["-h"]):
            result = run(RUN, *arguments)
            self.assertEqual((0, ""), (result.returncode, result.stderr))
            self.assertIn("Usage: pysnap-run [--image IMAGE]", result.stdout)

    def test_version_is_that_of_pysnap(self):
        self.assertEqual(run(PYSNAP, "--version").stdout, run(RUN, "--version").stdout)

    def test_help_without_the_other_program_is_a_sentence(self):
        lonely = shutil.copy(RUN, self.directory / "pysnap-run")
        self.assert_refused(run(lonely, "--help"), LAUNCHER_FAILED, self.directory / "pysnap",
                            "install pysnap completely")

    def test_wrong_options_of_python_get_pythons_own_message(self):
        for options in (["--bogus"], ["-Z"], ["-c"], ["-m"], ["-X"], ["-W"],
                        ["--check-hash-based-pycs", "bad"]):
            with self.subTest(options=options):
                plain = run(python(), *options)
                result = launch(plain_image(), *options)
                self.assertEqual((plain.returncode, plain.stdout, plain.stderr),
                                 (result.returncode, result.stdout, result.stderr))

    def test_options_of_python_are_obeyed_by_plain_python(self):
        program = "import sys; print(sys.flags.optimize, sys.flags.isolated, sys.argv)"
        for options in (["-O"], ["-I"], ["-OO", "-s"], ["-X", "dev"], ["-W", "error"], ["-V"]):
            with self.subTest(options=options):
                plain = run(python(), *options, "-c", program, "x")
                result = launch(plain_image(), *options, "-c", program, "x")
                self.assertEqual((plain.returncode, plain.stdout, plain.stderr),
                                 (result.returncode, result.stdout, result.stderr))

    def test_explain_says_why_plain_python_runs(self):
        image = plain_image()
        for options, reason in ((["-O", "-c", "pass"], "other options of Python"),
                                (["-i", "-c", "pass"], "an interactive session")):
            result = run(RUN, "--explain", "--image", image, *options)
            self.assertEqual(0, result.returncode, result.stderr)
            self.assertRegex(result.stderr, "^pysnap-run: plain Python runs instead of the image: "
                             f".*{reason}.*\n")

    def test_explain_is_silent_when_the_image_runs(self):
        result = run(RUN, "--explain", "--image", plain_image(), "-c", "print(1)")
        self.assertEqual((0, "1\n", ""), (result.returncode, result.stdout, result.stderr))

    def test_program_on_standard_input_runs_with_and_without_a_dash(self):
        for arguments in ([], ["-"], ["-", "x", "y"]):
            with self.subTest(arguments=arguments):
                outcomes = []
                for command in ([str(python())], [str(RUN), "--image", str(plain_image())]):
                    done = subprocess.run([*command, *arguments], input="import sys\n"
                                          "print(sys.argv)\nraise SystemExit(5)\n", text=True,
                                          capture_output=True, env=environment(), check=False)
                    outcomes.append((done.returncode, done.stdout, done.stderr))
                self.assertEqual(*outcomes)


class ExecutedImageTest(CommandTest):
    """An image is a program of its own and behaves as `pysnap-run` with it."""

    def test_executed_image_takes_the_command_line_of_python(self):
        self.write("script.py", SHOW)
        (self.directory / "package").mkdir()
        self.write("package/__main__.py", SHOW)
        image = plain_image()
        for arguments in (["script.py", "a", "-b"], ["-c", SHOW, "a"], ["-m", "package", "a"],
                          ["package", "a"], ["missing.py"], ["-c", "raise SystemExit(7)"],
                          ["-c", "1/0"], ["-c", "import os; os.kill(os.getpid(), 15)"],
                          ["-V"], ["--help"], ["--image"], ["-O", "-c", SHOW]):
            with self.subTest(arguments=arguments):
                plain = run(python(), *arguments, cwd=self.directory)
                executed = run(image, *arguments, cwd=self.directory)
                self.assertEqual((plain.returncode, plain.stdout, plain.stderr),
                                 (executed.returncode, executed.stdout, executed.stderr))

    def test_executed_image_is_found_on_the_path(self):
        image = self.copy_of_image("my-python")
        done = run("my-python", "-c", "print('found')",
                   env=environment(PATH=f"{self.directory}:/usr/bin:/bin"))
        self.assertEqual((0, "found\n", ""), (done.returncode, done.stdout, done.stderr), image)

    def test_executed_image_serves_as_the_interpreter_of_a_script(self):
        image = self.copy_of_image()
        script = self.write("script", f"#!{image}\nimport sys\nprint(sys.argv[1:])\n")
        script.chmod(0o755)
        done = run(script, "a", "b")
        self.assertEqual((0, "['a', 'b']\n", ""), (done.returncode, done.stdout, done.stderr))

    def test_every_interpreter_makes_executable_images(self):
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                image = self.directory / "x.image"
                self.assertEqual(0, build(image, interpreter=interpreter).returncode)
                done = run(image, "-c", "import sys; print(sys.version)")
                plain = run(interpreter, "-c", "import sys; print(sys.version)")
                self.assertEqual(plain.stdout, done.stdout)
                self.assertEqual((0, ""), (done.returncode, done.stderr))


class OtherStartTest(CommandTest):
    """Start-up variables that differ: plain Python runs, with the right result."""

    def test_other_start_up_variables_mean_plain_python(self):
        program = ("import sys, os, locale; print(hash('x') if sys.flags.hash_randomization == 0 "
                   "or os.environ.get('PYTHONHASHSEED') else 'random', sys.flags.utf8_mode, "
                   "sys.flags.optimize, locale.setlocale(locale.LC_CTYPE), "
                   "os.path.expanduser('~'))")
        for changes in ({"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "0"}, {"LANG": "C"},
                        {"LC_ALL": "POSIX"}, {"HOME": "/other"}, {"PYTHONUTF8": "1"},
                        {"PYTHONOPTIMIZE": "2"}, {"LANG": None}, {"PYTHONPATH": "/nowhere"}):
            with self.subTest(changes=changes):
                variables = environment(**changes)
                plain = run(python(), "-c", program, env=variables)
                silent = launch(plain_image(), "-c", program, env=variables)
                self.assertEqual((plain.returncode, plain.stdout, plain.stderr),
                                 (silent.returncode, silent.stdout, silent.stderr))
                told = run(RUN, "--explain", "--image", plain_image(), "-c", program,
                           env=variables)
                self.assertEqual((plain.returncode, plain.stdout), (told.returncode, told.stdout))
                self.assertIn(f"the variable {next(iter(changes))} is", told.stderr)
                self.assertEqual(1, told.stderr.count("\n"))

    def test_other_variables_do_not_matter(self):
        result = run(RUN, "--explain", "--image", plain_image(), "-c",
                     "import os; print(os.environ['OTHER'])", env=environment(OTHER="new"))
        self.assertEqual((0, "new\n", ""), (result.returncode, result.stdout, result.stderr))

    def test_limit_of_open_files_means_plain_python(self):
        few = 5
        result = run(RUN, "--explain", "--image", plain_image(), "-c", "print('ran')",
                     preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (few, few)))
        self.assertEqual((0, "ran\n"), (result.returncode, result.stdout), result.stderr)
        self.assertRegex(result.stderr, r"plain Python runs .* \(errno 24\)")

    def test_limit_of_memory_means_plain_python(self):
        # Less than the image's own mappings need, enough for an interpreter.
        limit = 100 << 20
        result = run(RUN, "--explain", "--image", plain_image(), "-c", "print('ran')",
                     preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
        self.assertEqual((0, "ran\n"), (result.returncode, result.stdout), result.stderr)


class UnfitImageTest(CommandTest):
    """An image whose files changed since it was built is not used: plain Python runs."""

    def library_image(self, interpreter: Path) -> tuple[Path, Path, dict[str, str]]:
        """An image with an extension module of the test's own; the module; the variables."""
        found = run(interpreter, "-c", "import _lsprof; print(_lsprof.__file__)")
        self.assertEqual(0, found.returncode, found.stderr)
        library = Path(shutil.copy(found.stdout.strip(), self.directory))
        variables = environment(PYTHONPATH=str(self.directory))
        image = self.directory / "x.image"
        built = build(image, "-m", "_lsprof", interpreter=interpreter, env=variables)
        self.assertEqual(0, built.returncode, built.stderr)
        shown = launch(image, "-c", "import _lsprof; print(_lsprof.__file__)", env=variables)
        self.assertEqual(f"{library}\n", shown.stdout, shown.stderr)
        return image, library, variables

    def assert_unfit(self, image: Path, library: Path, variables: dict, why: str) -> None:
        """Plain Python runs, silently; with --explain the library is named."""
        self.assert_succeeds(launch(image, "-c", "print('ran')", env=variables))
        result = launch(image, "--explain", "-c", "print('ran')", env=variables)
        self.assertEqual((0, "ran\n"), (result.returncode, result.stdout), result.stderr)
        self.assertIn("plain Python runs instead of the image: ", result.stderr)
        self.assertIn(f"{library} {why}", result.stderr)

    def test_changed_library_is_named(self):
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                image, library, variables = self.library_image(interpreter)
                with open(library, "ab") as file:
                    file.write(b"x")
                self.assert_unfit(image, library, variables, "has changed")

    def test_replaced_library_is_named(self):
        image, library, variables = self.library_image(python())
        other = Path(shutil.copy2(library, self.directory / "other"))
        os.replace(other, library)
        self.assert_unfit(image, library, variables, "has changed")

    def test_touched_library_is_named(self):
        image, library, variables = self.library_image(python())
        os.utime(library, (time.time() + 5, time.time() + 5))
        self.assert_unfit(image, library, variables, "has changed")

    def test_missing_library_is_named(self):
        image, library, variables = self.library_image(python())
        library.unlink()
        self.assert_unfit(image, library, variables, "cannot be opened")

    def test_library_that_became_a_pipe_is_named(self):
        image, library, variables = self.library_image(python())
        library.unlink()
        os.mkfifo(library)
        self.assert_unfit(image, library, variables, "has changed")

    def test_missing_interpreter_is_named(self):
        virtual = self.directory / "venv"
        made = run(python(), "-m", "venv", "--without-pip", "--copies", virtual)
        self.assertEqual(0, made.returncode, made.stderr)
        interpreter = virtual / "bin" / "python"
        image = self.directory / "x.image"
        built = build(image, interpreter=interpreter)
        self.assertEqual(0, built.returncode, built.stderr)
        self.assert_succeeds(launch(image, "-c", "pass"))
        shutil.rmtree(virtual)
        for options in ([], ["-O"]):
            result = launch(image, *options, "-c", "print('ran')")
            self.assert_refused(result, LAUNCHER_FAILED, interpreter, "cannot be run", "build")


if __name__ == "__main__":
    unittest.main()
