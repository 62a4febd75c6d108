"""A module with examples.

>>> double(4)
8
>>> double("ab")
'abab'
>>> double(None)
Traceback (most recent call last):
    ...
TypeError: unsupported operand type(s) for *: 'NoneType' and 'int'
"""


def double(value):
    """Twice the value.

    >>> double(2)
    5
    """
    return value * 2
