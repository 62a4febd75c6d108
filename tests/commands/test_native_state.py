"""State of the C library and of the kernel that two launches must not share."""

import ast
import unittest
from pathlib import Path

from test_freshness import THIRD_PARTY, FreshnessTest
from workshop import RUN, in_private_mounts, interpreters, may_unshare_mounts, run

# Registers the C library's own functions in each of its lists of exit functions; the pointers are
# mangled with the pointer guard of the boot, and a launch has another one.
C_EXIT_FUNCTIONS = """
import ctypes
libc = ctypes.CDLL(None)
texts = [ctypes.create_string_buffer(text) for text in (b"exit function", b"end of thread")]
libc.__cxa_atexit(libc.puts, texts[0], None)
libc.__cxa_thread_atexit_impl(libc.puts, texts[1], texts[1])
for _ in range(100):  # more than one block of the list
    libc.__cxa_atexit(libc.abs, None, None)
"""


# A greenlet that waits inside a C function, whose saved frame holds the stack canary.
SUSPENDED = """
import greenlet
def wait(number):
    greenlet.getcurrent().parent.switch()
    return -number
sorting = greenlet.greenlet(lambda: sorted([1, 2, 3], key=wait))
sorting.switch()
"""


class NativeStateTest(FreshnessTest):
    """State of the C library."""

    def test_exit_functions_of_c_run_under_a_new_pointer_guard(self):
        self.write("exits.py", C_EXIT_FUNCTIONS)
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.build_with("exits", interpreter=interpreter)
                self.assertNotIn("pointer guard", self.build_output)
                for _ in range(2):
                    self.assertEqual("program\nend of thread\nexit function\n",
                                     self.output("print('program', flush=True)"))

    def test_main_thread_may_leave_by_pthread_exit(self):
        self.write("exits.py", C_EXIT_FUNCTIONS)
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.build_with("exits", interpreter=interpreter)
                leave = "import ctypes; ctypes.CDLL(None).pthread_exit(None)"
                self.assertEqual("end of thread\nexit function\n", self.output(leave))

    def test_seeds_of_c_that_mean_chance_are_replaced(self):
        self.write("chance.py", "import ctypes, os, time\nlibc = ctypes.CDLL(None)\n"
                   "libc.srand(int(time.time()) ^ os.getpid())\nlibc.srand48(int(time.time()))\n")
        self.write("fixed.py", "import ctypes\nlibc = ctypes.CDLL(None)\n"
                   "libc.srandom(12345)\nlibc.srand48(12345)\n")
        show = "print(*[libc.rand() for _ in range(3)], libc.lrand48())"
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.build_with("chance", interpreter=interpreter)
                first, second = (self.output("from chance import libc; " + show).split()
                                 for _ in range(2))
                self.assertNotEqual(first[:3], second[:3])
                self.assertNotEqual(first[3], second[3])
                self.build_with("fixed", interpreter=interpreter)
                command = "from fixed import libc; " + show
                plain = run(interpreter, "-c", command, env=self.variables())
                self.assertEqual(plain.stdout, self.output(command))

    def test_memory_that_is_wiped_on_fork_is_zero_and_still_wiped(self):
        # The hook fills the page in the process that is captured: a fork has wiped it before.
        self.write("wiped.py", "import mmap, os\nMADV_WIPEONFORK = 18\n"
                   "pages = mmap.mmap(-1, 3 * 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)\n"
                   "pages.madvise(MADV_WIPEONFORK, 4096, 4096)\n"
                   "def _at_fork_reinit():\n    fill(b'build')\n"
                   "def fill(text):\n"
                   "    for start in 0, 4096, 8192:\n        pages[start:start + 5] = text\n"
                   "def content():\n    return [pages[start:start + 5] for start in (0, 4096, 8192)]\n"
                   "fill(b'start')\nos.register_at_fork(after_in_child=_at_fork_reinit)\n")
        command = ("import os, sys, wiped\nprint(wiped.content(), flush=True)\nwiped.fill(b'write')\n"
                   "wiped._at_fork_reinit.__code__ = (lambda: None).__code__\n"
                   "if os.fork() == 0:\n    print(wiped.content(), flush=True)\n    os._exit(0)\n"
                   "os.wait()\nprint(wiped.content())\n")
        zero = bytes(5)
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.build_with("wiped", interpreter=interpreter)
                for _ in range(2):
                    lines = [ast.literal_eval(line) for line in self.output(command).splitlines()]
                    self.assertEqual([[b"build", zero, b"build"], [b"write", zero, b"write"],
                                      [b"write"] * 3], lines)

    def test_idents_of_threads_are_those_of_the_launch_and_of_its_child(self):
        self.write("noted.py", "import threading\nAT_BUILD = threading.get_native_id()\n")
        command = ("import ctypes, os, sys, threading, noted\nlibc = ctypes.CDLL(None)\n"
                   "libc.pthread_self.restype = ctypes.c_ulong\n"
                   "def check():\n"
                   "    main = threading.main_thread()\n"
                   "    assert main is threading.current_thread()\n"
                   "    assert libc.pthread_self() == threading.get_ident() == main.ident\n"
                   "    assert os.getpid() == threading.get_native_id() == libc.gettid()\n"
                   "    assert threading.get_native_id() != noted.AT_BUILD\n"
                   "    assert [*threading._active] == [main.ident] == [*sys._current_frames()]\n"
                   "    print('right', flush=True)\ncheck()\n"
                   "assert threading.main_thread().native_id == os.getpid()\n"
                   "if os.fork() == 0:\n    check()\n    os._exit(0)\n"
                   "print(os.wait()[1])\n")
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.build_with("noted", "ctypes", interpreter=interpreter)
                self.assertEqual("right\nright\n0\n", self.output(command))

    def test_kernel_knows_the_thread_as_it_knows_that_of_a_fresh_process(self):
        # The robust list lies at a fixed place of glibc's thread block, and the kernel writes the
        # processor's number into the area that was registered with rseq(2).
        command = ("import ctypes, os\nlibc = ctypes.CDLL(None)\n"
                   "libc.pthread_self.restype = ctypes.c_ulong\nblock = libc.pthread_self()\n"
                   "def check():\n"
                   "    head, size = ctypes.c_ulong(), ctypes.c_size_t()\n"
                   "    failed = libc.syscall(274, 0, ctypes.byref(head), ctypes.byref(size))\n"
                   "    print(failed, head.value - block, size.value)\n"
                   "    place = ctypes.c_long.in_dll(libc, '__rseq_offset').value + block + 4\n"
                   "    for number in sorted(os.sched_getaffinity(0)):\n"
                   "        os.sched_setaffinity(0, {number})\n"
                   "        print(ctypes.c_uint.from_address(place).value == number, flush=True)\n"
                   "allowed = os.sched_getaffinity(0)\ncheck()\n"
                   "os.sched_setaffinity(0, allowed)\n"
                   "if os.fork() == 0:\n    check()\n    os._exit(0)\nos.wait()\n")
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                self.build_with("ctypes", interpreter=interpreter)
                plain = run(interpreter, "-c", command, env=self.variables())
                self.assertIn("True", plain.stdout, plain.stderr)
                self.assertEqual(plain.stdout, self.output(command))

    def test_time_zone_of_the_system_may_change(self):
        if not may_unshare_mounts():
            self.skipTest("no private mount namespaces here: mount(2) is not permitted")
        zones = [Path("/usr/share/zoneinfo") / name for name in ("Asia/Tokyo", "Etc/UTC")]
        if not all(zone.exists() for zone in zones) or not Path("/etc/localtime").exists():
            self.skipTest("no /usr/share/zoneinfo or /etc/localtime: Debian package tzdata")
        self.build_with("json")
        for zone in zones:
            result = in_private_mounts(
                'mount --bind "$1" /etc/localtime; shift; exec "$@"', zone, RUN, "--image",
                self.image, "-c", "import time; print(time.tzname[0], time.localtime(0).tm_hour)",
                env=self.variables())
            self.assertEqual({"Asia/Tokyo": "JST 9\n", "Etc/UTC": "UTC 0\n"}
                             ["/".join(zone.parts[-2:])], result.stdout, result.stderr)

    def test_canary_stays_where_greenlets_are_suspended(self):
        if not THIRD_PARTY.exists():
            self.skipTest(f"no {THIRD_PARTY}: scripts/install-test-environments")
        self.write("suspended.py", SUSPENDED)
        self.build_with("suspended", interpreter=THIRD_PARTY)
        self.assertIn("greenlets are suspended", self.build_output)
        self.assertEqual("[3, 2, 1]\n", self.output(
            "import suspended\n"
            "while not suspended.sorting.dead: result = suspended.sorting.switch()\n"
            "print(result)"))

    def test_failing_library_loads_are_reported_under_a_new_guard(self):
        self.build_with("ctypes")
        self.assertIn("no such library", self.output(
            "import ctypes\n"
            "try: ctypes.CDLL('/no such library.so')\n"
            "except OSError as error: print(error)"))

    def test_pointer_guard_stays_where_pointers_are_kept_in_unknown_places(self):
        # A stream with functions of its own (fopencookie(3)) holds them mangled.
        self.write("cookie.py", "import ctypes\nlibc = ctypes.CDLL(None)\n"
                   "libc.fopencookie.restype = ctypes.c_void_p\n"
                   "class Functions(ctypes.Structure):\n"
                   "    _fields_ = [(name, ctypes.c_void_p) for name in 'rwsc']\n"
                   "write = ctypes.cast(libc.write, ctypes.c_void_p).value\n"
                   "libc.fopencookie.argtypes = [ctypes.c_void_p, ctypes.c_char_p, Functions]\n"
                   "stream = libc.fopencookie(1, b'w', Functions(None, None, None,\n"
                   "    ctypes.cast(libc.abs, ctypes.c_void_p).value))\n")
        self.build_with("cookie")
        self.assertIn("pointer guard", self.build_output)
        self.assertEqual("1\n", self.output(
            "import cookie; print(cookie.libc.fclose(ctypes.c_void_p(cookie.stream)))"
            .replace("import cookie;", "import cookie, ctypes;")))


if __name__ == "__main__":
    unittest.main()
