"""Options, environment variables and exit statuses are the same in documents and in code."""

import ast
import re
import shlex

from . import cpp_text
from .tree import line_of

_VARIABLE = re.compile(r"\bPYSNAP_[A-Z][A-Z0-9_]*\b")
_OPTION = re.compile(r"--[a-z][a-z0-9-]*")
_OPTION_LITERAL = re.compile(r"(?:-\w,)?(--[a-z][a-z0-9-]*)(?:,-\w|,--[a-z][a-z0-9-]*)*=?")
_CODE_PIECE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_FENCED = re.compile(r"^ {0,3}```[^\n]*\n(.*?)^ {0,3}```", re.MULTILINE | re.DOTALL)
_COMMAND_FOLDERS = ("launcher/", "restore/")

_STATUS_ENUM = re.compile(r"\benum\s+(?:class\s+)?Exit(?:Status|Code)\b[^{;]*\{([^}]*)\}")
_STATUS_CONSTANT = re.compile(r"\bkExit\w+\s*=\s*(\d+)\s*;")
_STATUS_TABLE = re.compile(
    r"^\|[^|\n]*\b(?:status|exit)\b[^|\n]*\|[^\n]*\n\|[-:| ]+\|?[ \t]*\n((?:\|[^\n]*\n?)+)",
    re.IGNORECASE | re.MULTILINE)


def _is_document(name):
    return name.endswith(".md")


def _python_literals(text):
    """The content of each string of a Python file; a file that does not parse has none."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except SyntaxError:
        return []
    return [node.value for node in nodes
            if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def _variables_used(tree):
    """Variables in string literals of the product: each with one place."""
    used = {}
    files = [(name, cpp_text.string_literals(text)) for name, text in tree.cpp]
    files += [(name, _python_literals(text)) for name, text in tree.python]
    for name, literals in files:
        if name.startswith("tests/"):
            continue
        for literal in literals:
            for variable in _VARIABLE.findall(literal):
                used.setdefault(variable, name)
    return used


def check_variables(tree):
    """Documented environment variables are used, and used ones are documented."""
    documented = {variable: name for name, text in tree.documents
                  for variable in _VARIABLE.findall(text)}
    anywhere = {variable for name, text in tree.texts.items()
                if not _is_document(name) and not name.startswith("tests/")
                for variable in _VARIABLE.findall(text)}
    return [f"{name}: uses {variable}, which no document explains"
            for variable, name in sorted(_variables_used(tree).items())
            if variable not in documented] + [
        f"{name}: explains {variable}, which nothing uses"
        for variable, name in sorted(documented.items()) if variable not in anywhere]


def _code_lines(text):
    """Yields (line number, code): lines of blocks, joined at backslashes, and inline code."""
    for block in _FENCED.finditer(text):
        joined = re.sub(r"\\\n", lambda _: "  ", block[1])
        for number, line in enumerate(joined.split("\n")):
            yield line_of(text, block.start()) + 1 + number, line
    inline = _FENCED.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)
    for match in _CODE_PIECE.finditer(inline):
        yield line_of(inline, match.start()), match[1]


def _words(line):
    """The words of a command line; quotes that do not close are no reason to stop."""
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        return line.split()


def _our_options(line):
    """The options of pysnap and pysnap-run in a line of code, without those of the program."""
    found, command = [], None
    for word in _words(line):
        base = word.rpartition("/")[2]
        if base in ("pysnap", "pysnap-run"):
            command = base
        elif word in ("|", "||", "&&", ";", ">", "2>"):
            command = None
        elif command == "pysnap-run" and (word in ("-c", "-m", "-") or word.endswith(".py")):
            command = None
        elif command and _OPTION.match(word):
            found.append(_OPTION.match(word).group())
    return found


def _options_in_code(tree):
    """Options that the sources of the commands spell out, each with one place."""
    found = {}
    for name, text in tree.cpp:
        if name.startswith(_COMMAND_FOLDERS):
            for literal in cpp_text.string_literals(text):
                if _OPTION_LITERAL.fullmatch(literal):
                    for option in _OPTION.findall(literal):
                        found.setdefault(option, name)
    return found


def _missing_options(tree, known):
    """Options that documents give to our commands, or mention alone, and that do not exist."""
    elsewhere = "\n".join(text for name, text in tree.texts.items() if not _is_document(name))
    for name, text in tree.documents:
        for line, code in _code_lines(text):
            for option in _our_options(code):
                if option not in known:
                    yield f"{name}:{line}: {option} is no option of pysnap or pysnap-run"
            alone = re.fullmatch(r"(--[a-z][a-z0-9-]*)(?:[= ][A-Z_]+)?", code)
            if alone and not re.search(re.escape(alone[1]) + r"(?![\w-])", elsewhere):
                yield f"{name}:{line}: nothing knows the option {alone[1]}"


def check_options(tree):
    """Documented options exist, and existing ones are documented."""
    known = _options_in_code(tree)
    # CLI11 and the fast program bring these two themselves.
    known_or_given = set(known) | {"--help", "--version"}
    documents = "\n".join(text for _, text in tree.documents)
    undocumented = [
        f"{name}: takes {option}, which no document explains"
        for option, name in sorted(known.items())
        if not re.search(re.escape(option) + r"(?![\w-])", documents)]
    return undocumented + list(_missing_options(tree, known_or_given))


def _statuses_in_code(tree):
    """Numbers of `enum class ExitStatus` (or ExitCode) and of `kExit... = N;` constants."""
    found = {}
    for name, text in tree.cpp:
        if name.startswith(("tests/", "bench/")):
            continue
        code = cpp_text.without_comments(text)
        numbers = _STATUS_CONSTANT.findall(code)
        for body in _STATUS_ENUM.findall(code):
            numbers += re.findall(r"=\s*(\d+)", body)
        found |= {int(number): name for number in numbers}
    return found


def check_statuses(tree):
    """Tables of exit statuses in documents list what the code can end with."""
    in_code = _statuses_in_code(tree)
    in_documents = {}
    for name, text in tree.documents:
        for table in _STATUS_TABLE.finditer(text):
            for number in re.findall(r"^\|[ \t]*`?(\d+)`?[ \t]*\|", table[1], re.MULTILINE):
                in_documents[int(number)] = name
    return [f"{name}: ends with status {number}, which no table of a document lists"
            for number, name in sorted(in_code.items()) if number not in in_documents] + [
        f"{name}: lists exit status {number}, which the code does not name"
        for number, name in sorted(in_documents.items()) if in_code and number not in {0, *in_code}]
