"""Whether a hidden module is what plain Python would import now.

agent/publish.cpp answers the common case: nothing has changed that could matter. Here is the rest.
A module is handed out unless the program's search finds another file or another finder first, or the
program has changed a module that this one's import imports. Then it is imported afresh: that is
always right, and slow.
"""

import sys

NO, YES, FIXED = 0, 1, 2

# Names of sys whose value is the program's affair.
OWN_SYS_NAMES = IGNORED_SYS_NAMES + (
    "__stderr__",
    "__stdin__",
    "__stdout__",
    "argv",
    "breakpointhook",
    "displayhook",
    "excepthook",
    "exit",
    "meta_path",
    "orig_argv",
    "path",
    "path_hooks",
    "path_importer_cache",
    "pycache_prefix",
    "tracebacklimit",
    "unraisablehook",
    "warnoptions",
)

# Nothing an import uses of another module; test runners rewrite __file__.
NAMES_WITHOUT_EFFECT = (
    "_",
    "__builtins__",
    "__cached__",
    "__doc__",
    "__file__",
    "__loader__",
    "__spec__",
    "__warningregistry__",
)

VERDICT = {
    "changed": {},  # index of a module that the program has changed -> the name it set
    "stored": {},  # module name -> global names that its own functions set
    "explains": False,
}


def explain_verdicts():
    """--explain was given."""
    VERDICT["explains"] = True


def judge(index, foundation_stands):
    """NO, YES, or FIXED: of a package that C code knows, which exists once in a process, so that
    only modules of other packages can be imported afresh. `foundation_stands`: the modules that
    its import imports are the frozen ones."""
    name = HIDDEN["records"][index][0]
    package = name.partition(".")[0]
    wanted = publishing_order(index)
    reason = other_search() or found_elsewhere(wanted)
    reason = reason or foundation_changed(index, foundation_stands)
    reason = reason or environment_changed(wanted) or directory_changed(wanted)
    if reason is None:
        return YES
    if package in HIDDEN["fixed"]:
        own = [o for o in wanted if HIDDEN["records"][o][0].partition(".")[0] == package]
        if other_search() is None and found_elsewhere(own) is None:
            return FIXED
    if VERDICT["explains"]:
        posix.write(2, f"pysnap-run: {name} is imported afresh: {reason}\n".encode())
    return NO


def other_search():
    """Why the program searches for modules in another way altogether, or None."""
    if builtins.__import__ is not HIDDEN["import"]:
        return "the program has replaced __import__()"
    if any(all(known is not finder for finder in sys.meta_path) for known in HIDDEN["finders"]):
        return "the program has removed a finder from sys.meta_path"
    return None


def found_elsewhere(indices):
    """Why the program's search for modules might give other files, or None."""
    for other in indices:
        reason = other_place(other)
        if reason is not None:
            return f"{HIDDEN['records'][other][0]}: {reason}"
    return None


def foundation_changed(index, foundation_stands):
    """What the program has changed below a module, or None."""
    if not foundation_stands:
        return "a module it imports was replaced or imported afresh"
    note_patches()
    reached = reachable(index)
    for other, name in VERDICT["changed"].items():
        if other in reached:
            return f"the program has set {HIDDEN['records'][other][0]}.{name}, which it may use"
    return None


def note_patches():
    """Remembers the modules that the program has changed."""
    for other in changed_records():
        name = changed_name(other)
        if name is None:
            accept_record(other)
        else:
            VERDICT["changed"][other] = name


def reachable(index):
    """The modules that the import of one imports, directly or not, with sys and builtins."""
    return all_behind([index], imports_of) | {HIDDEN["sys"], HIDDEN["builtins"]}


def publishing_order(index):
    """The modules that would be published, in the order in which plain Python looks for them."""
    order = {}

    def visit(wanted):
        record = HIDDEN["records"][wanted]
        if wanted in order or not is_hidden(wanted):
            return
        if record[3] >= 0:
            visit(record[3])
        order[wanted] = True
        for step in record[5]:
            if type(step) is int:
                visit(step)

    visit(index)
    return list(order)


def rebind(module):
    """A module that is handed out on a changed foundation: what it had imported from there by
    `from ... import`, it has as the program has set it; modules that were imported afresh it has
    instead of the frozen ones."""
    new = {}
    for index in VERDICT["changed"]:
        name, _, names = HIDDEN["records"][index][:3]
        for key, value in HIDDEN["names"][name].items():
            if callable(value) and names.get(key, value) is not value:
                new[id(value)] = names[key]
    names = getattr(module, "__dict__", {})
    for key, value in list(names.items()):
        if id(value) in new:
            names[key] = new[id(value)]
        elif type(value) is ModuleType:
            name = own_name(value, "__name__")
            index = HIDDEN["all"].get(name) if isinstance(name, str) else None
            if index is not None and HIDDEN["records"][index][1] is value:
                names[key] = sys.modules.get(name, value)


