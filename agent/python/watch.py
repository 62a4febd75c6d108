"""Who left what behind: watches module execution for threads, descriptors and children.

All files of this folder share one namespace that no program can reach; they are executed in the
order of agent/embedded_python.cpp. Names that are used across files have no underscore.
"""

import sys


def import_aside(name):
    """Imports a module for the agent alone: sys.modules is left as it was."""
    present = name in sys.modules
    module = __import__(name)
    if not present:
        sys.modules.pop(name, None)
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


class ImportWatch:
    """While installed, remembers which module's execution left what behind.

    Wraps the file loaders' exec_module; what an inner import left is not blamed on the outer one.
    """

    def __init__(self):
        external = sys.modules["_frozen_importlib_external"]
        self._classes = [external._LoaderBasics, external.ExtensionFileLoader]
        self._originals = [cls.exec_module for cls in self._classes]
        self._known = self._state()
        self.blame = {}

    def _state(self):
        threads = {("thread", index) for index in range(thread._count())}
        files = {("descriptor", number) for number in open_descriptors()}
        children = {("child", pid) for pid in child_processes()}
        return threads | files | children

    def _note(self, name):
        state = self._state()
        for item in state - self._known:
            self.blame[item] = name
        self._known = state

    def __enter__(self):
        for cls, original in zip(self._classes, self._originals):
            cls.exec_module = self._watched(original)
        return self

    def _watched(self, original):
        def exec_module(loader, module):
            self._note("the program that imported " + module.__name__)
            try:
                return original(loader, module)
            finally:
                self._note(module.__name__)

        return exec_module

    def __exit__(self, *error):
        for cls, original in zip(self._classes, self._originals):
            cls.exec_module = original
