"""Which modules the import system has looked for in which directories, found or not.

For the builder: a new file in such a directory matters to the image when it could be one of them
(launcher/dependencies.cpp). Searches before the agent came are taken from the modules they found.
"""

import sys

SEARCHED = {}  # directory -> names of modules without their packages
LISTED = {}  # directory -> how often the import system has listed it
SEARCH_PATH = set()  # directories of sys.path
SEARCH_ORIGINALS = {}  # while searches are watched: the two functions

# What every interpreter looks for when it starts (site.py), besides what it has found.
SOUGHT_AT_START = ("sitecustomize", "usercustomize")


def watch_searches():
    """Takes the place of two functions of the import system, under its name."""
    finder = importlib_external.PathFinder
    SEARCH_ORIGINALS.update(
        find_spec=finder.__dict__["find_spec"],
        _fill_cache=importlib_external.FileFinder._fill_cache,
    )
    source = """
def find_spec(cls, fullname, path=None, target=None):
    note_search(fullname, path)
    return uncounted(original_find, cls, fullname, path, target)

def _fill_cache(self):
    note_listing(self.path)
    return original_fill(self)
"""
    names = {
        "__name__": "importlib._bootstrap_external",
        "__builtins__": __builtins__,
        "note_search": note_search,
        "note_listing": note_listing,
        "uncounted": uncounted,
        "original_find": SEARCH_ORIGINALS["find_spec"].__func__,
        "original_fill": SEARCH_ORIGINALS["_fill_cache"],
    }
    exec(compile(source, "<frozen importlib._bootstrap_external>", "exec"), names)
    finder.find_spec = classmethod(names["find_spec"])
    importlib_external.FileFinder._fill_cache = names["_fill_cache"]


def stop_watching_searches():
    """The import system is as it was."""
    importlib_external.PathFinder.find_spec = SEARCH_ORIGINALS["find_spec"]
    importlib_external.FileFinder._fill_cache = SEARCH_ORIGINALS["_fill_cache"]
    SEARCH_ORIGINALS.clear()


def note_search(name, path):
    """A module is looked for in the directories of `path`, or of sys.path."""
    if path is None:
        SEARCH_PATH.update(entry for entry in sys.path if isinstance(entry, str))
        path = sys.path
    tail = name.rpartition(".")[2]
    for entry in path:
        if isinstance(entry, str):
            SEARCHED.setdefault(entry, set()).add(tail)


def note_listing(directory):
    """The import system lists a directory."""
    if isinstance(directory, str):
        LISTED[directory] = LISTED.get(directory, 0) + 1


def note_searches_of_start(started):
    """Those of the modules that the interpreter has started with."""
    for name in SOUGHT_AT_START:
        note_search(name, None)
    packages = set()
    for name in started:
        spec = own_name(sys.modules.get(name), "__spec__")
        if not getattr(spec, "has_location", False):
            continue  # built in or frozen: no file can come before it
        parent = name.rpartition(".")[0]
        path = own_name(sys.modules.get(parent), "__path__") if parent else None
        if parent and path is None:
            continue
        note_search(name, path)
        packages.update(path or ())
    for directory in packages:
        note_listing(directory)


def note_searches_of_launch():
    """A launch that is frozen again: what the agent itself has looked for, in place of the import
    system, in directories in front of sys.path (agent/search_path.cpp)."""
    for entry in sys.path:
        if isinstance(entry, str):
            SEARCH_PATH.add(entry)
            SEARCHED.setdefault(entry, set()).update(HIDDEN["interesting"])


def tell_searches(builder):
    """One record for each directory; forgets them. From here on nothing is imported."""
    stop_watching_searches()
    if BUILD["again"]:
        note_searches_of_launch()
    for directory, names in SEARCHED.items():
        kind = "search-path" if directory in SEARCH_PATH else "package-path"
        builder.tell("searched", kind, directory, LISTED.get(directory, 0), *sorted(names))
    for record in (SEARCHED, LISTED, SEARCH_PATH):
        record.clear()
