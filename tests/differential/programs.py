"""The test programs and their headers.

A program is a file of tests/programs/. The comments at its top say how it is run;
every line is `# key: value`, and all are optional:

    packages     names that must be importable; a program without it uses the standard
                 library only
    mode         script (default), module (-m NAME), command (-c TEXT), stdin (script text
                 on standard input), directory or archive (the program is its __main__.py);
                 of several, each makes a case
    target       what is handed to Python instead of the program itself, for `mode: script`
                 a path, for `mode: module` a module name
    arguments    shell-quoted arguments of the program
    stdin        its standard input, with Python escapes; without it /dev/null
    stdout       capture (default), closed (a pipe nobody reads) or a path such as /dev/full
    stderr       capture (default) or stdout: the same pipe, so that the order counts
    descriptor   NUMBER=TEXT: a file with that text, inherited at that number
    environment  NAME=value, with Python escapes; once per variable
    directory    the working directory, relative to the program's; made when missing
    files        names in tests/programs/data/ that are laid beside the program
    umask        octal
    limits       NAME=SOFT:HARD as prlimit takes it, such as nofile=100:200
    status       the exit status under plain Python, or signal:NUMBER (default 0)
    python       >=3.11 or <3.13: interpreters it runs in
    everywhere   yes: runs in every interpreter, not only in two
    timeout      seconds, default 60
"""

import fnmatch
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

DIRECTORY = Path(__file__).resolve().parent.parent / "programs"
DATA = DIRECTORY / "data"

MODES = ("script", "module", "command", "stdin", "directory", "archive")
REPEATED = ("environment", "descriptor", "limits")
KEYS = ("packages", "mode", "target", "arguments", "stdin", "stdout", "stderr", "directory", "files",
        "umask", "status", "python", "everywhere", "timeout", *REPEATED)
HEADER_LINE = re.compile(r"# ([a-z]+): (.*)")


class HeaderError(Exception):
    """A header that the runner does not understand."""


@dataclass(frozen=True)
class Program:
    """One test program as its header declares it."""

    path: Path
    packages: tuple[str, ...] = ()
    mode: str = "script"
    modes: int = 1
    target: str | None = None
    arguments: tuple[str, ...] = ()
    stdin: bytes | None = None
    stdout: str = "capture"
    stderr: str = "capture"
    descriptors: dict[int, bytes] = field(default_factory=dict)
    environment: dict[bytes, bytes] = field(default_factory=dict)
    directory: str = "."
    files: tuple[str, ...] = ()
    umask: int = 0o022
    limits: dict[str, str] = field(default_factory=dict)
    status: int = 0
    python: str = ""
    everywhere: bool = False
    timeout_seconds: float = 60.0

    @property
    def stem(self) -> str:
        """The file's name without its ending."""
        return self.path.stem

    @property
    def name(self) -> str:
        """The stem, and the mode where the file has several."""
        return self.stem if self.modes == 1 else f"{self.stem}.{self.mode}"

    def suits(self, version: tuple[int, int]) -> bool:
        """Whether the interpreter of that version is one the program is meant for."""
        for condition in filter(None, re.split(r",\s*", self.python)):
            match = re.fullmatch(r"(>=|<)(\d+)\.(\d+)", condition)
            if match is None:
                raise HeaderError(f"{self.path.name}: `python: {condition}` is not >=3.N or <3.N")
            bound = (int(match[2]), int(match[3]))
            if (version >= bound) != (match[1] == ">="):
                return False
        return True


def unescape(text: str) -> bytes:
    r"""Bytes of a header value in which \n, \xff and the like are escapes."""
    return text.encode("utf-8").decode("unicode_escape").encode("latin-1")


def words(text: str) -> tuple[str, ...]:
    """The words of a comma-separated list."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def status_of(text: str) -> int:
    """The status as subprocess reports it: negative for a death by signal."""
    return -int(text.removeprefix("signal:")) if text.startswith("signal:") else int(text)


def header_of(path: Path) -> dict[str, list[str]]:
    """The header's lines by key; the header ends at the first line of another kind."""
    header: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        match = HEADER_LINE.fullmatch(line)
        if match is None:
            continue
        key, value = match[1], match[2]
        if key not in KEYS:
            raise HeaderError(f"{path.name}: unknown key `{key}` in the header")
        if key in header and key not in REPEATED:
            raise HeaderError(f"{path.name}: `{key}` is given twice")
        header.setdefault(key, []).append(value)
    return header


def assignments(values: list[str]) -> list[tuple[str, str]]:
    """NAME=value texts as pairs."""
    return [(name, value) for name, _, value in (text.partition("=") for text in values)]


def read_file(path: Path) -> list[Program]:
    """The program in a file, once for each of its modes."""
    header = header_of(path)
    modes = words(header.get("mode", ["script"])[0])
    for mode in modes:
        if mode not in MODES:
            raise HeaderError(f"{path.name}: mode `{mode}` is not one of {', '.join(MODES)}")
    return [read_program(path, header, mode, len(modes)) for mode in modes]


def read_program(path: Path, header: dict[str, list[str]], mode: str, modes: int) -> Program:
    """The program of a file as its header declares it, in one of its modes."""
    one = {key: values[0] for key, values in header.items()}
    if one.get("stderr", "capture") not in ("capture", "stdout"):
        raise HeaderError(f"{path.name}: stderr `{one['stderr']}` is not capture or stdout")
    return Program(
        path=path,
        packages=words(one.get("packages", "")),
        mode=mode,
        modes=modes,
        target=one.get("target"),
        arguments=tuple(shlex.split(one.get("arguments", ""))),
        stdin=unescape(one["stdin"]) if "stdin" in one else None,
        stdout=one.get("stdout", "capture"),
        stderr=one.get("stderr", "capture"),
        descriptors={int(number): unescape(text)
                     for number, text in assignments(header.get("descriptor", []))},
        environment={name.encode(): unescape(text)
                     for name, text in assignments(header.get("environment", []))},
        directory=one.get("directory", "."),
        files=words(one.get("files", "")),
        umask=int(one.get("umask", "022"), 8),
        limits=dict(assignments(header.get("limits", []))),
        status=status_of(one.get("status", "0")),
        python=one.get("python", ""),
        everywhere=one.get("everywhere", "no") == "yes",
        timeout_seconds=float(one.get("timeout", "60")),
    )


def read_programs(pattern: str = "*") -> list[Program]:
    """All programs whose name matches, in the order of their names."""
    found = [program for path in sorted(DIRECTORY.glob("*.py")) for program in read_file(path)]
    return [program for program in found
            if any(fnmatch.fnmatch(name, pattern)
                   for name in (program.name, program.stem, program.path.name))]
