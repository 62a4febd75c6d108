"""What the tests of launches without a named image share."""

import json
import subprocess
from pathlib import Path

from workshop import PYSNAP, RUN, CommandTest, python, run

NO_IMAGE = "pysnap-run: plain Python runs instead of the image: there is no image of this program yet"


class LearningTest(CommandTest):
    """A directory with programs, a home with a cache, and no image to begin with."""

    def setUp(self) -> None:
        super().setUp()
        self.interpreter = python()
        self.home = self.directory / "home"
        self.home.mkdir()

    def write(self, name: str, text: str) -> Path:
        """A file of the program's."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def variables(self, **changes: str) -> dict[str, str]:
        """`python3` on PATH is the interpreter of the test."""
        return {"PATH": f"{self.interpreter.parent}:/usr/bin:/bin", "HOME": str(self.home),
                "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", **changes}

    def launch(self, *arguments: object, **changes: str) -> subprocess.CompletedProcess:
        """With the reason on standard error where plain Python runs."""
        return run(RUN, "--explain", *arguments, cwd=self.directory, env=self.variables(**changes))

    def learn(self, *arguments: object, **changes: str) -> subprocess.CompletedProcess:
        """A launch that makes the image before it ends."""
        return self.launch("--build-now", *arguments, **changes)

    def plain(self, *arguments: object, **changes: str) -> subprocess.CompletedProcess:
        """The program under plain Python."""
        return run(self.interpreter.parent / "python3", *arguments, cwd=self.directory,
                   env=self.variables(**changes))

    def cached(self) -> list[dict]:
        """What `pysnap cache list` says."""
        listed = run(PYSNAP, "cache", "list", "--json", env=self.variables())
        self.assertEqual("", listed.stderr)
        return json.loads(listed.stdout)

    def modules_of(self, program: dict) -> list[str]:
        """What is prepared in a program's image."""
        shown = run(PYSNAP, "inspect", "--json", program["images"][0]["path"])
        return json.loads(shown.stdout)["modules"]

    def builders(self) -> list[int]:
        """Builds that are under way for this test's cache."""
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            try:
                environ = (path / "environ").read_bytes()
                words = (path / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[1:2] == [b"learn"] and f"HOME={self.home}".encode() in environ:
                found.append(int(path.name))
        return found

    def assert_same(self, expected: subprocess.CompletedProcess,
                    actual: subprocess.CompletedProcess, reason: str = "") -> None:
        """Output and status; what `--explain` says comes first on standard error."""
        self.assertEqual((expected.stdout, expected.returncode),
                         (actual.stdout, actual.returncode), actual.stderr)
        self.assertEqual(f"{reason}\n{expected.stderr}" if reason else expected.stderr,
                         actual.stderr)

    def assert_learned(self, *arguments: object, **changes: str) -> None:
        """The first launch is plain Python's and says so, the second comes from the image."""
        expected = self.plain(*arguments, **changes)
        self.assert_same(expected, self.learn(*arguments, **changes), NO_IMAGE)
        self.assert_same(expected, self.launch(*arguments, **changes))
