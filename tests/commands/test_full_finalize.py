"""`pysnap-run --full-finalize`: CPython's own end of the interpreter."""

import unittest

from test_modules import BuildTest
from workshop import interpreters, launch, run

# Objects that end at every stage of the interpreter's end, in modules that are prepared and not.
NOISY = """
import atexit, sys

class Noisy:
    def __init__(self, name, write=sys.stdout.write):
        self.name, self.write = name, write

    def __del__(self):
        self.write(f"{self.name} ends\\n")

in_module = Noisy(f"an object of {__name__}")
_private = Noisy(f"a private object of {__name__}")
in_cycle = Noisy(f"an object in a cycle of {__name__}")
in_cycle.itself = in_cycle
Noisy.of_class = Noisy(f"an object of the class of {__name__}")
atexit.register(print, "exit function of", __name__)
"""
PROGRAM = "import prepared\n" + NOISY + """
import other, threading, weakref
weakref.finalize(prepared.in_module, print, "weakref.finalize")
threading.Thread(target=lambda: print("a thread")).start()
print("end of program")
"""


class FullFinalizeTest(BuildTest):
    """An image with a prepared module whose objects have something to do at the end."""

    def ends(self, interpreter, *program: str, **options):
        """How a program ends under plain Python, and from an image with --full-finalize."""
        self.write("prepared.py", NOISY)
        self.write("other.py", NOISY)
        self.assert_succeeds(self.build_with("prepared", interpreter=interpreter))
        plain = run(interpreter, *program, env=self.variables(), **options)
        full = launch(self.directory / "x.image", "--full-finalize", *program,
                      env=self.variables(), **options)
        return plain, full

    def test_everything_is_ended_as_under_plain_python(self):
        program = str(self.write("program.py", PROGRAM))
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                plain, full = self.ends(interpreter, program)
                self.assert_succeeds(plain)
                self.assert_succeeds(full)
                # Between modules, cycles end in the order of the collector's lists, which depends
                # on all that was allocated before; within each module it is that of creation.
                for name in ("__main__", "prepared", "other"):
                    ends = [line for line in full.stdout.splitlines() if f" of {name}" in line]
                    self.assertEqual(5, len(ends), full.stdout)
                    self.assertEqual([line for line in plain.stdout.splitlines()
                                      if f" of {name}" in line], ends)
                self.assertEqual(plain.stdout.partition("ends")[0].rpartition("\n")[0],
                                 full.stdout.partition("ends")[0].rpartition("\n")[0])

    def test_what_the_program_made_ends_without_the_option_too(self):
        program = str(self.write("program.py", NOISY + "import other\n"))
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                plain, _ = self.ends(interpreter, program)
                launched = launch(self.directory / "x.image", program, env=self.variables())
                self.assert_succeeds(launched)
                ends = [line for line in launched.stdout.splitlines() if "prepared" not in line]
                self.assertEqual(sorted(plain.stdout.splitlines()), sorted(ends))

    def test_statuses_are_those_of_plain_python(self):
        programs = ("import sys; sys.exit(7)", "raise ValueError('x')",
                    "raise KeyboardInterrupt", "import os; os._exit(3)",
                    "import sys; sys.exit('text')")
        for program in programs:
            with self.subTest(program):
                plain, full = self.ends(interpreters()[0], "-c", "import prepared; " + program)
                self.assertEqual((plain.returncode, plain.stdout, plain.stderr),
                                 (full.returncode, full.stdout, full.stderr))

    def test_output_that_cannot_be_written_ends_with_status_120(self):
        program = str(self.write("program.py", "import os; os.dup2(os.open('/dev/full', 1), 1)\n"
                                 "print('lost')\n"))
        plain, full = self.ends(interpreters()[0], program)
        self.assertEqual((120, plain.stderr), (full.returncode, full.stderr))
        self.assertEqual(120, plain.returncode)


if __name__ == "__main__":
    unittest.main()
