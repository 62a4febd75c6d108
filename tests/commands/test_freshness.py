"""What two launches must not share, and what must not be lost when it is renewed."""

import unittest
from pathlib import Path

from workshop import (REFUSED, REPOSITORY, RUN, CommandTest, build, environment, interpreters, launch,
                      run)

THIRD_PARTY = REPOSITORY / "build" / "environments" / "third-party" / "bin" / "python"


class FreshnessTest(CommandTest):
    """Images with modules of the test's directory."""

    def setUp(self) -> None:
        super().setUp()
        self.image = self.directory / "x.image"

    def variables(self, **more: str) -> dict[str, str]:
        """The environment with the test's directory on the module path."""
        return environment(PYTHONPATH=str(self.directory), **more)

    def build_with(self, *modules: str, interpreter=None) -> None:
        """An image with these modules; the build must succeed."""
        options = [part for name in modules for part in ("-m", name)]
        built = build(self.image, *options, interpreter=interpreter, env=self.variables())
        self.assertEqual(0, built.returncode, built.stderr)
        self.build_output = built.stdout + built.stderr

    def output(self, command: str, **more: str) -> str:
        """What a launch of the command prints; it must end well."""
        result = launch(self.image, "-c", command, env=self.variables(**more))
        self.assertEqual((0, ""), (result.returncode, result.stderr), result.stdout)
        return result.stdout


# Generators by how they were seeded; "chance" ones differ from process to process.
GENERATORS = """
import os, random, time
class Own(random.Random):
    pass
class Closed(random.Random):
    def getstate(self):
        raise NotImplementedError
    setstate = getstate
def draw(generator=random.Random()):
    return generator.random()
reseeded = random.Random(3)
reseeded.seed()
chance = [random.Random().random, Own().random, Closed().random, draw, reseeded.random,
          random.Random(time.time()).random, random.Random(int(time.time())).random,
          random.Random(os.getpid()).random, random.random,
          random.Random(int.from_bytes(os.urandom(16), "big")).random]
copied = random.Random()
copied.setstate(random.Random(8).getstate())
fixed = [random.Random(42).random, Own(1.5).random, random.Random("text").random, copied.random]
random.gauss(0, 1)
chance.append(lambda: random.gauss(0, 1))
"""

NUMPY_GENERATORS = """
import time
import numpy.random
chance = [numpy.random.default_rng().random, numpy.random.RandomState().random_sample,
          numpy.random.Generator(numpy.random.Philox()).random,
          numpy.random.Generator(numpy.random.SFC64()).random,
          numpy.random.Generator(numpy.random.MT19937()).random,
          numpy.random.RandomState(int(time.time())).random_sample,
          numpy.random.random_sample, numpy.random.standard_normal]
fixed = [numpy.random.default_rng(7).random, numpy.random.RandomState(5).random_sample,
         numpy.random.default_rng(122807528840384100672342137672332424406).random]
numpy.random.standard_normal()
"""

SHOW = """
import generators
print(*[draw() for draw in generators.chance])
print(*[draw() for draw in generators.fixed])
"""


def has_numpy(interpreter: Path) -> bool:
    """Whether this interpreter can import numpy."""
    return run(interpreter, "-c", "import numpy").returncode == 0


class GeneratorTest(FreshnessTest):
    """Random generators that modules made at import."""

    def assert_renewed(self, interpreter: Path) -> None:
        """Chance values differ between launches; fixed ones are those of plain Python."""
        self.build_with("generators", interpreter=interpreter)
        lines = [self.output(SHOW).splitlines() for _ in range(2)]
        plain = run(interpreter, "-c", SHOW, env=self.variables())
        self.assertEqual(plain.stdout.splitlines()[1], lines[0][1])
        self.assertEqual(lines[0][1], lines[1][1])
        values = list(zip(lines[0][0].split(), lines[1][0].split()))
        self.assertEqual([], [i for i, (first, second) in enumerate(values) if first == second])

    def test_generators_without_a_fixed_seed_are_renewed(self):
        self.write("generators.py", GENERATORS)
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.assert_renewed(interpreter)

    def test_generators_of_numpy_without_a_fixed_seed_are_renewed(self):
        found = [python for python in interpreters() if has_numpy(python)]
        if not found:
            self.skipTest("no interpreter here has numpy: scripts/install-test-environments")
        self.write("generators.py", NUMPY_GENERATORS)
        for interpreter in found:
            with self.subTest(str(interpreter)):
                self.assert_renewed(interpreter)

    def test_global_generators_that_an_import_seeds_stay_seeded(self):
        numpy = "import numpy.random; numpy.random.seed(3)\n"
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                more = numpy if has_numpy(interpreter) else ""
                self.write("seeding.py", "import random\nrandom.seed(2)\n" + more)
                self.build_with("seeding", interpreter=interpreter)
                show = "import seeding, random\nprint(random.random(), random.gauss(0, 1))\n"
                show += "import numpy; print(numpy.random.rand())\n" if more else ""
                plain = run(interpreter, "-c", show, env=self.variables())
                self.assertEqual(plain.stdout, self.output(show))


