"""What each module's execution imported and changed, in the order of time.

Invariant: for every module that preparing loaded, `steps` holds what its import did, so that doing
these steps again in another order of imports leaves sys.modules and the interpreter as plain Python
would: ("import", name) even when that module was there already; ("alias", name) for an entry it put
into sys.modules itself; ("effect", kind, change) for a change of state that all modules share
(effects.py); ("absent", name) for an import that failed. What an inner import did is the inner
module's.
"""

import sys

bootstrap = sys.modules["_frozen_importlib"]
builtins = sys.modules["builtins"]
ModuleType = type(sys)

ExtensionFileLoader = sys.modules["_frozen_importlib_external"].ExtensionFileLoader
BuiltinImporter = bootstrap.BuiltinImporter
RECORDING = []  # the recorder that is installed

# Frames of the import system are left out of tracebacks and of warnings' stack levels by this name.
RECORDER_FILE = "<frozen importlib._bootstrap>"


class ModulePool:
    """Makes modules side by side: publishing counts a reference to each, which copies its page.

    Objects made in one go lie on few pages; made one by one between all that imports allocate, each
    lies on a page of its own. Measured with pandas: 195 pages less.
    """

    SIZE = 512

    def __init__(self):
        self._free = []

    def __call__(self, name):
        """As _new_module() of importlib._bootstrap."""
        if not self._free:
            self._free = [ModuleType.__new__(ModuleType) for _ in range(self.SIZE)]
            self._free.reverse()
        module = self._free.pop()
        module.__init__(name)
        return module


class ImportRecorder:
    """While installed, sits between the import statement, the loaders and the interpreter."""

    def __init__(self, leftovers, effects, start_environment):
        self._leftovers = leftovers
        self._effects = effects
        self._running = []  # names of the modules being executed, outermost first
        self._reads = EnvironmentWatch(self._running, start_environment)
        self._known = set(sys.modules)
        self._modules_version = None
        self.steps = {}
        self.covered = {}  # child module -> what its parent's attribute was before it

    def __enter__(self):
        self._import = builtins.__import__
        self._gcd_import = bootstrap._gcd_import
        self._load = bootstrap._load_unlocked
        self._new_module = bootstrap._new_module
        bootstrap._new_module = ModulePool()
        hooks = make_import_hooks(self)
        builtins.__import__, bootstrap._gcd_import, bootstrap._load_unlocked = hooks
        self._reads.install()
        RECORDING.append(self)
        TEMPORARY["running"] = self._running
        VIRTUAL_SUBCLASSES.watch()
        self.note()
        return self

    def __exit__(self, *error):
        self.note()
        VIRTUAL_SUBCLASSES.end()
        RECORDING.clear()
        self._reads.remove()
        builtins.__import__ = self._import
        bootstrap._gcd_import = self._gcd_import
        bootstrap._load_unlocked = self._load
        bootstrap._new_module = self._new_module
        self._running.clear()

    def note(self):
        """What changed since the last call was done by the module that runs now."""
        name = self._running[-1] if self._running else None
        self._leftovers.note(name)
        note_directory_uses(self._running)
        self._note_aliases()
        for step in self._effects.changes(name, self._running):
            self._add(step)

    def _note_aliases(self):
        if dict_version(sys.modules) == self._modules_version:
            return
        self._modules_version = dict_version(sys.modules)
        added = sys.modules.keys() - self._known
        if added:
            self._known |= added
            for name in [key for key in sys.modules if key in added]:
                self._add(("alias", name))

    def _add(self, step):
        owner = self._running[-1] if self._running else None
        if step[0] == "effect" and step[1].owner_of(step[2]) is not None and owner is None:
            owner = step[1].owner_of(step[2])
        steps = self.steps.get(owner)
        if steps is not None and (step[0] == "effect" or step not in steps):
            steps.append(step)

    def load(self, spec):
        """Stands in for _load_unlocked()."""
        name = spec.name
        refuse_to_load(name)
        self.note()
        self._known.add(name)
        self._running.append(name)
        self.steps[name] = []
        parent, _, child = name.rpartition(".")
        if parent in sys.modules:
            before = getattr(sys.modules[parent], "__dict__", {}).get(child)
            self.covered[name] = before
        watched = watch_native_imports(type(spec.loader) is ExtensionFileLoader)
        try:
            module = self._load(spec)
        except BaseException:
            watch_native_imports(watched)
            self.note()
            self._running.pop()
            blame_importer(name, self._running)
            failed = self.steps.pop(name)
            if parent in sys.modules:
                self._add(("import", parent))  # its importer had to import it first
            for step in failed:  # what a failed import did is its importer's
                self._add(step)
            raise
        watch_native_imports(watched)
        watch_module(name, module)
        if name == "os":
            self._reads.install()
        self._effects.track_contents(name, getattr(module, "__dict__", {}))
        if type(spec.loader) is ExtensionFileLoader or spec.loader is BuiltinImporter:
            note_native_classes(name, module)
        self.note()
        self._running.pop()
        return module

    def imported(self, name, names, level, fromlist):
        """An import succeeded: of a module that was there already, or not."""
        if not self._running:
            return
        if level:
            name = absolute_name(name, names, level)
        if name is None:
            return
        self._note_aliases()
        self._add(("import", name))
        module = sys.modules.get(name)
        if module is None or not fromlist:
            return
        for item in fromlist:
            items = getattr(module, "__all__", ()) if item == "*" else (item,)
            for child in items:
                child = f"{name}.{child}"
                if child in sys.modules:
                    self._add(("import", child))

    def missed(self, name, names, level):
        """An import failed; another search path might hold the module. The packages around it have
        been imported."""
        if not self._running:
            return
        full_name = absolute_name(name, names, level) if level else name
        parts = (full_name or "").split(".")
        for count in range(1, len(parts)):
            if ".".join(parts[:count]) in sys.modules:
                self._add(("import", ".".join(parts[:count])))
        if level == 0:
            self._add(("absent", name))


def note_native_import(name, names, level, fromlist):
    """C code has imported a module (agent/native_imports.cpp)."""
    if RECORDING:
        RECORDING[0].imported(name, names, level, fromlist)


def absolute_name(name, names, level):
    """The module that a relative import means, or None."""
    package = (names or {}).get("__package__")
    if not isinstance(package, str):
        package = (names or {}).get("__name__", "")
        if "__path__" not in (names or {}):
            package = package.rpartition(".")[0]
    for _ in range(level - 1):
        package = package.rpartition(".")[0]
    return (f"{package}.{name}" if name else package) or None


def make_import_hooks(recorder):
    """The three functions, compiled under the import system's name; as plain as the originals for
    a module that keeps one of them."""
    source = """
def __import__(name, globals=None, locals=None, fromlist=(), level=0):
    try:
        module = original_import(name, globals, locals, fromlist, level)
    except ImportError:
        recorder.missed(name, globals, level)
        raise
    recorder.imported(name, globals, level, fromlist)
    return module

def _gcd_import(name, package=None, level=0):
    try:
        module = original_gcd_import(name, package, level)
    except ImportError:
        recorder.missed(name, None, level)
        raise
    recorder.imported(getattr(module, "__name__", name) if level else name, None, 0, ())
    return module

def _load_unlocked(spec):
    return recorder.load(spec)
"""
    names = {
        "__name__": "importlib._bootstrap",
        "__builtins__": __builtins__,
        "recorder": recorder,
        "original_import": recorder._import,
        "original_gcd_import": recorder._gcd_import,
    }
    exec(compile(source, RECORDER_FILE, "exec"), names)
    return names["__import__"], names["_gcd_import"], names["_load_unlocked"]
