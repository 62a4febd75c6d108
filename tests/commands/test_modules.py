"""`pysnap build` with modules that fail or leave behind what cannot be frozen."""

import shutil
import subprocess
import time
import unittest
from pathlib import Path

from workshop import (INPUT, REFUSED, CommandTest, build, environment, interpreters, launch, python)

# What a module leaves behind when it is imported, and a word for it in the sentence.
LEFTOVERS = {
    "thread": ("import threading\n"
               "threading.Thread(target=threading.Event().wait, name='watcher',"
               " daemon=True).start()\n", "watcher"),
    "socket": ("import socket\n"
               "kept = socket.socket()\nkept.bind(('127.0.0.1', 0))\nkept.listen()\n", "socket:"),
    "pipe": ("import os\nkept = os.pipe()\n", "pipe:"),
    "file": ("kept = open('/etc/hostname')\n", "/etc/hostname"),
    "child": ("import subprocess\nkept = subprocess.Popen(['sleep', '1000'])\n", "sleep 1000"),
    "memory": ("import mmap\nkept = mmap.mmap(-1, 4096)\n", "shared memory"),
}
ADVICE = "leave the module out"


def is_running(process: Path) -> bool:
    """Whether a directory of /proc is that of a process that has not ended."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class BuildTest(CommandTest):
    """Builds with modules of the test's directory, found by PYTHONPATH."""

    def build_with(self, *modules: str, interpreter=None, more: tuple = ()):
        """A build that imports these modules."""
        options = [part for name in modules for part in ("-m", name)]
        return build(self.directory / "x.image", *options, *more, interpreter=interpreter,
                     env=self.variables())

    def variables(self) -> dict[str, str]:
        """The environment with the test's directory on the module path."""
        return environment(PYTHONPATH=str(self.directory))

    def write_native_package(self, folder: str, text: str) -> None:
        """A package whose extension module is a copy of the interpreter's."""
        found = subprocess.run(
            [python(), "-c", "import sysconfig; print(sysconfig.get_config_var('DESTSHARED'))"],
            capture_output=True, text=True, check=True)
        libraries = sorted(Path(found.stdout.strip()).glob("_queue.*.so"))
        if not libraries:
            self.skipTest("this interpreter has no such extension module")
        package = self.write(f"{folder}/__init__.py", f"from {Path(folder).name} import _queue\n{text}")
        shutil.copy2(libraries[0], package.parent / libraries[0].name)

    def assert_no_image(self) -> None:
        """No image, and no half-written one."""
        self.assertEqual([], [path.name for path in self.directory.iterdir()
                              if "image" in path.name])


