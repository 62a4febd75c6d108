"""An image, a change of something it depends on, and what the next launches do then."""

import subprocess
from pathlib import Path

from workshop import RUN, CommandTest, build, environment, launch, python, run

VALUE = "import app; print(app.VALUE)"


class Scenario(CommandTest):
    """An image of the module `app`, found in `second`, which `sys.path` has behind `first`."""

    def setUp(self) -> None:
        super().setUp()
        self.image = self.directory / "x.image"
        self.interpreter = python()
        self.program = ("-c", VALUE)
        self.changes: dict[str, str | None] = {}
        (self.directory / "first").mkdir()
        self.write("second/app.py", "VALUE = 1\n")

    def variables(self) -> dict[str, str]:
        """The variables of builds and launches."""
        path = f"{self.directory / 'first'}:{self.directory / 'second'}"
        return environment(**{"PYTHONPATH": path, **self.changes})

    def make(self) -> None:
        """Builds the image; a launch uses it."""
        built = build(self.image, "-m", "app", interpreter=self.interpreter, env=self.variables())
        self.assertEqual(0, built.returncode, built.stderr)
        self.assertNotIn("could not be recorded", built.stdout)
        self.assert_unnoticed()

    def launches(self) -> tuple[subprocess.CompletedProcess, subprocess.CompletedProcess]:
        """The program from the image, and under plain Python."""
        return (launch(self.image, "--explain", *self.program, env=self.variables()),
                run(self.interpreter, *self.program, env=self.variables()))

    def assert_same(self, ours: subprocess.CompletedProcess,
                    plain: subprocess.CompletedProcess) -> None:
        """Output and status are those of plain Python now."""
        self.assertEqual((plain.returncode, plain.stdout), (ours.returncode, ours.stdout),
                         ours.stderr)

    def assert_unnoticed(self) -> None:
        """The image is used, and does what plain Python does now."""
        ours, plain = self.launches()
        self.assert_same(ours, plain)
        self.assertEqual(plain.stderr, ours.stderr)

    def assert_noticed(self, path: str | Path) -> None:
        """Plain Python runs, because of this path."""
        ours, plain = self.launches()
        self.assert_same(ours, plain)
        self.assertIn("plain Python runs instead of the image: ", ours.stderr)
        self.assertIn(f"{self.directory / path} has ", ours.stderr.splitlines()[0])


class Cycle(Scenario):
    """The same without an image that is named: launches make it, and make it again."""

    def setUp(self) -> None:
        super().setUp()
        self.cache = self.directory / "cache"
        # A directory of its own: where a program's project is, its modules are looked for, too.
        self.project = self.write("project/pysnap.toml", "modules = ['app']\n").parent

    def variables(self) -> dict[str, str]:
        return {**super().variables(), "PYSNAP_CACHE": str(self.cache),
                "PATH": f"{self.interpreter.parent}:/usr/bin:/bin"}

    def make(self) -> None:
        """The first launch is plain Python's and makes the image; the second uses it."""
        ours, plain = self.launches()
        self.assert_same(ours, plain)
        self.assertIn("there is no image of this program yet", ours.stderr)
        self.assert_unnoticed()

    def launches(self) -> tuple[subprocess.CompletedProcess, subprocess.CompletedProcess]:
        """The program, whose image is made when it has ended if it had none; and plain Python."""
        place = {"cwd": self.project, "env": self.variables()}
        return (run(RUN, "--explain", "--build-now", *self.program, **place),
                run(self.interpreter.parent / "python3", *self.program, **place))

    def when_made(self) -> list[int]:
        """The times of the images."""
        return sorted(path.stat().st_ctime_ns for path in self.cache.glob("*/*.image"))

    def assert_unnoticed(self) -> None:
        """One image is used, and not made again."""
        before = self.when_made()
        super().assert_unnoticed()
        self.assertEqual((1, before), (len(before), self.when_made()))

    def assert_noticed(self, path: str | Path) -> None:
        """This launch is plain Python's, because of this path; the next has an image again."""
        super().assert_noticed(path)
        self.assert_unnoticed()

    def assert_noticed_and_in_vain(self, path: str | Path) -> None:
        """What is there now makes no image: plain Python runs, and says so."""
        super().assert_noticed(path)
        ours, plain = self.launches()
        self.assert_same(ours, plain)
        self.assertIn("plain Python runs instead of the image: ", ours.stderr)
        self.assertEqual(1, len(list(self.cache.glob("*/failed"))))
