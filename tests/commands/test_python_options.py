"""Options and variables of CPython: every row of docs/python-options.md, and what they change."""

import re
import shlex
import subprocess
import unittest
from functools import cache
from pathlib import Path

from workshop import REPOSITORY, RUN, USAGE, CommandTest, build, environment, interpreters, run, scratch

ANY_IMAGE, OWN_IMAGE, PLAIN = "any image", "own image", "plain Python"
WHY = "pysnap-run: plain Python runs instead of the image: "
ROW = re.compile(r"^\| `([^`]+)` \| ([\d.]*) ?\| (any image|own image|plain Python) \|", re.MULTILINE)

# What an option or variable can change, as far as a program sees it.
SHOW = ("import sys, os; print(sys.argv, sys.orig_argv, sys.flags, sys.warnoptions, sys._xoptions, "
        "sys.path, sys.dont_write_bytecode, sys.pycache_prefix, sys.platlibdir, "
        "sys.stdout.write_through, sys.stdout.line_buffering, sys.stdout.encoding, "
        "sys.stdout.errors, sys.stdin.write_through, sys.getfilesystemencoding(), os.cpu_count(), "
        "sys.executable, os.environ.get('PYTHONPATH'), sorted(sys.modules['site'].__dict__) "
        "if 'site' in sys.modules else None)")


class Row:
    """One row of the table."""

    def __init__(self, text: str, since: str, answer: str) -> None:
        self.text, self.answer = text, answer
        self.since = tuple(int(part) for part in since.split(".")) if since else (3, 10)

    @property
    def is_variable(self) -> bool:
        """A variable of the environment, not an option."""
        return self.text.startswith("PYTHON")

    @property
    def words(self) -> list[str]:
        """The option as an argument vector."""
        return [] if self.is_variable else shlex.split(self.text)

    @property
    def changes(self) -> dict[str, str]:
        """The variable as an environment."""
        return dict([self.text.split("=", 1)]) if self.is_variable else {}

    @property
    def name(self) -> str:
        """What the interpreter's own help calls it."""
        if self.is_variable:
            return self.text.partition("=")[0]
        first, *rest = self.words
        return f"-X {rest[0].partition('=')[0]}" if first == "-X" else first


@cache
def rows() -> list[Row]:
    """The table of the document."""
    text = (REPOSITORY / "docs" / "python-options.md").read_text(encoding="utf-8")
    return [Row(*match.groups()) for match in ROW.finditer(text)]


@cache
def version_of(interpreter: Path) -> tuple[int, ...]:
    """(3, 11)"""
    shown = run(interpreter, "-c", "import sys; print(*sys.version_info[:2])").stdout
    return tuple(int(part) for part in shown.split())


def rows_of(interpreter: Path) -> list[Row]:
    """The rows that the interpreter's version has."""
    return [row for row in rows() if row.since <= version_of(interpreter)]


def documented_names(interpreter: Path) -> set[str]:
    """Every option and variable that the interpreter's help texts name."""
    texts = [run(interpreter, "--help").stdout]
    if version_of(interpreter) >= (3, 11):
        texts += [run(interpreter, option).stdout for option in ("--help-env", "--help-xoptions")]
        texts.append(run(interpreter, "--help-all").stdout)
    text = "\n".join(texts)
    found = set(re.findall(r"\bPYTHON_?[A-Z0-9_]+\b", text))
    found |= {f"-X {name}" for name in re.findall(r"-X ([a-z_0-9]+)", text)}
    found |= set(re.findall(r"^(-[a-zA-Z?]+|--[a-z-]+)\b", text, re.MULTILINE))
    found |= set(re.findall(r"(?<![\w-])(--[a-z-]{4,})\b|(?<![\w-])(-\?)", text)[0])
    return found - {"", "-X opt", "-X options", "-X"}


@cache
def image_of(interpreter: Path, options: str = "", variables: tuple = ()) -> Path:
    """An image of this interpreter, for these options and variables; built once."""
    name = re.sub(r"[^\w.-]", "_", f"{interpreter}{options}{variables}")
    image = scratch() / f"{name[-120:]}.image"
    more = ["--python-options", options] if options else []
    built = build(image, "-m", "json", *more, interpreter=interpreter,
                  env=environment(**dict(variables)))
    if built.returncode != 0:
        raise AssertionError(f"{interpreter} {options} {variables}: {built.stderr}")
    return image


