#!/usr/bin/env python3
"""Runs real commands unchanged, under plain Python and from images, and compares.

    tests/real_commands/run_commands.py                        all commands of commands.toml
    tests/real_commands/run_commands.py --command hg --keep
    tests/real_commands/run_commands.py --subset               what `make test` runs

For each command: its tasks run once under plain Python, which tells the modules that they import;
an image is built of these; then each task runs twice at the same path, `python SCRIPT ...` and
`pysnap-run --image IMAGE SCRIPT ...`. Output, status and files must be equal.

A difference that is known is a line of known_differences.toml. --plain-twice compares plain Python
with itself; --results FILE writes the table of docs/results/real-commands.md.
"""

import argparse
import datetime
import shutil
import sys
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

# pylint: disable=wrong-import-position
import prepared  # noqa: E402
import tasks  # noqa: E402
from tasks import Command, Task  # noqa: E402

import images  # noqa: E402  pylint: disable=wrong-import-order
import launches  # noqa: E402  pylint: disable=wrong-import-order
from run import Tally, excerpt  # noqa: E402  pylint: disable=wrong-import-order

CASES = prepared.WORK / "cases"
KNOWN = tomllib.loads((prepared.HERE / "known_differences.toml").read_text())
EXCERPT_LINES = 24


@dataclass
class Row:
    """A command's line of the results."""

    name: str
    passed: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    modules: int = 0
    dropped: dict[str, str] = field(default_factory=dict)
    plain_seconds: float = 0.0
    image_seconds: float = 0.0


def compare(command: Command, task: Task, launcher: list[str], port: int,
            row: Row) -> list[str]:
    """Runs both sides; returns what differs."""
    directory = prepared.empty(CASES / command.name / task.name)
    outcomes = []
    for side, start in (("plain", [str(command.python)]), ("image", launcher)):
        scratch = directory / "scratch"
        tasks.lay_out(command, scratch)
        before = time.monotonic()
        outcome = tasks.run_task(command, task, start, scratch, port)
        seconds = time.monotonic() - before
        if task.name == "version":
            row.plain_seconds += seconds if side == "plain" else 0
            row.image_seconds += seconds if side == "image" else 0
        scratch.rename(directory / side)
        launches.save(outcome, directory, side)
        outcomes.append(outcome)
    problems = []
    for name in launches.differences(*outcomes):
        pair = [getattr(outcome, name) for outcome in outcomes]
        problems += [f"status: {pair}"] if name == "status" else list(excerpt(name, *pair))
    if outcomes[0].status is None or not outcomes[0].stdout:
        problems.append("plain Python did not end or printed nothing")
    return problems[:EXCERPT_LINES]


def judge(command: Command, task: Task, problems: list[str], row: Row, tally: Tally,
          options: argparse.Namespace) -> None:
    """Prints and counts one task."""
    name = f"{command.name} {task.name}"
    reason = None if options.plain_twice else KNOWN.get(command.name, {}).get(task.name)
    if reason and not problems:
        problems = [f"no longer differs; known_differences.toml says: {reason}"]
        reason = None
    if problems and reason:
        print(f"known {name}: {reason}", flush=True)
        row.known.append(task.name)
        tally.passed += 1
        return
    print(f"{'FAIL ' if problems else 'pass '} {name}", flush=True)
    tally.failed += bool(problems)
    tally.passed += not problems
    (row.failed if problems else row.passed).append(task.name)
    if not problems:
        if not options.keep:
            shutil.rmtree(CASES / command.name / task.name)
        return
    for line in problems:
        print("      " + line[:300])
    print(f"      kept:   {CASES / command.name / task.name}\n"
          f"      repeat: tests/real_commands/run_commands.py --keep --command {command.name} "
          f"--task {task.name}", flush=True)


