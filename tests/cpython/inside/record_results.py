"""Runs CPython's own test runner and writes each test's outcome to a file, one JSON line each.

    PYTHON record_results.py [--executable=PATH] RESULTS REGRTEST_ARGUMENT...

As `python -m test REGRTEST_ARGUMENT...` does in one process. A line is written when a test starts
and when its outcome is known, so that the last line of a process that died names the test. PATH is what the tests start as Python.
"""

import os
import sys


class Recorder:
    """Appends lines to the results. Holds what it needs: tests replace functions of os."""

    def __init__(self, path):
        from json import JSONEncoder
        self._path = os.path.abspath(path)
        self._encode = JSONEncoder().encode
        self._calls = (os.open, os.write, os.close, os.getpid)
        self._flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._process = os.getpid()

    def write(self, **line):
        """Appends one line. No descriptor stays open: tests count them.

        A child that a test forked may come back here; what it has to say is not the test's outcome.
        """
        open_, write, close, getpid = self._calls
        if getpid() != self._process:
            return
        descriptor = open_(self._path, self._flags, 0o644)
        try:
            write(descriptor, (self._encode(line) + "\n").encode("ascii"))
        finally:
            close(descriptor)


def name_of(test):
    """A test's id, or what stands in for one where a whole class or module fails."""
    try:
        return str(test.id())
    except Exception:
        return str(test)


def result_class():
    """The class that regrtest gives results to; it moved in 3.12."""
    try:
        from test.libregrtest.testresult import RegressionTestResult
    except ImportError:
        from test.support.testresult import RegressionTestResult
    return RegressionTestResult


def observe(results, recorder):
    """Wraps the methods by which unittest reports outcomes."""
    import traceback
    format_exception = traceback.format_exception

    def wrap(method, record):
        original = getattr(results, method)

        def wrapper(self, *arguments):
            record(*arguments)
            return original(self, *arguments)

        setattr(results, method, wrapper)

    def outcome(kind):
        def record(test, error=None):
            detail = "".join(format_exception(*error)) if error else ""
            recorder.write(test=name_of(test), outcome=kind, detail=detail)
        return record

    def record_subtest(test, subtest, error):
        if error is not None:
            kind = "fail" if issubclass(error[0], test.failureException) else "error"
            outcome(kind + " of " + subtest._subDescription())(test, error)

    wrap("startTest", lambda test: recorder.write(start=name_of(test)))
    wrap("addSuccess", outcome("ok"))
    wrap("addFailure", outcome("fail"))
    wrap("addError", outcome("error"))
    wrap("addExpectedFailure", outcome("expected failure"))
    wrap("addUnexpectedSuccess", outcome("unexpected success"))
    wrap("addSkip", lambda test, reason: outcome(f"skip: {reason}")(test))
    wrap("addSubTest", record_subtest)


def start_children_with(executable):
    """Puts something else in the place of this interpreter, for children only."""
    sys.executable = executable
    from multiprocessing.spawn import set_executable
    set_executable(executable)


def main():
    """Gives the command line to regrtest, observed."""
    if sys.argv[1].startswith("--executable="):
        start_children_with(sys.argv.pop(1).partition("=")[2])
    recorder = Recorder(sys.argv[1])
    # `python -m test` would have no directory of ours there.
    sys.path.pop(0)
    observe(result_class(), recorder)
    from test.libregrtest.main import main as regrtest
    sys.argv[1:] = sys.argv[2:]
    regrtest()


if __name__ == "__main__":
    main()