def outcome(done: subprocess.CompletedProcess) -> tuple[int, str, str]:
    """What must be equal; a fatal error names its thread by an address."""
    return done.returncode, done.stdout, re.sub(r"thread 0x[0-9a-f]+", "thread", done.stderr)


class TableTest(CommandTest):
    """docs/python-options.md."""

    def test_table_has_what_every_interpreter_documents(self):
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                names = {row.name for row in rows_of(interpreter)}
                documented = documented_names(interpreter)
                self.assertGreater(len(documented), 40)
                self.assertEqual(set(), documented - names)

    def test_no_row_stands_twice(self):
        texts = [row.text for row in rows()]
        self.assertEqual(sorted(set(texts)), sorted(texts))

    def launch_row(self, interpreter: Path, row: Row, image: Path, *before: object
                   ) -> tuple[subprocess.CompletedProcess, subprocess.CompletedProcess]:
        """Plain Python and a launch with the option or variable of a row."""
        script = self.directory / "show.py"
        script.write_text("first line\n" * ("-x" in row.words) + SHOW, encoding="utf-8")
        words = row.words
        if row.text not in ("-c pass", "-m this", "-"):
            words = [*words, script, "argument"]
        env = environment(**{"PYTHONDONTWRITEBYTECODE": None, **row.changes})
        return (run(interpreter, *words, env=env),
                run(RUN, *before, "--image", image, *words, env=env))

    def test_every_row_of_every_interpreter_says_what_happens(self):
        for interpreter in interpreters():
            for row in rows_of(interpreter):
                with self.subTest(f"{interpreter} {row.text}"):
                    plain, launched = self.launch_row(interpreter, row, image_of(interpreter),
                                                      "--explain")
                    explained = launched.stderr.startswith(WHY)
                    self.assertEqual(row.answer != ANY_IMAGE, explained, launched.stderr)
                    if explained:
                        launched.stderr = launched.stderr.partition("\n")[2]
                    if not reports_on_one_process(row):
                        self.assertEqual(outcome(plain), outcome(launched))

    def test_images_are_built_for_every_option_and_variable_of_their_own(self):
        for interpreter in {interpreters()[0], interpreters()[-1]}:
            for row in rows_of(interpreter):
                if row.answer != OWN_IMAGE or changes_where_python_is(row):
                    continue
                with self.subTest(f"{interpreter} {row.text}"):
                    options = "" if row.is_variable else row.text
                    image = image_of(interpreter, options, tuple(row.changes.items()))
                    plain, launched = self.launch_row(interpreter, row, image, "--explain")
                    self.assertEqual(outcome(plain), outcome(launched))

    def test_several_options_are_one_identity(self):
        interpreter = interpreters()[0]
        image = image_of(interpreter, "-X dev -E -OO -W 'ignore:some words'")
        program = "import sys; print(sys.flags, sys.warnoptions, sys._xoptions, sys.orig_argv)"
        same = ["-E", "-X", "dev", "-W", "ignore:some words", "-OOBu", "-c", program, "x"]
        env = environment(PYTHONVERBOSE="1", PYTHONHASHSEED="7")
        self.assertEqual(outcome(run(interpreter, *same, env=env)),
                         outcome(run(RUN, "--explain", "--image", image, *same, env=env)))
        for other in (["-X", "dev"], ["-E", "-OO"], ["-X", "dev", "-EO", "-Wignore:some words"], []):
            with self.subTest(other):
                launched = run(RUN, "--explain", "--image", image, *other, "-c", "pass")
                self.assertIn(WHY, launched.stderr)
                self.assertIn("other options of Python", launched.stderr)

    def test_builds_with_options_that_no_image_has_are_refused(self):
        for options, reason in (("-X importtime", "reports on one process"),
                                ("-X tracemalloc=5", "reports on one process"),
                                ("-u", "every image serves -u"), ("-EB", "every image serves -B"),
                                ("-i", "more than options"), ("-V", "more than options"),
                                ("-c pass", "more than options"), ("--bogus", "more than options"),
                                ("-W", "more than options"), ("script.py", "is no option"),
                                ("-O script.py", "is no option"), ("-O --", "is no option")):
            with self.subTest(options):
                built = build(self.directory / "x.image", "--python-options", options)
                self.assert_refused(built, USAGE, reason)
                self.assert_files()

    def test_options_that_the_interpreter_rejects_end_the_build_with_its_words(self):
        built = build(self.directory / "x.image", "--python-options", "-X int_max_str_digits=5")
        self.assertNotEqual(0, built.returncode)
        self.assertIn("int_max_str_digits", built.stderr)
        self.assert_files()


