# python: >=3.11
# status: 1
"""Nested exception groups with notes."""


def failing(kind, text):
    try:
        raise kind(text)
    except kind as error:
        error.add_note(f"a note on {text}")
        return error


try:
    raise ExceptionGroup("caught", [failing(ValueError, "a"), failing(TypeError, "b")])
except* ValueError as group:
    print("values:", group.exceptions)
except* TypeError as group:
    print("types:", group.exceptions)

inner = ExceptionGroup("inner", [failing(KeyError, "k"), failing(OSError, "o")])
raise ExceptionGroup("outer", [inner, failing(RuntimeError, "r")])
