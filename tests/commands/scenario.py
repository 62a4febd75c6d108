"""An image, a change of something it depends on, and what a launch does then."""

import subprocess
from pathlib import Path

from workshop import CommandTest, build, environment, launch, python, run

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

    def make(self, *arguments: object, **options: object) -> None:
        """Builds the image, of `app` unless told otherwise; a launch uses it."""
        built = build(self.image, *(arguments or ("-m", "app")), interpreter=self.interpreter,
                      env=self.variables(), **options)
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
        self.assertEqual("", ours.stderr)

    def assert_noticed(self, path: str | Path) -> None:
        """Plain Python runs, because of this path."""
        ours, plain = self.launches()
        self.assert_same(ours, plain)
        self.assertIn("plain Python runs instead of the image: ", ours.stderr)
        self.assertIn(f"{self.directory / path} has ", ours.stderr.splitlines()[0])
