# mode: module
# target: unittest
# arguments: --locals --buffer checks_for_unittest.Passing
# files: checks_for_unittest.py
# status: 0
# unittest's report has a duration; the module checked replaces it by a fixed one.
