"""State that all modules share, and what the import of one changes in it.

Each kind can read the state, say what changed, take a change back before the freeze, and make it
again when the module that made it is published. A program that never imports the module sees
nothing of it.
"""

import sys

_signal = import_aside("_signal")
_locale = import_aside("_locale")
_warnings = import_aside("_warnings")
codecs = sys.modules["codecs"]

MISSING = object()


class Dictionary:
    """A dictionary: entries added, replaced, removed. `find` gives it, or None while there is none."""

    def __init__(self, find, ignored=(), keeps=False):
        self._find = find
        self._ignored = frozenset(ignored)
        self._keeps = keeps  # a value the program has set stays
        self._version = None
        self._seen = None

    def change(self):
        """What changed since the last call: {key: (before, after)}; an empty one for nothing."""
        entries = self._find()
        if entries is None or dict_version(entries) == self._version:
            return {}
        before, self._seen = self._seen, dict(entries)
        self._version = dict_version(entries)
        if before is None:
            return {}
        changed = {}
        for key, value in self._seen.items():
            if before.get(key, MISSING) is not value and key not in self._ignored:
                changed[key] = (before.get(key, MISSING), value)
        for key in before.keys() - self._seen.keys():
            if key not in self._ignored:
                changed[key] = (before[key], MISSING)
        return changed

    def owner_of(self, change):
        """The module to blame for a change that was made while none was being imported, or None."""
        return None

    def set_entry(self, entries, key, value):
        """One entry gets a value, or MISSING."""
        if value is MISSING:
            entries.pop(key, None)
        else:
            entries[key] = value

    def undo(self, change):
        """Takes a change back. What was changed again since is not taken back, and not made again
        either: platform's cache, for example, has been forgotten."""
        entries = self._find()
        for key, (before, after) in list(change.items()):
            if entries.get(key, MISSING) is after:
                self.set_entry(entries, key, before)
            else:
                del change[key]

    def apply(self, change):
        """Makes a change in a launch."""
        entries = self._find()
        for key, (before, after) in change.items():
            current = entries.get(key, MISSING)
            if self._keeps and before is MISSING and current is not MISSING:
                continue
            self.set_entry(entries, key, after)


class Environment(Dictionary):
    """os.environ and the C environment. A default (no value before) gives way to the launch's."""

    def __init__(self):
        super().__init__(lambda: posix.environ, keeps=True)

    def set_entry(self, entries, key, value):
        super().set_entry(entries, key, value)
        if value is MISSING:
            posix.unsetenv(key)
        else:
            posix.putenv(key, value)


class Cache(Dictionary):
    """A dictionary whose entries are made again on demand: taken back, never made."""

    def apply(self, change):
        pass


class Sequence:
    """A list: entries put at its front and its end. `notify` is told of each change."""

    def __init__(self, find, notify=None):
        self._find = find
        self._notify = notify
        self._seen = None

    def change(self):
        """(entries at the front, entries at the end, entries that are gone), or nothing."""
        entries = self._find()
        if entries is None:
            return ()
        before, self._seen = self._seen, tuple(entries)
        if before is None or same_items(before, self._seen):
            return ()
        return self.difference(before, self._seen)

    def difference(self, before, after):
        """What turns one into the other, as operations at both ends where that is possible."""
        kept = {id(item) for item in before}
        front = 0
        while front < len(after) and id(after[front]) not in kept:
            front += 1
        back = len(after)
        while back > front and id(after[back - 1]) not in kept:
            back -= 1
        left = {id(item) for item in after}
        gone = tuple(item for item in before if id(item) not in left)
        return (after[:front], after[back:], gone, before)

    def owner_of(self, change):
        """As Dictionary.owner_of(): functions name their modules."""
        for item in change[0] + change[1]:
            owner = getattr(item, "__module__", None)
            if isinstance(owner, str):
                return owner
        return None

    def undo(self, change):
        """Takes a change back, the newest first: what was there before it is there again."""
        self._find()[:] = change[3]
        self._tell()

    def apply(self, change):
        """Makes a change in a launch; an equal entry moves, as warnings.filterwarnings() does."""
        front, back, gone, _ = change
        entries = self._find()
        for item in gone:
            if item in entries:
                entries.remove(item)
        for item in reversed(front):
            if self._notify is not None and item in entries:
                entries.remove(item)
            entries.insert(0, item)
        entries.extend(back)
        self._tell()

    def _tell(self):
        if self._notify is not None:
            self._notify()


