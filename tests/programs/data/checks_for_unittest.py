"""Test cases for unittest, with a runner whose report has no varying duration."""

import io
import re
import unittest


class FixedTimeRunner(unittest.TextTestRunner):
    """Writes the usual report, with each duration replaced."""

    def __init__(self, *arguments, **options):
        self.real_stream, options["stream"] = options.get("stream"), io.StringIO()
        super().__init__(*arguments, **options)

    def run(self, test):
        """Runs the tests, then prints the report."""
        result = super().run(test)
        report = self.stream.stream.getvalue() if hasattr(self.stream, "stream") else ""
        print(re.sub(r"in \d+\.\d+s", "in no time", report))
        return result


# `python -m unittest` takes the runner from its module.
unittest.TextTestRunner = unittest.runner.TextTestRunner = FixedTimeRunner


class Passing(unittest.TestCase):
    """Passes."""

    def setUp(self):
        self.value = [1, 2]

    def test_equality(self):
        """Has a description."""
        self.assertEqual(self.value, [1, 2])

    def test_output_is_buffered(self):
        print("shown only on failure, with --buffer")

    @unittest.skip("for a reason")
    def test_skipped(self):
        self.fail()


class WithFailures(unittest.TestCase):
    """Fails in several ways."""

    def test_difference(self):
        self.assertEqual({"a": [1, 2, 3]}, {"a": [1, 2, 4]})

    def test_error(self):
        raise LookupError("an error")

    def test_subtests(self):
        for number in range(3):
            with self.subTest(number=number):
                self.assertNotEqual(number, 1)

    @unittest.expectedFailure
    def test_expected(self):
        self.assertTrue(False)
