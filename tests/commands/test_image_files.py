"""Images as files: every byte labelled, and accepted by the tools for ELF files."""

import json
import shutil
import unittest

from workshop import PYSNAP, CommandTest, build, interpreters, plain_image, run


class ImageFileTest(CommandTest):
    """What `pysnap inspect`, readelf and eu-elflint say about an image."""

    def images(self):
        """An image of each interpreter, one after the other."""
        for interpreter in interpreters():
            image = self.directory / "x.image"
            built = build(image, "-m", "asyncio", "-m", "sqlite3", interpreter=interpreter)
            self.assertEqual(0, built.returncode, built.stderr)
            yield interpreter, image

    def test_labelled_bytes_add_up_to_the_file(self):
        for interpreter, image in self.images():
            with self.subTest(str(interpreter)):
                facts = json.loads(run(PYSNAP, "inspect", "--json", image).stdout)
                size = image.stat().st_size
                self.assertEqual(size, facts["bytes"]["total"])
                end = 0
                for part in facts["bytes"]["ranges"]:
                    self.assertEqual(end, part["offset"])
                    end += part["size"]
                self.assertEqual(size, end)
                self.assertEqual(size, facts["identity"]["file_size"])

    def test_inspect_names_interpreter_modules_and_dependencies(self):
        for interpreter, image in self.images():
            with self.subTest(str(interpreter)):
                facts = json.loads(run(PYSNAP, "inspect", "--json", image).stdout)
                self.assertEqual(str(interpreter), facts["identity"]["interpreter"])
                self.assertIn("asyncio.events", facts["modules"])
                paths = [file["path"] for file in facts["files"]]
                self.assertIn(str(interpreter.resolve()), paths)
                self.assertTrue(any("libc.so" in path for path in paths), paths)
                self.assertEqual(len(paths), len(set(paths)))
                sources = [entry["path"] for entry in facts["dependencies"]]
                self.assertTrue(any(path.endswith("asyncio/events.py") for path in sources))
                self.assertEqual(len(sources), len(set(sources)))

    def test_text_of_inspect_has_the_same_total(self):
        image = plain_image()
        text = run(PYSNAP, "inspect", image)
        size = image.stat().st_size
        self.assertEqual((0, ""), (text.returncode, text.stderr))
        self.assertIn(f"{size}  total (file size {size})", text.stdout)

    def test_verify_checks_every_byte(self):
        for interpreter, image in self.images():
            with self.subTest(str(interpreter)):
                size = image.stat().st_size
                done = run(PYSNAP, "verify", image)
                self.assertEqual((0, ""), (done.returncode, done.stderr))
                self.assertIn(f"sound, {size} of {size} bytes checked", done.stdout)

    def test_readelf_reads_the_whole_file_without_a_warning(self):
        if shutil.which("readelf") is None:
            self.skipTest("readelf is missing: scripts/install-packages test")
        for interpreter, image in self.images():
            with self.subTest(str(interpreter)):
                done = run("readelf", "--all", "--wide", image)
                self.assertEqual((0, ""), (done.returncode, done.stderr))
                self.assertNotIn("arning", done.stdout)
                self.assertIn(".pysnap.metadata", done.stdout)

    def test_elflint_accepts_the_file(self):
        if shutil.which("eu-elflint") is None:
            self.skipTest("eu-elflint is missing: scripts/install-packages test")
        for interpreter, image in self.images():
            with self.subTest(str(interpreter)):
                done = run("eu-elflint", image)
                self.assertEqual((0, "No errors\n", ""),
                                 (done.returncode, done.stdout, done.stderr))


if __name__ == "__main__":
    unittest.main()
