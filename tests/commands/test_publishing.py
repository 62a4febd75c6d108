"""Prepared modules of the user: hidden, published with their effects, imported afresh, code only.

Every program runs twice, with plain Python and from the image, and must print the same.
"""

import signal
import subprocess
import unittest
from pathlib import Path

from test_modules import BuildTest
from workshop import BINARIES, INPUT, RUN, interpreters, launch, python, run

CHANGES_EVERYTHING = """
import atexit, builtins, codecs, copyreg, gc, logging, os, signal, sys, warnings, weakref

class Kept:
    pass

kept = Kept()
warnings.filterwarnings("error", category=UserWarning)
warnings.simplefilter("ignore", category=ResourceWarning, append=True)
atexit.register(print, "exit function of the import")
weakref.finalize(kept, print, "finalizer of the import")
os.register_at_fork(before=lambda: print("before fork"), after_in_parent=lambda: print("forked"))
sys.setrecursionlimit(4321)
sys.excepthook = lambda *error: print("hook of the import:", error[1])
sys.path.append("/added/by/import")
sys.path_importer_cache.clear()
codecs.register(lambda name: codecs.lookup("ascii") if name == "mine" else None)
codecs.register_error("mine", lambda error: ("?", error.end))
copyreg.pickle(Kept, lambda kept: (Kept, ()))
signal.signal(signal.SIGUSR1, lambda *_: print("signal handled by the import"))
os.environ["SET_BY_IMPORT"] = "yes"
os.environ.setdefault("DEFAULT_BY_IMPORT", "default")
builtins.added_by_import = 42
gc.set_threshold(600, 5, 5)
logging.getLogger("a.b").setLevel(logging.ERROR)
logging.basicConfig(level=logging.DEBUG, format="%(name)s %(message)s")
logging.addLevelName(35, "LOUD")
"""

SHOWS_EVERYTHING = """
import codecs, copyreg, gc, logging, os, signal, sys, warnings

def show(title):
    print(title, [f[0] + f[2].__name__ for f in warnings.filters], sys.getrecursionlimit())
    print(sys.excepthook is sys.__excepthook__, sys.path[-1] == "/added/by/import", gc.get_threshold())
    for lookup in codecs.lookup, codecs.lookup_error:
        try:
            print(lookup("mine") is not None)
        except LookupError as error:
            print(error)
    print(callable(signal.getsignal(signal.SIGUSR1)), os.environ.get("SET_BY_IMPORT"))
    print(os.environ.get("DEFAULT_BY_IMPORT"), os.spawnlp(os.P_WAIT, "sh", "sh", "-c", "exit ${#SET_BY_IMPORT}"))
    print(hasattr(__builtins__, "added_by_import"), sorted(logging.root.manager.loggerDict))
    print(len(logging.root.handlers), logging.root.level, logging.getLevelName(35))
    print([t.__name__ for t in copyreg.dispatch_table if t.__module__ == "changes_everything"])
    sys.stdout.flush()

show("before")
if "import" in sys.argv:
    import changes_everything
    show("after")
    logging.getLogger("a.b.c").warning("too low")
    os.kill(os.getpid(), signal.SIGUSR1)
    warnings.simplefilter("default")
if os.fork() == 0:
    os._exit(0)
os.wait()
print("end", flush=True)
if "raise" in sys.argv:
    raise ValueError("uncaught")
"""


class Comparison(BuildTest):
    """Builds an image of modules in the test's directory and compares launches with plain Python."""

    def assert_same(self, *arguments: str, interpreter: Path | None = None) -> str:
        """Runs `arguments` both ways; returns what both printed."""
        interpreter = interpreter or python()
        plain = run(interpreter, *arguments, env=self.variables(), cwd=self.directory,
                    stdin=subprocess.DEVNULL)
        image = launch(self.directory / "x.image", *arguments, env=self.variables(),
                       cwd=self.directory, stdin=subprocess.DEVNULL)
        self.assertEqual(plain.stdout, image.stdout)
        self.assertEqual(plain.stderr, image.stderr)
        self.assertEqual(plain.returncode, image.returncode)
        return plain.stdout


