"""Values of the builder's environment in an image: reported where an import keeps them, else not
there at all."""

import json
import unittest
from pathlib import Path

from workshop import PYSNAP, CommandTest, build, environment, interpreters, run

TOKEN = "tok-5f1e9c07-long-and-secret"
HOLDS = "note: the image holds the values of these variables, as its imports have kept them: "


class CapturedVariablesTest(CommandTest):
    """A module, and what it does with a variable."""

    def setUp(self) -> None:
        super().setUp()
        self.image = self.directory / "x.image"

    def build(self, source: str, interpreter=None, **changes: str) -> str:
        """Builds an image with this module; returns the report."""
        self.write("module.py", f"import os\n{source}\n")
        env = environment(API_TOKEN=TOKEN, PYTHONPATH=str(self.directory), **changes)
        done = build(self.image, "-m", "module", interpreter=interpreter, env=env)
        self.assert_succeeds(done)
        return done.stdout

    def captured(self) -> list[str]:
        """What `pysnap inspect` lists."""
        shown = run(PYSNAP, "inspect", self.image, "--json")
        return json.loads(shown.stdout)["captured_variables"]

    def assert_reported(self, source: str) -> None:
        """The value is in the image, and the build says so by name."""
        for interpreter in interpreters():
            with self.subTest(str(interpreter)):
                report = self.build(source, interpreter)
                self.assertIn(f"{HOLDS}API_TOKEN; whoever can read", report)
                self.assertNotIn(TOKEN, report)
                self.assertIn("API_TOKEN", self.captured())
                self.assertIn(TOKEN.encode(), self.image.read_bytes())

    def assert_absent(self, source: str, among: list[Path] | None = None) -> None:
        """The value is not in the image, and nothing is said."""
        for interpreter in among or interpreters():
            with self.subTest(str(interpreter)):
                report = self.build(source, interpreter)
                self.assertNotIn(HOLDS, report)
                self.assertNotIn("API_TOKEN", self.captured())
                self.assertNotIn(TOKEN.encode(), self.image.read_bytes())

    def test_value_in_a_global_is_reported(self):
        self.assert_reported("TOKEN = os.environ['API_TOKEN']")

    def test_value_in_a_larger_text_is_reported(self):
        self.assert_reported("URL = f'https://user:{os.getenv(\"API_TOKEN\")}@example.org/'")

    def test_value_that_c_code_has_kept_is_reported(self):
        self.assert_reported(
            "import ctypes\nC = ctypes.CDLL(None)\nC.strdup.restype = ctypes.c_void_p\n"
            "C.getenv.restype = ctypes.c_void_p\n"
            "COPY = C.strdup(ctypes.c_void_p(C.getenv(b'API_TOKEN')))")

    def test_value_that_was_only_read_is_not_in_the_image(self):
        self.assert_absent("LENGTH = len(os.environ['API_TOKEN'])\nHAS = bool(os.getenv('API_TOKEN'))")

    def test_long_text_that_was_dropped_is_not_in_the_image(self):
        # Python's allocator of objects hands blocks above 512 bytes on to malloc.
        self.assert_absent("parts = [os.environ['API_TOKEN'] * 40 + str(i) for i in range(50)]\n"
                           "LENGTH = len('-'.join(parts).encode())\ndel parts")

    def test_value_that_was_worked_with_is_not_in_the_image(self):
        # Frames of 3.10 have a part that nothing ever clears (f_blockstack).
        newer = [path for path in interpreters() if "3.10" not in path.name]
        self.assert_absent(
            "text = f'https://user:{os.environ[\"API_TOKEN\"]}@example.org/'\n"
            "PARTS = len(text.split('@')) + len(text.encode()) + len(text.upper())\n"
            "copies = [text + str(i) for i in range(2000)]\n"
            "del text, copies", newer)

    def test_value_that_nothing_reads_is_not_in_the_image(self):
        self.assert_absent("")

    def test_variables_of_every_session_are_listed_without_a_warning(self):
        report = self.build("HOST = os.environ['HOSTNAME']", HOSTNAME="build-machine-17")
        self.assertNotIn(HOLDS, report)
        self.assertIn("HOSTNAME", self.captured())

    def test_path_that_the_image_holds_anyway_is_none_of_them(self):
        self.build("PLACE = os.environ['PLACE']", PLACE=str(self.directory))
        self.assertEqual([], [name for name in self.captured() if name == "PLACE"])


if __name__ == "__main__":
    unittest.main()
