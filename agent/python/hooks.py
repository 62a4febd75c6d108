"""The agent's side of the `pysnap` package (python/pysnap): what it is told, and its hooks."""

import sys

importlib_external = sys.modules["_frozen_importlib_external"]
partial = import_aside("_functools").partial


class PackageAgent:
    """What the package sees of the agent."""

    __slots__ = ("restored", "snapshotting", "generation", "checkpoint")

    def __init__(self):
        self.restored = False
        self.snapshotting = True
        self.generation = None
        self.checkpoint = lambda: False  # no program of its own is in this image


PACKAGE_AGENT = PackageAgent()


class PackageFinder:
    """Finds `pysnap`, and `snapshot_restore_py` of AWS, where nothing else does.

    Last on sys.meta_path while the image is made. A launch has it only where something came from
    it: a program that knows neither package sees an ordinary list.
    """

    def __init__(self, folder):
        self._files = {
            "pysnap": f"{folder}/pysnap/__init__.py",
            "snapshot_restore_py": f"{folder}/pysnap/snapshot_restore_py.py",
        }
        self.advice = (
            "the package pysnap is not installed in this environment: plain Python, where it has to "
            f"run instead of the image, will not find it; `pip install {folder}` installs it"
        )
        self.used = False

    def find_spec(self, name, path=None, target=None):
        """See importlib.abc.MetaPathFinder."""
        file = self._files.get(name)
        if file is None:
            return None
        self.used = True
        return importlib_external.spec_from_file_location(name, file)


def provide_package(orders):
    """From here on the package can be imported and sees that an image is being made."""
    given = dict(order for order in orders if order[0] in ("package", "generation"))
    BUILD["generation"] = int(given["generation"], 16)
    PACKAGE_AGENT.snapshotting = True
    sys.modules["_frozen_importlib"]._pysnap_agent = PACKAGE_AGENT
    finder = PackageFinder(given["package"])
    if present_module("pysnap") is None:
        sys.meta_path.append(finder)
    return finder


def registered_hooks(getter):
    """The (func, args, kwargs) of every hook: those of AWS's package, then those of `pysnap`."""
    lists = []
    for name in ("snapshot_restore_py", "pysnap"):
        get = getattr(present_module(name), getter, None)
        if get is not None:
            hooks = get()
            if not any(hooks is known for known in lists):  # ours stands in for AWS's: one list
                lists.append(hooks)
    return [hook for hooks in lists for hook in hooks]


def run_before_hooks(builder):
    """The last that was registered runs first; one that raises ends the build.

    Notes the hooks of the launches: they are found through the modules.
    """
    for func, args, kwargs in reversed(registered_hooks("get_before_snapshot")):
        try:
            func(*args, **kwargs)
        except BaseException as error:
            name = getattr(func, "__qualname__", None) or repr(func)
            builder.tell("broken", "hook", name, traceback_of(error))
            posix._exit(1)
    LAUNCH["after_restore"] = after_restore_calls()


def settle_package(builder, finder):
    """Before the freeze: from here on the package says what is true of a launch."""
    PACKAGE_AGENT.restored = True
    PACKAGE_AGENT.snapshotting = False
    PACKAGE_AGENT.generation = BUILD["generation"]
    if finder.used:
        builder.tell("notice", finder.advice)
    expected = BUILD["again"] and finders_are_expected()
    if not finder.used and finder in sys.meta_path:
        sys.meta_path.remove(finder)
    if expected:
        HIDDEN["finders"] = tuple(sys.meta_path)
        expect_finders()


def after_restore_calls():
    """What C calls one by one in each launch, so that a traceback shows no frame of ours."""
    hooks = registered_hooks("get_after_restore")
    return tuple(partial(func, *args, **kwargs) for func, args, kwargs in hooks)


def enter_script(builder, orders):
    """For an image that a script makes by its checkpoint: what pymain_run_python() does before it.

    Returns the path, or None when the image is made of modules.
    """
    paths = [order[1] for order in orders if order[0] == "script"]
    if not paths:
        return None
    arguments = [order[1] for order in orders if order[0] == "argument"]
    builder.tell("script", paths[0])
    LAUNCH["continues_script"] = True
    sys.argv[:] = paths + arguments
    sys.orig_argv[:] = sys.orig_argv[:1] + sys.argv
    adds_directory = not (sys.flags.isolated or getattr(sys.flags, "safe_path", False))
    path = paths[0]
    if is_import_path(path):
        builder.tell("unusable", f"{path} is no plain script; --script takes one file")
        posix._exit(1)
    sys.path_importer_cache[path] = None
    if adds_directory:
        sys.path.insert(0, directory_of_script(path))
    return path


def is_import_path(path):
    """Whether modules can be imported from it: an archive."""
    for hook in sys.path_hooks:
        try:
            hook(path)
            return True
        except ImportError:
            continue
    return False


def offer_checkpoint(function):
    """From here on pysnap.checkpoint() freezes the process (agent/continued_script.cpp)."""
    BUILD["process"] = posix.getpid()
    BUILD["thread"] = thread.get_ident()
    PACKAGE_AGENT.checkpoint = function


def objection_to_checkpoint():
    """Why the process cannot be frozen where checkpoint() was called, or None."""
    if posix.getpid() != BUILD["process"]:
        return "pysnap.checkpoint() was called in a child process: call it in the script's own"
    if thread.get_ident() != BUILD["thread"]:
        return "pysnap.checkpoint() was called in another thread: call it in the main thread"
    for _ in range(100):  # a thread that was joined counts a moment longer
        if thread._count() == 0:
            return None
        time.sleep(0.002)
    return (
        "pysnap.checkpoint() was called while other threads run, which cannot be frozen "
        f"({', '.join(thread_names())}): end them before"
    )


def report_end_of_script(path, error):
    """The script has ended, and nothing is frozen: ends the build."""
    builder = BUILD["builder"]
    ending = f"the script {path} ended without calling pysnap.checkpoint(); call it where launches begin"
    if isinstance(error, SystemExit):
        builder.tell("unusable", f"{ending} (it called sys.exit({error.code!r}))")
    elif error is None:
        builder.tell("unusable", ending)
    else:
        builder.tell("broken", "script", path, traceback_of(error))
    for pid in child_processes():
        posix.kill(pid, 9)  # nobody else knows of them
    posix._exit(1)
