# files: checks_for_unittest.py
# status: 1
# everywhere: yes
"""unittest.main in a program: a failure, an error, a skip, and a subtest."""

import unittest

from checks_for_unittest import FixedTimeRunner, Passing, WithFailures  # noqa: F401

if __name__ == "__main__":
    unittest.main(testRunner=FixedTimeRunner, argv=["checks", "-v", "WithFailures", "Passing"])
