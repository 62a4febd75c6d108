"""Documents name files that exist and link to places that exist."""

import fnmatch
import posixpath
import re

from .include_rules import MAY_INCLUDE
from .tree import line_of

_FENCE = re.compile(r"^ {0,3}(```+|~~~+).*?^ {0,3}\1[ \t]*$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)[^)\n]*\)|!\[[^\]\n]*\]\(([^)\s]+)\)")
_OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_PATH = re.compile(r"[\w.*{},-]+(?:/[\w.*{},-]+)*/?")
# A name without a folder is looked up anywhere. Headers of the system are written <elf.h>.
_OWN_FILE = re.compile(r"[\w*{},-]+\.(?:h|cpp|md|\{[\w,]+\})")

HOUSE_FOLDERS = set(MAY_INCLUDE) | {"tests", "bench", "docs", "examples", "scripts"}
TOP_FILES = {"CMakeLists.txt", "CMakePresets.json", "Makefile", "LICENSE"}


def without_fences(text):
    """The document with its blocks of code blanked out, line by line."""
    return _FENCE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def _alternatives(path):
    """`capture.{h,cpp}` names two files."""
    match = re.search(r"\{([^{}]*)\}", path)
    if not match:
        return [path]
    return [path[:match.start()] + choice + path[match.end():] for choice in match[1].split(",")]


def _is_claim(code):
    """Whether this piece of inline code says that we have a file of that name."""
    if not _PATH.fullmatch(code) or code.startswith((".", "-", "build/")):
        return False
    first = code.partition("/")[0]
    return ("/" in code and first in HOUSE_FOLDERS) or code in TOP_FILES or \
        _OWN_FILE.fullmatch(code) is not None


def _exists(tree, path):
    path = path.rstrip("/")
    if path in tree.folders or path in tree.files:
        return True
    pattern = path if "/" in path or path in TOP_FILES else f"*/{path}"
    return any(fnmatch.fnmatchcase(name, pattern) or fnmatch.fnmatchcase(f"/{name}", pattern)
               for name in tree.files)


def check_named_files(tree):
    """Every file of ours that a document names is there."""
    problems = []
    for name, text in tree.documents:
        prose = without_fences(text)
        for match in _CODE.finditer(prose):
            code = re.sub(r"(?::\d+|#[\w-]+)$", "", match[1])
            if not _is_claim(code):
                continue
            problems += [f"{name}:{line_of(prose, match.start())}: there is no {path}"
                         for path in _alternatives(code) if not _exists(tree, path)]
    return problems


def _anchors(text):
    """The anchors of the headings, as code hosts derive them."""
    headings = re.findall(r"^#{1,6}[ \t]+(.+?)[ \t#]*$", without_fences(text), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


def _link_problem(tree, name, target):
    """Why a link leads nowhere, or None."""
    path, _, anchor = target.partition("#")
    where = name if not path else posixpath.normpath(
        posixpath.join(posixpath.dirname(name), path))
    if where not in tree.files and where not in tree.folders and where != ".":
        return f"link to {target}, and there is no {where}"
    if anchor and where in tree.texts and anchor not in _anchors(tree.texts[where]):
        return f"link to {target}, and {where} has no such heading"
    return None


def check_links(tree):
    """Every relative link of every Markdown file leads somewhere."""
    problems = []
    for name, text in tree.texts.items():
        if not name.endswith(".md"):
            continue
        prose = _CODE.sub(lambda match: " " * len(match.group()), without_fences(text))
        for match in _LINK.finditer(prose):
            target = match[1] or match[2]
            problem = None if _OUTSIDE.match(target) else _link_problem(tree, name, target)
            if problem:
                problems.append(f"{name}:{line_of(prose, match.start())}: {problem}")
    return problems