# The keys of session tickets, read as SSL_CTX_get_tlsext_ticket_keys(3) does.
TICKET_KEYS = """
import contexts, ctypes, _ssl
control = ctypes.CDLL(_ssl.__file__).SSL_CTX_ctrl
control.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_long, ctypes.c_char_p]
for context in contexts.kept:
    keys = ctypes.create_string_buffer(80)
    native = ctypes.c_void_p.from_address(id(context) + 16).value
    assert control(native, 58, 80, keys) == 1
    print(keys.raw.hex())
"""


class TlsTest(FreshnessTest):
    """TLS contexts that modules make at import."""

    def test_session_tickets_have_keys_of_their_own(self):
        self.write("contexts.py", "import ssl\n"
                   "class Own(ssl.SSLContext):\n    pass\n"
                   "kept = [ssl.create_default_context(), Own(ssl.PROTOCOL_TLS_SERVER)]\n")
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.build_with("contexts", interpreter=interpreter)
                keys = [key for _ in range(2) for key in self.output(TICKET_KEYS).split()]
                self.assertEqual((4, 4), (len(keys), len(set(keys))))


# Every way in which an import keeps a copy of the environment.
COPIES = """
import os
from wsgiref.handlers import BaseHandler
text = dict(os.environ)
text["ADDED"] = "1"
raw = dict(os.environb)
class Holder:
    def __init__(self):
        self.kept = os.environ.copy()
holder = Holder()
"""


class EnvironmentTest(FreshnessTest):
    """What imports keep of the builder's environment."""

    def test_copies_of_the_environment_are_those_of_the_launch(self):
        self.write("copies.py", COPIES)
        show = ("import copies, os\n"
                "now = dict(os.environ)\n"
                "print(copies.text == {**now, 'ADDED': '1'}, copies.raw == dict(os.environb),\n"
                "      copies.holder.kept == now, copies.BaseHandler.os_environ == now,\n"
                "      now['OF_LAUNCH'], 'OF_BUILD' in now)\n")
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                secret = "value-of-the-builder-" + "x" * 20
                built = build(self.image, "-m", "copies", interpreter=interpreter,
                              env=self.variables(OF_BUILD=secret))
                self.assert_succeeds(built)
                self.assertNotIn(secret.encode(), self.image.read_bytes())
                self.assertEqual("True True True True yes False\n",
                                 self.output(show, OF_LAUNCH="yes"))


# What modules of the standard library note while they are imported, and use.
NOTES = """
import logging, os, platform, resource, tempfile, time, uuid
import multiprocessing.forkserver, multiprocessing.process, multiprocessing.resource_tracker
import multiprocessing.util
STARTED = time.time()
uuid.uuid1(), uuid.getnode(), platform.node(), tempfile.gettempdir()
"""

BEGINS_AFRESH = """
from notes import *
import sys
record = logging.LogRecord("name", 10, "path", 1, "message", (), None)
print(0 <= record.relativeCreated < (record.created - STARTED) * 1000, record.process == os.getpid())
print(multiprocessing.process.parent_process(), multiprocessing.process.ORIGINAL_DIR == os.getcwd())
print(multiprocessing.process.current_process().pid == os.getpid(), multiprocessing.util.MAXFD)
print(multiprocessing.resource_tracker._resource_tracker._fd)
print(multiprocessing.forkserver._forkserver._forkserver_address)
print(uuid._node, uuid._last_timestamp, tempfile.tempdir, tempfile._name_sequence)
os.environ["TMPDIR"] = os.getcwd()
print(platform.node() == os.uname().nodename, tempfile.gettempdir() == os.getcwd())
"""


