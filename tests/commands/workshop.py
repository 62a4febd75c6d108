"""What the command tests share: the binaries, interpreters, scratch directories, assertions."""

import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BINARIES = Path(os.environ.get("PYSNAP_BIN_DIR") or REPOSITORY / "build" / "release" / "bin")
PYSNAP = BINARIES / "pysnap"
RUN = BINARIES / "pysnap-run"
RESEAL = BINARIES.parent / "tests" / "reseal"
DEBIAN_PYTHON = Path("/usr/bin/python3.11")

# launcher/exit_status.h and restore/give_way.h
USAGE, INPUT, REFUSED, FAILED, LAUNCHER_FAILED = 2, 3, 4, 5, 125


@cache
def pie_pythons() -> dict[str, Path]:
    """Position-independent interpreters of the supported versions, newest patch release each."""
    found = {}
    for version in ("3.10", "3.11", "3.12", "3.13"):
        for path in sorted((Path.home() / ".pyenv" / "versions").glob(
                f"{version}.*/bin/python{version}")):
            found[version] = path
    return found


@cache
def interpreters() -> list[Path]:
    """One of each kind: Debian's fixed-address one and the position-independent ones."""
    found = [DEBIAN_PYTHON] if DEBIAN_PYTHON.exists() else []
    return found + list(pie_pythons().values())


def python() -> Path:
    """The interpreter of tests for which any will do."""
    if not interpreters():
        raise unittest.SkipTest("no supported interpreter on this machine")
    return interpreters()[0]


def environment(**changes: str | None) -> dict[str, str]:
    """The variables of every command; a change to None leaves one out."""
    variables = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent",
                 "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", **changes}
    return {name: value for name, value in variables.items() if value is not None}


def run(*arguments: object, env: dict | None = None, **options: object
        ) -> subprocess.CompletedProcess:
    """A command with collected output; bytes that are no text are shown escaped."""
    options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([str(argument) for argument in arguments], capture_output=True,
                          text=True, errors="backslashreplace", timeout=120, check=False,
                          env=environment() if env is None else env, **options)


def build(output: Path, *arguments: object, interpreter: Path | None = None,
          env: dict | None = None, **options: object) -> subprocess.CompletedProcess:
    """`pysnap build` with an interpreter that is there, unless another one is asked for."""
    return run(PYSNAP, "build", "--python", interpreter or python(), *arguments, "-o", output,
               env=env, **options)


def launch(image: Path, *arguments: object, env: dict | None = None, **options: object
           ) -> subprocess.CompletedProcess:
    """`pysnap-run` with an image."""
    return run(RUN, "--image", image, *arguments, env=env, **options)


@cache
def scratch() -> Path:
    """A directory for what is built once; it goes with this process."""
    directory = Path(tempfile.mkdtemp(prefix="pysnap-commands-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return directory


@cache
def plain_image() -> Path:
    """An image without extra modules, built once; tests copy it before they change it."""
    image = scratch() / "plain.image"
    result = build(image, "-m", "json")
    if result.returncode != 0:
        raise AssertionError(f"no image to test with: {result.stderr}")
    return image


class CommandTest(unittest.TestCase):
    """A test with a directory of its own, which stays when the test fails."""

    runner = "tests/commands/test_commands.py"

    def setUp(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="pysnap-commands-"))

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        """Runs the test; says where the files of a failed one are and how to repeat it."""
        self.directory = None
        before = len(result.failures) + len(result.errors)
        finished = super().run(result)
        failed = len(result.failures) + len(result.errors) > before
        if self.directory is None:
            return finished
        if failed:
            print(f"\nkept:   {self.directory}\nrepeat: {self.runner} {self.id()}",
                  file=sys.stderr, flush=True)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)
        return finished

    def write(self, name: str, text: str) -> Path:
        """A file in the test's directory."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def script(self, name: str, text: str) -> Path:
        """An executable shell script in the test's directory."""
        path = self.write(name, "#!/bin/sh\n" + text)
        path.chmod(0o755)
        return path

    def copy_of_image(self, name: str = "copy.image") -> Path:
        """A copy of the plain image that the test may damage."""
        return Path(shutil.copy2(plain_image(), self.directory / name))

    def assert_refused(self, result: subprocess.CompletedProcess, status: int, *parts: str,
                       lines: int | None = 1) -> None:
        """The command failed with this status and a sentence that contains the parts.

        `lines`: how many there may be; None where a traceback or a list is due.
        """
        what = f"\nstatus {result.returncode}\nstdout: {result.stdout}\nstderr: {result.stderr}"
        self.assertEqual(status, result.returncode, what)
        self.assertEqual("", result.stdout, what)
        self.assertRegex(result.stderr, r"^pysnap(-run)?: \S", what)
        self.assertTrue(result.stderr.endswith("\n"), what)
        if lines is not None:
            self.assertEqual(lines, result.stderr.count("\n"), what)
        for part in parts:
            self.assertIn(str(part), result.stderr)

    def assert_files(self, *names: str) -> None:
        """The test's directory holds these entries and nothing else."""
        self.assertEqual(sorted(names), sorted(os.listdir(self.directory)))

    def assert_succeeds(self, result: subprocess.CompletedProcess) -> None:
        """The command ended with status 0 and without a word on standard error."""
        self.assertEqual((0, ""), (result.returncode, result.stderr), result.stdout)


def may_unshare_mounts() -> bool:
    """Whether a private mount namespace can be made here."""
    return run("unshare", "--mount", "true").returncode == 0


def in_private_mounts(script: str, *arguments: object, **options: object
                      ) -> subprocess.CompletedProcess:
    """Runs a shell script in a mount namespace of its own; its mounts end with it."""
    return run("unshare", "--mount", "sh", "-ec", script, "sh", *arguments, **options)


def parts_of(image: Path) -> dict[str, tuple[int, int]]:
    """Offset and size of the parts of an image's sealed front, and of its segments."""
    if not RESEAL.exists():
        raise unittest.SkipTest(f"no {RESEAL}: build the target `tests`")
    listed = run(RESEAL, "--layout", image)
    parts, segments = {}, 0
    for name, offset, size in re.findall(r"^(\w+) (\d+) (\d+)$", listed.stdout, re.MULTILINE):
        if name == "segment":
            name, segments = f"segment {segments}", segments + 1
        parts[name] = (int(offset), int(size))
    return parts


def reseal(image: Path, field: str, value: int) -> None:
    """Changes a field of the header and seals the image again."""
    if not RESEAL.exists():
        raise unittest.SkipTest(f"no {RESEAL}: build the target `tests`")
    changed = run(RESEAL, image, field, value)
    if changed.returncode != 0:
        raise AssertionError(changed.stderr)
