"""The `pysnap` package: hooks before the snapshot and after the restore, and what it answers."""

import unittest

from test_modules import BuildTest
from workshop import INPUT, REPOSITORY, build, environment, interpreters, launch, run

PACKAGE = REPOSITORY / "python"

HOOKED = """
import pysnap
import snapshot_restore_py

def say(*words, **options):
    print(*words, pysnap.is_snapshotting(), pysnap.is_restored(), **options)

print("import", pysnap.is_snapshotting(), pysnap.is_restored(), pysnap.generation(),
      pysnap.checkpoint())
pysnap.register_before_snapshot(say, "first", sep="-")
snapshot_restore_py.register_after_restore(say, "first", sep="-")

@snapshot_restore_py.register_before_snapshot
def second_before():
    say("second")

@pysnap.register_after_restore
def second_after():
    say("second")
"""


class HookTest(BuildTest):
    """Images of modules that register hooks."""

    def launch(self, *arguments: str, **variables: str):
        """A launch from the test's image."""
        return launch(self.directory / "x.image", *arguments,
                      env={**self.variables(), **variables})

    def build_hooked(self, text: str, interpreter=None):
        """A build with one module of this text."""
        self.write("hooked.py", text)
        return self.build_with("hooked", interpreter=interpreter)

    def test_hooks_run_in_their_order(self):
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                built = self.build_hooked(HOOKED, interpreter)
                self.assert_succeeds(built)
                self.assertIn("import True False None False\nsecond True False\n"
                              "first-True-False\n", built.stdout)
                launched = self.launch("-c", "print('program')")
                self.assert_succeeds(launched)
                self.assertEqual("first-False-True\nsecond False True\nprogram\n", launched.stdout)

    def test_questions_are_answered_in_launches(self):
        self.assert_succeeds(self.build_hooked("import pysnap"))
        asked = ("import pysnap\nprint(pysnap.is_snapshotting(), pysnap.is_restored(),"
                 " pysnap.checkpoint(), pysnap.generation())")
        answers = self.launch("-c", asked)
        self.assert_succeeds(answers)
        self.assertRegex(answers.stdout, r"^False True False \d+\n$")
        self.assertEqual(answers.stdout, self.launch("-c", asked).stdout, "one image, two numbers")
        self.assert_succeeds(self.build_hooked("import pysnap"))
        self.assertNotEqual(answers.stdout, self.launch("-c", asked).stdout,
                            "two images with one number")

    def test_hook_finds_the_launch_complete(self):
        self.assert_succeeds(self.build_hooked(
            "import os, signal, sys, pysnap\n"
            "@pysnap.register_after_restore\n"
            "def look():\n"
            "    print(sys.argv, os.environ['GIVEN'],"
            " signal.pthread_sigmask(signal.SIG_BLOCK, []))\n"))
        launched = self.launch("-c", "pass", "one", GIVEN="value")
        self.assert_succeeds(launched)
        self.assertEqual("['-c', 'one'] value set()\n", launched.stdout)

    def test_before_hook_closes_what_could_not_be_frozen(self):
        self.assert_succeeds(self.build_hooked(
            "import pysnap\nkept = open('/etc/hostname')\n"
            "pysnap.register_before_snapshot(kept.close)\n"))

    def test_before_hook_that_raises_ends_the_build(self):
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                result = self.build_hooked(
                    "import pysnap\n"
                    "def disconnect():\n    raise OSError('the line is busy')\n"
                    "pysnap.register_before_snapshot(disconnect)\n", interpreter)
                self.assert_refused(result, INPUT, "the before-snapshot hook disconnect fails",
                                    "hooked.py\", line 3, in disconnect",
                                    "OSError: the line is busy", lines=None)
                self.assertNotIn("<pysnap", result.stderr)
                self.assert_no_image()

    def test_after_hook_that_raises_ends_the_launch_as_an_uncaught_exception(self):
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                built = self.build_hooked(
                    "import atexit, pysnap\n"
                    "def connect():\n    raise OSError('no answer')\n"
                    "pysnap.register_after_restore(atexit.register, print, 'exit function')\n"
                    "pysnap.register_after_restore(connect)\n"
                    "pysnap.register_after_restore(print, 'later hook')\n", interpreter)
                self.assert_succeeds(built)  # the builder's own launches run no hooks
                launched = self.launch("-c", "print('program')")
                self.assertEqual((1, "exit function\n"),
                                 (launched.returncode, launched.stdout), launched.stderr)
                head = f"Traceback (most recent call last):\n  File \"{self.directory}/hooked.py\""
                self.assertTrue(launched.stderr.startswith(head), launched.stderr)
                self.assertTrue(launched.stderr.endswith("OSError: no answer\n"), launched.stderr)

    def test_after_hook_may_exit(self):
        self.assert_succeeds(self.build_hooked(
            "import sys, pysnap\npysnap.register_after_restore(sys.exit, 7)\n"))
        launched = self.launch("-c", "print('program')")
        self.assertEqual((7, "", ""), (launched.returncode, launched.stdout, launched.stderr))

    def test_what_is_no_function_cannot_be_registered(self):
        result = self.build_hooked("import pysnap\npysnap.register_after_restore(7)\n")
        self.assert_refused(result, INPUT, "TypeError: a hook must be callable, not int",
                            lines=None)

    def test_program_that_does_not_know_the_package_sees_nothing_of_it(self):
        self.assert_succeeds(self.build_hooked("import json"))
        asked = ("import sys; print([f for f in sys.meta_path if not isinstance(f, type)],"
                 " [n for n in sys.modules if 'snap' in n], [n for n in dir(sys) if 'snap' in n])")
        launched = self.launch("-c", asked)
        self.assert_succeeds(launched)
        plain = run(interpreters()[0], "-c", asked, env=self.variables())
        self.assertEqual(self.without_addresses(plain.stdout),
                         self.without_addresses(launched.stdout))

    @staticmethod
    def without_addresses(text: str) -> list[str]:
        """The words of a text that are no addresses."""
        return [word for word in text.split() if not word.startswith("0x")]


