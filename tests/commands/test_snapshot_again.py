"""`pysnap build --from`: a program launched from an image is frozen again at its next checkpoint."""

import os
import re
import unittest

from test_modules import BuildTest
from workshop import PYSNAP, REPOSITORY, RUN, build, environment, interpreters, launch, python, run

PACKAGE = REPOSITORY / "python"


class AgainTest(BuildTest):
    """Images made from images of the test's directory."""

    def from_script(self, text: str, *arguments: str, output: str = "base.image",
                    interpreter=None, **variables: str):
        """A build with a script of this text; it must succeed."""
        script = self.write("program.py", text)
        built = run(PYSNAP, "build", "--python", interpreter or python(), "--script", script, "-o",
                    self.directory / output, *self.behind(arguments),
                    env={**self.variables(), **variables})
        self.assert_succeeds(built)
        return built

    def from_modules(self, *modules: str, interpreter=None):
        """A build of these modules; it must succeed."""
        named = [part for name in modules for part in ("-m", name)]
        self.assert_succeeds(build(self.directory / "base.image", *named, interpreter=interpreter,
                                   env=self.variables()))

    def again(self, *arguments: str, base: str = "base.image", output: str = "x.image",
              script: str | None = None, more: tuple = (), **variables: str):
        """A build from an image."""
        named = () if script is None else ("--script", self.write("program.py", script))
        return run(PYSNAP, "build", "--from", self.directory / base, *named, *more, "-o",
                   self.directory / output, *self.behind(arguments),
                   env={**self.variables(), **variables})

    def made_again(self, *arguments: str, **options):
        """The same; it must succeed. What the program printed."""
        built = self.again(*arguments, **options)
        self.assert_succeeds(built)
        return built.stdout

    @staticmethod
    def behind(arguments: tuple) -> tuple:
        """Arguments of a script, for the end of a command line."""
        return ("--", *arguments) if arguments else ()

    def launched(self, *arguments: str, image: str = "x.image", **options):
        """What a launch prints; it must succeed."""
        env = {**self.variables(), **options.pop("env", {})}
        result = launch(self.directory / image, *arguments, env=env, **options)
        self.assert_succeeds(result)
        return result.stdout


COUNTER = """
import atexit, os, sys
import pysnap

atexit.register(print, "exit function")
seen = []

def stage(number):
    words = [pysnap.is_snapshotting(), pysnap.is_restored(), pysnap.generation()]
    seen.append((number, sys.argv[1:], os.environ.get("GIVEN"), words))
    print("stage", number, flush=True)
    local = [number] * 3
    result = pysnap.checkpoint()
    return result, local

for number in range(3):
    print(stage(number))
for entry in seen:
    print(*entry)
print(sys.argv[1:], os.environ.get("GIVEN"), pysnap.generation(), pysnap.is_snapshotting(),
      repr(sys.stdin.readline()))
"""


