"""Which environment variables each import has read through os.environ.

Invariant: for every module that preparing loaded, `names` holds the variables whose values its
execution asked for and found as the build began with. Where a variable differs in a launch, the module
is imported afresh. Values do not stay: the image has their hashes.

Reading all variables in a loop is not asking for each (environment_copies.py looks after copies).
What C code reads when a library is loaded is known by name (launcher/startup_variables.cpp).
"""

import sys

ABSENT = -1  # no object has this hash
READS = {"names": {}, "variables": ()}  # see above; for agent/environment_reads.cpp
IGNORED = set()  # names that the configuration ignores
GIVEN = []  # the values that imports were given: what nobody has kept is wiped before the freeze


class EnvironmentWatch:
    """While installed, hears of every variable that is asked for."""

    def __init__(self, running, start):
        self._running = running  # names of the modules being executed, outermost first
        self._start = start  # the variables that the build began with
        self._in_loop = None  # the name that a loop over all variables has just come to
        self._originals = None

    def install(self):
        """Takes the place of two methods of the class of os.environ, once it is there: with -S the
        module os is not from the start."""
        if self._originals is not None or "os" not in sys.modules:
            return
        kind = type(sys.modules["os"].environ)
        self._originals = kind, kind.__getitem__, kind.__iter__
        _, read, loop = self._originals

        def __getitem__(environment, key):
            self._note(environment, key)
            value = read(environment, key)
            GIVEN.append(value)
            return value

        def __iter__(environment):
            for key in loop(environment):
                self._in_loop = key
                yield key

        kind.__getitem__, kind.__iter__ = __getitem__, __iter__

    def remove(self):
        """The class is as it was."""
        if self._originals is not None:
            kind, kind.__getitem__, kind.__iter__ = self._originals

    def _note(self, environment, key):
        looped, self._in_loop = self._in_loop, None
        if not self._running or key == looped:
            return
        try:
            name = environment.encodekey(key)
        except Exception:
            return  # the reader gets the same error
        if name not in IGNORED and posix.environ.get(name) == self._start.get(name):
            READS["names"].setdefault(self._running[-1], {})[name] = True


def ignore_variable(name):
    """An order of the builder."""
    IGNORED.add(name.encode(sys.getfilesystemencoding(), "surrogateescape"))


def settle_reads(prepared, kept, start, builder):
    """Before the freeze: keeps what concerns hidden modules. What those in `kept` have read
    (kept_by_native_code() in hidden.py) decides whether a launch may use the image."""
    READS["names"] = {name: read for name, read in READS["names"].items() if name in prepared}
    for name, read in READS["names"].items():
        if HIDDEN["indices"][name] in kept:
            for variable in read:
                builder.tell("variable", as_text(variable))
    readers = {}
    for module, read in READS["names"].items():
        for name in read:
            readers.setdefault(name, []).append(HIDDEN["indices"][module])
    READS["variables"] = tuple(
        (name, hash_of(start.get(name)), *indices) for name, indices in readers.items()
    )


def hash_of(value):
    """What is compared of a value."""
    return ABSENT if value is None else hash(value)


def environment_changed(indices):
    """What differs of the variables that the imports of these modules have read, or None."""
    different = {
        name for name, expected, *_ in READS["variables"] if hash_of(posix.environ.get(name)) != expected
    }
    if not different:
        return None
    for index in indices:
        module = HIDDEN["records"][index][0]
        for name in READS["names"].get(module, ()):
            if name in different:
                return f"the variable {as_text(name)}, which {module} reads, was another at the build"
    return None
