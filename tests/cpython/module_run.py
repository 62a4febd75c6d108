"""One run of one test module, and the outcomes it wrote down."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

RECORDER = Path(__file__).resolve().with_name("inside") / "record_results.py"

# What costs little and needs no network, no display and no sound card. All four versions know them.
RESOURCES = "curses,decimal,subprocess"
SECONDS_TO_DUMP = 10

_REMARKS = (re.compile(r"^Warning -- (.* was modified by .*)$"),
            re.compile(r"^\S+ (skipped -- .*)$"))
# The name of the tests' temporary file, which some reasons to skip contain, has the pid in it.
_TEMPORARY_NAME = re.compile(r"@test_\d+_tmp")

# regrtest's own exit statuses, the same in 3.10 to 3.13.
_ENDS = {0: "done", 2: "tests failed", 3: "done, but the test changed its process",
         4: "no tests ran"}


@dataclass
class Run:
    """What a run left: how it ended, regrtest's remarks, the outcome of each test."""

    end: str
    seconds: float
    remarks: list[str] = field(default_factory=list)
    outcomes: dict[str, str] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)
    complete: bool = True


# What tests give their children by default would keep the launcher from using its image. Left out
# on both sides, so that the comparison stays fair.
CHILD = """#!/bin/sh
while :; do
    case "$1" in
        -E | -I | -s | -Xfaulthandler) shift ;;
        -X) [ "$2" = faulthandler ] || break; shift 2 ;;
        *) break ;;
    esac
done
exec {launcher} "$@"
"""


@dataclass(frozen=True)
class Task:
    """A test module and which of its tests to run."""

    module: str
    only: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    children: bool = False  # whether their children use the launcher too

    def arguments(self) -> list[str]:
        """For regrtest."""
        patterns = [part for text in self.only for part in ("-m", text)]
        patterns += [part for text in self.leave_out for part in ("-i", text)]
        return [*patterns, self.module]


def describe_end(status: int) -> str:
    """How a process ended, in words."""
    if status < 0:
        return f"died by {signal.Signals(-status).name}"
    return _ENDS.get(status, f"exit status {status}")


def command_for(task: Task, launcher: list[str], results: Path, scratch: Path) -> list[str]:
    """The command line of a run."""
    child = [f"--executable={child_of(scratch)}"] if task.children else []
    return [*launcher, str(RECORDER), *child, str(results), "--fail-env-changed", "-u", RESOURCES,
            "--tempdir", str(scratch), *task.arguments()]


def child_of(scratch: Path) -> Path:
    """What stands for Python in the tests' children."""
    return scratch.parent / "bin" / "python3"


def write_child(launcher: list[str], scratch: Path) -> None:
    """A script at a path that is the same on both sides. It starts the image itself: pysnap-run has
    options like --help of its own."""
    script = child_of(scratch)
    script.parent.mkdir(exist_ok=True)
    script.write_text(CHILD.format(launcher=shlex.join(launcher[-1:])))
    script.chmod(0o755)


def wait(process: subprocess.Popen, seconds: float) -> str:
    """Waits for the end. After the time limit regrtest's handler for SIGABRT prints where all
    threads are."""
    try:
        return describe_end(process.wait(seconds))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)
    try:
        process.wait(SECONDS_TO_DUMP)
    except subprocess.TimeoutExpired:
        pass
    return "did not end in time"


def run(task: Task, launcher: list[str], environment: Mapping[bytes, bytes], scratch: Path,
        kept: Path, seconds: float) -> Run:
    """Runs the module in the scratch directory; `kept` is the start of its outputs' names."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    if task.children:
        write_child(launcher, scratch)
    results = kept.with_suffix(".results")
    results.unlink(missing_ok=True)
    start = time.monotonic()
    with open(kept.with_suffix(".output"), "wb") as output:
        # A session of its own: what the tests leave running can be killed as one group.
        process = subprocess.Popen(
            command_for(task, launcher, results, scratch), cwd=scratch, env=environment,
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True)
        end = wait(process, seconds)
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
    result = Run(end, time.monotonic() - start, complete=end in _ENDS.values())
    read_remarks(result, kept.with_suffix(".output"))
    read_outcomes(result, results)
    return result


def read_remarks(result: Run, output: Path) -> None:
    """From the output: what regrtest says about the module as a whole."""
    for line in output.read_text("utf-8", "backslashreplace").splitlines():
        result.remarks += [match[1] for pattern in _REMARKS if (match := pattern.match(line))]


def read_outcomes(result: Run, results: Path) -> None:
    """From the recorder's lines. A test whose outcome was never written was running at the end."""
    text = results.read_text("ascii") if results.exists() else ""
    found: dict[str, list[str]] = {}
    running = ""
    for line in _TEMPORARY_NAME.sub("@test_PID_tmp", text).splitlines():
        record = json.loads(line)
        if "start" in record:
            running = record["start"]
            continue
        name = record["test"]
        running = "" if name == running else running
        found.setdefault(name, []).append(record["outcome"])
        if record["detail"]:
            result.details[name] = record["detail"]
    if running and not result.complete:
        found.setdefault(running, []).append(result.end)
    # Subtests of a failed test may come in any order; "ok" stands beside no failure.
    result.outcomes = {name: ", ".join(sorted(kinds)) for name, kinds in found.items()}
