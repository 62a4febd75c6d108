"""A folder is a world: who may include whom."""

import pathlib
import posixpath
import re

from . import cpp_text
from .tree import line_of

# Besides itself, a folder may include these and no other folder of the house.
# tests/ and bench/ stand beside the house and may include anything.
MAY_INCLUDE = {
    "bare": set(),
    "format": set(),
    "support": set(),
    "boot": {"bare", "format"},
    "restore": {"bare", "format"},
    "agent": {"bare", "format"},
    "snapshot": {"format", "support"},
    "elf_writer": {"format", "support", "snapshot"},
    "launcher": {"bare", "format", "support", "snapshot", "elf_writer"},
}

# Worlds that run without a C library, or before and after it, ...
WITHOUT_LIBC = ("bare", "format", "boot", "restore")
# ... and headers that allocate, throw, lock or call into it.
HOSTED_HEADERS = set("""
    any deque exception filesystem fstream functional future iomanip iostream list
    locale map memory mutex ostream regex set sstream stdexcept stdio.h stdlib.h string thread
    unordered_map unordered_set vector cstdio cstdlib clocale ctime system_error unistd.h
    pthread.h dlfcn.h malloc.h
""".split())

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)


def _includes(tree):
    """Yields (file, line, target) for each include; comments do not count."""
    for name, text in tree.cpp:
        for match in _INCLUDE.finditer(cpp_text.without_comments(text)):
            yield name, line_of(text, match.start()), match[2]


def _world(path):
    return pathlib.PurePosixPath(path).parts[0]


def _target_world(tree, name, target):
    """The folder of the house that an include leads to, or None for a header of the system."""
    beside = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
    is_relative = target.startswith(".") or beside in tree.files
    path = beside if is_relative else posixpath.normpath(target)
    return _world(path) if "/" in path and _world(path) in MAY_INCLUDE else None


def check_worlds(tree):
    """No folder includes a folder that it must not know."""
    problems = []
    for name, line, target in _includes(tree):
        world, other = _world(name), _target_world(tree, name, target)
        if world not in MAY_INCLUDE or other in (None, world) or other in MAY_INCLUDE[world]:
            continue
        knows = ", ".join(sorted(MAY_INCLUDE[world])) or "nobody"
        problems.append(f"{name}:{line}: includes {target}, but {world}/ may know {knows}")
    return problems


def check_freestanding(tree):
    """Worlds without a C library include no header that needs one."""
    return [f"{name}:{line}: <{target}> needs a hosted world, and {_world(name)}/ has none"
            for name, line, target in _includes(tree)
            if _world(name) in WITHOUT_LIBC and target in HOSTED_HEADERS]