class ModuleTest(BuildTest):
    """Modules that are imported before the freeze."""

    def test_readline_is_left_to_each_launch(self):
        self.write("tries.py", "try:\n    import readline\nexcept ImportError:\n    readline = None\n")
        shows = ("import sys; print('readline' in sys.modules, 'COLUMNS' in __import__('os').environ);"
                 "import tries; print(tries.readline)")
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                result = self.build_with("readline", "tries", interpreter=interpreter)
                self.assertIn("note: readline is not prepared: each launch imports it", result.stdout)
                result = launch(self.directory / "x.image", "-c", shows, env=self.variables())
                self.assert_succeeds(result)
                self.assertRegex(result.stdout, r"^False False\n<module 'readline' ")

    def test_module_that_needs_readline_is_shown(self):
        self.write("needs.py", "import readline\n")
        result = self.build_with("needs")
        self.assert_refused(result, INPUT, "needs", "readline cannot be prepared", lines=None)
        self.assert_no_image()

    def test_missing_module_is_shown_with_its_traceback(self):
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                result = self.build_with("module_that_nobody_has", interpreter=interpreter)
                self.assert_refused(result, INPUT, "module_that_nobody_has",
                                    "ModuleNotFoundError", lines=None)
                self.assert_no_image()

    def test_module_that_raises_is_shown_with_its_traceback(self):
        self.write("outer.py", "import inner\n")
        self.write("inner.py", "def work():\n    raise ValueError('no luck')\nwork()\n")
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                result = self.build_with("outer", interpreter=interpreter)
                self.assert_refused(result, INPUT, "outer", "Traceback (most recent call last)",
                                    "inner.py\", line 2, in work", "ValueError: no luck",
                                    lines=None)
                self.assertNotIn("<pysnap", result.stderr)
                self.assert_no_image()

    def test_module_with_a_syntax_error_is_shown(self):
        self.write("broken.py", "def (:\n")
        result = self.build_with("broken")
        self.assert_refused(result, INPUT, "broken.py", "SyntaxError", lines=None)
        self.assert_no_image()

    def test_module_that_calls_sys_exit_is_named(self):
        self.write("leaving.py", "import sys\nsys.exit(7)\n")
        result = self.build_with("json", "leaving")
        self.assert_refused(result, INPUT, "leaving", "SystemExit: 7", lines=None)
        self.assert_no_image()

    def test_module_that_ends_the_process_is_named(self):
        self.write("leaving.py", "import os\nos._exit(9)\n")
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                result = self.build_with("json", "leaving", interpreter=interpreter)
                self.assert_refused(result, INPUT, "leaving", "exit status 9")
                self.assert_no_image()

    def test_module_that_kills_the_process_is_named(self):
        for name in ("SIGKILL", "SIGSEGV", "SIGABRT"):
            with self.subTest(name):
                self.write("killing.py",
                           f"import os, signal\nos.kill(os.getpid(), signal.{name})\n")
                result = self.build_with("json", "killing")
                self.assert_refused(result, INPUT, "killing", "signal")
                self.assert_no_image()

    def test_what_the_module_printed_before_its_end_is_shown(self):
        self.write("leaving.py", "import os\nprint('last words', flush=True)\nos._exit(9)\n")
        result = self.build_with("leaving")
        self.assert_refused(result, INPUT, "leaving", "last words", lines=None)

    def test_module_that_leaves_something_behind_is_named(self):
        for kind, (text, word) in LEFTOVERS.items():
            self.write(f"leaves_{kind}.py", text)
            for interpreter in interpreters():
                with self.subTest(kind, interpreter=str(interpreter)):
                    result = self.build_with("json", f"leaves_{kind}", interpreter=interpreter)
                    self.assert_refused(result, REFUSED, word, f"leaves_{kind}", ADVICE,
                                        lines=None)
                    self.assert_no_image()

    def test_module_that_is_imported_by_another_one_is_named(self):
        for kind, (text, word) in LEFTOVERS.items():
            with self.subTest(kind):
                self.write(f"leaves_{kind}.py", text)
                self.write(f"innocent_{kind}.py",
                           f"import json\nimport leaves_{kind}\nimport ast\n")
                result = self.build_with(f"innocent_{kind}")
                self.assert_refused(result, REFUSED, word, f"leaves_{kind}", ADVICE, lines=None)
                self.assertNotIn("innocent", result.stderr)
                self.assert_no_image()

    def test_module_is_named_when_it_imports_others_after_its_deed(self):
        for kind, (text, word) in LEFTOVERS.items():
            with self.subTest(kind):
                self.write(f"leaves_{kind}.py", text + "import innocent\n")
                self.write("innocent.py", "import colorsys\n")
                result = self.build_with(f"leaves_{kind}")
                self.assert_refused(result, REFUSED, word, f"behind by leaves_{kind}", lines=None)
                self.assertNotIn("innocent", result.stderr)

    def test_all_modules_that_leave_something_behind_are_named_at_once(self):
        for kind in ("thread", "socket", "file"):
            self.write(f"leaves_{kind}.py", LEFTOVERS[kind][0])
        result = self.build_with("leaves_thread", "leaves_socket", "leaves_file")
        self.assert_refused(result, REFUSED, "leaves_thread", "leaves_socket", "leaves_file",
                            lines=3)

    def test_child_process_of_a_refused_build_does_not_stay(self):
        self.write("leaves_child.py", "import subprocess\n"
                   "kept = subprocess.Popen(['sleep', '1000'])\n"
                   "open(__file__ + '.pid', 'w').write(str(kept.pid))\n")
        self.assertEqual(REFUSED, self.build_with("leaves_child").returncode)
        process = Path("/proc") / (self.directory / "leaves_child.py.pid").read_text()
        limit = time.monotonic() + 5
        while is_running(process) and time.monotonic() < limit:
            time.sleep(0.01)
        self.assertFalse(is_running(process))

    def test_module_that_cleans_up_after_itself_is_accepted(self):
        self.write("tidy.py", "import os, socket, subprocess, threading\n"
                   "worker = threading.Thread(target=int)\nworker.start()\nworker.join()\n"
                   "socket.socket().close()\nsubprocess.run(['true'])\n"
                   "for end in os.pipe():\n    os.close(end)\n")
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                result = self.build_with("tidy", interpreter=interpreter)
                self.assertEqual(0, result.returncode, result.stderr)
                launched = launch(self.directory / "x.image", "-c", "import tidy; print('fine')",
                                  env=self.variables())
                self.assertEqual("fine\n", launched.stdout)


class WarmUpTest(BuildTest):
    """The script that runs once before the freeze."""

    def test_failing_warm_up_is_shown_with_its_traceback(self):
        script = self.write("warm.py", "def work():\n    return 1 / 0\nwork()\n")
        result = self.build_with("json", more=("--warm-up", script))
        self.assert_refused(result, INPUT, script, "ZeroDivisionError", lines=None)
        self.assert_no_image()

    def test_missing_warm_up_is_named(self):
        result = self.build_with("json", more=("--warm-up", self.directory / "missing.py"))
        self.assert_refused(result, INPUT, "missing.py", lines=None)
        self.assert_no_image()

    def test_warm_up_that_leaves_a_thread_is_named(self):
        script = self.write("warm.py", LEFTOVERS["thread"][0])
        result = self.build_with("json", more=("--warm-up", script))
        self.assert_refused(result, REFUSED, "watcher", "warm-up", lines=None)
        self.assert_no_image()

    def test_warm_up_may_exit(self):
        for text in ("raise SystemExit", "import sys\nsys.exit(3)", "exit()"):
            script = self.write("warm.py", text)
            result = self.build_with("json", more=("--warm-up", script))
            self.assertEqual(0, result.returncode, result.stderr)

    def test_names_of_the_warm_up_are_not_in_the_program(self):
        script = self.write("warm.py", "secret = 1\n")
        result = self.build_with("json", more=("--warm-up", script))
        self.assertEqual(0, result.returncode, result.stderr)
        launched = launch(self.directory / "x.image", "-c", "print('secret' in globals())",
                          env=self.variables())
        self.assertEqual("False\n", launched.stdout)


if __name__ == "__main__":
    unittest.main()
