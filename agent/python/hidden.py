"""Prepared modules wait hidden until the program imports them.

Before the freeze: takes them out of sys.modules, takes their effects back, and describes for
agent/publish.cpp what the import of each has to do again. In a launch: decides, where something has
changed that C does not judge, whether the frozen module is what plain Python would import.
"""

import sys

opcode = import_aside("opcode")

HIDDEN = {
    "all": {},  # module name -> index, also of those that start-up imports
    "indices": {},  # module name -> index in `records`
    "records": (),  # one tuple a module, see describe()
    "names": {},  # name of a module -> a copy of its names at the freeze
    "interesting": {},  # first part of names -> the directory that provides it, or None
    "path": (),  # sys.path at the freeze
    "finders": (),  # sys.meta_path at the freeze, and what publishing added to it
    "fixed": {},  # packages that C code knows
    "classes": None,  # (class, index of its module), from the first freeze on
    "other_mains": [],  # other names of __main__: multiprocessing's __mp_main__
    "package_paths": {},  # package -> its __path__ at the freeze
    "absent": {},  # module name -> names whose import failed in it
}


def present_module(name):
    """A module that the program has imported, or one that is hidden; or None."""
    module = sys.modules.get(name)
    index = HIDDEN["indices"].get(name)
    if module is None and index is not None and is_hidden(index):
        return HIDDEN["records"][index][1]
    return module


def check_versions():
    """Everything here relies on dictionaries that tell of changes (agent/prepared_modules.cpp)."""
    probe = {}
    versions = {dict_version(probe)}
    for value in (1, 2, 3):
        probe["x"] = value
        versions.add(dict_version(probe))
    if len(versions) != 4:
        raise RuntimeError("the dictionaries of this interpreter have no version")


def hide_modules(recorder, effects):
    """Makes sys.modules and all shared state what they were after start-up; returns the names of
    the modules that wait."""
    check_versions()
    started = LAUNCH["started_modules"]
    imports = steps_of(recorder)
    closures = {}
    prepared = []
    take_out_other_mains()
    for name in [name for name in sys.modules if name not in started]:
        if closure_of(name, imports, closures).isdisjoint(CODE_ONLY):
            prepared.append(name)
        elif is_excluded(name):
            CODE_ONLY[name] = (None, None, None)
        else:
            keep_code_of(name)
    code_only = [name for name in sys.modules if name not in started and name in CODE_ONLY]
    names = list(started) + prepared
    modules = {name: sys.modules[name] for name in names}
    dropped = dict(sys.modules)
    indices = {name: index for index, name in enumerate(names)}
    paths = {name: own_name(module, "__path__") for name, module in modules.items()}
    HIDDEN["package_paths"] = {name: list(path) for name, path in paths.items() if path is not None}
    HIDDEN["fixed"] = packages_known_to_native_code(recorder, prepared, modules)
    effects.undo_all()
    EXIT_FUNCTIONS.end()
    for name in prepared + code_only:
        sys.modules.pop(name, None)
    for name in code_only:
        if name in recorder.covered:
            unbind(name, dropped, imports, closures)
    records = []
    compiled = [name for name in prepared if is_extension(modules[name])]
    together = modules_of_one_library(recorder, compiled)
    for name in names:
        steps = recorder.steps.get(name, []) + together.get(name, [])
        binds = name in recorder.covered and unbind(name, modules, imports, closures)
        records.append(describe(name, modules, indices, steps, binds))
        absent = [step[1] for step in steps if step[0] == "absent"]
        if absent:
            HIDDEN["absent"][name] = absent
    HIDDEN["all"] = indices
    HIDDEN["indices"] = {name: indices[name] for name in prepared}
    HIDDEN["records"] = tuple(records)
    tops = {name.partition(".")[0] for name in prepared}
    HIDDEN["interesting"] = {name: search_home(modules.get(name)) for name in tops}
    absent = [name.partition(".")[0] for names in HIDDEN["absent"].values() for name in names]
    HIDDEN["interesting"].update(dict.fromkeys(absent))
    return prepared


def take_out_other_mains():
    """The main module is the program's, under every name."""
    main = sys.modules["__main__"]
    started = LAUNCH["started_modules"]
    HIDDEN["other_mains"] = [n for n, m in sys.modules.items() if m is main and n not in started]
    for name in HIDDEN["other_mains"]:
        del sys.modules[name]


def modules_of_one_library(recorder, compiled):
    """Package -> steps that import all compiled modules it shares a library of mypyc's with.

    Code that mypyc has compiled remembers in C which modules are imported, and takes those from
    sys.modules without asking. So all of them appear together.
    """
    packages = {}  # the library -> the packages it serves
    for name in compiled:
        for step in recorder.steps.get(name, ()):
            if step[0] == "import" and step[1].endswith("__mypyc"):
                packages.setdefault(step[1], set()).add(name.partition(".")[0])
    together = {}
    for served in packages.values():
        steps = [("import", name) for name in compiled if name.partition(".")[0] in served]
        for package in served:
            together.setdefault(package, []).extend(steps)
    return together


def own_name(module, name):
    """An attribute without asking the module: its __getattr__() may import."""
    names = getattr(module, "__dict__", None)
    return names.get(name) if type(names) is dict else None


