"""The environments of environments.toml: which interpreter, and what its image prepares."""

import argparse
import glob
import os
import subprocess
import tomllib
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
WORK = REPOSITORY / "build" / "differential"

# Prints the version, then the names (of those on standard input) that can be found.
# find_spec imports the parents of a name; what they print is not for us.
FIND_MODULES = """
import contextlib, importlib.util, io, sys
def found(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ImportError:
        return False
with contextlib.redirect_stdout(io.StringIO()):
    names = [name for name in sys.stdin.read().split() if found(name)]
print(*sys.version_info[:2])
print(*names)
"""


MOVED = "-moved"  # behind the name of an environment whose launches lie elsewhere


class Unavailable(Exception):
    """Why an environment cannot be used on this machine."""


@dataclass
class Environment:
    """One interpreter with the modules its image prepares."""

    name: str
    python_patterns: list[str]
    requested_modules: list[str]
    wants_packages: bool = False
    programs: str = "all"
    variables: dict[str, str] = field(default_factory=dict)
    install: str = ""
    moves: bool = False  # each launch of its image lies elsewhere

    @cached_property
    def python(self) -> Path:
        """The interpreter; raises Unavailable with the reason."""
        for pattern in self.python_patterns:
            matches = glob.glob(os.path.expanduser(str(REPOSITORY / pattern))
                                if not pattern.startswith("~") else os.path.expanduser(pattern))
            usable = [match for match in matches if os.access(match, os.X_OK)]
            if usable:
                return Path(max(usable, key=version_key))
        hint = f"; {self.install} makes it" if self.install else ""
        raise Unavailable(f"no {' or '.join(self.python_patterns)}{hint}")

    @cached_property
    def _found(self) -> tuple[tuple[int, int], list[str]]:
        names = self.requested_modules
        run = subprocess.run([self.python, "-c", FIND_MODULES], input="\n".join(names), text=True,
                             capture_output=True, env=self.clean_environment(), timeout=120)
        if run.returncode != 0:
            raise Unavailable(f"{self.python} does not run: {run.stderr.strip()[-300:]}")
        version, modules = run.stdout.splitlines()
        major, minor = version.split()
        return (int(major), int(minor)), modules.split()

    @property
    def version(self) -> tuple[int, int]:
        """The interpreter's version."""
        return self._found[0]

    @property
    def modules(self) -> list[str]:
        """The modules to prepare, less those the interpreter does not have."""
        return self._found[1]

    @property
    def home(self) -> Path:
        """HOME of the build and of both runs: one per environment, kept, since packages
        leave caches in it and the second of two runs must not see a fuller one."""
        return WORK / "homes" / self.name

    def clean_environment(self) -> dict[bytes, bytes]:
        """The variables of the build and of each run, nothing else from the caller."""
        self.home.mkdir(parents=True, exist_ok=True)
        variables = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(self.home),
                     "LANG": "C.UTF-8", **self.variables}
        return {os.fsencode(name): os.fsencode(value) for name, value in variables.items()}

    def options(self) -> str:
        """What asks a runner for this environment."""
        name = self.name.removesuffix(MOVED)
        return f"--environment {name}" + (" --aslr=launch" if self.moves else "")

    def check(self) -> None:
        """Raises Unavailable when the interpreter or a whole package is not there."""
        if not self.wants_packages:
            self.modules  # noqa: B018  finding them runs the interpreter
            return
        tops = {name for name in self.requested_modules if "." not in name}
        missing = sorted(tops - set(self.modules) - {"jinja2"})
        if missing:
            raise Unavailable(f"{self.python} lacks {', '.join(missing)}; {self.install} adds it")

    def warm_up(self) -> None:
        """Imports all modules once in plain Python, so that caches in HOME are filled."""
        imports = "".join(f"import {name}\n" for name in self.modules)
        subprocess.run([self.python, "-c", imports], env=self.clean_environment(),
                       capture_output=True, timeout=600, check=True)


def add_option(parser: argparse.ArgumentParser) -> None:
    """--environment, as all runners have it."""
    parser.add_argument("--environment", action="append", metavar="NAME",
                        help="only this one of environments.toml (may be repeated)")


def add_aslr_option(parser: argparse.ArgumentParser) -> None:
    """--aslr, of runners whose images can lie elsewhere in each launch."""
    parser.add_argument("--aslr", choices=("image", "launch"), default="image",
                        help="launch: at another place in each launch; an environment whose image "
                             "is pinned is named and left out")


def moved(environment: Environment) -> Environment:
    """The environment with an image that can move. Both sides have the variable, so that programs
    and their children see the same environment; it moves executed images, too."""
    variables = {**environment.variables, "PYSNAP_ASLR": "launch"}
    return replace(environment, name=environment.name + MOVED, variables=variables, moves=True)


def version_key(path: str) -> list[int]:
    """Sorts 3.12.10 after 3.12.9."""
    digits = "".join(c if c.isdigit() else " " for c in path)
    return [int(number) for number in digits.split()]


def module_list(name: str, table: dict) -> list[str]:
    """A list under [modules], or the standard library's."""
    if name == "standard_library":
        return (HERE / "standard_library.txt").read_text().split()
    return table["modules"][name]


def read_environments() -> dict[str, Environment]:
    """All environments by name, in the file's order."""
    table = tomllib.loads((HERE / "environments.toml").read_text())
    return {name: Environment(name=name, python_patterns=entry["python"],
                              requested_modules=module_list(entry["modules"], table),
                              wants_packages=entry.get("packages", False),
                              programs=entry["programs"],
                              variables=entry.get("environment", {}),
                              install=entry.get("install", ""))
            for name, entry in table["environments"].items()}
