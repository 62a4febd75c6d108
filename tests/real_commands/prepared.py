"""Images made of what commands import: plain runs tell the modules, the build may refuse some."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "differential"))

import images  # noqa: E402  pylint: disable=wrong-import-position

WORK = REPOSITORY / "build" / "commands"
PYTHON = WORK / "environment" / "bin" / "python"
MAX_DROPPED = 25


@dataclass
class Prepared:
    """An image with what went into it."""

    image: Path
    modules: list[str]
    dropped: dict[str, str] = field(default_factory=dict)  # module -> the build's sentence
    seconds: float = 0.0


class NoImage(Exception):
    """The build's last words."""


def clean_environment(home: str, variables: dict[str, str]) -> dict[str, str]:
    """The variables of the build and of both runs."""
    directory = WORK / "homes" / home
    directory.mkdir(parents=True, exist_ok=True)
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(directory), "LANG": "C.UTF-8",
            "TERM": "dumb", **variables}


def imports_of(python: Path, command: list[str], directory: Path,
               environment: dict[str, str], timeout: int = 600) -> list[str]:
    """The modules a command imports under plain Python, in order."""
    listing = directory / "imports.list"
    subprocess.run([python, HERE / "list_imports.py", listing, *command], cwd=directory,
                   env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False,
                   timeout=timeout)
    names = listing.read_text(encoding="utf-8").split() if listing.exists() else []
    listing.unlink(missing_ok=True)
    return names


def blamed(words: str, modules: list[str]) -> str | None:
    """The module that the build's first sentence names."""
    first = words.strip().splitlines()[0] if words.strip() else ""
    candidates = [word for word in re.findall(r"[\w.]+", first) if word.strip(".") in modules]
    return candidates[-1].strip(".") if candidates else None


def build(name: str, python: Path, modules: list[str], environment: dict[str, str],
          directory: Path) -> Prepared:
    """Builds with all modules; drops, one after the other, those that the build refuses."""
    modules = list(dict.fromkeys(modules))
    image = WORK / "images" / f"{name}.image"
    image.parent.mkdir(parents=True, exist_ok=True)
    dropped: dict[str, str] = {}
    while len(dropped) <= MAX_DROPPED:
        options = [part for module in modules for part in ("-m", module)]
        start = time.monotonic()
        run = subprocess.run([images.binaries() / "pysnap", "build", "--python", python, *options,
                              "-o", image], cwd=directory, env=environment, text=True,
                             errors="replace", stdin=subprocess.DEVNULL, capture_output=True,
                             timeout=600, check=False)
        if run.returncode == 0:
            images.trust(image, environment)
            return Prepared(image, modules, dropped, time.monotonic() - start)
        module = blamed(run.stderr, modules)
        if module is None:
            raise NoImage(f"status {run.returncode}: {run.stderr.strip()[-1500:]}")
        lines = run.stderr.strip().splitlines()
        sentence = " ".join([lines[0].removeprefix("pysnap: "), *lines[1:][-1:]])
        dropped[module] = sentence.replace(f"{REPOSITORY}/", "")
        modules.remove(module)
    raise NoImage(f"more than {MAX_DROPPED} modules are refused: {', '.join(dropped)}")


def stamp(*parts: object) -> str:
    """A digest of pysnap's files and of what else an image is made from."""
    state = hashlib.sha256(repr(parts).encode())
    for folder in (images.binaries(), images.binaries().parent / "lib"):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                state.update(hashlib.sha256(path.read_bytes()).digest())
    return state.hexdigest()[:16]


def empty(directory: Path) -> Path:
    """The directory, new and empty."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory


def processor() -> str:
    """The machine, for results."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"model name\s*:\s*(.*)", text)
    return f"{os.cpu_count()} cores of {model[1] if model else 'unknown'}, Linux {os.uname().release}"