class PackageTest(BuildTest):
    """The package where it is installed, and under plain Python."""

    def test_plain_python_runs_no_hooks(self):
        self.write("program.py", HOOKED.replace("snapshot_restore_py",
                                                "pysnap.snapshot_restore_py") +
                   "print(pysnap.generation(), pysnap.checkpoint())\n")
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                result = run(interpreter, self.directory / "program.py",
                             env=environment(PYTHONPATH=str(PACKAGE)))
                self.assert_succeeds(result)
                self.assertEqual("import False False None False\nNone False\n", result.stdout)

    def test_decorators_return_their_functions(self):
        program = self.write("program.py", "import pysnap\n"
                             "print(pysnap.register_before_snapshot(len) is len,"
                             " pysnap.register_after_restore(len, 'x') is len,"
                             " pysnap.get_before_snapshot(), pysnap.get_after_restore())\n")
        result = run(interpreters()[0], program, env=environment(PYTHONPATH=str(PACKAGE)))
        self.assertEqual("True True [(<built-in function len>, (), {})]"
                         " [(<built-in function len>, ('x',), {})]\n", result.stdout)

    def test_installed_package_goes_before_the_one_of_pysnap(self):
        self.write("site/snapshot_restore_py.py",
                   "before, after = [], []\n"
                   "def register_before_snapshot(func, *args, **kwargs):\n"
                   "    before.append((func, args, kwargs))\n    return func\n"
                   "def register_after_restore(func, *args, **kwargs):\n"
                   "    after.append((func, args, kwargs))\n    return func\n"
                   "def get_before_snapshot():\n    return before\n"
                   "def get_after_restore():\n    return after\n")
        self.write("hooked.py",
                   "import pysnap, snapshot_restore_py as aws\n"
                   "for register in (pysnap, aws):\n"
                   "    for number in (1, 2):\n"
                   "        register.register_before_snapshot(print, register.__name__, number)\n"
                   "        register.register_after_restore(print, register.__name__, number)\n")
        path = f"{self.directory}/site:{self.directory}:{PACKAGE}"
        env = environment(PYTHONPATH=path)
        image = self.directory / "x.image"
        built = build(image, "-m", "hooked", env=env)
        self.assert_succeeds(built)
        self.assertIn("pysnap 2\npysnap 1\nsnapshot_restore_py 2\nsnapshot_restore_py 1\n",
                      built.stdout)
        launched = launch(image, "-c", "import sys; print(len(sys.meta_path))", env=env)
        self.assertTrue(launched.stdout.startswith(
            "snapshot_restore_py 1\nsnapshot_restore_py 2\npysnap 1\npysnap 2\n"), launched.stdout)


if __name__ == "__main__":
    unittest.main()
