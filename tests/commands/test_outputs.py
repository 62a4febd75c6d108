"""`pysnap build` where the image cannot be stored: one sentence, nothing left, nothing lost."""

import os
import re
import resource
import shutil
import unittest
from pathlib import Path

from workshop import (FAILED, INPUT, PYSNAP, USAGE, CommandTest, build, in_private_mounts, launch,
                      may_unshare_mounts, plain_image, python, run)


class OutputTest(CommandTest):
    """The output's name and its place are checked before the long work."""

    def test_missing_directory_is_named(self):
        result = build(self.directory / "missing" / "x.image")
        self.assert_refused(result, INPUT, self.directory / "missing", "does not exist", "create")
        self.assert_files()

    def test_file_in_place_of_a_directory_is_named(self):
        self.write("file", "content")
        result = build(self.directory / "file" / "x.image")
        self.assert_refused(result, INPUT, self.directory / "file")
        self.assert_files("file")

    def test_directory_as_output_is_named(self):
        (self.directory / "folder").mkdir()
        for output in ("folder", "folder/"):
            result = build(f"{self.directory}/{output}")
            self.assert_refused(result, INPUT, self.directory / "folder", "name")
        self.assert_files("folder")

    def test_empty_output_is_refused(self):
        result = build("", cwd=self.directory)
        self.assertIn(result.returncode, (USAGE, INPUT), result.stderr)
        self.assertNotIn("cannot be published", result.stderr)
        self.assert_files()

    def test_output_that_is_no_regular_file_is_not_replaced(self):
        pipe = self.directory / "pipe"
        os.mkfifo(pipe)
        self.assert_refused(build(pipe), INPUT, pipe, "is not a regular file")
        self.assertTrue(pipe.is_fifo())
        self.assert_files("pipe")

    def test_output_with_a_name_too_long_is_refused(self):
        result = build(self.directory / ("x" * 300))
        self.assertIn(result.returncode, (INPUT, FAILED), result.stderr)
        self.assertNotIn("unexpected", result.stderr)
        self.assertIn("File name too long", result.stderr)
        self.assert_files()

    def test_name_so_long_that_only_its_temporary_form_does_not_fit_is_refused(self):
        result = build(self.directory / ("x" * 250))
        self.assertIn(result.returncode, (INPUT, FAILED), result.stderr)
        self.assertIn("File name too long", result.stderr)
        self.assert_files()

    def test_read_only_directory_is_named(self):
        if not may_unshare_mounts():
            self.skipTest("no private mount namespace here, and root writes everywhere")
        result = in_private_mounts(
            'mount --bind "$1" "$1"; mount -o remount,ro,bind "$1"; shift; exec "$@"',
            self.directory, PYSNAP, "build", "--python", python(),
            "-o", self.directory / "x.image")
        self.assert_refused(result, FAILED, self.directory, "Read-only file system")
        self.assert_files()

    def test_name_in_a_directory_of_the_kernel_is_refused(self):
        result = build("/proc/x.image")
        self.assertIn(result.returncode, (INPUT, FAILED), result.stderr)
        self.assertIn("/proc", result.stderr)

    def test_full_disk_leaves_nothing(self):
        if not may_unshare_mounts():
            self.skipTest("no private mount namespace here for a small file system")
        for size in ("4k", "64k", "1m", "4m"):
            with self.subTest(size):
                result = in_private_mounts(
                    'mount -t tmpfs -o size="$2" none "$1"; folder=$1; shift 2; status=0; '
                    '"$@" || status=$?; ls -A "$folder"; exit $status',
                    self.directory, size, PYSNAP, "build", "--python", python(),
                    "-o", self.directory / "x.image")
                self.assert_refused(result, FAILED, self.directory, "No space left on device")
        self.assert_files()

    def test_file_size_limit_leaves_nothing(self):
        for limit in (100_000, 3_000_000):
            with self.subTest(limit):
                result = build(self.directory / "x.image", preexec_fn=lambda: resource.setrlimit(
                    resource.RLIMIT_FSIZE, (limit, limit)))
                self.assert_refused(result, FAILED, "File too large")
                self.assert_files()

    def test_older_image_survives_a_build_that_fails(self):
        image = self.copy_of_image("x.image")
        before = image.read_bytes()
        for arguments in (["-m", "module_that_nobody_has"], ["--warm-up", "/nowhere/warm.py"]):
            self.assertNotEqual(0, build(image, *arguments).returncode)
            self.assertEqual(before, image.read_bytes())
        self.assert_files("x.image")

    def test_older_image_is_replaced_by_a_build_that_works(self):
        image = self.copy_of_image("x.image")
        before = image.stat().st_ino
        self.assertEqual(0, build(image).returncode)
        self.assertNotEqual(before, image.stat().st_ino)
        self.assert_files("x.image")

    def test_other_name_in_the_current_directory_is_used(self):
        result = build("x.image", cwd=self.directory)
        self.assertEqual(0, result.returncode, result.stderr)
        self.assert_files("x.image")
        launched = launch("x.image", "-c", "print(1)", cwd=self.directory)
        self.assertEqual("1\n", launched.stdout)


