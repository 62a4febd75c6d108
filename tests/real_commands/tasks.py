"""What the real commands are asked to do (commands.toml), and one run of it."""

import http.server
import os
import re
import shutil
import subprocess
import threading
import tomllib
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import prepared

import launches  # tests/differential  pylint: disable=wrong-import-order

TIMEOUT_SECONDS = 300
DATA = prepared.HERE / "data"
FIXED_TIME = 1_600_000_000


@dataclass
class Task:
    """Command lines to run one after the other."""

    name: str
    steps: list[list[str]]
    varying: list[str] = field(default_factory=list)
    ignored: dict[str, str] = field(default_factory=dict)


@dataclass
class Command:
    """One command of commands.toml."""

    name: str
    script: str
    tasks: list[Task]
    module: str = ""
    data: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    plain_make_test: str = ""
    python: Path = prepared.PYTHON

    def line(self, step: list[str]) -> list[str]:
        """The command line behind the interpreter."""
        first = step[0]
        if first == "-m":
            return step
        if first.startswith("./"):
            installed = self.python.parent / first[2:]
            return [str(installed) if installed.exists() else first[2:], *step[1:]]
        return [str(self.python.parent / self.script), *step]

    def environment(self) -> dict[str, str]:
        """The variables of all runs of this command."""
        return prepared.clean_environment(self.name, self.variables)


def read_commands() -> list[Command]:
    """All commands; one that is a module too gets its help by -m as well."""
    commands = []
    for name, entry in tomllib.loads((prepared.HERE / "commands.toml").read_text()).items():
        tasks = [Task(task, **values) for task, values in entry.pop("tasks").items()]
        if entry.get("module"):
            tasks.append(Task("help_of_the_module", [["-m", entry["module"], "--help"]]))
        commands.append(Command(name, tasks=tasks, **entry))
    return commands


def lay_out(command: Command, scratch: Path) -> None:
    """Fills the scratch directory; all times are the same, caches hold them."""
    scratch.mkdir(parents=True)
    if command.data:
        shutil.copytree(DATA / command.data, scratch, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns("__pycache__", ".mypy_cache"))
    if command.name == "pip":
        pack_sample(scratch / "wheels")
    for path in [*scratch.rglob("*"), scratch]:
        os.utime(path, (FIXED_TIME, FIXED_TIME))


def pack_sample(directory: Path) -> None:
    """A wheel with one module, for pip."""
    directory.mkdir()
    information = "sample_package-1.0.dist-info"
    files = {"sample_package.py": "NAME = 'sample'\n",
             f"{information}/METADATA": "Metadata-Version: 2.1\nName: sample-package\nVersion: 1.0\n",
             f"{information}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\n"
                                     "Root-Is-Purelib: true\nTag: py3-none-any\n"}
    files[f"{information}/RECORD"] = "".join(f"{name},,\n" for name in files) \
        + f"{information}/RECORD,,\n"
    with zipfile.ZipFile(directory / "sample_package-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), text)


def run_task(command: Command, task: Task, launcher: list[str], scratch: Path,
             port: int) -> launches.Outcome:
    """Runs all steps; the outputs are joined, the statuses are part of the output."""
    out, err, status = b"", b"", 0
    for step in task.steps:
        words = [word.replace("{port}", str(port)).replace("{directory}", str(scratch))
                 for word in command.line(step)]
        process = subprocess.Popen([*launcher, *words], cwd=scratch, env=command.environment(),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, start_new_session=True)
        try:
            step_out, step_err = process.communicate(timeout=TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            step_out, step_err = process.communicate()
            process.returncode = None
        out, err, status = out + step_out, err + step_err, process.returncode
        out += f"[{launches.describe_status(status)}]\n".encode()
    for pattern in task.varying:
        out, err = (re.sub(pattern.encode(), b"VARIES", text) for text in (out, err))
    files = {name: "ignored" if any(name == known or name.startswith(known + "/")
                                    for known in task.ignored) else what
             for name, what in launches.files_in(scratch).items()}
    return launches.Outcome(out, err, status, files)


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers that never vary: no date, no version of Python."""

    protocol_version = "HTTP/1.1"
    buckets = (b'<?xml version="1.0"?><ListAllMyBucketsResult><Owner><ID>1</ID></Owner><Buckets>'
               b"<Bucket><Name>first</Name><CreationDate>2020-01-01T00:00:00Z</CreationDate></Bucket>"
               b"</Buckets></ListAllMyBucketsResult>")

    def answer(self, status: int, kind: str, body: bytes) -> None:
        """One complete answer."""
        self.send_response_only(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self) -> None:  # noqa: N802  the name that http.server calls
        """What each path gives; the body of a request is echoed."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        if path == "/":
            self.answer(200, "application/xml", self.buckets)
        elif path == "/video.mp4":
            self.answer(200, "video/mp4", b"\0\0\0\x18ftypmp42" + bytes(10000))
        elif path == "/file.bin":
            self.answer(200, "application/octet-stream", bytes(range(256)) * 40)
        elif path in ("/get", "/post"):
            text = f'{{"path": "{self.path}", "length": {len(body)}, "method": "{self.command}"}}'
            self.answer(200, "application/json", text.encode())
        else:
            self.answer(404, "text/plain", b"nothing here\n")

    do_POST = do_HEAD = do_GET

    def log_message(self, *_: object) -> None:  # pylint: disable=arguments-differ
        """Nothing."""


def start_server() -> int:
    """Serves from a thread until this process ends; returns the port."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # commands may drop a connection at their end
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def imports_of_tasks(command: Command, directory: Path, port: int) -> list[str]:
    """What all tasks together import; running them also fills caches in HOME."""
    names: list[str] = []
    for task in command.tasks:
        scratch = directory / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        lay_out(command, scratch)
        for step in task.steps:
            words = [word.replace("{port}", str(port)) for word in command.line(step)]
            names += prepared.imports_of(command.python, words, scratch, command.environment(),
                                         TIMEOUT_SECONDS)
        shutil.rmtree(scratch, ignore_errors=True)
    return list(dict.fromkeys(names))
