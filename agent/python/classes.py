"""Which classes plain Python would not have yet: those of hidden modules, and the agent's own.

agent/hidden_classes.cpp leaves them out of __subclasses__(). A class names its module; one that C
code made may name another, often the Python module in front of it.
"""

import sys

reference_to = sys.modules["_weakref"].ref
module_name_of = type.__dict__["__module__"].__get__  # whatever the class itself says


class ClassTable:
    """Notes on classes, which may die meanwhile."""

    def __init__(self):
        self._notes = {}  # id -> (weak reference, note)

    def set(self, item, note):
        """Writes a note."""
        self._notes[id(item)] = (reference_to(item), note)

    def get(self, item):
        """The note on a class, or None."""
        reference, note = self._notes.get(id(item), (None, None))
        return note if reference is not None and reference() is item else None

    def noted(self, wanted):
        """The classes with one note."""
        found = [reference() for reference, note in self._notes.values() if note is wanted]
        return [item for item in found if item is not None]


MAKERS = ClassTable()  # START, AGENT, or the name of the extension module that made it
START, AGENT = object(), object()


def all_classes():
    """Every class there is."""
    found = {id(object): object}
    open_classes = [object]
    while open_classes:
        for item in type.__subclasses__(open_classes.pop()):
            if id(item) not in found:
                found[id(item)] = item
                open_classes.append(item)
    return found.values()


def note_new_classes(maker):
    """Those without a note get this one."""
    for item in all_classes():
        if MAKERS.get(item) is None:
            MAKERS.set(item, maker)


note_new_classes(START)  # the agent has but one


def note_native_classes(name, module):
    """An extension module has been executed: what it made is its own, whatever it is called."""
    names = getattr(module, "__dict__", {})
    for item in [value for value in names.values() if isinstance(value, type)]:
        if MAKERS.get(item) in (None, AGENT) and home_of(item) in (None, module):
            MAKERS.set(item, name)
    for base in MAKERS.noted(START):  # what it keeps to itself
        for item in type.__subclasses__(base):
            if MAKERS.get(item) is None and home_name(item) in LAUNCH["started_modules"]:
                MAKERS.set(item, name)


def home_name(item):
    """The name of the module that a class names, or None."""
    try:
        name = module_name_of(item)
    except AttributeError:
        return None
    return name if isinstance(name, str) else None


def home_of(item):
    """The module that has a class under the names the class gives, or None."""
    module = sys.modules.get(home_name(item))
    return module if getattr(module, "__dict__", {}).get(item.__name__) is item else None


def hidden_classes():
    """(class, index of its module, -1 for the agent) of those that plain Python would not have.

    A class of the start can name a module that is imported later, as those of _collections_abc do.
    """
    found = []
    for item in all_classes():
        maker = MAKERS.get(item)
        if maker is AGENT or home_name(item) == __name__:
            found.append((item, -1))
        elif maker is not START:
            index = HIDDEN["indices"].get(maker or home_name(item))
            if index is not None:
                found.append((item, index))
    return found
