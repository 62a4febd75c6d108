"""Has the name of a standard module."""

MARK = "the program's own"
