"""Modules whose code object waits in the image and executes in each process that imports them.

For modules whose import must happen in the program. The import system still finds the file; only
reading and unmarshalling its code is saved. A module whose import imports such a module holds
objects of it, so it is code only too. Excluded modules execute likewise, and nothing of them is
kept, nor must they exist.
"""

import sys

CODE_ONLY = {}  # module name -> (path, its time of modification and size, code)
EXCLUDED = []  # names of modules

SourceLoader = importlib_external.SourceLoader


def keep_code_of(name):
    """Compiles a module, or takes its cached code; its packages are imported, itself is not.

    ImportError where the import system does not find it; a module without source has no code to
    keep, and is imported in each process as usual.
    """
    parent = name.rpartition(".")[0]
    path = None
    if parent:
        __import__(parent)
        path = sys.modules[parent].__path__
    spec = bootstrap._find_spec(name, path)
    if spec is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    CODE_ONLY[name] = (None, None, None)
    if isinstance(spec.loader, importlib_external.SourceFileLoader):
        code = spec.loader.get_code(name)
        CODE_ONLY[name] = (spec.loader.path, source_identity(spec.loader.path), code)
        install_code_source()


def exclude(name):
    """What imports the module is code only; so is all that lies below it, which imports it first."""
    EXCLUDED.append(name)
    CODE_ONLY[name] = (None, None, None)


def is_excluded(name):
    """Whether the module or a package that it lies in is excluded."""
    return any(name == other or name.startswith(other + ".") for other in EXCLUDED)


def source_identity(path):
    """What tells an edited file."""
    status = posix.stat(path)
    return (status.st_mtime_ns, status.st_size)


def install_code_source():
    """SourceLoader.get_code() answers from the image; under the import system's name, which
    tracebacks leave out."""
    if getattr(SourceLoader.get_code, "__code__").co_name == "get_kept_code":
        return
    source = """
def get_kept_code(self, fullname):
    path, identity, code = kept.get(fullname, nothing)
    if code is not None and self.get_filename(fullname) == path and identify(path) == identity:
        return code
    return original(self, fullname)
"""
    names = {
        "__name__": "importlib._bootstrap_external",
        "__builtins__": __builtins__,
        "kept": CODE_ONLY,
        "nothing": (None, None, None),
        "identify": source_identity,
        "original": SourceLoader.get_code,
    }
    exec(compile(source, "<frozen importlib._bootstrap_external>", "exec"), names)
    names["get_kept_code"].__name__ = "get_code"
    names["get_kept_code"].__qualname__ = "SourceLoader.get_code"
    SourceLoader.get_code = names["get_kept_code"]