class PublishTest(Comparison):
    """Prepared modules that the user wrote."""

    def test_effects_come_with_the_import_and_not_before(self):
        self.write("changes_everything.py", CHANGES_EVERYTHING)
        self.write("shows.py", SHOWS_EVERYTHING)
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.assert_succeeds(self.build_with("changes_everything", "multiprocessing",
                                                     interpreter=interpreter))
                for arguments in ((), ("import",), ("import", "raise"), ("raise",)):
                    text = self.assert_same("shows.py", *arguments, interpreter=interpreter)
                    self.assertEqual("import" in arguments, "exit function of the import" in text)

    def test_module_runs_anew_when_the_program_has_patched_what_it_uses(self):
        self.write("clock.py", "def now():\n    return 'true time'\n")
        self.write("user.py", "import clock\nSTART = clock.now()\n")
        self.write("outer.py", "import user\nSTART = user.START\n")
        self.write("bystander.py", "START = 'nothing to do with it'\n")
        self.write("app.py", "import clock\nclock.now = lambda: 'patched time'\n"
                             "import outer, bystander\nprint(outer.START, bystander.START)\n")
        self.assert_succeeds(self.build_with("outer", "bystander"))
        self.assertIn("patched time", self.assert_same("app.py"))
        explained = run(BINARIES / "pysnap-run", "--explain", "--image", self.directory / "x.image",
                        "app.py", env=self.variables(), cwd=self.directory)
        self.assertIn("outer is imported afresh", explained.stderr)
        self.assertIn("clock.now", explained.stderr)
        self.assertNotIn("bystander", explained.stderr)

    def test_modules_of_a_package_refer_to_each_other_as_under_plain_python(self):
        (self.directory / "parcel").mkdir()
        self.write("parcel/__init__.py", "from . import first\n")
        self.write("parcel/first.py", "from parcel import second\nNAME = second.NAME\n")
        self.write("parcel/second.py", "import sys\nNAME = __name__\n")
        self.write("parcel/third.py", "import parcel\nSEEN = hasattr(parcel, 'third')\n")
        self.write("app.py", "import sys, parcel\n"
                             "print(list(vars(parcel))[-3:], list(sys.modules)[-4:])\n"
                             "from parcel import third\nprint(third.SEEN, parcel.third is third)\n"
                             "print(list(sys.modules)[-4:])\n")
        self.assert_succeeds(self.build_with("parcel.third"))
        self.assert_same("app.py")

    def test_module_that_replaces_itself_or_adds_others(self):
        self.write("lazy.py", "import sys, types\nmodule = types.ModuleType('lazy')\n"
                              "module.VALUE = 5\nsys.modules[__name__] = module\n"
                              "sys.modules['lazy.made'] = types.ModuleType('lazy.made')\n")
        self.write("app.py", "import sys\nprint('lazy.made' in sys.modules)\nimport lazy.made\n"
                             "print(lazy.VALUE, list(sys.modules)[-2:])\n")
        self.assert_succeeds(self.build_with("lazy"))
        self.assert_same("app.py")

    def test_import_that_fails_at_the_build_is_tried_again(self):
        self.write("tries.py", "try:\n    import extra\n    FOUND = extra.NAME\n"
                               "except ImportError:\n    FOUND = None\n")
        self.write("app.py", "import sys\nsys.path.insert(0, 'more')\nimport tries\n"
                             "print(tries.FOUND)\n")
        self.assert_succeeds(self.build_with("tries"))
        self.assertIn("None", self.assert_same("app.py"))
        (self.directory / "more").mkdir()
        self.write("more/extra.py", "NAME = 'found now'\n")
        self.assertIn("found now", self.assert_same("app.py"))

    def test_package_of_a_module_that_could_not_be_imported_is_there(self):
        (self.directory / "parcel").mkdir()
        self.write("parcel/__init__.py", "")
        (self.directory / "parcel/inner").mkdir()
        self.write("parcel/inner/__init__.py", "")
        self.write("parcel/inner/broken.py", "import colorsys\nimport not_there\n")
        (self.directory / "empty").mkdir()
        self.write("empty/__init__.py", "")
        self.write("tries.py", "for name in 'parcel.inner.broken', 'empty.nothing':\n"
                               "    try:\n        __import__(name)\n"
                               "    except ImportError:\n        pass\n")
        self.write("app.py", "import sys, tries\nprint(list(sys.modules)[-5:])\n")
        self.assert_succeeds(self.build_with("tries"))
        self.assertIn("'parcel', 'parcel.inner', 'colorsys', 'empty'", self.assert_same("app.py"))

    def test_entries_in_containers_of_other_modules_come_with_the_import(self):
        self.write("registry.py", "NAMES = {'a': 1, 'b': 2}\nORDER = ['a', 'b']\nKINDS = {'a'}\n"
                                  "def add(name):\n    NAMES[name] = True\n"
                                  "    ORDER.append(name)\n    KINDS.add(name)\n")
        self.write("first.py", "import registry\nregistry.add('first')\n"
                               "registry.ORDER.insert(0, 'front')\n")
        self.write("second.py", "import registry\nregistry.add('second')\nregistry.NAMES['a'] = 0\n"
                                "registry.KINDS.discard('a')\n")
        self.write("app.py", "import sys, registry\n"
                             "for name in ['registry'] + sys.argv[1:]:\n    __import__(name)\n"
                             "    print(registry.NAMES, registry.ORDER, sorted(registry.KINDS))\n")
        self.assert_succeeds(self.build_with("first", "second"))
        for order in ((), ("first",), ("second",), ("first", "second"), ("second", "first")):
            self.assert_same("app.py", *order)

    def test_registrations_with_classes_and_functions_of_others_come_with_the_import(self):
        self.write("shapes.py", "import abc, functools\nclass Shape(abc.ABC):\n    pass\n"
                                "class Round(Shape):\n    pass\nclass Circle:\n    pass\n"
                                "@functools.singledispatch\ndef area(shape):\n    return None\n")
        self.write("extras.py", "import shapes\nshapes.Round.register(shapes.Circle)\n"
                                "shapes.Shape.register(int)\n"
                                "isinstance(5, shapes.Shape), shapes.area(shapes.Circle())\n"
                                "@shapes.area.register(shapes.Circle)\n"
                                "def area(circle):\n    return 3\nshapes.area(shapes.Circle())\n")
        self.write("app.py", "import sys, shapes\n"
                             "def show():\n"
                             "    circle = shapes.Circle()\n"
                             "    print([isinstance(each, shapes.Shape) for each in (circle, 5, '')])\n"
                             "    print(isinstance(circle, shapes.Round), shapes.area(circle))\n"
                             "show()\nimport extras\nshow()\n")
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.assert_succeeds(self.build_with("extras", interpreter=interpreter))
                self.assert_same("app.py", interpreter=interpreter)

    def test_faults_are_reported_where_the_module_that_asked_for_it_is_imported(self):
        self.write("reports.py", "import faulthandler\nfaulthandler.enable()\n")
        self.write("app.py", "import ctypes, sys\nif 'report' in sys.argv:\n    import reports\n"
                             "import faulthandler\nprint(faulthandler.is_enabled(), flush=True)\n"
                             "def fault():\n    faulthandler._stack_overflow()\n"
                             "if 'fault' in sys.argv:\n    fault()\n")
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.assert_succeeds(self.build_with("reports", "ctypes", interpreter=interpreter))
                self.assert_same("app.py", interpreter=interpreter)
                self.assert_same("app.py", "report", interpreter=interpreter)
                # The stack is used up: the report needs the alternate signal stack.
                fault = launch(self.directory / "x.image", "app.py", "report", "fault",
                               env=self.variables(), cwd=self.directory)
                self.assertEqual((-signal.SIGSEGV, "True\n"), (fault.returncode, fault.stdout))
                self.assertIn("line 7 in fault", fault.stderr)

    def test_working_directory_that_was_searched_at_the_build_is_the_same_place(self):
        self.write("once.py", "import os\nPROCESS = os.getpid()\n")
        self.assert_succeeds(self.build_with("once"))
        text = run(BINARIES / "pysnap-run", "--explain", "--image", self.directory / "x.image", "-c",
                   "import once, os; print(once.PROCESS != os.getpid(), once.__file__)",
                   env=self.variables(), cwd=self.directory)
        self.assertEqual((f"True {self.directory}/once.py\n", ""), (text.stdout, text.stderr))

    def test_threads_that_import_at_once_get_one_module(self):
        self.write("app.py", """
import threading
modules = []
def load():
    import xml.dom.minidom, unittest.mock, asyncio
    modules.append((xml.dom.minidom, unittest.mock, asyncio))
threads = [threading.Thread(target=load) for _ in range(16)]
[t.start() for t in threads]
[t.join() for t in threads]
print(len(set(modules)))
""")
        self.assert_succeeds(self.build_with("xml.dom.minidom", "unittest.mock", "asyncio"))
        for _ in range(5):
            self.assertEqual("1\n", self.assert_same("app.py"))


