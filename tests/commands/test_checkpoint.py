"""`pysnap build --script`: a program that initialises itself, and launches that go on from there."""

import signal
import unittest
from subprocess import PIPE, Popen

from test_modules import BuildTest
from workshop import (INPUT, PYSNAP, REFUSED, REPOSITORY, RUN, USAGE, build, environment, interpreters,
                      launch, python, run)

PACKAGE = REPOSITORY / "python"


class ScriptTest(BuildTest):
    """Images of a script in the test's directory."""

    def build_script(self, text: str, *arguments: str, interpreter=None, more: tuple = (),
                     name: str = "program.py"):
        """A build with a script of this text."""
        script = self.write(name, text)
        return run(PYSNAP, "build", "--python", interpreter or python(), "--script", script,
                   *more, "-o", self.directory / "x.image", *(["--"] if arguments else []),
                   *arguments, env=self.variables())

    def launched(self, *arguments: str, **options):
        """What a launch prints; it must succeed."""
        result = self.launch(*arguments, **options)
        self.assert_succeeds(result)
        return result.stdout

    def launch(self, *arguments: str, env: dict | None = None, **options):
        """A launch of the test's image."""
        return launch(self.directory / "x.image", *arguments,
                      env={**self.variables(), **(env or {})}, **options)


WHOLE = """
import atexit, os, random, sys
import pysnap

words = [f"word {number}" for number in range(1000)]
print("built", sys.argv[1:], pysnap.is_snapshotting(), pysnap.is_restored())
atexit.register(print, "exit function")

class Noisy:
    def __del__(self):
        print("object ends")

noisy = Noisy()
made_by = os.getpid()

def work(local):
    result = pysnap.checkpoint()
    print("begun", result, local, sys.argv[1:], sys.orig_argv[2:], os.environ.get("GIVEN"))
    return pysnap.checkpoint(), pysnap.is_snapshotting(), pysnap.is_restored()

print(work("local"), len(words), os.getpid() == made_by, __name__, __file__ == sys.argv[0])
print(repr(sys.stdin.readline()))
if "fail" in sys.argv:
    raise ValueError("as asked")
if "exit" in sys.argv:
    sys.exit(9)
"""
ENDS = "exit function\nobject ends\n"


