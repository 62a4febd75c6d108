"""Enough of C++ to look at a source file: comments, literals, and where functions are."""

import re

# In this order: what starts first wins, so a quote in a comment is no string and vice versa.
# A quote after a digit separates thousands and starts no character literal.
_TOKEN = re.compile(
    r'//[^\n]*'
    r'|/\*.*?\*/'
    r'|R"(?P<fence>[^\s()\\]{0,16})\((?P<raw>.*?)\)(?P=fence)"'
    r'|"(?P<text>(?:\\.|[^"\\\n])*)"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'",
    re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", re.MULTILINE)
_SCOPE = re.compile(r"(?:^|[\s\]>])(?:namespace|class|struct|union|enum)\b|extern\s*\"[^\"]*\"\s*$")
_LAMBDA = re.compile(r"=\s*\[")
_TRAILER = re.compile(
    r"\)\s*(?:const|noexcept|override|final|mutable|try|&&?|\s|->[^(){};]*|requires\b.*)*$",
    re.DOTALL)


def _blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def _blank_token(match):
    """Quotes stay, so that `extern "C"` is still seen; newlines stay, so that lines do."""
    token = match.group()
    if token.startswith('"'):
        return '"' + " " * (len(token) - 2) + '"'
    return _blank(match)


def without_comments(text):
    """The text with each comment blanked out and everything else in place."""
    def blank_comment(match):
        return _blank(match) if match.group().startswith("/") else match.group()
    return _TOKEN.sub(blank_comment, text)


def skeleton(text):
    """The text with comments, literals and preprocessor lines blanked out."""
    return _DIRECTIVE.sub(_blank, _TOKEN.sub(_blank_token, text))


def string_literals(text):
    """The content of each string literal, raw ones included."""
    for match in _TOKEN.finditer(text):
        content = match["text"] if match["text"] is not None else match["raw"]
        if content is not None:
            yield content


def _without_parentheses(head):
    """The head with everything inside parentheses removed: what is left is its top level."""
    previous = None
    while previous != head:
        previous, head = head, re.sub(r"\([^()]*\)", "", head)
    return head


def _opens_initialiser(head):
    """`member_{1}` in a constructor's list, or `Type value{1}`: no space before the brace."""
    return re.search(r"[\w>]$", head) is not None


def _opens_function(head):
    """Whether a brace after this text, at namespace or class level, opens a function."""
    head = head.strip()
    if "(" not in head:
        return bool(_LAMBDA.search(head))
    top = re.sub(r"operator\s*\S?=", "operator", _without_parentheses(head))
    if "=" in top:
        return bool(_LAMBDA.search(head))
    if _TRAILER.search(head) or re.search(r"\)\s*:[^:]", head):
        return True
    return not _SCOPE.search(head)


def _matching_brace(code, opening):
    """The position of the brace that closes the one at `opening`; the end when none does."""
    depth = 0
    for match in re.compile(r"[{}]").finditer(code, opening):
        depth += 1 if match.group() == "{" else -1
        if depth == 0:
            return match.start()
    return len(code) - 1


def functions(text):
    """Yields (head, first line, last line) of each function that is not inside another one.

    A scanner of braces, not a parser: it relies on the layout that clang-format gives. Tables
    of data (`kName[] = {`) are no functions, however long.
    """
    code = skeleton(text)
    mark = re.compile(r"[{};]")
    start = 0
    match = mark.search(code)
    while match:
        head, end = code[start:match.start()], match.end()
        if match.group() == "{" and not _is_scope(head):
            closing = _matching_brace(code, match.start())
            if _opens_initialiser(head):
                match = mark.search(code, closing + 1)
                continue  # what follows belongs to the same head
            if _opens_function(head):
                first = start + len(head) - len(head.lstrip())
                yield (" ".join(head.split()),
                       code.count("\n", 0, first) + 1, code.count("\n", 0, closing) + 1)
            end = closing + 1
        start = end
        match = mark.search(code, end)


def _is_scope(head):
    """Whether a brace after this text opens a namespace, a class or a linkage block."""
    if _TRAILER.search(head) and "(" in head:
        return bool(re.search(r"\balignas\s*\([^()]*\)\s*$|__attribute__\s*\(\(.*\)\)\s*$", head))
    return bool(_SCOPE.search(_without_parentheses(head)))