class ExplainTest(Comparison):
    """`--explain` and PYSNAP_EXPLAIN: one line where something falls back, and only there."""

    def explained(self, *arguments: str, **variables: str) -> list[str]:
        """The lines of a launch that are not the program's."""
        image = ("--image", self.directory / "x.image")
        env = {**self.variables(), **variables}
        by_option = run(RUN, "--explain", *image, *arguments, env=env, cwd=self.directory)
        by_variable = run(RUN, *image, *arguments, env={**env, "PYSNAP_EXPLAIN": "1"},
                          cwd=self.directory)
        silent = run(RUN, *image, *arguments, env=env, cwd=self.directory)
        self.assertEqual(("", by_option.stderr), (silent.stderr, by_variable.stderr))
        self.assertEqual([silent.stdout] * 2, [by_option.stdout, by_variable.stdout])
        return by_option.stderr.splitlines()

    def test_one_line_where_something_falls_back(self):
        self.write("clock.py", "def now():\n    return 'true time'\n")
        self.write("user.py", "import clock\nSTART = clock.now()\n")
        self.write("outer.py", "import user\n")
        self.write("app.py", "import os, subprocess, sys, json, clock\n"
                             "if 'patch' in sys.argv:\n    clock.now = os.getcwd\n"
                             "try:\n    import not_there\nexcept ImportError:\n    pass\n"
                             "import outer, user, colorsys, json.tool\n"
                             "if os.fork() == 0:\n    import logging\n    os._exit(0)\nos.wait()\n"
                             "subprocess.run([sys.executable, '-c', 'import json'], check=True)\n")
        self.assert_succeeds(self.build_with("outer", "json.tool", "subprocess", "logging"))
        self.assertEqual([], self.explained("app.py"))
        self.assertEqual([], self.explained("-m", "app", ANY="variable"))
        why = "pysnap-run: plain Python runs instead of the image: "
        for arguments, variables, reason in ((("app.py",), {"HOME": "/other"}, "the variable HOME"),
                                             (("-O", "app.py"), {}, "other options of Python"),
                                             (("-q", "-m", "app"), {"PYTHONSAFEPATH": "1"}, "")):
            lines = self.explained(*arguments, **variables)
            self.assertEqual([True], [line.startswith(why) and reason in line for line in lines])
        lines = self.explained("app.py", "patch")
        self.assertEqual([f"pysnap-run: {name} is imported afresh" for name in ("outer", "user")],
                         [line.rpartition(": ")[0].partition(": the")[0] for line in lines])


