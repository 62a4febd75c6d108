"""Rules about the text of the sources: sizes, layout, and words that must not stay."""

import ast
import os
import re
import shutil
import subprocess

from . import cpp_text
from .tree import interpreter, line_of

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
# Input of the end-to-end tests, among it programs that Python must reject.
BROKEN_ON_PURPOSE = "tests/programs/"
_SOURCE_SUFFIXES = (".h", ".cpp", ".c", ".S", ".py", ".cmake", ".lisp", ".js")

# Written in two pieces, so that this file passes its own rules.
_UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b")
_MACHINE_PATH = re.compile(r"(?<![\w.})\]*~-])/(?:ro" r"ot|wo" r"rk)(?=[/\s\"'`):;,]|$)", re.MULTILINE)


def check_clang_format(tree):
    """Every C++ file looks as .clang-format says."""
    program = shutil.which("clang-format")
    if program is None:
        return ["clang-format is missing: scripts/install-packages test"]
    names = [name for name, _ in tree.cpp]
    if not names:
        return []
    done = subprocess.run([program, "--dry-run", "--Werror", "--style=file", *names],
                          cwd=tree.root, capture_output=True, text=True, check=False)
    bad = sorted(set(re.findall(r"^([^\s:]+):\d+:\d+: error:", done.stderr, re.MULTILINE)))
    if done.returncode != 0 and not bad:
        return done.stderr.strip().splitlines()
    return [f"{name}: repair with clang-format -i {name}" for name in bad]


def _is_source(name, text):
    return (name.endswith(_SOURCE_SUFFIXES) or name.endswith("CMakeLists.txt")
            or interpreter(text) is not None)


def check_file_length(tree):
    """No source file is longer than a reader's patience."""
    return [f"{name}: {text.count(chr(10))} lines, more than {MAX_FILE_LINES}"
            for name, text in tree.texts.items()
            if _is_source(name, text) and text.count("\n") > MAX_FILE_LINES]


def _python_functions(text):
    """Yields (name, first line, last line) of each function of a Python file."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno


def check_function_length(tree):
    """No function is longer than a screen."""
    problems = []
    files = [(name, text, cpp_text.functions) for name, text in tree.cpp]
    files += [(name, text, _python_functions) for name, text in tree.python]
    for name, text, functions in files:
        try:
            found = list(functions(text))
        except SyntaxError as error:
            if not name.startswith(BROKEN_ON_PURPOSE):
                problems.append(f"{name}:{error.lineno}: {error.msg}")
            continue
        problems += [f"{name}:{first}: {last - first + 1} lines, more than "
                     f"{MAX_FUNCTION_LINES}: {head[:70]}"
                     for head, first, last in found if last - first + 1 > MAX_FUNCTION_LINES]
    return problems


def check_headers(tree):
    """Headers say #pragma once and open no namespace for those who include them."""
    problems = []
    for name, text in tree.cpp:
        if not name.endswith(".h"):
            continue
        code = cpp_text.without_comments(text)
        if not re.search(r"^#pragma once$", code, re.MULTILINE):
            problems.append(f"{name}: no #pragma once")
        problems += [f"{name}:{line_of(code, match.start())}: using namespace in a header"
                     for match in re.finditer(r"\busing\s+namespace\b", code)]
    return problems


def _matches(tree, pattern, sentence):
    return [f"{name}:{line_of(text, match.start())}: {sentence}: {match.group().strip()}"
            for name, text in tree.texts.items() for match in pattern.finditer(text)]


def check_unfinished(tree):
    """No note to self is left: open work belongs to an issue."""
    return _matches(tree, _UNFINISHED, "unfinished")


def check_machine_paths(tree):
    """Nothing depends on where somebody happened to work."""
    return _matches(tree, _MACHINE_PATH, "a path of one machine")


def check_white_space(tree):
    """No line ends in blanks, and each file ends with one newline."""
    problems = [f"{name}:{line_of(text, match.start())}: trailing white space"
                for name, text in tree.texts.items()
                for match in re.finditer(r"[ \t\r]+$", text, re.MULTILINE)]
    return problems + [f"{name}: does not end with exactly one newline"
                       for name, text in tree.texts.items()
                       if text and (not text.endswith("\n") or text.endswith("\n\n"))]


def check_executable(tree):
    """Whatever starts with #! can be started, and so can every file directly in scripts/."""
    return [f"{name}: not executable" for name, text in tree.texts.items()
            if (interpreter(text) or re.fullmatch(r"scripts/[^/]+", name))
            and not os.access(tree.root / name, os.X_OK)]
