"""Temporary files and directories that imports leave behind.

A module that makes one at import has it removed when the process ends: with one image for all
launches, the end of the first would take it from all others.
"""

import sys

TEMPORARY = {
    "running": [],  # the modules whose execution is under way
    "made": {},  # path -> the module that was running
}


def note_temporary(path):
    """A file or directory was made."""
    running = TEMPORARY["running"]
    TEMPORARY["made"][path] = running[-1] if running else UNKNOWN_MODULE


def code_of_makers():
    """Two functions of tempfile, with constants that watch_function() replaces."""

    def mkdtemp(suffix=None, prefix=None, dir=None):
        original = "original"
        note = "note"
        path = original(suffix, prefix, dir)
        note(path)
        return path

    def mkstemp_inner(dir, pre, suf, flags, output_type):
        original = "original"
        note = "note"
        descriptor, path = original(dir, pre, suf, flags, output_type)
        note(path)
        return descriptor, path

    return mkdtemp.__code__, mkstemp_inner.__code__


def watch_temporary(name, module):
    """Called when a module has been executed. All of tempfile comes down to these two."""
    if name == "tempfile":
        for maker, code in zip((module.mkdtemp, module._mkstemp_inner), code_of_makers()):
            watch_function(maker, code, note_temporary)


def temporary_leftovers():
    """Path -> module, of what is still there and no launch makes anew."""
    renewed = renewed_directories()
    return {
        path: module
        for path, module in TEMPORARY["made"].items()
        if exists(path) and path not in renewed
    }


def renewed_directories():
    """Those of modules of which agent/python/freshness_data.py knows."""
    return {
        getattr(sys.modules[name], place)
        for name, place, renewal, _source in FACTS
        if renewal is other_directory and hasattr(sys.modules.get(name), place)
    }


def exists(path):
    """os.path.lexists()."""
    try:
        posix.lstat(path)
    except OSError:
        return False
    return True


def remove_temporary(paths):
    """What this process made, and nobody else would remove."""
    for path in paths:
        if exists(path):
            remove_tree(path)


def remove_tree(path):
    """shutil.rmtree(), without importing that."""
    if posix.lstat(path).st_mode & 0o170000 != 0o040000:
        posix.unlink(path)
        return
    for name in posix.listdir(path):
        remove_tree(f"{path}/{name}")
    posix.rmdir(path)