class CodeOnlyTest(Comparison):
    """`--code-only`."""

    def setUp(self) -> None:
        super().setUp()
        self.write("counter.py", "import os\nprint('counter runs')\nVALUE = os.getpid()\n")
        self.write("user.py", "import counter\nprint('user runs')\nVALUE = counter.VALUE\n")
        self.write("app.py", "import os, sys, user\nprint(user.VALUE == os.getpid(), user.__file__,"
                             " user.__spec__.name, list(sys.modules)[-2:])\n")

    def test_module_and_its_users_execute_in_each_process(self):
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                built = self.build_with("user", "json", more=("--code-only", "counter"),
                                        interpreter=interpreter)
                self.assert_succeeds(built)
                text = self.assert_same("app.py", interpreter=interpreter)
                self.assertTrue(text.startswith("counter runs\nuser runs\nTrue"), text)

    def test_edited_module_is_read_again(self):
        self.assert_succeeds(self.build_with("json", more=("--code-only", "counter")))
        self.write("counter.py", "print('edited, and longer')\nVALUE = 0\n")
        self.assertIn("edited", self.assert_same("app.py"))

    def test_missing_module_is_named(self):
        result = self.build_with("json", more=("--code-only", "module_that_nobody_has"))
        self.assert_refused(result, INPUT, "module_that_nobody_has", lines=None)
        self.assert_no_image()


if __name__ == "__main__":
    unittest.main()
