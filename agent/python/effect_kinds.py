"""The list of effect kinds: what there is in an interpreter that imports change for everybody."""


def codec_search_functions():
    """The interpreter's list of codecs.register(), found as at-fork hooks are."""

    def mark(_):
        return None

    codecs.register(mark)
    for holder in gc.get_referrers(mark):
        if type(holder) is list and holder and holder[-1] is mark:
            holder.pop()
            return holder
    return None


def codec_error_handlers():
    """The interpreter's table of codecs.register_error()."""
    for holder in gc.get_referrers(codecs.lookup_error("xmlcharrefreplace")):
        if type(holder) is dict and "surrogatepass" in holder and "strict" in holder:
            return holder
    return None


def codec_cache():
    """The interpreter's table of codecs that were looked up."""
    utf8 = codecs.lookup("utf-8")
    for holder in gc.get_referrers(utf8):
        if type(holder) is dict and holder is not sys.modules["encodings"]._cache:
            if holder.get("utf_8") is utf8:
                return holder
    return None


def attribute_of(module, *names):
    """A way to find an object of a module that may not be loaded yet."""

    def find():
        found = sys.modules.get(module)
        for name in names:
            found = getattr(found, name, None)
        return found

    return find


def shared_kinds():
    """What is there from the start."""
    error_handlers, codecs_found = codec_error_handlers(), codec_cache()
    search_functions = codec_search_functions()
    return [
        Environment(),
        Dictionary(lambda: sys.__dict__, ignored=IGNORED_SYS_NAMES),
        Dictionary(lambda: builtins.__dict__, ignored=("__import__", "_")),
        Sequence(lambda: sys.path),
        Finders(lambda: sys.meta_path),
        Sequence(lambda: sys.path_hooks),
        Sequence(lambda: sys.warnoptions),
        Sequence(lambda: gc.callbacks),
        Sequence(lambda: _warnings.filters, _warnings._filters_mutated),
        Sequence(lambda: search_functions),
        Dictionary(lambda: error_handlers),
        Cache(lambda: codecs_found),
        Cache(lambda: sys.modules["encodings"]._cache),
        Sequence(lambda: BEFORE_HOOKS),
        Sequence(lambda: PARENT_HOOKS),
        ChildHooks(lambda: CHILD_HOOKS),
        Setting(sys.getrecursionlimit, sys.setrecursionlimit),
        Setting(sys.getswitchinterval, sys.setswitchinterval),
        Setting(gc.isenabled, lambda enabled: gc.enable() if enabled else gc.disable()),
        Setting(gc.get_threshold, lambda threshold: gc.set_threshold(*threshold)),
        Setting(locale_now, lambda value: _locale.setlocale(_locale.LC_ALL, value)),
        Setting(lambda: tuple(sys.get_asyncgen_hooks()), lambda h: sys.set_asyncgen_hooks(*h)),
        Handlers(),
        EXIT_FUNCTIONS,
        VIRTUAL_SUBCLASSES,
    ]


def locale_now():
    """The C library's locale, all categories."""
    return _locale.setlocale(_locale.LC_ALL)


# The import system's own, the launch's own, and what errors leave behind.
IGNORED_SYS_NAMES = (
    "dont_write_bytecode",
    "last_exc",
    "last_traceback",
    "last_type",
    "last_value",
    "modules",
    "stderr",
    "stdin",
    "stdout",
)


class Finders(Sequence):
    """sys.meta_path; what a published module adds is expected there."""

    def apply(self, change):
        super().apply(change)
        HIDDEN["finders"] += change[0] + change[1]


class ChildHooks(Sequence):
    """At-fork hooks of children. A launch is the child of the boot's fork: a hook runs when its
    module is published, unless it only makes locks new."""

    def apply(self, change):
        super().apply(change)
        for hook in change[0] + change[1]:
            if hook not in LAUNCH["renewed_in_place"] and not runs_at_boot(hook):
                call_hook(hook)