def packages_known_to_native_code(recorder, prepared, modules):
    """Packages with extension modules, and those whose C half stands beside them and has asked for
    their Python objects, as _asyncio has asked asyncio for its exceptions: that C code exists once
    in a process."""
    known = set()
    for name in prepared:
        is_native = is_extension(modules[name])
        if is_native:
            known.add(name.partition(".")[0])
        if is_native or own_name(modules[name], "__loader__") is bootstrap.BuiltinImporter:
            asked = {s[1].partition(".")[0] for s in recorder.steps.get(name, ()) if s[0] == "import"}
            known |= asked & {name.lstrip("_")}
    return dict.fromkeys(known, True)


def kept_by_native_code():
    """The modules of packages that C code knows, and those they import, directly or not: none of them
    can be imported afresh without the others, which would go on with the frozen one."""
    records = enumerate(HIDDEN["records"])
    own = [i for i, record in records if record[0].partition(".")[0] in HIDDEN["fixed"]]
    return all_behind(own, imports_of)


def imports_of(index):
    """The modules that the import of one imports itself, its parent among them."""
    record = HIDDEN["records"][index]
    return [step for step in (record[3],) + record[5] if type(step) is int and step >= 0]


def all_behind(indices, neighbours):
    """These modules and all that are reached from them."""
    found = set(indices)
    open_indices = list(indices)
    while open_indices:
        for other in neighbours(open_indices.pop()):
            if other not in found:
                found.add(other)
                open_indices.append(other)
    return found


def is_extension(module):
    """Whether a module was made by C code from a file."""
    loader = getattr(own_name(module, "__spec__"), "loader", None)
    return type(loader) is importlib_external.ExtensionFileLoader


def steps_of(recorder):
    """Module name -> names of the modules its import imports, its parent first."""

    def imports(name):
        parent = name.rpartition(".")[0]
        steps = recorder.steps.get(name, ())
        return ([parent] if parent else []) + [s[1] for s in steps if s[0] in ("import", "alias")]

    return imports


def closure_of(name, imports, closures):
    """All that the import of a module imports, itself included."""
    if name not in closures:
        seen = {name}
        open_names = [name]
        while open_names:
            for other in imports(open_names.pop()):
                if other not in seen:
                    seen.add(other)
                    open_names.append(other)
        closures[name] = seen
    return closures[name]


def unbind(name, modules, imports, closures):
    """Takes a submodule's name from its parent, unless the parent's own import always puts it
    there; True when publishing has to bind it."""
    parent, _, child = name.rpartition(".")
    names = getattr(modules.get(parent), "__dict__", None)
    if type(names) is not dict or names.get(child) is not modules[name]:
        return False
    if name in closure_of(parent, imports, closures):
        return False
    del names[child]
    return True


def describe(name, modules, indices, steps, binds):
    """(name, module or None for __main__, its names or None, parent's index or -1, last part of the
    name, steps, whether publishing has to make its parent know it, size of the name's object or 0);
    a step is the index of a module to import or (kind, change) for an effect."""
    module = modules[name]
    names = getattr(module, "__dict__", None)
    if module is modules.get("__main__"):
        module = names = None  # the program's; held by agent/finish.cpp, which lets go of it
    parent, _, child = name.rpartition(".")
    plan = []
    for step in steps:
        if step[0] == "effect":
            plan.append(step[1:])
        elif step[0] == "alias" and step[1] in HIDDEN["other_mains"]:
            plan.append((MainAlias, step[1]))
        elif step[0] in ("import", "alias") and step[1] in indices and step[1] != name:
            plan.append(indices[step[1]])
    if name in RENEW:
        plan.append((Renewal, (RENEW[name], module)))
    return (
        name,
        module,
        names if type(names) is dict else None,
        indices.get(parent, -1),
        child,
        tuple(plan),
        binds,
        str.__sizeof__(name) if name.isascii() else 0,
    )


class MainAlias:
    """A step that puts the program's main module into sys.modules under another name."""

    @staticmethod
    def apply(name):
        """The program's, not the one that was there at the build."""
        sys.modules[name] = sys.modules["__main__"]


class Renewal:
    """A step that makes a module's state fresh, in the form of an effect."""

    @staticmethod
    def apply(change):
        """Calls the function of freshness.py."""
        renew, module = change
        renew(module)


def apply_step(step):
    """One effect, when its module is published."""
    kind, change = step
    kind.apply(change)


def freeze_surroundings():
    """What a launch compares with; nothing of this changes between here and the freeze."""
    HIDDEN["names"] = {
        record[0]: dict(record[2]) for record in HIDDEN["records"] if record[2] is not None
    }
    HIDDEN["own_sys_names"] = dict.fromkeys(OWN_SYS_NAMES)
    HIDDEN["variables"] = READS["variables"]
    HIDDEN["environment"] = posix.environ
    HIDDEN["directory"] = DIRECTORY["path"]
    HIDDEN["directory_users"] = DIRECTORY["indices"]
    HIDDEN["import"] = builtins.__import__
    HIDDEN["sys"] = HIDDEN["all"]["sys"]
    HIDDEN["builtins"] = HIDDEN["all"]["builtins"]
    storing = ("STORE_GLOBAL", "DELETE_GLOBAL", "STORE_ATTR")
    HIDDEN["storing_operations"] = {opcode.opmap[name] for name in storing}
    HIDDEN["extended_argument"] = opcode.opmap["EXTENDED_ARG"]
    HIDDEN["path"] = tuple(sys.path)
    HIDDEN["finders"] = tuple(sys.meta_path)
    return HIDDEN


def note_names(module):
    """What a module has made new since then is not the program's doing."""
    if module in HIDDEN["names"]:
        HIDDEN["names"][module].update(HIDDEN["records"][HIDDEN["all"][module]][2])
