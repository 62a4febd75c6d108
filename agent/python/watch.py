"""Who left what behind: watches module execution for threads, descriptors and children.

All files of this folder share one namespace that no program can reach; they are executed in the
order of agent/embedded_python.cpp. Names that are used across files have no underscore.
"""

import sys


def import_aside(name):
    """Imports a module for the agent alone: sys.modules is left as it was."""
    present = set(sys.modules)
    module = __import__(name)
    for added in sys.modules.keys() - present:
        del sys.modules[added]
    return module


posix = import_aside("posix")
thread = import_aside("_thread")


def open_descriptors():
    """The open descriptors of the process, without the one that lists them."""
    numbers = {int(name) for name in posix.listdir("/proc/self/fd")}
    return {number for number in numbers if describe_descriptor(number) is not None}


def describe_descriptor(number):
    """What a descriptor refers to (proc_pid_fd(5)), or None when it is closed."""
    try:
        return posix.readlink(f"/proc/self/fd/{number}")
    except OSError:
        return None


def child_processes():
    """The pids of the children of this process."""
    own = posix.getpid()
    children = set()
    for task in posix.listdir("/proc/self/task"):
        try:
            descriptor = posix.open(f"/proc/{own}/task/{task}/children", posix.O_RDONLY)
        except OSError:
            continue
        try:
            text = posix.read(descriptor, 65536)
        finally:
            posix.close(descriptor)
        children.update(int(word) for word in text.split())
    return children


def mapping_lines():
    """The lines of /proc/self/maps (proc_pid_maps(5))."""
    descriptor = posix.open("/proc/self/maps", posix.O_RDONLY)
    text = b""
    while more := posix.read(descriptor, 65536):
        text += more
    posix.close(descriptor)
    return text


def shared_memory():
    """Where memory is mapped that other processes would see: "address path" for each range."""
    text = mapping_lines()
    if b"-s " not in text and b"xs " not in text:  # a search takes microseconds, a list more
        return set()
    fields = [line.split(None, 5) for line in text.decode("utf-8", "replace").splitlines()]
    return {
        f"{f[0]} {f[5] if len(f) == 6 else ''}".strip()
        for f in fields
        if f[1][3] == "s" and (f[1][1] == "w" or f[-1].endswith(" (deleted)"))
    }


UNKNOWN_MODULE = "the warm-up or a module outside the file system"
WATCHED_FUNCTIONS = []  # (function, its own code)


def watch_function(function, code, note):
    """Gives a Python function other code until the freeze; what is bound to it already follows.

    In the code, the constants "note" and "original" stand for `note` and for the function as it was.
    """
    own_code = getattr(function, "__code__", None)
    if own_code is None or len(own_code.co_freevars) != len(code.co_freevars):
        return
    original = type(function)(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    known = {"note": note, "original": original}
    constants = tuple(known.get(c, c) if isinstance(c, str) else c for c in code.co_consts)
    WATCHED_FUNCTIONS.append((function, function.__code__))
    function.__code__ = code.replace(co_consts=constants)


def watch_module(name, module):
    """Called when a module has been executed."""
    watch_seeds(name, module)
    watch_temporary(name, module)
    watch_directory_of(name, module)


def stop_watching_functions():
    """Everything is as it was again."""
    while WATCHED_FUNCTIONS:
        function, code = WATCHED_FUNCTIONS.pop()
        function.__code__ = code


class LeftoverWatch:
    """Remembers which module's execution left what behind.

    Told by the import recorder (recorder.py) whenever another module begins or goes on to run.
    """

    def __init__(self, watches_memory, watches_output):
        # Listing all mappings twice per module made the build with pandas four times as long: only
        # a second boot does it, after a first one that left shared memory.
        self.watches_memory = watches_memory
        # What an import prints belongs to every run that imports the module. Where nobody has asked
        # for the module to be prepared, it is left to those.
        self.watches_output = watches_output
        self._printed = 0
        self._known = self._state()
        self.blame = {}
        self._note_output("the start of the interpreter")

    def _state(self):
        threads = {("thread", index) for index in range(thread._count())}
        files = {("descriptor", number) for number in open_descriptors()}
        children = {("child", pid) for pid in child_processes()}
        memory = {("memory", place) for place in shared_memory()} if self.watches_memory else set()
        return threads | files | children | memory

    def note(self, name):
        """What appeared since the last call was left by module `name`; None: by none."""
        state = self._state()
        for item in state - self._known:
            self.blame[item] = name or UNKNOWN_MODULE
        self._known = state
        self._note_output(name or UNKNOWN_MODULE)

    def _note_output(self, name):
        """Both streams of a boot are one file."""
        if not self.watches_output:
            return
        flush_output()
        printed = posix.fstat(1).st_size
        if printed > self._printed:
            self.blame["output", printed] = name
        self._printed = printed

    def output(self):
        """The keys of what was printed."""
        return [key for key in self.blame if key[0] == "output"]
