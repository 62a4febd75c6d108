#!/usr/bin/env python3
"""The comparison of CPython's own tests sees what it must see.

    python3 tests/cpython/test_runner.py
"""

import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

# pylint: disable=wrong-import-position
import expectations  # noqa: E402
import module_run  # noqa: E402
import report  # noqa: E402
from comparison import compare, is_unclear  # noqa: E402
from expectations import KnownDifference  # noqa: E402
from module_run import Run, Task  # noqa: E402

PYTHON = "/usr/bin/python3.11"

# Python with one function of colorsys replaced: some tests of test_colorsys then go wrong.
TAMPERED = """
import colorsys, os, runpy, sys, time
sys.argv[:] = sys.argv[1:]
colorsys.rgb_to_yiq = lambda *colour: {deed}
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run(outcomes, end="done", remarks=(), complete=True):
    """A run that never happened."""
    return Run(end, 1.0, list(remarks), dict(outcomes), {}, complete)


class VerdictTest(unittest.TestCase):
    """Pairs of runs and what follows from them."""

    def verdicts(self, *pairs):
        """Test to verdict."""
        return {finding.test: finding.verdict for finding in compare(list(pairs), "test_m").findings}

    def test_equal_runs_have_no_findings(self):
        pair = (run({"a": "ok", "b": "skip: no display"}), run({"a": "ok", "b": "skip: no display"}))
        self.assertEqual({}, self.verdicts(pair))
        self.assertFalse(is_unclear([pair], "test_m"))

    def test_a_difference_is_looked_at_twice(self):
        pair = (run({"a": "ok"}), run({"a": "fail"}))
        self.assertTrue(is_unclear([pair], "test_m"))
        self.assertFalse(is_unclear([pair, pair], "test_m"))
        self.assertEqual({"a": "differs"}, self.verdicts(pair, pair))

    def test_another_reason_to_skip_is_a_difference(self):
        pair = (run({"a": "skip: one"}), run({"a": "skip: two"}))
        self.assertEqual({"a": "differs"}, self.verdicts(pair, pair))

    def test_what_varies_under_plain_python_is_unstable(self):
        first = (run({"a": "ok"}), run({"a": "fail"}))
        second = (run({"a": "fail"}), run({"a": "fail"}))
        self.assertFalse(is_unclear([first, second], "test_m"))
        self.assertEqual({"a": "unstable"}, self.verdicts(first, second))

    def test_a_difference_that_goes_away_gets_a_third_run(self):
        good, bad = (run({"a": "ok"}), run({"a": "ok"})), (run({"a": "ok"}), run({"a": "fail"}))
        self.assertTrue(is_unclear([bad, good], "test_m"))
        self.assertEqual({"a": "once"}, self.verdicts(bad, good, good))
        self.assertEqual({"a": "differs"}, self.verdicts(bad, good, bad))

    def test_a_test_that_did_not_run_is_a_difference(self):
        pair = (run({"a": "ok", "b": "ok"}), run({"a": "ok"}))
        self.assertEqual({"b": "differs"}, self.verdicts(pair, pair))

    def test_a_death_counts_for_the_module_and_the_test_that_ran(self):
        dead = run({"a": "ok", "b": "died by SIGSEGV"}, "died by SIGSEGV", complete=False)
        pair = (run({"a": "ok", "b": "ok", "c": "ok"}), dead)
        self.assertEqual({"b": "differs", "test_m": "differs"}, self.verdicts(pair, pair))

    def test_failed_tests_are_not_counted_again_for_their_module(self):
        pair = (run({"a": "ok"}), run({"a": "fail"}, "tests failed"))
        self.assertEqual({"a": "differs"}, self.verdicts(pair, pair))

    def test_a_change_of_the_process_is_a_difference_of_the_module(self):
        pair = (run({"a": "ok"}), run({"a": "ok"}, remarks=["cwd was modified by test_m"]))
        self.assertEqual({"test_m": "differs"}, self.verdicts(pair, pair))


class ListTest(unittest.TestCase):
    """The two lists beside the runner."""

    def test_an_entry_whose_tests_are_equal_is_outdated(self):
        known = [KnownDifference(["test.a.*", "test.b"], "cause", "harmless"),
                 KnownDifference(["test.c"], "cause", "harmless", sometimes="timing"),
                 KnownDifference(["test.d"], "cause", "harmless", environments=["other"])]
        ran = {"test.a.one", "test.b", "test.c", "test.d"}
        self.assertEqual(["test.b"], expectations.outdated(known, "here", ran, {"test.a.one"}))

    def test_the_lists_can_be_read(self):
        for entry in expectations.read_known_differences():
            self.assertTrue(entry.cause.strip() and entry.harmless.strip(), entry)
        self.assertGreaterEqual(len(expectations.read_cross_section()), 60)


class PageTest(unittest.TestCase):
    """What people read of the results."""

    def finding(self, verdict, known=None):
        """A finding as it stands in the JSON."""
        return {"test": f"test.m.{verdict}", "verdict": verdict, "plain": "ok", "image": "a | b",
                "detail": "", "known": known}

    def result(self, *findings, module="test_m", command="c"):
        """The results of one module."""
        return {"environment": "here", "machine": "m", "python": "3.11", "command": command,
                "date": "d", "equal": 5 - len(findings), "outdated": [],
                "modules": [{"module": module, "tests": 5, "kinds": {}, "seconds": [1.0, 2.0],
                             "findings": list(findings)}]}

    def page(self, *findings):
        """The page of one module."""
        return report.page([{**self.result(*findings), "equal": 4}])

    def test_the_last_run_of_a_module_counts(self):
        runs = [self.result(self.finding("differs"), command="first"),
                self.result(module="test_n", command="second"), self.result(command="third")]
        text = report.page(report.merged(runs))
        self.assertIn("| here | 3.11 | 2 | 10 | 10 | 0 | 0 | 0 | 0 | 2 s | 4 s |", text)
        for command in ("first", "second", "third"):
            self.assertIn(f"- `{command}`: m, d\n", text)

    def test_long_commands_are_shortened(self):
        command = "run.py --json /some/file.json " + " ".join(f"test_{i}" for i in range(20))
        self.assertIn("- `run.py (20 modules)`: m, d\n", report.page([self.result(command=command)]))

    def test_each_kind_of_finding_has_its_section(self):
        text = self.page(self.finding("differs"), self.finding("once"), self.finding("unstable"))
        self.assertIn("| here | 3.11 | 1 | 5 | 4 | 0 | 1 | 1 | 1 | 1 s | 2 s |", text)
        for verdict in ("differs", "once", "unstable"):
            self.assertIn(f"| here | `test.m.{verdict}` | ok | a \\| b |", text)

    def test_a_known_difference_comes_with_its_reasons(self):
        text = self.page(self.finding("differs", {"cause": "It is so.", "harmless": "No matter."}))
        self.assertIn("- `test.m.differs` (here)\n\n  *Cause*: It is so.", text)
        self.assertIn("## Other differences\n\nNone.", text)


class RecorderTest(unittest.TestCase):
    """CPython's test_colorsys, with and without a defect put into the interpreter."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pysnap-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_module(self, launcher, seconds=60.0):
        """Runs test_colorsys."""
        environment = {b"PATH": os.fsencode(os.defpath), b"HOME": os.fsencode(self.folder)}
        return module_run.run(Task("test_colorsys"), launcher, environment, self.folder / "scratch",
                              self.folder / "kept", seconds)

    def tampered(self, deed, seconds=60.0):
        """The run with colorsys.rgb_to_yiq replaced."""
        return self.run_module([PYTHON, "-c", TAMPERED.format(deed=deed)], seconds)

    def test_outcomes_are_written_down(self):
        result = self.run_module([PYTHON])
        self.assertEqual("done", result.end)
        self.assertGreater(len(result.outcomes), 3)
        self.assertEqual({"ok"}, {kind.partition(":")[0] for kind in result.outcomes.values()
                                  if not kind.startswith("skip")})

    def test_a_failing_test_is_a_difference_with_its_traceback(self):
        plain, other = self.run_module([PYTHON]), self.tampered("print('no', file=sys.__stderr__)")
        comparison = compare([(plain, other)] * 2, "test_colorsys")
        self.assertNotEqual([], comparison.of("differs"))
        self.assertIn("Traceback", comparison.of("differs")[0].detail)

    def test_a_death_is_an_outcome(self):
        result = self.tampered("os.kill(os.getpid(), 9)")
        self.assertEqual("died by SIGKILL", result.end)
        self.assertIn("died by SIGKILL", result.outcomes.values())

    def test_a_test_that_does_not_end_is_an_outcome(self):
        result = self.tampered("time.sleep(1000)", seconds=3.0)
        self.assertEqual("did not end in time", result.end)
        self.assertIn("did not end in time", result.outcomes.values())
        self.assertIn("most recent call first", (self.folder / "kept.output").read_text())


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=1)
    bad = len(program.result.failures) + len(program.result.errors)
    print(f"{program.result.testsRun - bad} passed, {bad} failed")
    sys.exit(bool(bad))