class ExitFunctions:
    """atexit.register(). The interpreter cannot list them, so calls are written down."""

    def __init__(self):
        self._new = []
        self._originals = []

    def watch(self, module):
        """Puts a recorder in the place of one atexit module's register()."""
        original = module.register

        def register(function, /, *args, **kwargs):
            result = original(function, *args, **kwargs)
            if not is_finalize_exit(function):
                self._new.append((function, args, kwargs))
            return result

        self._originals.append((module, original))
        module.register = register

    def change(self):
        """The functions registered since the last call."""
        module = sys.modules.get("atexit")
        if module is not None and all(module is not watched for watched, _ in self._originals):
            self.watch(module)
        new, self._new = tuple(self._new), []
        return new

    def owner_of(self, change):
        """As Dictionary.owner_of()."""
        owner = getattr(change[0][0], "__module__", None)
        return owner if isinstance(owner, str) else None

    def undo(self, change):
        """Takes registrations back."""
        for function, _, _ in change:
            atexit.unregister(function)

    def end(self):
        """Puts the originals back."""
        for module, original in self._originals:
            module.register = original
        self._originals.clear()

    def apply(self, change):
        """Registers them in a launch."""
        for function, args, kwargs in change:
            atexit.register(function, *args, **kwargs)


EXIT_FUNCTIONS = ExitFunctions()


def is_finalize_exit(function):
    """weakref.finalize registers itself once, whoever makes the first finalizer."""
    return getattr(function, "__qualname__", "") == "finalize._exitfunc"


class Finalizers(Dictionary):
    """weakref.finalize objects that run at exit."""

    def undo(self, change):
        super().undo(change)
        finalize = sys.modules["weakref"].finalize
        finalize._registered_with_atexit = False
        atexit.unregister(finalize._exitfunc)

    def apply(self, change):
        super().apply(change)
        finalize = sys.modules["weakref"].finalize
        if not finalize._registered_with_atexit:
            atexit.register(finalize._exitfunc)
            finalize._registered_with_atexit = True


class Loggers(Dictionary):
    """Loggers by name, and where each stands in the tree of all."""

    def undo(self, change):
        super().undo(change)
        forget_logger_cache()

    def apply(self, change):
        """As Manager.getLogger(), with loggers that exist. Where the program has made a logger of
        the same name, that is the logger; ours shares its state."""
        logging = sys.modules["logging"]
        manager = logging.root.manager
        for name, (_, logger) in change.items():
            if not isinstance(logger, logging.Logger):
                continue
            present = manager.loggerDict.get(name)
            if isinstance(present, logging.Logger):
                logger.__dict__ = present.__dict__
                continue
            manager.loggerDict[name] = logger
            if present is not None:
                manager._fixupChildren(present, logger)
            manager._fixupParents(logger)
        forget_logger_cache()


def forget_logger_cache():
    """Loggers remember which levels are enabled."""
    sys.modules["logging"].root.manager._clear_cache()


def report_faults(wanted):
    """faulthandler as modules switch it on: reports go to standard error."""
    faulthandler = sys.modules["faulthandler"]
    if not wanted:
        faulthandler.disable()
    elif sys.stderr is not None:
        faulthandler.enable()


LATER_KINDS = {
    "faulthandler": lambda: [
        Setting(lambda: sys.modules["faulthandler"].is_enabled(), report_faults)
    ],
    "weakref": lambda: [Finalizers(attribute_of("weakref", "finalize", "_registry"))],
    "copyreg": lambda: [
        Dictionary(attribute_of("copyreg", "dispatch_table")),
        Dictionary(attribute_of("copyreg", "_extension_registry")),
        Dictionary(attribute_of("copyreg", "_inverted_registry")),
    ],
    "threading": lambda: [Sequence(attribute_of("threading", "_threading_atexits"))],
    "logging": lambda: [
        Loggers(attribute_of("logging", "root", "manager", "loggerDict")),
        Sequence(attribute_of("logging", "root", "handlers")),
        Setting(
            lambda: sys.modules["logging"].root.level,
            lambda level: sys.modules["logging"].root.setLevel(level),
        ),
        Dictionary(attribute_of("logging", "_levelToName")),
        Dictionary(attribute_of("logging", "_nameToLevel")),
        Sequence(attribute_of("logging", "_handlerList")),
    ],
}

made_later = {}


def kinds_of_loaded_modules():
    """Kinds that exist only with their module; they begin with its state when it is loaded."""
    kinds = []
    for name, make in LATER_KINDS.items():
        module = sys.modules.get(name)
        if module is None or getattr(module.__spec__, "_initializing", False):
            continue
        if name not in made_later:
            made_later[name] = make()
        kinds += made_later[name]
    return kinds