class StandardLibraryTest(FreshnessTest):
    """Modules of the standard library that differ from process to process."""

    def test_what_modules_note_of_their_process_is_of_the_launch(self):
        self.write("notes.py", NOTES)
        (self.directory / "elsewhere").mkdir()
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.build_with("notes", interpreter=interpreter)
                limited = run("sh", "-c", 'ulimit -n 123; cd "$1"; shift; exec "$@"', "sh",
                              self.directory / "elsewhere", RUN, "--image", self.image, "-c",
                              BEGINS_AFRESH, env=self.variables(PYSNAP_EXPLAIN="1"))
                self.assertEqual(("True True\nNone True\nTrue 123\nNone\nNone\n"
                                  "None None None None\nTrue True\n", ""),
                                 (limited.stdout, limited.stderr))


class FactsTest(FreshnessTest):
    """Modules of other people that agent/python/freshness_data.py knows."""

    def test_known_places_are_renewed(self):
        self.write("yt_dlp/__init__.py", "")
        self.write("yt_dlp/utils/__init__.py", "")
        self.write("yt_dlp/utils/networking.py",
                   "import os\ndef random_user_agent(): return os.urandom(8).hex()\n"
                   "std_headers = {'User-Agent': random_user_agent()}\n")
        self.build_with("yt_dlp.utils.networking")
        show = "from yt_dlp.utils import networking; print(networking.std_headers['User-Agent'])"
        self.assertNotEqual(self.output(show), self.output(show))

    def test_place_that_is_gone_is_named(self):
        self.write("billiard/__init__.py", "")
        self.write("billiard/process.py", "_current_process = None\n")
        self.build_with("billiard.process")
        self.assertIn("billiard.process has no _current_process._config.authkey",
                      self.build_output)
        self.assertEqual("1\n", self.output("import billiard.process; print(1)"))


# As ansible does: a directory of the process, made at import and removed at its end.
TEMPORARY = """
import atexit, os, shutil, tempfile
gone = tempfile.mkdtemp()
os.rmdir(gone)
with tempfile.NamedTemporaryFile(), tempfile.TemporaryDirectory():
    pass
DEFAULT_LOCAL_TMP = tempfile.mkdtemp(prefix=f"local-{os.getpid()}", dir=os.environ["FOLDER"])
atexit.register(shutil.rmtree, DEFAULT_LOCAL_TMP, True)
"""


class TemporaryTest(FreshnessTest):
    """Temporary files that imports make."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = self.directory / "folder"
        self.folder.mkdir()

    def variables(self, **more: str) -> dict[str, str]:
        return super().variables(FOLDER=str(self.folder), **more)

    def assert_refused_by_name(self, module: str, *parts: str) -> None:
        """The build refuses, names the module, and takes what was made away."""
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                result = build(self.image, "-m", module, interpreter=interpreter,
                               env=self.variables())
                self.assert_refused(result, REFUSED, str(self.folder), module, *parts)
                self.assertEqual([], list(self.folder.iterdir()))
                self.assertFalse(self.image.exists())

    def test_directory_that_an_import_makes_is_refused(self):
        self.write("making.py", TEMPORARY)
        self.assert_refused_by_name("making", "temporary directory", "on first use")

    def test_file_that_an_import_makes_is_refused(self):
        self.write("making.py", "import os, tempfile\n"
                   "descriptor, path = tempfile.mkstemp(dir=os.environ['FOLDER'])\n"
                   "os.close(descriptor)\n")
        self.assert_refused_by_name("making", "temporary file", "on first use")

    def test_directory_of_a_known_module_is_made_for_each_launch(self):
        self.write("ansible/__init__.py", "")
        self.write("ansible/constants.py", TEMPORARY)
        show = ("import ansible.constants as module, os\n"
                "path = module.DEFAULT_LOCAL_TMP\n"
                "print(os.path.isdir(path), f'local-{os.getpid()}' in path, os.listdir(path))\n"
                "open(path + '/used', 'w').close()\n"
                "print(path)\n")
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.build_with("ansible.constants", interpreter=interpreter)
                first, second = (self.output(show).splitlines() for _ in range(2))
                self.assertEqual(["True True []"] * 2, [first[0], second[0]])
                self.assertNotEqual(first[1], second[1])
                self.assertEqual([], list(self.folder.iterdir()))


if __name__ == "__main__":
    unittest.main()
