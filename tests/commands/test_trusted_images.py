"""Images whose dependencies nobody compares, images made from images, and builds that cannot record."""

import ctypes
import json
import os
import shutil
import struct
import unittest

from scenario import Scenario
from workshop import (FAILED, INPUT, PYSNAP, RUN, build, launch, plain_image, run)


class SealTest(Scenario):
    """`pysnap seal`."""

    def seal(self) -> None:
        """Seals the image."""
        done = run(PYSNAP, "seal", self.image)
        self.assertEqual((0, "", ""), (done.returncode, done.stdout, done.stderr))

    def identity(self) -> dict:
        """What `pysnap inspect` says of the image."""
        return json.loads(run(PYSNAP, "inspect", "--json", self.image).stdout)["identity"]

    def test_changes_of_what_it_depends_on_are_not_noticed(self):
        self.make()
        self.seal()
        self.assert_unnoticed()
        self.write("second/app.py", "VALUE = 2\n")
        ours, _ = self.launches()
        self.assertEqual((0, "1\n", ""), (ours.returncode, ours.stdout, ours.stderr))

    def test_libraries_are_compared_all_the_same(self):
        found = run(self.interpreter, "-c", "import _lsprof; print(_lsprof.__file__)")
        library = shutil.copy(found.stdout.strip(), self.directory / "second")
        self.write("second/app.py", "import _lsprof\nVALUE = _lsprof.__file__\n")
        self.make()
        self.seal()
        os.utime(library, (1, 1))
        self.assert_noticed(library)

    def test_sealed_image_is_whole_and_says_that_it_is_trusted(self):
        self.make()
        before = self.identity()
        self.assertEqual((False, "at each launch"),
                         (before["trusted"], before["dependencies_compared"]))
        self.image.chmod(0o750)
        self.seal()
        self.assertEqual(0o750, self.image.stat().st_mode & 0o777)
        self.assertEqual(0, run(PYSNAP, "verify", self.image).returncode)
        self.assertEqual({**before, "trusted": True,
                          "dependencies_compared": "none: the image is trusted"}, self.identity())
        bytes_of_it = self.image.read_bytes()
        self.seal()
        self.assertEqual(bytes_of_it, self.image.read_bytes())

    def test_image_is_replaced_in_one_step(self):
        self.make()
        os.link(self.image, self.directory / "same")
        before = self.image.read_bytes()
        self.seal()
        self.assertEqual(before, (self.directory / "same").read_bytes())
        self.assertNotEqual(before, self.image.read_bytes())
        self.assert_files("first", "second", "same", "x.image")

    def test_what_cannot_be_sealed(self):
        text = self.write("text", "no image")
        self.assert_refused(run(PYSNAP, "seal", text), INPUT, text, "it is not a pysnap image")
        missing = self.directory / "missing"
        self.assert_refused(run(PYSNAP, "seal", missing), FAILED, missing, "No such file")
        self.make()
        with open(self.image, "r+b") as image:
            image.truncate(self.image.stat().st_size - 1)
        self.assert_refused(run(PYSNAP, "seal", self.image), INPUT, self.image, "size")

    def test_full_disk_leaves_the_image_as_it_was(self):
        shutil.copy2(plain_image(), self.image)
        done = run("sh", "-c", 'ulimit -f 1000; exec "$@"', "sh", PYSNAP, "seal", self.image)
        self.assert_refused(done, FAILED, self.image, "File too large")
        self.assertEqual(plain_image().read_bytes(), self.image.read_bytes())
        self.assert_files("first", "second", "x.image")


