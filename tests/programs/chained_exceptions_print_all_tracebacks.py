# status: 1
# everywhere: yes
"""Explicit causes, implicit contexts, and a suppressed one."""


class Wrapped(Exception):
    """An exception of the program."""


def first():
    raise KeyError("the first")


def second():
    try:
        first()
    except KeyError as error:
        raise ValueError("the second") from error


def third():
    try:
        second()
    except ValueError:
        undefined_name  # noqa: B018, F821


def fourth():
    try:
        third()
    except NameError:
        raise OSError(2, "the suppressed one's successor", "file") from None


try:
    fourth()
except OSError as error:
    print("caught", error)
    try:
        third()
    except NameError as name_error:
        raise Wrapped("the last", 7) from name_error
