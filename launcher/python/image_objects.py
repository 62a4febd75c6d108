"""The objects of an image, each with the shortest path from a module to it."""

import gc
import posix
import sys

ModuleType = type(sys)
FunctionType = type(lambda: None)
CodeType = type((lambda: None).__code__)
GetSetDescriptorType = type(FunctionType.__code__)
MemberDescriptorType = type(FunctionType.__globals__)
ATOMS = frozenset((int, float, complex, str, bytes, bool, type(None), type(...)))
CODE_PARTS = ("co_consts", "co_names", "co_linetable", "co_exceptiontable", "co_filename")

mro_of = type.__dict__["__mro__"].__get__
names_of_class = type.__dict__["__dict__"].__get__
names_of_module = ModuleType.__dict__["__dict__"].__get__

OWN_STATE = "pysnap's own state"

# How a path goes on from `whole`, by kind of step.
STEPS = {
    "root": "{key}",
    "same": "{whole}",
    "attribute": "{whole}.{key}",
    "item": "{whole}[{key}]",
    "key": "key {key} of {whole}",
    "element": "element of {whole}",
    "closure": "closure of {whole}: {key}",
    "default": "default argument {key} of {whole}",
    "constant": "constant of {whole}",
    "held": "inside {whole}",
}


class Objects:
    """Breadth-first, so that the first path to an object is a shortest one."""

    def __init__(self, deadline):
        gc.disable()
        # The agent gives what was frozen back to the oldest generation (agent/collector.cpp); what
        # the launch has made is in the others.
        self.frozen = {id(thing): thing for thing in gc.get_objects(generation=2)}
        self.deadline = deadline
        self.objects = {}  # id -> object
        self.origins = {}  # id -> (id of what holds it, kind of step, key)
        self.describers = {}  # type -> attributes that its instances have
        self.is_whole = True  # there was time to see everything
        self.agent = next((thing for thing in self.frozen.values() if is_agent(thing)), {})
        self.modules = dict(sys.modules)
        for record in self.agent.get("HIDDEN", {}).get("records", ()):
            if record[1] is not None:
                self.modules.setdefault(record[0], record[1])
        self.ids = []

    def walk(self):
        """From the modules; then from what only C code holds."""
        agent = self.agent
        own = [agent]
        own += [t for t in self.frozen.values() if is_agent_function(t, agent) or is_wiped(t)]
        without = {id(thing) for thing in own + things_of_launch()}
        self.spread([(self.modules[n], (None, "root", n)) for n in self.modules], without)
        self.spread([(thing, (None, "root", OWN_STATE)) for thing in own], ())
        rest = [t for i, t in self.frozen.items() if i not in self.objects]
        self.spread([(t, (None, "root", f"a {type(t).__name__} of no module")) for t in rest], ())
        self.ids = sorted(self.objects)

    def module_of(self, number):
        """The module where the path to an object begins; empty: in none."""
        while self.origins[number][0] is not None:
            number = self.origins[number][0]
        root = self.origins[number][2]
        return root if root in self.modules else ""

    def spread(self, roots, without):
        """Goes on from roots to everything that is not known yet; not to what is `without`."""
        queue = []
        for thing, origin in roots:
            if id(thing) not in without:
                self.add(thing, origin, queue)
        done = 0
        while done < len(queue) and self.is_whole:
            thing = queue[done]
            done += 1
            if done % 4096 == 0 and posix.times()[4] > self.deadline:
                self.is_whole = False
            whole = id(thing)
            for part, kind, key in self.parts(thing):
                if id(part) not in without:
                    self.add(part, (whole, kind, key), queue)

    def add(self, thing, origin, queue):
        """Unless it is known, or was made by this program."""
        number = id(thing)
        if number in self.objects or (gc.is_tracked(thing) and number not in self.frozen):
            return
        self.objects[number] = thing
        self.origins[number] = origin
        if type(thing) not in ATOMS:
            queue.append(thing)

    def parts(self, thing):
        """(part, kind of step, key) for what an object holds; the same part can come again."""
        kind = type(thing)
        held = gc.get_referents(thing)
        if isinstance(kind, type) and issubclass(kind, dict):
            yield from parts_of_dict(thing)
        elif issubclass(kind, (list, tuple)):
            plain = list if issubclass(kind, list) else tuple
            yield from ((part, "item", i) for i, part in enumerate(plain.__iter__(thing)))
        elif issubclass(kind, (set, frozenset)):
            yield from ((part, "element", None) for part in held)
        elif kind is FunctionType:
            yield from parts_of_function(thing)
        elif kind is CodeType:
            for name in CODE_PARTS:
                yield getattr(thing, name, None), "constant", None
            yield from ((part, "constant", None) for part in thing.co_consts)
        elif issubclass(kind, ModuleType):
            names = names_of_module(thing)
            yield names, "same", None
            yield from parts_of_names(names)
        elif issubclass(kind, type):
            names = names_of_class(thing)
            yield from ((part, "same", None) for part in gc.get_referents(names))
            yield from parts_of_names(names)
        yield from self.attributes(thing, kind, held)
        way = "same" if kind in TRANSPARENT or issubclass(kind, type) else "held"
        yield from ((part, way, None) for part in held)

    def attributes(self, thing, kind, held):
        """Of the instance: its dictionary, if it has one, and its slots."""
        if kind not in self.describers:
            self.describers[kind] = describers_of(kind)
        dictionary, slots = self.describers[kind]
        if dictionary is not None:
            names = dictionary.__get__(thing)
            if type(names) is dict:
                if any(part is names for part in held):
                    yield names, "same", None
                yield from parts_of_names(names)
        for slot in slots:
            try:
                yield slot.__get__(thing), "attribute", slot.__name__
            except AttributeError:
                pass  # an empty slot

    def path(self, number):
        """Text of the way to an object."""
        steps = []
        while number is not None:
            number, kind, key = self.origins[number]
            steps.append((kind, key))
        whole = ""
        for kind, key in reversed(steps):
            whole = go_on(whole, kind, key)
        return whole