class ServedTest(CommandTest):
    """What the options do that every image serves."""

    interpreters = interpreters()

    def assert_same(self, *words: object, env: dict | None = None, **options: object) -> None:
        """Plain Python and a launch end alike, and the launch runs from the image."""
        for interpreter in self.interpreters:
            plain = run(interpreter, *words, env=env, cwd=self.directory, **options)
            launched = run(RUN, "--explain", "--image", image_of(interpreter), *words, env=env,
                           cwd=self.directory, **options)
            self.assertEqual(outcome(plain), outcome(launched))

    def test_unbuffered_streams_are_those_of_c_too(self):
        program = ("import ctypes, os, sys\nlibc = ctypes.CDLL(None)\nlibc.printf(b'c ')\n"
                   "sys.stdout.write('python ')\nlibc.printf(b'c')\n"
                   "print(ctypes.c_int.in_dll(ctypes.pythonapi, 'Py_UnbufferedStdioFlag').value,"
                   " file=sys.stderr)\nos._exit(3)")
        for value in (None, "", "0", "00", " 0", "+0", "-0", "1", "-1", "0x0", "x", "99999999999"):
            with self.subTest(value):
                self.assert_same("-c", program, env=environment(PYTHONUNBUFFERED=value))
        self.assert_same("-u", "-c", program)

    def test_flags_show_what_was_asked_for(self):
        program = ("import sys, ctypes, subprocess; get = lambda n: "
                   "ctypes.c_int.in_dll(ctypes.pythonapi, n).value; print(sys.flags, "
                   "sys.dont_write_bytecode, get('Py_DontWriteBytecodeFlag'), get('Py_QuietFlag'), "
                   "subprocess._args_from_interpreter_flags())")
        for value in (None, "", "0", "1", "2", "no"):
            with self.subTest(value):
                self.assert_same("-c", program, env=environment(PYTHONDONTWRITEBYTECODE=value))
        for words in (["-B"], ["-BB"], ["-q"], ["-qqq"], ["-Bqu"], ["-R"], ["-t"]):
            with self.subTest(words):
                self.assert_same(*words, "-c", program,
                                 env=environment(PYTHONDONTWRITEBYTECODE=None))

    def test_bytecode_is_written_or_not(self):
        for words in ([], ["-B"]):
            self.write("some_module.py", "x = 1")
            self.assert_same(*words, "-c", "import some_module, os; print(os.path.exists("
                             "'__pycache__'))", env=environment(PYTHONDONTWRITEBYTECODE=None))

    def test_first_line_is_skipped_and_lines_keep_their_numbers(self):
        self.write("script.txt", "@echo off\nimport sys\n1/0\n")
        self.write("empty.txt", "")
        self.write("one_line.txt", "no Python at all")
        for script in ("script.txt", "empty.txt", "one_line.txt"):
            with self.subTest(script):
                self.assert_same("-x", script)
        self.assert_same("-x", "-c", "print(1)")

    def test_compiled_scripts_run(self):
        source = self.write("source.py", "import sys\nprint(sys.argv, __file__, __cached__, "
                            "type(__loader__), __spec__, __name__)\n1/0\n")
        compiled = "import py_compile, sys; py_compile.compile(sys.argv[1], cfile=sys.argv[2])"
        for name in ("script.pyc", "without-ending"):
            self.assert_succeeds(run(interpreters()[0], "-c", compiled, source,
                                     self.directory / name))
        whole = (self.directory / "script.pyc").read_bytes()
        (self.directory / "cut.pyc").write_bytes(whole[:40])
        (self.directory / "head.pyc").write_bytes(whole[:9])
        (self.directory / "foreign.pyc").write_bytes(b"ab\r\n" + whole[4:])
        (self.directory / "no-code.pyc").write_bytes(whole[:16] + b"N")
        (self.directory / "empty.pyc").write_bytes(b"")
        for name in ("script.pyc", "without-ending", "cut.pyc", "head.pyc", "foreign.pyc",
                     "no-code.pyc", "empty.pyc", "missing.pyc"):
            with self.subTest(name):
                self.assert_same(name, "a", "b")
        self.assert_same("-x", "script.pyc")

    def test_scripts_without_a_path_of_their_own_have_the_right_directory(self):
        show = "import sys; print(sys.argv, sys.path[0], __file__)"
        self.assert_same("/dev/stdin", stdin=None, input=show)
        self.assert_same("/dev/fd/0", stdin=None, input=show)
        for name, target in (("link.py", self.write("real/script.py", show)),
                             ("relative.py", "real/script.py"), ("real/beside.py", "script.py"),
                             ("again.py", "link.py"), ("lost.py", "nowhere/x.py")):
            (self.directory / name).symlink_to(target)
            self.assert_same(name)
            self.assert_same(self.directory / name)
        for command in ("exec 9<real/script.py; exec \"$@\" /dev/fd/9",
                        "echo 'import sys; print(sys.path[0])' >gone.py; exec 9<gone.py; "
                        "rm gone.py; exec \"$@\" /dev/fd/9"):
            interpreter = interpreters()[0]
            outcomes = [outcome(run("bash", "-c", command, "bash", *words, cwd=self.directory))
                        for words in ([interpreter],
                                      [RUN, "--explain", "--image", image_of(interpreter)])]
            self.assertEqual(*outcomes)

    def test_program_on_standard_input_has_the_right_names(self):
        program = "import sys\nprint(sys.argv, sys.orig_argv, sys.path[0], __name__)\n1/0\n"
        for words in ([], ["-"], ["-", "a", "-u"], ["-u"], ["-q", "-"], ["--"]):
            with self.subTest(words):
                self.assert_same(*words, stdin=None, input=program)

    def test_words_of_the_command_line_are_read_as_cpython_reads_them(self):
        self.write("-u", "import sys; print(sys.argv)")
        self.write("a b.py", "import sys; print(sys.argv, sys.orig_argv, __file__, sys.path[0])")
        show = "import sys; print(sys.argv, sys.orig_argv)"
        for words in (["--", "-u", "-B"], ["-Bu", "a b.py", "--", "-x"], [f"-uc{show}", "-c"],
                      ["-um", "json.tool", "--help"], ["-c", ""], ["-c", show, ""], [""],
                      ["-c", show, "\udcff", "\u20ac"], ["./a b.py"], ["././a b.py"],
                      ["./missing.py"], ["."], ["./"], ["-m", "no_such_module"]):
            with self.subTest(words):
                self.assert_same(*words)

    def test_mistakes_get_the_words_and_the_status_of_cpython(self):
        interpreter = interpreters()[0]
        for words in (["-Z"], ["-uZ"], ["--bogus"], ["-c"], ["-um"], ["-X"], ["-u-"], ["-J"],
                      ["--check-hash-based-pycs"], ["--check-hash-based-pycs", "x", "-c", "pass"]):
            with self.subTest(words):
                self.assertEqual(outcome(run(interpreter, *words)),
                                 outcome(run(RUN, "--image", image_of(interpreter), *words)))


def reports_on_one_process(row: Row) -> bool:
    """Output with times, addresses or counts."""
    return row.name in ("-v", "PYTHONVERBOSE", "-X importtime", "PYTHONPROFILEIMPORTTIME",
                        "PYTHONMALLOCSTATS")


def changes_where_python_is(row: Row) -> bool:
    """Values that no interpreter of this machine can start with."""
    return row.name in ("PYTHONHOME", "PYTHONPLATLIBDIR")


if __name__ == "__main__":
    unittest.main()
