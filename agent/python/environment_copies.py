"""Copies of the whole environment that imports made.

Each launch fills them with its own environment, and the image does not hold the builder's. What an
import wrote into its copy stays there.
"""

import sys

FEWEST_VARIABLES = 3  # with fewer, other dictionaries would look like copies


def find_environment_copies(start):
    """Dictionaries with everything of the environment the boot began with, as bytes or as text.

    The garbage collector does not list dictionaries of texts, but what holds them.
    """
    if len(start) < FEWEST_VARIABLES:
        return []
    text = {as_text(name): as_text(value) for name, value in start.items()}
    candidates = {
        id(item): item
        for item in gc.get_referents(*gc.get_objects())
        if type(item) is dict and len(item) >= len(start) and item is not posix.environ
    }
    copies = []
    for item in candidates.values():
        for original in (start, text):
            if item is not original and original.items() <= item.items():
                copies.append((item, original is text))
    LAUNCH["environment_text"] = text  # its texts are to be wiped too
    return copies


def note_environment_copies(start):
    """Those of the environment this process began with, and those known from an earlier freeze."""
    known = LAUNCH["environment_copies"]
    found = find_environment_copies(start)
    new = [entry for entry in found if all(entry[0] is not copy for copy, _ in known)]
    LAUNCH["environment_copies"] = known + new


def as_text(value):
    """os.fsdecode()."""
    return value.decode(sys.getfilesystemencoding(), sys.getfilesystemencodeerrors())


def empty_environments(copies, start):
    """Leaves what imports added; returns the values that are nobody else's, to be wiped."""
    values = {id(value): value for value in GIVEN}
    GIVEN.clear()
    own = ((LAUNCH.pop("environment_text", {}), True), (posix.environ, False), (start, False))
    for holder, is_text in (*copies, *own):
        for name in list(start):
            value = holder.pop(as_text(name) if is_text else name, None)
            values[id(value)] = value
    posix.environ.clear()
    value = None
    unused = []
    while values:
        _, value = values.popitem()
        if sys.getrefcount(value) == 2:  # this name and the argument
            unused.append(value)
    return unused


def fill_environment_copies(copies):
    """At each launch."""
    for copy, is_text in copies:
        for name, value in posix.environ.items():
            if is_text:
                name, value = as_text(name), as_text(value)
            copy.setdefault(name, value)