class ScriptAgainTest(AgainTest):
    """Scripts that were frozen at a checkpoint go on to the next."""

    def test_each_checkpoint_makes_an_image_of_its_own(self):
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                first = self.from_script(COUNTER, "one", output="1.image",
                                         interpreter=interpreter, GIVEN="first")
                self.assertIn("stage 0\n", first.stdout)
                second = self.made_again("two", base="1.image", output="2.image", GIVEN="second")
                self.assertIn("(True, [0, 0, 0])\nstage 1\n", second)
                self.made_again("--explain", "-m", base="2.image", output="3.image")
                for gone in ("1.image", "2.image"):
                    (self.directory / gone).rename(self.directory / f"{gone}.gone")
                source = self.write("input", "a line\n")
                with source.open(encoding="utf-8") as stream:
                    lines = self.launched("x", image="3.image", stdin=stream,
                                          env={"GIVEN": "now"}).splitlines()
                self.assertEqual("(True, [2, 2, 2])", lines[0])
                self.assertEqual("0 ['one'] first [True, False, None]", lines[1])
                number = re.compile(r"1 \['two'\] second \[True, True, (\d+)\]")
                self.assertRegex(lines[2], number)
                self.assertRegex(lines[3], r"2 \['--explain', '-m'\] None \[True, True, \d+\]")
                self.assertRegex(lines[4], r"\['x'\] now \d+ False 'a line\\n'")
                generations = re.findall(r"\d{6,}", "\n".join(lines))
                self.assertEqual(3, len(set(generations)), lines)
                self.assertEqual(["exit function"], lines[5:])

    def test_image_can_take_the_place_of_its_base(self):
        self.from_script("import sys, pysnap\ncount = 0\nwhile len(sys.argv) < 3:\n"
                         "    count += 1\n    pysnap.checkpoint()\nprint(count)\n")
        for _ in range(4):
            self.made_again(output="base.image")
        self.assertEqual("5\n", self.launched("a", "b", image="base.image"))
        (self.directory / "program.py").unlink()
        self.assert_succeeds(run(PYSNAP, "seal", self.directory / "base.image"))
        direct = run(self.directory / "base.image", "a", "b", env=self.variables())
        self.assertEqual("5\n", direct.stdout)

    def test_frames_of_both_parts_are_returned_into(self):
        program = """
import sys, threading, pysnap

def down(depth, then):
    return then() if depth == 0 else down(depth - 1, then)

class Key:
    def __lt__(self, other):
        down(150, pysnap.checkpoint)
        return False

def sums(depth):
    return depth and 1 + sums(depth - 1)

def threads():
    done = []
    workers = [threading.Thread(target=lambda: done.append(sums(50))) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return done

down(250, pysnap.checkpoint)
print(threads(), flush=True)
sorted([Key(), Key()])
print(sys.argv[1:], sums(500), threads())
"""
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.from_script(program, interpreter=interpreter)
                self.assertIn("[50, 50, 50]", self.made_again())
                self.assertEqual("['a'] 500 [50, 50, 50]\n", self.launched("a"))

    def test_two_launches_share_no_randomness_nor_identity(self):
        draws = ("random.random(), secrets.token_hex(8), uuid.uuid4(), uuid.uuid1(), os.getpid(),"
                 " next(tempfile._get_candidate_names()), instance.random()")
        program = ("import os, random, secrets, tempfile, threading, uuid, pysnap\n"
                   f"instance = random.Random()\n{draws}\npysnap.checkpoint()\n"
                   f"kept = ({draws})\npysnap.checkpoint()\nprint({draws})\n"
                   "assert threading.main_thread().native_id == os.getpid()\n")
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.from_script(program, interpreter=interpreter)
                words = []
                for _ in range(2):  # two images of one base
                    self.made_again()
                    words += [self.launched().split() for _ in range(2)]
                drawn = {word for line in words for word in line}
                self.assertEqual(28, len(drawn), words)

    def test_seeded_generators_keep_their_numbers(self):
        program = ("import random, pysnap\nchosen = random.Random(7)\npysnap.checkpoint()\n"
                   "chosen.seed(8); random.seed(9)\npysnap.checkpoint()\n"
                   "print(chosen.random(), random.random())\n")
        self.from_script(program)
        self.made_again()
        plain = run(python(), self.directory / "program.py",
                    env=environment(PYTHONPATH=str(PACKAGE)))
        self.assertEqual(plain.stdout, self.launched())

    def test_no_variable_of_a_builder_is_in_an_image(self):
        program = ("import os, pysnap\ncopies = [dict(os.environ), os.environ.copy()]\n"
                   "os.environ['SET_FIRST'] = 'one'\nos.environ['SET_TWICE'] = 'one'\n"
                   "pysnap.checkpoint()\n"
                   "copies.append(dict(os.environ))\nos.environ['SET_SECOND'] = 'two'\n"
                   "os.environ['SET_TWICE'] = 'two'\npysnap.checkpoint()\n"
                   "names = ['SET_FIRST', 'SET_TWICE', 'SET_SECOND', 'HIDDEN', 'GIVEN']\n"
                   "print([os.environ.get(name) for name in names])\n"
                   "print([copy.get(name) for copy in copies for name in names[3:]], flush=True)\n"
                   "os.system('echo $SET_FIRST $SET_TWICE $SET_SECOND $HIDDEN')\n")
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.from_script(program, interpreter=interpreter, HIDDEN="the first secret")
                self.made_again(HIDDEN="the second secret")
                content = (self.directory / "x.image").read_bytes()
                self.assertNotIn(b"first secret", content)
                self.assertNotIn(b"second secret", content)
                self.assertEqual("['one', 'two', 'two', None, 'yes']\n"
                                 "[None, 'yes', None, 'yes', None, 'yes']\none two two\n",
                                 self.launched(env={"GIVEN": "yes"}))

    def test_variable_that_was_taken_back_stays_away(self):
        self.from_script("import os, pysnap\nos.environ['SET'] = 'one'\npysnap.checkpoint()\n"
                         "del os.environ['SET']\npysnap.checkpoint()\n"
                         "print(os.environ.get('SET'), flush=True)\nos.system('echo $SET.')\n")
        self.made_again()
        self.assertEqual("None\n.\n", self.launched())

    def test_standard_streams_are_those_of_the_launch(self):
        program = ("import sys, logging, pysnap\nlogging.basicConfig(stream=sys.stdout)\n"
                   "kept = sys.stderr\npysnap.checkpoint()\nlater = sys.stdout\n"
                   "pysnap.checkpoint()\nprint('one')\nlogging.warning('two')\n"
                   "print('three', file=later)\nprint('four', file=kept)\n"
                   "print(sys.stdout.seekable(), sys.stdin.read())\n")
        self.from_script(program)
        self.made_again()
        source, output = self.write("input", "text"), self.directory / "output"
        with source.open() as stdin, output.open("w") as stdout:
            with os.fdopen(os.dup(stdout.fileno()), "w") as stderr:
                self.assertEqual(0, self.run_with(stdin, stdout, stderr))
        self.assertEqual("one\nWARNING:root:two\nthree\nTrue text\n",
                         output.read_text().replace("four\n", ""))
        self.assertEqual("one\nWARNING:root:two\nthree\nFalse \n", launch(
            self.directory / "x.image", env=self.variables()).stdout)

    def run_with(self, stdin, stdout, stderr) -> int:
        """A launch with these streams; its status."""
        pid = os.fork()
        if pid == 0:
            for number, stream in enumerate((stdin, stdout, stderr)):
                os.dup2(stream.fileno(), number)
            os.execve(RUN, [str(RUN), "--image", str(self.directory / "x.image")],
                      self.variables())
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def test_hooks_run_around_each_checkpoint(self):
        program = ("import pysnap\nkept = []\n"
                   "def say(*words):\n    print(*words, flush=True)\n"
                   "pysnap.register_before_snapshot(say, 'before 1')\n"
                   "pysnap.register_after_restore(say, 'after 1')\npysnap.checkpoint()\n"
                   "pysnap.register_before_snapshot(say, 'before 2')\n"
                   "pysnap.register_after_restore(say, 'after 2')\n"
                   "kept.append(open('/etc/hostname'))\n"
                   "pysnap.register_before_snapshot(lambda: kept.pop().close())\n"
                   "say('program')\npysnap.checkpoint()\nsay('end')\n")
        self.assertIn("before 1\n", self.from_script(program).stdout)
        self.assertIn("after 1\nprogram\nbefore 2\nbefore 1\n", self.made_again())
        self.assertEqual("after 1\nafter 2\nend\n", self.launched())

    def test_collector_and_finalisers_know_both_parts(self):
        program = ("import gc, weakref, pysnap\n"
                   "class Node:\n    def __del__(self):\n        print('ends', self.name)\n"
                   "def ring(name):\n    node = Node()\n    node.me, node.name = node, name\n"
                   "    return node\n"
                   "first = ring('first')\npysnap.checkpoint()\nsecond = ring('second')\n"
                   "pysnap.checkpoint()\nprint(gc.get_freeze_count())\n"
                   "print(any(item is first for item in gc.get_objects()),"
                   " any(item is second for item in gc.get_objects()))\n"
                   "del first, second\nprint(gc.collect() >= 2)\n")
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.from_script(program, interpreter=interpreter)
                self.made_again()
                lines = self.launched().splitlines()
                counted = launch(self.directory / "base.image", env=self.variables())
                self.assertEqual(counted.stdout.splitlines()[0], lines[0])
                self.assertEqual(["True True", "ends first", "ends second", "True"],
                                 [lines[1], *sorted(lines[2:4]), lines[4]])