def image_of(command: Command, port: int, row: Row) -> list[str]:
    """The launcher of the command's image; raises NoImage."""
    directory = prepared.empty(CASES / command.name)
    modules = tasks.imports_of_tasks(command, directory, port)
    made = prepared.build(command.name, command.python, modules, command.environment(), directory)
    row.modules, row.dropped = len(made.modules), made.dropped
    print(f"      {command.name}: {len(made.modules)} modules, image built in "
          f"{made.seconds:.1f} s", flush=True)
    for module, why in made.dropped.items():
        print(f"      {command.name}: without {module}: {why}")
    return images.launcher(made.image)


def run_command(command: Command, options: argparse.Namespace, port: int, tally: Tally) -> Row:
    """All tasks of one command."""
    row = Row(command.name)
    if not (command.python.parent / command.script).exists():
        print(f"skip  {command.name}: no {command.script} beside {command.python}; "
              "scripts/install-command-environment adds it")
        tally.skipped += 1
        return row
    try:
        launcher = ([str(command.python)] if options.plain_twice
                    else image_of(command, port, row))
    except prepared.NoImage as error:
        print(f"FAIL  {command.name}: no image: {error}", flush=True)
        tally.failed += 1
        row.failed.append("no image")
        return row
    for task in command.tasks:
        if not options.task or task.name in options.task:
            judge(command, task, compare(command, task, launcher, port, row), row, tally, options)
    return row


def results(rows: list[Row]) -> str:
    """The page of docs/results."""
    lines = ["# Real commands, from images", "",
             "Each command runs unchanged, its installed script as SCRIPT and by `-m`, from an image",
             "of the modules that it imports. Output, status and files are compared with plain",
             "Python's. `make test-commands` on " + prepared.processor() + ",",
             f"Debian's CPython 3.11, {datetime.date.today()}, other work running: the times of one",
             "`--version` each show the size of the gain, no more.", "",
             "| command | tasks equal | known differences | other differences | modules | plain | image |",
             "|---|---:|---|---|---:|---:|---:|"]
    for row in rows:
        lines.append(f"| {row.name} | {len(row.passed)} | {', '.join(row.known) or 'none'} | "
                     f"{', '.join(row.failed) or 'none'} | {row.modules} | "
                     f"{row.plain_seconds * 1000:.0f} ms | {row.image_seconds * 1000:.0f} ms |")
    known = [f"- `{command} {task}`: {why}" for command, found in KNOWN.items()
             for task, why in found.items()]
    lines += ["", "## Known differences", "", *(known or ["None."]), "", "## Left out of the images", ""]
    for row in rows:
        lines += [f"- {module} ({row.name}): {why}" for module, why in row.dropped.items()]
    return "\n".join(lines) + "\n"


def chosen(options: argparse.Namespace) -> list[Command]:
    """The commands asked for."""
    commands = tasks.read_commands()
    if options.subset:
        commands = [command for command in commands if command.plain_make_test]
        for command in commands:
            command.python = prepared.REPOSITORY / command.plain_make_test
    unknown = set(options.command or []) - {command.name for command in commands}
    if unknown:
        sys.exit(f"no command named {', '.join(sorted(unknown))}")
    return [command for command in commands
            if not options.command or command.name in options.command]


def main() -> int:
    """Runs what the options ask for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--command", action="append", metavar="NAME", help="only this command")
    parser.add_argument("--task", action="append", metavar="NAME", help="only this task")
    parser.add_argument("--subset", action="store_true",
                        help="only commands that the environments of the tests have")
    parser.add_argument("--keep", action="store_true", help="keep the directories of all tasks")
    parser.add_argument("--plain-twice", action="store_true", help="compare plain with plain")
    parser.add_argument("--results", type=Path, metavar="FILE", help="write the table of results")
    options = parser.parse_args()
    tally = Tally()
    port = tasks.start_server()
    rows = [run_command(command, options, port, tally) for command in chosen(options)]
    if options.results:
        options.results.write_text(results(rows), encoding="utf-8")
    print(tally.closing_line())
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
