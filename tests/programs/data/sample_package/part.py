"""A part of the package."""

VALUE = 17


def total(numbers):
    """The sum of the numbers and the package's value."""
    return VALUE + sum(numbers)