class CheckpointTest(ScriptTest):
    """Launches begin where the script called checkpoint()."""

    def expected(self, *arguments: str, given: str = "None", line: str = "") -> str:
        """What WHOLE prints in a launch."""
        return (f"begun True local {list(arguments)} {list(arguments)} {given}\n"
                "(True, False, True) 1000 False __main__ True\n" f"{line!r}\n")

    def test_launches_have_their_own_arguments_environment_streams_and_status(self):
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                built = self.build_script(WHOLE, "--one", "two", interpreter=interpreter)
                self.assert_succeeds(built)
                self.assertIn("built ['--one', 'two'] True False", built.stdout)
                self.assertEqual(self.expected() + ENDS, self.launched())
                self.assertEqual(self.expected("-m", "--help", given="yes") + ENDS,
                                 self.launched("-m", "--help", env={"GIVEN": "yes"}))
                source = self.write("input", "a line\nanother\n")
                with source.open(encoding="utf-8") as stream:
                    self.assertEqual(self.expected("--version", line="a line\n") + ENDS,
                                     self.launched("--version", stdin=stream))
                failed = self.launch("fail")
                self.assertEqual((1, self.expected("fail") + ENDS),
                                 (failed.returncode, failed.stdout))
                head = (f"Traceback (most recent call last):\n"
                        f"  File \"{self.directory}/program.py\", line 2")
                self.assertTrue(failed.stderr.startswith(head), failed.stderr)
                self.assertTrue(failed.stderr.endswith("ValueError: as asked\n"), failed.stderr)
                self.assertEqual(9, self.launch("exit").returncode)

    def test_image_is_the_command_itself(self):
        self.assert_succeeds(self.build_script(WHOLE))
        direct = run(self.directory / "x.image", "-c", "x", env=self.variables())
        self.assert_succeeds(direct)
        self.assertEqual(self.expected("-c", "x") + ENDS, direct.stdout)

    def test_plain_python_runs_the_whole_script_with_the_package(self):
        program = self.write("program.py", WHOLE)
        variables = environment(PYTHONPATH=f"{self.directory}:{PACKAGE}")
        built = build(self.directory / "x.image", "--script", program, env=variables)
        self.assert_succeeds(built)
        self.assertNotIn("not installed", built.stdout)
        plain = run(python(), program, "a", env=variables)
        self.assert_succeeds(plain)
        self.assertIn("begun False local ['a']", plain.stdout)
        other = launch(self.directory / "x.image", "--full-finalize", "a",
                       env={**variables, "LANG": "C"})
        self.assert_succeeds(other)
        self.assertEqual(plain.stdout, other.stdout)

    def test_package_that_is_not_installed_is_noticed(self):
        built = self.build_script("import pysnap\npysnap.checkpoint()\n")
        self.assertIn("note: the package pysnap is not installed in this environment",
                      built.stdout)

    def test_frames_of_every_kind_are_returned_into(self):
        program = """
import contextlib, sys, pysnap, deep

@contextlib.contextmanager
def manager():
    print("enter")
    try:
        yield 1
    finally:
        print("leave")

def generator():
    yield "before"
    with manager():
        yield pysnap.checkpoint()
    yield "after"

def recursive(depth):
    return next(numbers) if depth == 0 else recursive(depth - 1) + 0

class Key:
    def __lt__(self, other):
        return deep.call(lambda: recursive(200)) and False

numbers = generator()
next(numbers)
print(len(sorted([Key(), Key()])), sys.argv[1:])
print(list(numbers))
try:
    deep.call(lambda: 1 / 0)
except ZeroDivisionError as error:
    print(error.__traceback__.tb_next.tb_frame.f_code.co_name)
"""
        self.write("deep.py", "def call(function):\n    return eval('function()')\n")
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.assert_succeeds(self.build_script(program, interpreter=interpreter))
                self.assertEqual("2 ['x']\nleave\n['after']\ncall\n", self.launched("x"))

    def test_checkpoint_in_the_midst_of_an_import(self):
        self.write("part.py", "import sys, pysnap\nhere = pysnap.checkpoint()\n"
                              "if 'fail' in sys.argv:\n    raise ValueError('in part')\n")
        program = "import part, json, sys\nprint(part.here, 'part' in sys.modules, json.dumps(1))\n"
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.assert_succeeds(self.build_script(program, interpreter=interpreter))
                self.assertEqual("True True 1\n", self.launched())
                failed = self.launch("fail")
                self.assertEqual(1, failed.returncode)
                self.assertTrue(failed.stderr.endswith("ValueError: in part\n"), failed.stderr)

    def test_two_launches_share_no_randomness_nor_identity(self):
        program = ("import os, random, secrets, tempfile, uuid, pysnap\n"
                   "random.random(); uuid.uuid1()\npysnap.checkpoint()\n"
                   "print(random.random(), secrets.token_hex(8), uuid.uuid4(), os.getpid(),"
                   " next(tempfile._get_candidate_names()))\n")
        self.assert_succeeds(self.build_script(program))
        words = [self.launched().split() for _ in range(2)]
        self.assertEqual(10, len(set(words[0]) | set(words[1])), words)

    def test_relative_script_is_found_from_anywhere(self):
        self.write("program.py", "import sys, pysnap\npysnap.checkpoint()\nimport part\n")
        self.write("part.py", "import sys\nprint(sys.argv[0], sys.path[0])\n")
        self.assert_succeeds(build("x.image", "--script", "program.py", env=self.variables(),
                                   cwd=self.directory))
        self.assertEqual(f"{self.directory}/program.py {self.directory}\n",
                         self.launched(cwd="/"))

    def test_interrupt_ends_by_the_signal(self):
        self.assert_succeeds(self.build_script(
            "import time, pysnap\npysnap.checkpoint()\nprint('ready', flush=True)\n"
            "for _ in range(600):\n    time.sleep(0.1)\n"))
        with Popen([RUN, "--image", self.directory / "x.image"], env=self.variables(),
                   stdout=PIPE, stderr=PIPE, text=True) as process:
            self.assertEqual("ready\n", process.stdout.readline())
            process.send_signal(signal.SIGINT)
            errors = process.communicate(timeout=60)[1]
        self.assertEqual(-signal.SIGINT, process.returncode)
        self.assertTrue(errors.endswith("KeyboardInterrupt\n"), errors)
        self.assertNotIn("<pysnap", errors)

    def test_hooks_run_around_the_checkpoint(self):
        program = ("import sys, pysnap\nkept = open('/etc/hostname')\n"
                   "pysnap.register_before_snapshot(kept.close)\n"
                   "pysnap.register_after_restore(lambda: print('hook', sys.argv[1:]))\n"
                   "pysnap.checkpoint()\nprint('program')\n")
        self.assert_succeeds(self.build_script(program))
        self.assertEqual("hook ['a']\nprogram\n", self.launched("a"))

    def test_after_hook_that_raises_comes_out_of_the_checkpoint(self):
        program = ("import pysnap\n"
                   "def connect():\n    raise OSError('no answer')\n"
                   "pysnap.register_after_restore(connect)\npysnap.checkpoint()\n"
                   "print('program')\n")
        self.assert_succeeds(self.build_script(program))
        failed = self.launch()
        self.assertEqual((1, ""), (failed.returncode, failed.stdout))
        self.assertIn("program.py\", line 5, in <module>", failed.stderr)
        self.assertTrue(failed.stderr.endswith("OSError: no answer\n"), failed.stderr)
        self.assertNotIn("<pysnap", failed.stderr)

    def test_children_of_a_launch_do_their_work(self):
        program = ("import multiprocessing, os, sys, pysnap\n"
                   "def square(number):\n    return number * number\n"
                   "pysnap.checkpoint()\n"
                   "if __name__ == '__main__':\n"
                   "    with multiprocessing.get_context('fork').Pool(2) as pool:\n"
                   "        print(pool.map(square, range(5)), flush=True)\n"
                   "    pid = os.fork()\n"
                   "    if pid == 0:\n"
                   "        print('child', pysnap.is_restored())\n"
                   "        sys.exit(3)\n"
                   "    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n")
        self.assert_succeeds(self.build_script(program))
        self.assertEqual("[0, 1, 4, 9, 16]\nchild True\n3\n", self.launched())