class FromTest(Scenario):
    """`pysnap build --from`: what the base depends on counts, and what the program adds."""

    SCRIPT = "import pysnap, app, more\npysnap.checkpoint()\nprint(app.VALUE, more.VALUE)\n"

    def setUp(self) -> None:
        super().setUp()
        self.write("second/more.py", "VALUE = 1\n")
        self.script = self.write("script.py", self.SCRIPT)
        self.base = self.directory / "base.image"
        built = build(self.base, "-m", "app", env=self.variables())
        self.assertEqual(0, built.returncode, built.stderr)

    def make_from_base(self) -> str:
        """Builds; what went wrong."""
        built = run(PYSNAP, "build", "--from", self.base, "--script", self.script, "-o", self.image,
                    env=self.variables())
        return built.stderr

    def launched(self) -> tuple[str, str]:
        """What a launch prints, and why plain Python ran."""
        done = run(RUN, "--explain", "--image", self.image, env=self.variables())
        return done.stdout, done.stderr

    def test_changes_of_both_are_noticed(self):
        for name in ("app", "more"):
            self.assertEqual("", self.make_from_base())
            self.assertEqual(("1 1\n", ""), self.launched())
            path = self.write(f"second/{name}.py", "VALUE = 2\n")
            self.assertIn(f"{path} has changed", self.launched()[1])
            path.unlink()
            shutil.copy2(self.write("again", "VALUE = 1\n"), path)
            built = build(self.base, "-m", "app", env=self.variables())
            self.assertEqual(0, built.returncode, built.stderr)

    def test_new_module_before_one_of_the_base_or_of_the_program(self):
        self.assertEqual("", self.make_from_base())
        for name in ("app", "more"):
            self.assertEqual(("1 1\n", ""), self.launched())
            path = self.write(f"first/{name}.py", "VALUE = 2\n")
            self.assertIn(f"{self.directory / 'first'} has other entries", self.launched()[1])
            path.unlink()

    def test_base_that_is_out_of_date(self):
        path = self.write("second/app.py", "VALUE = 2\n")
        self.assertIn(f"base.image cannot be launched: the file {path} has changed",
                      self.make_from_base())

    def test_base_that_is_trusted(self):
        self.assertEqual(0, run(PYSNAP, "seal", self.base).returncode)
        self.write("second/app.py", "VALUE = 2\n")
        self.assertEqual("", self.make_from_base())
        self.assertEqual(("1 1\n", ""), self.launched())


class UnknownTest(Scenario):
    """Where the kernel lets nobody listen, there is an image that says so."""

    def test_build_goes_on_with_a_notice(self):
        built = build(self.image, "-m", "app", env=self.variables(), preexec_fn=forbid_listeners)
        self.assertEqual((0, ""), (built.returncode, built.stderr))
        self.assertIn("note: what the image depends on could not be recorded: the kernel allows no "
                      "listener: Device or resource busy", built.stdout)
        facts = json.loads(run(PYSNAP, "inspect", "--json", self.image).stdout)
        self.assertEqual("none: they could not be recorded",
                         facts["identity"]["dependencies_compared"])
        self.assertEqual([], facts["dependencies"])
        self.assert_unnoticed()
        done = launch(self.image, "-c", "import app; print(app.VALUE)", env=self.variables())
        self.assertEqual("1\n", done.stdout)


def forbid_listeners() -> None:
    """From here on seccomp(2) with SECCOMP_FILTER_FLAG_NEW_LISTENER fails with EBUSY, as it does
    where somebody listens already."""
    load, jump_if_equal, jump_if_bit, end = 0x20, 0x15, 0x45, 0x06
    system_call, new_listener, busy = 317, 1 << 3, 16
    rules = [(load, 0, 0, 0), (jump_if_equal, 0, 3, system_call), (load, 0, 0, 24),
             (jump_if_bit, 0, 1, new_listener), (end, 0, 0, 0x50000 | busy), (end, 0, 0, 0x7fff0000)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(rules),
                                                      ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    set_no_new_privileges, set_seccomp, filter_mode = 38, 22, 2
    if libc.prctl(set_no_new_privileges, 1, 0, 0, 0) or libc.prctl(set_seccomp, filter_mode, program):
        raise OSError(ctypes.get_errno(), "no filter")


if __name__ == "__main__":
    unittest.main()
