"""Options and variables of CPython: every row of docs/python-options.md, and what they change."""

import re
import shlex
import subprocess
import unittest
from functools import cache
from pathlib import Path

from workshop import REPOSITORY, RUN, CommandTest, build, environment, interpreters, run, scratch

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
        interpreter = interpreters()[-1]
        for row in rows_of(interpreter):
            if row.answer != OWN_IMAGE or changes_where_python_is(row):
                continue
            with self.subTest(f"{interpreter} {row.text}"):
                options = "" if row.is_variable else row.text
                image = image_of(interpreter, options, tuple(row.changes.items()))
                plain, launched = self.launch_row(interpreter, row, image, "--explain")
                self.assertEqual(outcome(plain), outcome(launched))


def reports_on_one_process(row: Row) -> bool:
    """Output with times, addresses or counts."""
    return row.name in ("-v", "PYTHONVERBOSE", "-X importtime", "PYTHONPROFILEIMPORTTIME",
                        "PYTHONMALLOCSTATS")


def changes_where_python_is(row: Row) -> bool:
    """Values that no interpreter of this machine can start with."""
    return row.name in ("PYTHONHOME", "PYTHONPLATLIBDIR")


if __name__ == "__main__":
    unittest.main()