LIBC = "import ctypes, os, sys, time, pysnap\nlibc = ctypes.CDLL(None)\n"
EXITS = LIBC + """
texts = [ctypes.create_string_buffer(text) for text in (b"first", b"second", b"end of thread")]
libc.__cxa_atexit(libc.puts, texts[0], None)
pysnap.checkpoint()
libc.__cxa_atexit(libc.puts, texts[1], None)
libc.__cxa_thread_atexit_impl(libc.puts, texts[2], texts[2])
pysnap.checkpoint()
if "leave" in sys.argv:
    libc.pthread_exit(None)
"""
# A stream with functions of its own (fopencookie(3)) holds them mangled, where nobody looks.
COOKIE = LIBC + """
class Functions(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in "rwsc"]
libc.fopencookie.restype = ctypes.c_void_p
libc.fopencookie.argtypes = [ctypes.c_void_p, ctypes.c_char_p, Functions]
close = ctypes.cast(libc.abs, ctypes.c_void_p).value
stream = ctypes.c_void_p(libc.fopencookie(1, b"w", Functions(None, None, None, close)))
pysnap.checkpoint()
pysnap.checkpoint()
print(libc.fclose(stream))
"""
SEEDS = LIBC + """
libc.srand(int(time.time()))
pysnap.checkpoint()
libc.srand48(int(time.time()) ^ os.getpid())
libc.rand()
pysnap.checkpoint()
print(libc.rand(), libc.lrand48())
"""


class NativeStateAgainTest(AgainTest):
    """State of the C library."""

    def test_exit_functions_of_c_run_under_a_new_pointer_guard(self):
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.from_script(EXITS, interpreter=interpreter)
                self.assertNotIn("pointer guard", self.made_again())
                for arguments in ((), ("leave",)):
                    self.assertEqual("end of thread\nsecond\nfirst\n", self.launched(*arguments))

    def test_pointer_guard_stays_where_pointers_are_kept_in_unknown_places(self):
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                built = self.from_script(COOKIE, interpreter=interpreter)
                self.assertEqual(1, built.stdout.count("pointer guard"))
                self.assertEqual(1, self.made_again().count("pointer guard"))
                self.assertEqual("1\n", self.launched())

    def test_seeds_of_c_that_mean_chance_are_replaced(self):
        self.from_script(SEEDS)
        words = []
        for _ in range(2):
            self.made_again()
            words += (self.launched() + self.launched()).split()
        self.assertEqual(8, len(set(words)), words)


if __name__ == "__main__":
    unittest.main()