def other_place(index):
    """Why finders or the search path might give another file for one module, or None."""
    name, module, _, parent = HIDDEN["records"][index][:4]
    spec = own_name(module, "__spec__")
    path = own_name(HIDDEN["records"][parent][1], "__path__") if parent >= 0 else None
    for finder in sys.meta_path:
        if all(finder is not known for known in HIDDEN["finders"]) and claims(finder, name, path):
            return "a finder of the program provides it"
    for absent in HIDDEN["absent"].get(name, ()):
        if provided_by_new_entries(absent, True):
            return f"its import would find {absent}, which was absent at the build"
    if parent >= 0:
        frozen = HIDDEN["package_paths"].get(HIDDEN["records"][parent][0])
        if not is_hidden(parent) and frozen is not None and list(path) != frozen:
            return "the program has changed the path of its package"
        return None
    has_place = getattr(spec, "has_location", False) or getattr(spec, "loader", 0) is None
    if has_place and not leads_to(name, spec):
        return "the search path leads to another file"
    return None


def leads_to(name, spec):
    """Whether the search of sys.path still ends at this top-level module."""
    home = home_of_spec(spec)
    is_namespace = spec.origin is None
    for entry in sys.path:
        if entry == home or (entry == "" and current_directory() == home):
            return True
        if entry not in HIDDEN["path"] and provides(entry, name, is_namespace):
            return False
    return home not in HIDDEN["path"]


def home_of_spec(spec):
    """The directory in which a top-level module was found; None for a namespace package."""
    place = spec.origin
    if spec.submodule_search_locations is not None and place is not None:
        place = place.rpartition("/")[0]
    return place.rpartition("/")[0] if place is not None else None


def search_home(module):
    """The directory in which the search finds a top-level module; None for one found otherwise."""
    spec = own_name(module, "__spec__")
    return home_of_spec(spec) if getattr(spec, "has_location", False) else None


def provided_by_new_entries(name, is_namespace):
    """Whether a directory that was not searched at the build has a top-level module."""
    name = name.partition(".")[0]
    new = [entry for entry in sys.path if entry not in HIDDEN["path"]]
    return any(provides(entry, name, is_namespace) for entry in new)


def provides(entry, name, is_namespace):
    """Whether one entry of sys.path has a module; a directory without __init__ counts for a
    namespace package only."""
    finder = importlib_external.PathFinder._path_importer_cache(entry)
    spec = finder.find_spec(name) if hasattr(finder, "find_spec") else None
    return spec is not None and (is_namespace or spec.loader is not None)


def claims(finder, name, path):
    """Whether a finder of the program finds a module; before Python 3.12 it may have find_module()
    only."""
    if hasattr(finder, "find_spec"):
        return finder.find_spec(name, path, None) is not None
    return hasattr(finder, "find_module") and finder.find_module(name, path) is not None


def changed_name(index):
    """A name that somebody else than the module itself has set since the freeze, or None.

    A name that was not there is no patch: no import that was made can have used it.
    """
    name, _, names = HIDDEN["records"][index][:3]
    own = OWN_SYS_NAMES if name == "sys" else NAMES_WITHOUT_EFFECT
    for key, value in HIDDEN["names"][name].items():
        now = names.get(key, MISSING)
        if now is value or key in own:
            continue
        if sys.modules.get(f"{name}.{key}", MISSING) is not now and key not in stored_names(name):
            return key
    return None


def stored_names(name):
    """The names that code of a module's own package sets in its modules."""
    package = name.partition(".")[0]
    stored = VERDICT["stored"]
    if package not in stored:
        stored[package] = names = set()
        writes = sys.dont_write_bytecode
        sys.dont_write_bytecode = True
        for other, module, *_ in HIDDEN["records"]:
            if other.partition(".")[0] == package and other in sys.modules:
                try:
                    collect_stored(own_name(module, "__loader__").get_code(other), names)
                except Exception:
                    pass  # no code: nothing of its own
        sys.dont_write_bytecode = writes
    return stored[package]


def collect_stored(code, names):
    """Walks the code of a module for instructions that set a global name or an attribute."""
    if code is None:
        return
    argument = 0
    for position in range(0, len(code.co_code), 2):
        operation, operand = code.co_code[position], code.co_code[position + 1]
        argument = argument << 8 | operand
        if operation in HIDDEN["storing_operations"] and argument < len(code.co_names):
            names.add(code.co_names[argument])
        if operation != HIDDEN["extended_argument"]:
            argument = 0
    for constant in code.co_consts:
        if type(constant) is type(code):
            collect_stored(constant, names)
