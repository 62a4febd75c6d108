#!/usr/bin/env python3
"""Each house check passes a good tree and fails a bad one, with a sentence that says where.

    python3 tests/scripts/test_check.py
"""

import importlib.machinery
import importlib.util
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
SCRIPT = REPOSITORY / "scripts/check"

# Put together from pieces, because the checks read this file too.
NOTE = "TO" + "DO"
HOME = "/ro" + "ot"


def load_script():
    """scripts/check as a module, although its name has no suffix."""
    loader = importlib.machinery.SourceFileLoader("check_script", str(SCRIPT))
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader("check_script", loader))
    loader.exec_module(module)
    return module


CHECK = load_script()

from checks import cpp_text  # noqa: E402  pylint: disable=wrong-import-position


class TreeTest(unittest.TestCase):
    """Builds small work trees and runs one check over them."""

    def problems(self, check, files, executable=()):
        """What the check says about a tree of these files (name to text)."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            subprocess.run(["git", "init", "-q", folder], check=True)
            (root / ".clang-format").write_bytes((REPOSITORY / ".clang-format").read_bytes())
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
                (root / name).chmod(0o755 if name in executable else 0o644)
            return CHECK.CHECKS[check](CHECK.Tree.of_git(root))

    def assert_passes(self, check, files, **more):
        """The check finds nothing."""
        self.assertEqual([], self.problems(check, files, **more))

    def assert_says(self, check, files, *fragments, **more):
        """The check finds as many problems as there are fragments, each containing its own."""
        found = self.problems(check, files, **more)
        self.assertEqual(len(fragments), len(found), found)
        for fragment, problem in zip(fragments, found):
            self.assertIn(fragment, problem)


def function(lines, head="int f()"):
    """A C++ function that is exactly so many lines long."""
    return head + " {\n" + "  g();\n" * (lines - 2) + "}\n"


class Sources(TreeTest):
    """Checks that look at source files."""

    def test_clang_format(self):
        self.assert_passes("clang-format", {"support/a.cpp": "int f() { return 1; }\n"})
        self.assert_says("clang-format", {"support/a.cpp": "int  f( ){return 1;}\n"},
                         "clang-format -i support/a.cpp")

    def test_ignored_files_do_not_count(self):
        self.assert_passes("clang-format", {".gitignore": "/build/\n", "build/a.h": "int  a ;\n"})

    def test_include_rules(self):
        self.assert_passes("include-rules", {
            "restore/a.cpp": '#include "format/f.h"\n#include "bare/b.h"\n#include "own.h"\n',
            "launcher/a.cpp": '#include "snapshot/s.h"\n#include <sys/stat.h>\n',
            "tests/unit/a.cpp": '#include "restore/r.h"\n'})
        for name, target in [("format/a.h", "bare/b.h"), ("bare/a.h", "format/f.h"),
                             ("support/a.h", "format/f.h"), ("restore/a.h", "support/s.h"),
                             ("agent/a.cpp", "snapshot/s.h"), ("snapshot/a.h", "elf_writer/e.h"),
                             ("elf_writer/a.h", "launcher/l.h"), ("launcher/a.h", "agent/a.h"),
                             ("launcher/a.h", "restore/r.h"), ("boot/a.h", "launcher/l.h")]:
            with self.subTest(name, target=target):
                self.assert_says("include-rules", {name: f'\n#include "{target}"\n'},
                                 f"{name}:2: includes {target}")

    def test_include_rules_follow_relative_paths_and_angle_brackets(self):
        self.assert_says("include-rules", {"agent/a.h": '#include "../launcher/l.h"\n',
                                           "format/a.h": "#include <support/s.h>\n"},
                         "agent/a.h:1", "format/a.h:1")

    def test_include_in_a_comment_does_not_count(self):
        self.assert_passes("include-rules", {"format/a.h": '/*\n#include "bare/b.h"\n*/\n'})

    def test_freestanding(self):
        self.assert_passes("freestanding", {"restore/a.cpp": "#include <cstdint>\n",
                                            "launcher/a.cpp": "#include <vector>\n"})
        self.assert_says("freestanding", {"restore/a.cpp": "#include <vector>\n"}, "<vector>")

    def test_file_length(self):
        self.assert_passes("file-length", {"a.cpp": "\n" * 400, "data.csv": "1\n" * 900})
        self.assert_says("file-length", {"a.cpp": "\n" * 401}, "a.cpp: 401 lines")
        self.assert_says("file-length", {"scripts/x": "#!/bin/bash\n" + ":\n" * 400}, "scripts/x")

    def test_function_length(self):
        self.assert_passes("function-length", {"a.cpp": function(60)})
        self.assert_says("function-length", {"a.cpp": "\n" + function(61)},
                         "a.cpp:2: 61 lines, more than 60: int f()")
        self.assert_says("function-length", {"a.py": "def f():\n" + "    g()\n" * 60}, "a.py:1: 61")
        self.assert_says("function-length", {"a.py": "def f(:\n"}, "a.py:1")
        self.assert_passes("function-length", {"tests/programs/a.py": "def f(:\n"})

    def test_headers(self):
        self.assert_passes("headers", {"a.h": "#pragma once\n", "a.cpp": "using namespace x;\n"})
        self.assert_says("headers", {"a.h": "// #pragma once\n"}, "no #pragma once")
        self.assert_says("headers", {"a.h": "#pragma once\nusing namespace x;\n"}, "a.h:2")

    def test_unfinished(self):
        self.assert_passes("unfinished", {"a.cpp": 'mkstemp("/tmp/x' + "X" * 6 + '");\n'})
        self.assert_says("unfinished", {"a.cpp": f"\n// {NOTE}: more\n"}, "a.cpp:2")

    def test_machine_paths(self):
        self.assert_passes("machine-paths", {"a.md": f"`/proc/1{HOME}`, docs{HOME}, {HOME}s\n"})
        self.assert_says("machine-paths", {"a.md": f"see {HOME}/x\n"}, "a.md:1")
        self.assert_says("machine-paths", {"a.py": f'A = "{HOME}"\n'}, "a.py:1")

    def test_white_space(self):
        self.assert_passes("white-space", {"a.md": "a\n\nb\n", "empty": ""})
        self.assert_says("white-space", {"a.md": "a \n"}, "a.md:1: trailing")
        self.assert_says("white-space", {"a.md": "a"}, "newline")
        self.assert_says("white-space", {"a.md": "a\n\n"}, "newline")

    def test_executable(self):
        self.assert_passes("executable", {"scripts/a": "#!/bin/sh\n", "scripts/lib/a.py": "1\n"},
                           executable=["scripts/a"])
        self.assert_says("executable", {"scripts/a": "echo\n", "tests/t": "#!/bin/sh\n"},
                         "scripts/a", "tests/t")


class Documents(TreeTest):
    """Checks that compare documents with code."""

    def test_doc_files(self):
        self.assert_passes("doc-files", {
            "restore/relocate.cpp": "", "restore/relocate.h": "", "README.md":
            "`restore/relocate.{h,cpp}`, `relocate.h`, `restore/`, `restore/*.cpp`, `<elf.h>`,\n"
            "`build/release/bin/pysnap`, `numpy/core/x.py`, `restore/relocate.h:12`, `/etc/x.h`\n"
            "```\nrestore/in_a_block.h\n```\n"})
        for claim in ["restore/gone.cpp", "gone.h", "docs/gone.md", "restore/x.{h,cpp}", "tests/no/",
                      "Makefile"]:
            with self.subTest(claim):
                found = self.problems("doc-files", {"restore/x.h": "", "docs/a.md": f"\n`{claim}`\n"})
                self.assertEqual(1, len(found), found)
                self.assertIn("docs/a.md:2: there is no", found[0])

    def test_doc_links(self):
        self.assert_passes("doc-links", {
            "docs/b.md": "# What a launch costs, here\n",
            "docs/a.md": "[b](b.md) [c](b.md#what-a-launch-costs-here) [d](../docs/) "
                         "[e](https://example.org/x) `[f](gone.md)`\n"})
        self.assert_says("doc-links", {"docs/a.md": "[b](gone.md)\n\n[c](#no-such)\n"},
                         "docs/a.md:1: link to gone.md", "docs/a.md:3: link to #no-such")

    def test_doc_variables(self):
        code = {"launcher/a.cpp": 'getenv("PYSNAP_FAULT");\n'}
        self.assert_passes("doc-variables", {**code, "README.md": "`PYSNAP_FAULT`\n"})
        self.assert_says("doc-variables", code, "launcher/a.cpp: uses PYSNAP_FAULT")
        self.assert_says("doc-variables", {"a.py": 'import os\nos.environ["PYSNAP_A"]\n'}, "a.py")
        self.assert_says("doc-variables", {"docs/a.md": "`PYSNAP_GONE`\n"},
                         "docs/a.md: explains PYSNAP_GONE")

    def test_doc_options(self):
        code = {"launcher/a.cpp": 'app.add_option("-o,--output", x);\nif (is(word, "--image"))\n'}
        good = "`--output IMAGE`\n```\n$ build/bin/pysnap-run --image X t.py --its-own | wc --b\n```\n"
        self.assert_passes("doc-options", {**code, "README.md": good})
        self.assert_says("doc-options", {**code, "README.md": "`pysnap build --output X`\n"},
                         "launcher/a.cpp: takes --image")
        self.assert_says("doc-options", {**code, "README.md": good + "`pysnap build --gone`\n"},
                         "README.md:5: --gone is no option")
        self.assert_says("doc-options", {**code, "README.md": good + "`--nowhere`\n"}, "--nowhere")

    def test_doc_statuses(self):
        code = {"support/status.h": "enum class ExitStatus { kFailed = 1, kRejected = 125 };\n"}
        head = "| exit status | meaning |\n|---|---|\n| 0 | good |\n| `1` | failed |\n"
        self.assert_passes("doc-statuses", {**code, "docs/a.md": head + "| 125 | rejected |\n"})
        self.assert_says("doc-statuses", {**code, "docs/a.md": head}, "status 125")
        self.assert_says("doc-statuses", {**code, "docs/a.md": head + "| 125 | x |\n| 9 | y |\n"},
                         "docs/a.md: lists exit status 9")


class FunctionScanner(unittest.TestCase):
    """What counts as a function, and how long it is."""

    def lengths(self, text):
        """Length of each function found."""
        return [last - first + 1 for _, first, last in cpp_text.functions(text)]

    def test_plain_functions_and_members(self):
        self.assertEqual([3, 1], self.lengths(
            "namespace a {\nclass B : public C {\n  void f() const override {\n    g();\n  }\n"
            "  int d() { return 1; }\n};\n}\n"))

    def test_a_signature_counts_with_its_lines(self):
        self.assertEqual([4], self.lengths("int f(int a,\n      int b) {\n  return a;\n}\n"))

    def test_constructors_with_initialisers(self):
        self.assertEqual([3], self.lengths("A::A(int b) : b_(b), c_(1) {\n  f();\n}\n"))
        self.assertEqual([3], self.lengths("A::A() : b_{1} {\n  f();\n}\n")[-1:])

    def test_tables_of_data_do_not_count(self):
        rows = "    {1, 2},\n" * 100
        self.assertEqual([], self.lengths(f"constexpr Row kRows[] = {{\n{rows}}};\n"))
        self.assertEqual([], self.lengths(f"enum class E {{\n{rows}}};\n"))

    def test_lambdas_operators_and_templates(self):
        self.assertEqual([3], self.lengths("auto f = [](int a) {\n  return a;\n};\n"))
        self.assertEqual([3], self.lengths("A& operator=(const A& o) {\n  return *this;\n}\n"))
        self.assertEqual([4], self.lengths(
            "template <typename T>\nauto f(T t) -> std::vector<T> {\n  g();\n}\n"))

    def test_braces_in_text_and_comments_do_not_count(self):
        self.assertEqual([6], self.lengths(
            'void f() {\n  a("{{{");\n  // {\n  /* {{ */\n  b(\'{\', R"x({ " )x", 1\'000);\n}\n'))

    def test_linkage_blocks_and_structures(self):
        self.assertEqual([2], self.lengths('extern "C" {\nvoid f() {\n}\n}\n'))
        self.assertEqual([2], self.lengths('extern "C" void f() {\n}\n'))
        self.assertEqual([1], self.lengths("struct alignas(64) A {\n  int f() { return 1; }\n};\n"))
        self.assertEqual([2], self.lengths("struct stat f(struct stat a) {\n}\n"))

    def test_test_cases_count(self):
        self.assertEqual([3], self.lengths('TEST_CASE("a sentence") {\n  CHECK(1);\n}\n'))


class WholeScript(unittest.TestCase):
    """The command itself."""

    def run_script(self, *arguments):
        """Runs it over this repository."""
        return subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, check=False)

    def test_every_check_has_a_test_that_makes_it_fail(self):
        tested = {name.removeprefix("test_").replace("_", "-")
                  for group in (Sources, Documents) for name in dir(group)}
        self.assertEqual(set(), set(CHECK.CHECKS) - tested)

    def test_last_line_counts(self):
        done = self.run_script("headers", "unfinished")
        self.assertRegex(done.stdout.splitlines()[-1], r"^\d passed, \d failed$")

    def test_unknown_check(self):
        done = self.run_script("no-such-check")
        self.assertEqual(2, done.returncode)
        self.assertIn("no check named no-such-check", done.stderr)


if __name__ == "__main__":
    unittest.main()
