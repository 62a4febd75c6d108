"""Images that were cut, changed or are none: status 125 and a sentence, never a crash."""

import json
import os
import random
import shutil
import struct
import subprocess
import unittest
from pathlib import Path

from workshop import (INPUT, LAUNCHER_FAILED, PYSNAP, RESEAL, RUN, CommandTest, environment,
                      launch, parts_of, plain_image, reseal, run)

SEED = 20240229


class DamageTest(CommandTest):
    """A launch of a damaged image is refused before anything is mapped."""

    def assert_rejected(self, image: Path, *parts: str) -> None:
        """Neither a launch nor the commands accept the image."""
        result = launch(image, "-c", "print('ran')")
        self.assert_refused(result, LAUNCHER_FAILED, "cannot be used: ", image, "pysnap build",
                            *parts)

    def flip(self, image: Path, offset: int, bit: int) -> None:
        """Changes one bit of a file."""
        with open(image, "r+b") as file:
            file.seek(offset)
            byte = file.read(1)[0]
            file.seek(offset)
            file.write(bytes([byte ^ (1 << bit)]))

    def test_image_cut_at_any_point_is_rejected(self):
        image = self.copy_of_image()
        size = image.stat().st_size
        lengths = {0, 1, 63, 64, 65, size - 1, size - 4095, size - 4096, size - 4097}
        for offset, part_size in parts_of(image).values():
            lengths |= {offset - 1, offset, offset + 1, offset + part_size}
        numbers = random.Random(SEED)
        lengths |= {numbers.randrange(size) for _ in range(100)}
        lengths |= {numbers.randrange(20000) for _ in range(50)}
        # From long to short, so that one copy will do.
        for length in sorted((n for n in lengths if 0 <= n < size), reverse=True):
            with self.subTest(length=length):
                os.truncate(image, length)
                self.assert_rejected(image)

    def test_longer_image_is_rejected(self):
        image = self.copy_of_image()
        with open(image, "ab") as file:
            file.write(b"x")
        self.assert_rejected(image, "its size is not the one it was written with")

    def test_flipped_bits_in_headers_and_metadata_are_rejected(self):
        image = self.copy_of_image()
        parts = parts_of(image)
        sealed = sum(parts["metadata"])
        numbers = random.Random(SEED)
        places = {numbers.randrange(sealed) for _ in range(200)}
        for name in ("elf_header", "program_headers", "header", "regions", "files", "segments",
                     "modules", "environment", "hot_runs", "strings"):
            offset, size = parts[name]
            places |= {offset, offset + size - 1}
            places |= {offset + numbers.randrange(size) for _ in range(10)}
        for place in sorted(places):
            bit = numbers.randrange(8)
            with self.subTest(place=place, bit=bit):
                self.flip(image, place, bit)
                self.assert_rejected(image)
                self.flip(image, place, bit)
        self.assert_succeeds(launch(image, "-c", "pass"))

    def test_commands_reject_what_a_launch_rejects(self):
        image = self.copy_of_image()
        sealed = sum(parts_of(image)["metadata"])
        numbers = random.Random(SEED)
        for place in [0, 4, 18, 56, *(numbers.randrange(sealed) for _ in range(30))]:
            self.flip(image, place, 3)
            for command in ("inspect", "verify"):
                with self.subTest(place=place, command=command):
                    self.assert_refused(run(PYSNAP, command, image), INPUT, image, "pysnap build")
            self.flip(image, place, 3)
        for length in (0, 63, 64, 3000, 100000):
            os.truncate(image, length)
            for command in ("inspect", "verify"):
                with self.subTest(length=length, command=command):
                    self.assert_refused(run(PYSNAP, command, image), INPUT, image, "pysnap build")

    def test_verify_finds_a_flipped_bit_in_every_part(self):
        image = self.copy_of_image()
        size = image.stat().st_size
        self.assertEqual(0, run(PYSNAP, "verify", image).returncode)
        numbers = random.Random(SEED)
        segments = [part for name, part in parts_of(image).items() if name.startswith("segment ")]
        places = {offset + numbers.randrange(length) for offset, length in segments}
        places |= {size - 1} | {numbers.randrange(size) for _ in range(60)}
        for place in sorted(places):
            with self.subTest(place=place):
                self.flip(image, place, 5)
                result = run(PYSNAP, "verify", image)
                self.assert_refused(result, INPUT, image, "pysnap build")
                self.flip(image, place, 5)
        self.assertEqual(0, run(PYSNAP, "verify", image).returncode)

    def test_what_is_no_image_is_rejected(self):
        self.write("empty", "")
        self.write("text", "print('hello')\n" * 1000)
        shutil.copy("/bin/true", self.directory / "program")
        shutil.copy(RUN, self.directory / "launcher")
        for name in ("empty", "text", "program", "launcher"):
            with self.subTest(name):
                self.assert_rejected(self.directory / name, "it is not a pysnap image")
        self.assert_rejected(self.directory, "it is not a regular file")
        self.assert_rejected(self.directory / "missing", "it cannot be opened")
        os.mkfifo(self.directory / "pipe")
        self.assert_rejected(self.directory / "pipe", "it is not a regular file")
        self.assert_rejected(Path("/dev/null"), "it is not a regular file")

    def test_image_of_another_version_is_rejected(self):
        image = self.copy_of_image()
        reseal(image, "version", 1000)
        self.assert_rejected(image, "it was written by another version of pysnap")

    def test_image_that_was_never_finished_is_rejected(self):
        image = self.copy_of_image()
        reseal(image, "complete", 0)
        self.assert_rejected(image, "its writing was never finished")

    def assert_unfit(self, image: Path, why: str) -> None:
        """Plain Python runs instead, however the image is started."""
        for command in ([RUN, "--image", image], [image]):
            done = run(*command, "-c", "print('ran')", env=environment(PYSNAP_EXPLAIN="1"))
            self.assertEqual((0, "ran\n"), (done.returncode, done.stdout), done.stderr)
            self.assertEqual(f"pysnap-run: plain Python runs instead of the image: {why}\n",
                             done.stderr)

    def test_image_of_another_processor_is_unfit(self):
        for field in ("processor.signature", "processor.features"):
            with self.subTest(field):
                image = self.copy_of_image()
                reseal(image, field, 0x12345678)
                self.assert_unfit(image, "it was built for another processor")

    def test_image_of_another_kernel_is_unfit(self):
        image = self.copy_of_image()
        reseal(image, "kernel_page.code_checksum", 1)
        self.assert_unfit(image, "it was built under another kernel")

    def test_image_of_a_kernel_with_longer_time_functions_is_unfit(self):
        for pages in (0, 1, 3, 64, 1 << 20, (1 << 52) - 1):
            with self.subTest(pages=pages):
                image = self.copy_of_image()
                reseal(image, "kernel_page.code_size", pages * 4096)
                self.assert_unfit(image, "it was built under another kernel")

    def test_tool_of_these_tests_makes_a_sealed_image(self):
        image = self.copy_of_image()
        current = json.loads(run(PYSNAP, "inspect", "--json", image).stdout)["identity"]["version"]
        reseal(image, "version", current)
        self.assertEqual(plain_image().read_bytes(), image.read_bytes())

    def test_executed_image_that_was_cut_or_changed_never_runs(self):
        image = self.copy_of_image()
        parts = parts_of(image)
        offset, size = parts["header"]
        for place in range(offset, offset + size, 97):
            self.flip(image, place, 2)
            result = run(image, "-c", "print('ran')")
            self.assertEqual((LAUNCHER_FAILED, ""), (result.returncode, result.stdout), place)
            self.flip(image, place, 2)

    def test_executed_image_without_its_mark_takes_no_options_of_the_launcher(self):
        image = self.copy_of_image()
        with open(image, "r+b") as file:
            file.seek(parts_of(image)["header"][0])
            file.write(bytes(8))
        self.assert_refused(run(image, "--image", plain_image(), "-c", "print('ran')"),
                            LAUNCHER_FAILED, image, "it is not a pysnap image", "pysnap build")

    def test_executed_image_without_its_front_in_memory_is_refused_by_name(self):
        image = self.copy_of_image()
        offset, size = parts_of(image)["program_headers"]
        with open(image, "r+b") as file:
            for header in range(offset, offset + size, 56):
                file.seek(header)
                kind, _, place = struct.unpack("<IIQ", file.read(16))
                if (kind, place) == (1, 0):  # PT_LOAD from the first byte of the file
                    file.seek(header)
                    file.write(bytes(56))
        self.assert_refused(run(image, "-c", "print('ran')"), LAUNCHER_FAILED, image,
                            "its metadata are damaged", "pysnap build")

    def test_image_is_named_when_it_is_executed(self):
        image = self.copy_of_image()
        os.truncate(image, image.stat().st_size - 1)
        self.assert_refused(run(image, "-c", "print('ran')"), LAUNCHER_FAILED, image,
                            "pysnap build")

    @unittest.skipUnless(RESEAL.exists(), "the target `tests` is not built")
    def test_rejected_launch_gives_the_same_status_however_it_is_started(self):
        image = self.copy_of_image()
        os.truncate(image, 5000)
        for descriptors in ({}, {"stdin": subprocess.PIPE}, {"close_fds": False}):
            self.assertEqual(LAUNCHER_FAILED, launch(image, "-c", "pass", **descriptors).returncode)


if __name__ == "__main__":
    unittest.main()