class OptionTest(CommandTest):
    """The command line of `pysnap`."""

    def assert_usage_error(self, *arguments: object, says: str) -> None:
        """Status 2 and a sentence about the mistake."""
        result = run(PYSNAP, *arguments, cwd=self.directory)
        self.assertEqual(USAGE, result.returncode, result.stderr)
        self.assertIn(says, result.stderr)
        self.assertEqual("", result.stdout)
        self.assert_files()

    def test_no_command(self):
        self.assert_usage_error(says="subcommand")

    def test_unknown_command(self):
        self.assert_usage_error("freeze", says="freeze")

    def test_unknown_option(self):
        self.assert_usage_error("build", "--bogus", "-o", "x.image", says="--bogus")

    def test_missing_output(self):
        self.assert_usage_error("build", says="--output is required")

    def test_option_without_its_value(self):
        for option in ("-o", "-m", "--python", "--warm-up"):
            self.assert_usage_error("build", option, says=option)

    def test_missing_image(self):
        for command in ("inspect", "verify"):
            self.assert_usage_error(command, says="IMAGE is required")

    def test_surplus_argument(self):
        self.assert_usage_error("verify", "one", "two", says="two")

    def test_help_and_version_succeed(self):
        self.assertIn("build", run(PYSNAP, "--help").stdout)
        self.assertRegex(run(PYSNAP, "--version").stdout, r"^pysnap \d+\.\d+")
        for command in ("build", "inspect", "verify"):
            self.assertEqual(0, run(PYSNAP, command, "--help").returncode)

    def test_incomplete_installation_is_named(self):
        for part in ("pysnap-run", "pysnap-boot", "pysnap-agent.so"):
            with self.subTest(part):
                home = self.directory / "installed"
                shutil.copytree(PYSNAP.parent, home / "bin")
                shutil.copytree(PYSNAP.parent.parent / "lib", home / "lib")
                for path in home.rglob(part):
                    path.unlink()
                result = run(home / "bin" / "pysnap", "build", "-o", self.directory / "x.image")
                self.assert_refused(result, INPUT, part, "install pysnap completely")
                shutil.rmtree(home)
                self.assert_files()

    def test_summary_gives_size_modules_mappings_and_time(self):
        result = build(self.directory / "x.image", "-m", "json")
        self.assertEqual((0, ""), (result.returncode, result.stderr))
        self.assertRegex(result.stdout.splitlines()[0], re.escape(str(self.directory / "x.image"))
                         + r": CPython 3\.\d+\.\d+, \d+ modules, [\d.]+ MB, \d+ mappings "
                         r"\(of \d+\), [\d.]+ s")

    def test_remains_of_a_killed_build_are_removed_by_the_next_one(self):
        abandoned = self.directory / "x.image.building-4194999"  # no process has such a number
        abandoned.write_text("part of an image")
        result = build(self.directory / "x.image")
        self.assertEqual((0, ""), (result.returncode, result.stderr))
        self.assertFalse(abandoned.exists())

    def test_build_writes_no_bytecode_where_the_environment_forbids_it(self):
        self.write("quiet.py", "answer = 42\n")
        result = build(self.directory / "x.image", "-m", "quiet",
                       env={"PYTHONPATH": str(self.directory), "PATH": "/usr/bin",
                            "PYTHONDONTWRITEBYTECODE": "1"})
        self.assertEqual((0, ""), (result.returncode, result.stderr))
        self.assertFalse((self.directory / "__pycache__").exists())

    def test_notices_tell_what_imports_printed(self):
        self.write("chatty.py", "print('hello from an import')\n")
        result = build(self.directory / "x.image", "-m", "chatty",
                       env={"PYTHONPATH": str(self.directory), "PATH": "/usr/bin"})
        self.assertIn("hello from an import", result.stdout)
        self.assertEqual(0, result.returncode, result.stderr)


class SignalTest(CommandTest):
    """What pysnap does to its own signals stays its own."""

    def test_signal_of_the_file_size_limit_is_not_ignored_in_a_launch(self):
        show = "import signal; print(signal.getsignal(signal.SIGXFSZ))"
        self.assertEqual(run(python(), "-c", show).stdout, launch(plain_image(), "-c", show).stdout)

    def test_signals_ignored_while_building_are_not_ignored_in_a_launch(self):
        # posix_spawn(3) leaves the C library's own signals 32 and 33 ignored in its children.
        ignore = ("import ctypes, os, sys; action = (ctypes.c_uint64 * 4)(1, 0, 0, 0); "
                  "call = ctypes.CDLL(None).syscall; "
                  "[call(13, number, action, None, 8) for number in (1, 32, 33)]; "
                  "os.execv(sys.argv[1], sys.argv[1:])")
        image = self.directory / "x.image"
        result = run(python(), "-c", ignore, PYSNAP, "build", "--python", python(), "-o", image)
        self.assertEqual(0, result.returncode, result.stderr)
        show = "print([l for l in open('/proc/self/status') if 'SigIgn' in l])"
        self.assertEqual(run(python(), "-c", show).stdout, launch(image, "-c", show).stdout)


if __name__ == "__main__":
    unittest.main()
