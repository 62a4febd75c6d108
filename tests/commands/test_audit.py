"""`pysnap audit`: what an image holds of the moment and place of its build, by owner."""

import json
import shutil
import unittest

from workshop import PYSNAP, USAGE, CommandTest, build, environment, interpreters, run

# Each kind of fact, in each kind of place.
MODULE = """
import os, random, time
START = time.time()
PARITY = int(time.time()) % 2 == 0
def make(token=os.urandom(16), *, name=os.uname().nodename):
    started = time.time_ns()
    def use():
        return started
    return use
USE = make()
class Holder:
    KEY = os.urandom(24).hex()
    __slots__ = ("pid",)
    def __init__(self):
        self.pid = os.getpid()
HOLDER = Holder()
TABLE = {"user": {"name": [os.environ.get("AUDITED_USER")]}, "where": os.getcwd()}
GENERATOR = random.Random()
LOOPED = [value for name, value in os.environ.items() if name == "AUDITED_NAME"]
"""

# input, path, type
HELD = {
    ("time", "captured.START", "float"),
    ("time", "captured.PARITY", "dict"),
    ("time", "closure of captured.USE: started", "int"),
    ("entropy", "default argument token of captured.make", "bytes"),
    ("entropy", "captured.Holder.KEY", "str"),
    ("host name", "default argument name of captured.make", "str"),
    ("pid", "captured.HOLDER.pid", "int"),
    ("working directory", "captured.TABLE['where']", "str"),
    ("variable AUDITED_NAME", "captured.LOOPED[0]", "str"),
}

# A number from the clock, where no object holds it.
LIBRARY = """
#include <time.h>
long started;
__attribute__((constructor)) static void start(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  started = now.tv_sec;
}
"""


class AuditTest(CommandTest):
    """Made-up modules."""

    def variables(self, **more):
        """The environment with the test's directory on the module path."""
        return environment(PYTHONPATH=str(self.directory), AUDITED_USER="somebody",
                           AUDITED_NAME="a-value-of-nobody", **more)

    def audit(self, *options, interpreter=None, **variables):
        """The facts as (state, input, path, type), and everything."""
        words = ["--python", interpreter] if interpreter else []
        result = run(PYSNAP, "audit", *words, *options, "--json",
                     env=self.variables(**variables), cwd=self.directory)
        self.assertEqual((0, ""), (result.returncode, result.stderr))
        answer = json.loads(result.stdout)
        facts = {(f["state"], f["input"], f["path"], f["type"]) for f in answer["facts"]}
        return facts, answer

    def test_each_kind_of_fact_is_found_in_each_kind_of_place(self):
        """And nothing else is said to be held, but what no boot repeats."""
        self.write("captured.py", MODULE)
        for interpreter in interpreters():
            with self.subTest(interpreter=interpreter):
                facts, _ = self.audit("-m", "captured", interpreter=interpreter)
                held = {fact[1:] for fact in facts if fact[0] == "held"}
                self.assertEqual(set(), HELD - held)
                self.assertEqual(set(), {f for f in held - HELD if f[0] != "unrepeatable"})

    def test_random_bytes_are_found_where_the_hash_seed_is_told(self):
        """The interpreter then asks for no secret of its own, and the module for as many bytes."""
        self.write("captured.py", "import os\nFIRST = os.urandom(16)\nKEY = os.urandom(24)\n")
        for interpreter in interpreters():
            with self.subTest(interpreter=interpreter):
                facts, _ = self.audit("-m", "captured", interpreter=interpreter,
                                      PYTHONHASHSEED="0")
                for name in ("FIRST", "KEY"):
                    self.assertIn(("held", "entropy", f"captured.{name}", "bytes"), facts)

    def test_what_launches_renew_or_compare_is_told_apart(self):
        """A generator, and a variable that the module asks for."""
        self.write("captured.py", MODULE)
        facts, answer = self.audit("-m", "captured")
        self.assertIn(("refreshed", "entropy", "captured.GENERATOR", "random.Random"), facts)
        self.assertIn(("compared", "variable AUDITED_USER",
                       "captured.TABLE['user']['name'][0]", "str"), facts)
        self.assertIn("HOME", answer["compared_variables"])

    @unittest.skipIf(shutil.which("cc") is None, "no C compiler is here")
    def test_static_data_of_a_library_is_named_after_it(self):
        """Where no object holds the fact."""
        source = self.write("held.c", LIBRARY)
        library = self.directory / "libheld.so"
        self.assertEqual(0, run("cc", "-shared", "-fPIC", "-o", library, source).returncode)
        self.write("captured.py", f"import ctypes\nctypes.CDLL({str(library)!r})\n")
        facts, _ = self.audit("-m", "captured")
        self.assertIn(("held", "time", "static data of libheld.so", ""), facts)

    def test_an_image_tells_what_to_audit(self):
        """Its interpreter, options and modules."""
        self.write("captured.py", "import time\nSTART = time.time()\n")
        image = self.directory / "x.image"
        built = build(image, "-m", "captured", env=self.variables(), cwd=self.directory)
        self.assertEqual(0, built.returncode, built.stderr)
        facts, _ = self.audit(image)
        self.assertIn(("held", "time", "captured.START", "float"), facts)

    def test_text_has_a_line_for_each_fact(self):
        """With what can be done about it."""
        self.write("captured.py", "import time\nSTART = time.time()\n")
        result = run(PYSNAP, "audit", "-m", "captured", env=self.variables(), cwd=self.directory)
        self.assertEqual((0, ""), (result.returncode, result.stderr))
        self.assertIn("held: time: captured.START (float); renew it in a hook "
                      "(pysnap.register_after_restore), or list captured in code-only\n",
                      result.stdout)
        self.assertIn("compared: variable HOME: launches with another value run plain Python\n",
                      result.stdout)

    def test_an_image_and_modules_contradict_each_other(self):
        """The image has its own."""
        result = run(PYSNAP, "audit", self.directory / "x.image", "-m", "json")
        self.assertEqual(USAGE, result.returncode)