class BadScriptTest(ScriptTest):
    """Scripts that cannot be frozen, each with its sentence."""

    def assert_build_fails(self, text: str, *parts: str, lines: int | None = 1,
                           status: int = INPUT, **options):
        """The build ends with this status and a sentence that has these parts."""
        result = self.build_script(text, **options)
        self.assert_refused(result, status, *parts, lines=lines)
        self.assertNotIn("<pysnap", result.stderr)
        self.assert_no_image()

    def test_script_without_checkpoint(self):
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.assert_build_fails("print('done')\n", "ended without calling "
                                        "pysnap.checkpoint()", "program.py",
                                        interpreter=interpreter)

    def test_script_that_exits(self):
        self.assert_build_fails("import sys\nsys.exit(4)\n", "ended without calling",
                                "sys.exit(4)")

    def test_script_that_raises(self):
        self.assert_build_fails("def work():\n    return 1 / 0\nwork()\n",
                                "the script", "program.py\", line 2, in work",
                                "ZeroDivisionError", lines=None)

    def test_script_with_a_syntax_error(self):
        self.assert_build_fails("def (:\n", "program.py\", line 1", "SyntaxError", lines=None)

    def test_checkpoint_in_another_thread(self):
        self.assert_build_fails(
            "import threading, pysnap\nproblems = []\n"
            "def work():\n"
            "    try:\n        pysnap.checkpoint()\n"
            "    except RuntimeError as error:\n        problems.append(error)\n"
            "thread = threading.Thread(target=work)\nthread.start()\nthread.join()\n"
            "raise problems[0]\n",
            "RuntimeError: pysnap.checkpoint() was called in another thread", lines=None)

    def test_checkpoint_beside_threads(self):
        self.assert_build_fails(
            "import threading, pysnap\n"
            "threading.Thread(target=threading.Event().wait, name='watcher',"
            " daemon=True).start()\npysnap.checkpoint()\n",
            "RuntimeError: pysnap.checkpoint() was called while other threads run",
            "watcher", "line 3, in <module>", lines=None)

    def test_checkpoint_in_a_child_process(self):
        self.assert_build_fails(
            "import os, pysnap\n"
            "reading, writing = os.pipe()\n"
            "pid = os.fork()\n"
            "if pid == 0:\n"
            "    try:\n        pysnap.checkpoint()\n"
            "    except RuntimeError as error:\n        os.write(writing, str(error).encode())\n"
            "    os._exit(0)\n"
            "os.waitpid(pid, 0)\nraise OSError(os.read(reading, 1000))\n",
            "pysnap.checkpoint() was called in a child process", lines=None)

    def test_child_process_of_the_script_may_end(self):
        self.assert_succeeds(self.build_script(
            "import os, sys, pysnap\npid = os.fork()\nif pid == 0:\n    sys.exit(5)\n"
            "status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])\n"
            "pysnap.checkpoint()\nprint(status)\n"))
        self.assertEqual("5\n", self.launched())

    def test_open_file_is_refused_by_name(self):
        self.assert_build_fails("import pysnap\nkept = open('/etc/hostname')\n"
                                "pysnap.checkpoint()\n", "/etc/hostname",
                                "left behind by the script", "after pysnap.checkpoint()",
                                status=REFUSED)

    def test_before_hook_that_raises(self):
        self.assert_build_fails("import pysnap\n"
                                "pysnap.register_before_snapshot(int, 'x')\n"
                                "pysnap.checkpoint()\n",
                                "the before-snapshot hook int fails", "ValueError", lines=None)

    def test_script_that_does_not_exist(self):
        result = build(self.directory / "x.image", "--script", self.directory / "missing.py")
        self.assert_refused(result, INPUT, "missing.py is no file that can be read")
        result = build(self.directory / "x.image", "--script", self.directory)
        self.assert_refused(result, INPUT, f"{self.directory} is no file that can be read")

    def test_archive_is_no_script(self):
        archive = self.directory / "program.zip"
        run("python3", "-m", "zipfile", "-c", archive, self.write("__main__.py", "pass\n"))
        result = build(self.directory / "x.image", "--script", archive, env=self.variables())
        self.assert_refused(result, INPUT, "program.zip is no plain script")

    def test_options_that_do_not_go_together(self):
        script = self.write("program.py", "import pysnap\npysnap.checkpoint()\n")
        for more in (("-m", "json"), ("--warm-up", script), ("--entry-point", "pip")):
            result = build(self.directory / "x.image", "--script", script, *more)
            self.assert_refused(result, USAGE, "--script")
        result = build(self.directory / "x.image", "-m", "json", "--", "argument")
        self.assert_refused(result, USAGE, "--script")

    def test_checkpoint_of_a_module_or_warm_up_does_nothing(self):
        self.write("careless.py", "import pysnap\nprint('checkpoint', pysnap.checkpoint())\n")
        built = self.build_with("careless", more=("--warm-up", self.directory / "careless.py"))
        self.assert_succeeds(built)
        self.assertEqual(2, built.stdout.count("checkpoint False"), built.stdout)
        launched = self.launch("-c", "import pysnap; print(pysnap.checkpoint())")
        self.assertEqual("False\n", launched.stdout)


if __name__ == "__main__":
    unittest.main()