class Setting:
    """One value with a function to read it and one to set it."""

    def __init__(self, read, write):
        self._read = read
        self._write = write
        self._seen = None

    def change(self):
        """(before, after), or nothing."""
        before, self._seen = self._seen, self._read()
        if before is None or before == self._seen:
            return ()
        return (before, self._seen)

    def owner_of(self, change):
        """As Dictionary.owner_of()."""
        return None

    def undo(self, change):
        """Takes a change back."""
        self._write(change[0])

    def apply(self, change):
        """Makes a change in a launch."""
        self._write(change[1])


class Handlers(Setting):
    """Python's signal handlers; None stands for one that C set."""

    def __init__(self):
        self._numbers = sorted(_signal.valid_signals() - {_signal.SIGKILL, _signal.SIGSTOP})
        super().__init__(self._all, self._set)

    def _all(self):
        return tuple(_signal.getsignal(number) for number in self._numbers)

    def _set(self, handlers):
        for number, handler in zip(self._numbers, handlers):
            if handler is not None and _signal.getsignal(number) is not handler:
                _signal.signal(number, handler)

    def apply(self, change):
        """Only the signals that the import gave a handler."""
        for number, before, after in zip(self._numbers, *change):
            if before is not after and after is not None:
                _signal.signal(number, after)


def same_items(one, other):
    """Equal length and the same objects."""
    return len(one) == len(other) and all(a is b for a, b in zip(one, other))


class EffectWatch:
    """Asks every kind what changed."""

    def __init__(self):
        self._patches = []
        self._tracked = set(UNTRACKED)
        self._containers = []  # what the patches change, for C
        self._seen = set()  # ids of containers
        self._modules_version = None
        self._kinds = shared_kinds()
        self.made = []  # (kind, change) in the order of time, for undo_all()

    def changes(self, name, running):
        """Steps for what changed since the last call; `name`: whose doing it is, or None."""
        for kind in self._kinds + kinds_of_loaded_modules():
            change = kind.change()
            if change:
                self.made.append((kind, change))
                yield ("effect", kind, change)
        yield from self._patched_modules(name, running)

    def _patched_modules(self, name, running):
        """What was changed in modules that are not being executed: monkey patches, entries in public
        dictionaries, lists and sets; and their own caches."""
        self._track_new_modules()
        for position in changed_containers(self._containers):
            patch = self._patches[position]
            change = patch.change()
            if change and name is not None and patch.is_foreign_to(name, running):
                self.made.append((patch, change))
                yield ("effect", patch, change)

    def _track_new_modules(self):
        if dict_version(sys.modules) == self._modules_version:
            return
        self._modules_version = dict_version(sys.modules)
        for other in sys.modules.keys() - self._tracked:
            self._tracked.add(other)
            names = getattr(sys.modules[other], "__dict__", None)
            if type(names) is dict:
                self._track(Patch(other, names), names)
                self.track_contents(other, names)

    def _track(self, patch, container):
        self._patches.append(patch)
        self._containers.append(container)

    def track_contents(self, module, names):
        """The containers under the public names of a module that has been executed. One that it has
        from another module is the other one's."""
        for key, value in names.items():
            kind, container = contents_of(key, value)
            if kind is not None and id(container) not in self._seen:
                self._seen.add(id(container))
                if f"{module}.{key}" not in NO_CONTENTS:
                    self._track(kind(module, value), container)

    def undo_all(self):
        """Takes everything back, the newest first."""
        for kind, change in reversed(self.made):
            kind.undo(change)
