"""One launch of a program in a scratch directory, and what can be seen of it afterwards.

Both launches of a comparison happen at the same path, one after the other: the scratch
directory is renamed away in between. So nothing needs to be normalised, not even paths.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from programs import DATA, Program

FIXED_ZIP_TIME = (2020, 1, 1, 0, 0, 0)
PYC_HEADER_BYTES = 16


@dataclass(frozen=True)
class Outcome:
    """What a launch left: streams, status as subprocess gives it, files."""

    stdout: bytes
    stderr: bytes
    status: int | None
    files: dict[str, str]


def describe_status(status: int | None) -> str:
    """A status in words."""
    if status is None:
        return "no end within the time limit"
    if status < 0:
        return f"death by {signal.Signals(-status).name}"
    return f"exit status {status}"


def lay_out(program: Program, scratch: Path) -> None:
    """Makes the scratch directory with the program and its files. Times of the sources are
    kept: they become part of compiled files."""
    scratch.mkdir(parents=True)
    inside = scratch
    if program.mode in ("directory", "archive"):
        inside = scratch / program.stem
        inside.mkdir()
        shutil.copy2(program.path, inside / "__main__.py")
    else:
        shutil.copy2(program.path, scratch / program.path.name)
    for name in program.files:
        source = DATA / name
        if source.is_dir():
            shutil.copytree(source, inside / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, inside / name)
    if program.mode == "archive":
        pack(inside, scratch / f"{program.stem}.pyz")
    (scratch / program.directory).mkdir(parents=True, exist_ok=True)


def pack(directory: Path, archive: Path) -> None:
    """Turns a directory into a zip archive with fixed times."""
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(directory.rglob("*.py")):
            name = str(path.relative_to(directory))
            packed.writestr(zipfile.ZipInfo(name, FIXED_ZIP_TIME), path.read_bytes())
    shutil.rmtree(directory)


def arguments_of(program: Program, scratch: Path) -> list[str]:
    """What follows the interpreter on the command line."""
    up = os.path.relpath(scratch, scratch / program.directory)
    if program.mode == "module":
        what = ["-m", program.target or program.stem]
    elif program.mode == "command":
        what = ["-c", program.path.read_text(encoding="utf-8")]
    elif program.mode == "stdin":
        what = ["-"]
    else:
        ending = {"script": ".py", "directory": "", "archive": ".pyz"}[program.mode]
        name = program.target or program.stem + ending
        what = [os.path.normpath(os.path.join(up, name))]
    return [*what, *program.arguments]


def with_limits_and_descriptors(program: Program, command: list[str], aside: Path) -> list[str]:
    """The command behind prlimit and a shell that opens descriptors; both become it by exec."""
    if program.descriptors:
        redirections = ""
        for number, content in program.descriptors.items():
            (aside / f"descriptor-{number}").write_bytes(content)
            redirections += f" {number}<'{aside}/descriptor-{number}'"
        command = ["/bin/sh", "-c", f'exec "$@"{redirections}', "sh", *command]
    if program.limits:
        limits = [f"--{name}={value}" for name, value in program.limits.items()]
        command = ["/usr/bin/prlimit", *limits, "--", *command]
    return command


def open_stdout(program: Program) -> int:
    """The descriptor or subprocess constant to use as standard output."""
    if program.stdout == "capture":
        return subprocess.PIPE
    if program.stdout == "closed":
        reader, writer = os.pipe()
        os.close(reader)
        return writer
    return os.open(program.stdout, os.O_WRONLY)


def input_of(program: Program) -> bytes | None:
    """The bytes for standard input; None for /dev/null."""
    return program.path.read_bytes() if program.mode == "stdin" else program.stdin


def run(program: Program, launcher: list[str], environment: Mapping[bytes, bytes],
        scratch: Path, timeout_scale: float = 1.0) -> Outcome:
    """Lays the program out in `scratch`, runs it with the given start of a command line."""
    lay_out(program, scratch)
    command = with_limits_and_descriptors(
        program, launcher + arguments_of(program, scratch), scratch.parent)
    text = input_of(program)
    stdout = open_stdout(program)
    # A session of its own: what the program leaves running can be killed as one group.
    process = subprocess.Popen(
        command, cwd=scratch / program.directory, env={**environment, **program.environment},
        stdin=subprocess.DEVNULL if text is None else subprocess.PIPE, stdout=stdout,
        stderr=subprocess.STDOUT if program.stderr == "stdout" else subprocess.PIPE, umask=program.umask, start_new_session=True)
    if stdout != subprocess.PIPE:
        os.close(stdout)
    status: int | None
    try:
        out, err = process.communicate(text, timeout=program.timeout_seconds * timeout_scale)
        status = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        status = None
    return Outcome(out or b"", err or b"", status, files_in(scratch))


def files_in(scratch: Path) -> dict[str, str]:
    """Each file of the directory with its kind, permissions and content's digest."""
    found = {}
    for path in sorted(scratch.rglob("*")):
        name = os.fsencode(path.relative_to(scratch)).decode("utf-8", "backslashreplace")
        mode = f"{path.lstat().st_mode:o}"
        if path.is_symlink():
            found[name] = f"{mode} link to {os.readlink(path)}"
        elif path.is_file():
            found[name] = f"{mode} {digest_of(path)}"
        else:
            found[name] = mode
    return found


def digest_of(path: Path) -> str:
    """A digest of a file's content; of a compiled file only the header counts: the rest has
    reference bits that depend on which strings other modules happen to share."""
    content = path.read_bytes()
    if path.suffix == ".pyc":
        content = content[:PYC_HEADER_BYTES]
    return hashlib.sha256(content).hexdigest()[:32]


def differences(plain: Outcome, other: Outcome) -> list[str]:
    """Names of what differs between two outcomes."""
    names = ("status", "stdout", "stderr", "files")
    return [name for name in names if getattr(plain, name) != getattr(other, name)]


def save(outcome: Outcome, directory: Path, side: str) -> None:
    """Keeps the streams and the status beside the scratch directory."""
    (directory / f"{side}.stdout").write_bytes(outcome.stdout)
    (directory / f"{side}.stderr").write_bytes(outcome.stderr)
    (directory / f"{side}.status").write_text(describe_status(outcome.status) + "\n")
    (directory / f"{side}.files").write_text(
        "".join(f"{name}  {what}\n" for name, what in outcome.files.items()))
