"""The end of a program: what Py_FinalizeEx() promises, without walking the frozen heap.

Full finalisation visits every object that was ever imported and copies most of the image's pages.
Only what this run created can have anything left to do: its modules, its objects, its files.
"""

import sys

atexit = import_aside("atexit")
gc = import_aside("gc")
weakref = import_aside("_weakref")


def shut_threads_down():
    """Joins non-daemon threads, as wait_for_thread_shutdown() does."""
    threading = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()


def run_exit_handlers():
    """atexit callbacks, last registered first."""
    atexit._run_exitfuncs()


def finalize_run():
    """Finalises what the run made; the order is that of finalize_modules() in pylifecycle.c."""
    gc.collect()
    modules = sys.modules
    remains = []
    for name in modules_of_run():
        module = modules.pop(name, None)
        try:
            remains.append(weakref.ref(module))
        except TypeError:
            pass
        del module
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        if hasattr(sys, name):
            setattr(sys, name, None)
    gc.collect()
    for reference in reversed(remains):
        module = reference()
        if module is not None:
            clear_names(module.__dict__)
    gc.collect()


def modules_of_run():
    """The names this run added to sys.modules, and __main__, in order of import.

    Entries are in order of insertion, so those of the run come last. Looking at every name would
    count a reference up and down in thousands of frozen strings and copy their pages; the search
    goes backwards and stops where the frozen names end as they ended at the freeze.
    """
    frozen = LAUNCH["frozen_modules"]
    tail = LAUNCH["frozen_tail"]
    names = []
    seen = ()
    for name in reversed(sys.modules):
        if name not in frozen:
            names.append(name)
        seen = seen[-len(tail) + 1 :] + (name,)
        if seen == tail:
            break
    if "__main__" in sys.modules:
        names.append("__main__")
    names.reverse()
    return names


def clear_names(names):
    """_PyModule_ClearDict(): private names first, then the others, builtins last of all."""
    for name in list(names):
        if isinstance(name, str) and name[:1] == "_" and name[1:2] != "_":
            names[name] = None
    for name in list(names):
        if isinstance(name, str) and name != "__builtins__":
            names[name] = None
