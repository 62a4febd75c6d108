"""What the import of one module changes in another: its names, and what its public containers hold."""

import sys

_abc = import_aside("_abc")
FunctionType = type(import_aside)

# __mp_main__ is how multiprocessing calls __main__.
UNTRACKED = frozenset({"sys", "builtins", "__main__", "__mp_main__", "_frozen_importlib"})


class Patch(Dictionary):
    """Names of one module; its submodules are the import system's business."""

    def __init__(self, module, names):
        self.module = module
        self.names = names
        super().__init__(lambda: names, ignored=("__warningregistry__",))

    def change(self):
        """As Dictionary.change()."""
        changed = super().change()
        for key in list(changed):
            child = sys.modules.get(f"{self.module}.{key}")
            if child is not None and changed[key][1] in (child, MISSING):
                del changed[key]
        return changed

    def is_foreign_to(self, name, running):
        """Whether module `name` has patched somebody else's module. A package's own modules are its
        own affair: mypyc and Cython execute several of them in one go."""
        return self.module.partition(".")[0] != name.partition(".")[0] and self.module not in running

    def apply(self, change):
        """A name the program has changed meanwhile stays."""
        for key, (before, after) in change.items():
            if self.names.get(key, MISSING) is before:
                self.set_entry(self.names, key, after)


class Contents:
    """A container of one module."""

    module = None

    def is_foreign_to(self, name, running):
        """As Patch.is_foreign_to(); what _sqlite3 holds is sqlite3's own affair too."""
        own = self.module.partition(".")[0].lstrip("_")
        return own != name.partition(".")[0].lstrip("_") and self.module not in running


class DictionaryContents(Contents, Dictionary):
    """A public dictionary of a module."""

    def __init__(self, module, entries):
        self.module = module
        super().__init__(lambda: entries)

    def apply(self, change):
        """A key the program has set meanwhile stays."""
        entries = self._find()
        for key, (before, after) in change.items():
            if entries.get(key, MISSING) is before:
                self.set_entry(entries, key, after)


class ListContents(Contents, Sequence):
    """A public list of a module."""

    def __init__(self, module, entries):
        self.module = module
        super().__init__(lambda: entries)

    def undo(self, change):
        """Takes out what was put in, and only that: the module's own changes are not recorded."""
        front, back, gone, before = change
        entries = self._find()
        if gone:
            entries[:] = before
        added = {id(item) for item in front + back}
        entries[:] = [item for item in entries if id(item) not in added]


class SetContents(Contents):
    """A public set of a module."""

    def __init__(self, module, entries):
        self.module = module
        self._entries = entries
        self._seen = None

    def change(self):
        """(added, removed), or nothing."""
        before, self._seen = self._seen, frozenset(self._entries)
        if before is None or before == self._seen:
            return ()
        return (self._seen - before, before - self._seen)

    def owner_of(self, change):
        """As Dictionary.owner_of()."""
        return None

    def undo(self, change):
        """Takes a change back."""
        self._entries.difference_update(change[0])
        self._entries.update(change[1])

    def apply(self, change):
        """Makes a change in a launch."""
        self._entries.update(change[0])
        self._entries.difference_update(change[1])


class Implementations(DictionaryContents):
    """What functools.singledispatch() knows of one function."""

    def __init__(self, module, function):
        super().__init__(module, registry_of(function))
        self._function = function

    def undo(self, change):
        """Takes implementations back, and what was found with them."""
        super().undo(change)
        self._function._clear_cache()

    def apply(self, change):
        """As the function's register()."""
        super().apply(change)
        self._function._clear_cache()


def registry_of(function):
    """The dictionary of a function made by functools.singledispatch(), or None."""
    names = getattr(function, "__dict__", {})
    if type(function) is FunctionType and "_clear_cache" in names and "registry" in names:
        referents = gc.get_referents(names["registry"])
        if len(referents) == 1 and type(referents[0]) is dict:
            return referents[0]
    return None


CONTENTS = {dict: DictionaryContents, list: ListContents, set: SetContents}


def contents_of(key, value):
    """(kind, container) of what a module has under one of its names; (None, None) for nothing that
    others might add to."""
    if type(value) is FunctionType and registry_of(value) is not None:
        return Implementations, registry_of(value)
    kind = CONTENTS.get(type(value)) if key[:1] != "_" else None
    return kind, value


class VirtualSubclasses:
    """ABC.register() of a class by a module that made neither: isinstance() tells of it."""

    def __init__(self):
        self._new = []
        self._original = None

    def watch(self):
        """Puts a recorder in the place of what ABCMeta.register() calls."""
        abc = sys.modules["abc"]
        self._original = original = abc._abc_register

        def register(cls, subclass):
            result = original(cls, subclass)
            if is_foreign_class(cls) and is_foreign_class(subclass):
                self._new.append((cls, subclass))
            return result

        abc._abc_register = register

    def end(self):
        """Puts the original back."""
        sys.modules["abc"]._abc_register = self._original

    def change(self):
        """The registrations since the last call."""
        new, self._new = tuple(self._new), []
        return new

    def owner_of(self, change):
        """As Dictionary.owner_of()."""
        return None

    def undo(self, change):
        """Takes registrations back, and the answers that were given with them."""
        for cls, subclass in change:
            for base in cls.__mro__:
                if "_abc_impl" in base.__dict__:
                    _abc._reset_caches(base)
            reference = reference_to(subclass)
            for holder in gc.get_referents(cls.__dict__["_abc_impl"]):
                if type(holder) is set:
                    holder.discard(reference)

    def apply(self, change):
        """Makes them in a launch."""
        for cls, subclass in change:
            cls.register(subclass)


def is_foreign_class(item):
    """Whether a class is another package's than the running module's. A private module serves
    public ones: _decimal registers the class of decimal, weakref that of _weakrefset."""
    running = TEMPORARY["running"]
    package = running[-1].partition(".")[0].lstrip("_") if running else None
    home = (home_name(item) or "_").partition(".")[0]
    return package is not None and home != package and home[:1] != "_"


VIRTUAL_SUBCLASSES = VirtualSubclasses()

# Caches, and what kinds of their own look after (effect_kinds.py).
NO_CONTENTS = frozenset(
    {
        "_warnings.filters",
        "copyreg.dispatch_table",
        "gc.callbacks",
        "linecache.cache",
        "posix.environ",
        "warnings.filters",
    }
)