def go_on(whole, kind, key):
    """A path that is one step longer."""
    if kind == "held" and whole.startswith("inside "):
        return whole
    text = show_key(key) if kind in ("item", "key") else key
    return STEPS[kind].format(whole=whole, key=text)

# Their content belongs to what holds them.
TRANSPARENT = frozenset(
    (
        type((lambda x: lambda: x)(0).__closure__[0]),
        type(Objects.path.__get__(0)),
        property,
        staticmethod,
        classmethod,
    )
)


def things_of_launch():
    """What each launch fills with texts of its own, which lie where the image has free memory."""
    main = sys.modules["__main__"]
    environment = getattr(sys.modules.get("os"), "environ", None)
    filled = [main, names_of_module(main), sys.argv, sys.orig_argv, posix.environ]
    return filled + [getattr(environment, "_data", None) or posix.environ]


def is_agent(thing):
    """Whether a dictionary is the namespace of the agent's Python half."""
    return type(thing) is dict and thing.get("__name__") == "_pysnap_agent"


def is_agent_function(thing, agent):
    """Functions of that namespace can be seen from patched modules, too."""
    return type(thing) is FunctionType and thing.__globals__ is agent


def is_wiped(thing):
    """What the agent has overwritten before the freeze: values of the builder's environment."""
    texts = (str, bytes)
    return (
        type(thing) is list
        and len(thing) > 0
        and all(type(t) in texts and not t.strip("\0" if type(t) is str else b"\0") for t in thing)
    )


def parts_of_dict(thing):
    """Values, and keys where these are more than a text."""
    for key, value in dict.items(thing):
        yield value, "item", key
        yield key, "key", key


def parts_of_names(names):
    """The same of a namespace."""
    for key, value in names.items():
        yield value, "attribute", key
    for key in names:
        yield key, "key", key


def parts_of_function(function):
    """What a function keeps from the moment of its definition."""
    code = function.__code__
    yield code, "same", None
    for name, cell in zip(code.co_freevars, function.__closure__ or ()):
        yield cell, "closure", name
    defaults = function.__defaults__ or ()
    names = code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount]
    for name, value in zip(names, defaults):
        yield value, "default", name
    for name, value in (function.__kwdefaults__ or {}).items():
        yield value, "default", name


def describers_of(kind):
    """(descriptor of the instances' dictionary or None, descriptors of their slots)."""
    dictionary = None
    slots = []
    if issubclass(kind, (type, ModuleType)) or kind in TRANSPARENT or kind is CodeType:
        return None, ()
    for base in mro_of(kind):
        for name, value in names_of_class(base).items():
            if name == "__dict__" and type(value) is GetSetDescriptorType and dictionary is None:
                dictionary = value
            is_slot = type(value) is MemberDescriptorType and kind is not FunctionType
            if is_slot and type(name) is str and base.__flags__ & HEAP_TYPE:
                slots.append(value)
    return dictionary, tuple(slots)


HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE


def show_key(key):
    """A key as in a source, if it is short and of a kind that shows itself."""
    if type(key) in ATOMS:
        text = repr(key)
        return text if len(text) <= 60 else text[:57] + "..."
    if type(key) is tuple and len(key) <= 4:
        return "(" + ", ".join(map(show_key, key)) + ")"
    if isinstance(key, (type, FunctionType)):
        return key.__name__
    return f"<{type(key).__name__}>"
