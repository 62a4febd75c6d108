"""The lists beside this file: differences that are known, and the modules of the cross-section."""

import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from module_run import Task

HERE = Path(__file__).resolve().parent


@dataclass
class KnownDifference:
    """An entry of known_differences.toml."""

    tests: list[str]
    cause: str
    harmless: str
    environments: list[str] = field(default_factory=lambda: ["*"])
    sometimes: str = ""  # why it does not occur in each run

    def belongs_to(self, environment: str) -> bool:
        """Whether the entry is about this environment."""
        return any(fnmatchcase(environment, pattern) for pattern in self.environments)

    def covers(self, environment: str, test: str) -> bool:
        """Whether a difference of this test is expected there."""
        return self.belongs_to(environment) and any(fnmatchcase(test, pattern)
                                                    for pattern in self.tests)


def read_known_differences() -> list[KnownDifference]:
    """All entries; one without a cause or a reason is an error."""
    table = tomllib.loads((HERE / "known_differences.toml").read_text("utf-8"))
    return [KnownDifference(**entry) for entry in table.get("difference", [])]


def known_as(known: list[KnownDifference], environment: str, test: str) -> KnownDifference | None:
    """The entry that covers a difference."""
    return next((entry for entry in known if entry.covers(environment, test)), None)


def outdated(known: list[KnownDifference], environment: str, tests_run: set[str],
             tests_differing: set[str]) -> list[str]:
    """Patterns whose tests ran and were all equal: they must leave the list."""
    gone = []
    for entry in known:
        if entry.sometimes or not entry.belongs_to(environment):
            continue
        gone += [pattern for pattern in entry.tests
                 if any(fnmatchcase(test, pattern) for test in tests_run)
                 and not any(fnmatchcase(test, pattern) for test in tests_differing)]
    return gone


def read_children() -> list[str]:
    """The modules whose children come from the image in a run of their own."""
    return tomllib.loads((HERE / "cross_section.toml").read_text("utf-8"))["children"]


def read_cross_section() -> list[Task]:
    """The modules of every test run, in the file's order."""
    table = tomllib.loads((HERE / "cross_section.toml").read_text("utf-8"))
    tasks = [Task(name) for name in table["whole"]]
    for name, entry in table["part"].items():
        if not entry["reason"]:
            raise ValueError(f"cross_section.toml: {name} has no reason")
        tasks.append(Task(name, tuple(entry.get("only", ())), tuple(entry.get("leave_out", ()))))
    return tasks
