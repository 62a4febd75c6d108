"""An image on a file system with fs-verity: the kernel hands out no page that has changed.

Needs root rights, a loop device, mkfs.ext4 and a kernel with CONFIG_FS_VERITY.
"""

import errno
import fcntl
import os
import shutil
import struct
import subprocess
import unittest
from pathlib import Path

from workshop import (LAUNCHER_FAILED, CommandTest, in_private_mounts, may_unshare_mounts, parts_of,
                      plain_image, run)

BLOCK = 4096
ENABLE_VERITY = 0x40806685  # FS_IOC_ENABLE_VERITY, linux/fsverity.h
SHA256 = 1
MAKE_FILE_SYSTEM = shutil.which("mkfs.ext4", path="/usr/sbin:/sbin:/usr/bin:/bin")


def enable_verity(image: Path) -> None:
    """Seals a file of a mounted file system for ever."""
    descriptor = os.open(image, os.O_RDONLY)
    try:
        argument = struct.pack("<IIIIQIIQ88x", 1, SHA256, BLOCK, 0, 0, 0, 0, 0)
        fcntl.ioctl(descriptor, ENABLE_VERITY, argument)
    finally:
        os.close(descriptor)


@unittest.skipUnless(MAKE_FILE_SYSTEM and may_unshare_mounts(), "needs mkfs.ext4 and mounts")
class VerityTest(CommandTest):
    """The file system is a file; a bit of the image is flipped in it while it is not mounted."""

    def mounted(self, script: str) -> subprocess.CompletedProcess:
        """Runs a shell script with the file system at `$1/mounted`, in mounts of its own."""
        return in_private_mounts(
            'mkdir -p "$1/mounted"\nmount -o loop "$1/disk" "$1/mounted"\n' + script,
            self.directory, Path(__file__).resolve())

    def make_file_system(self) -> None:
        """An ext4 with room for the image, and the image in it."""
        size = plain_image().stat().st_size + (32 << 20)
        with open(self.directory / "disk", "wb") as disk:
            disk.truncate(size)
        made = run(MAKE_FILE_SYSTEM, "-q", "-b", BLOCK, "-O", "verity", self.directory / "disk")
        if made.returncode != 0:
            self.skipTest(f"no ext4 with verity: {made.stderr.strip()}")
        shutil.copy2(plain_image(), self.directory / "image")
        copied = self.mounted('cp "$1/image" "$1/mounted/x.pysnap"')
        if copied.returncode != 0:
            self.skipTest(f"a file system cannot be mounted: {copied.stderr.strip()}")

    def flip_on_disk(self) -> None:
        """One bit of each captured page of code, in the file system's own bytes."""
        whole = plain_image().read_bytes()
        disk = bytearray((self.directory / "disk").read_bytes())
        segments = [part for name, part in parts_of(plain_image()).items()
                    if name.startswith("segment ")]
        largest = max(segments, key=lambda part: part[1])
        pages = {whole[offset:offset + BLOCK]
                 for offset in range(largest[0], sum(largest), BLOCK)}
        flipped = 0
        for place in range(0, len(disk), BLOCK):
            page = bytes(disk[place:place + BLOCK])
            # Nearly empty pages may stand for something else, too.
            if page in pages and page.count(0) < BLOCK // 2:
                disk[place + 100] ^= 1
                flipped += 1
        self.assertGreater(flipped, 100)
        (self.directory / "disk").write_bytes(disk)

    def test_flipped_page_is_refused_by_the_kernel(self):
        self.make_file_system()
        enabled = self.mounted('python3 "$2" "$1/mounted/x.pysnap"')
        if enabled.returncode == 77:
            self.skipTest("this kernel or file system has no fs-verity")
        self.assert_succeeds(enabled)
        launch = '"$1/mounted/x.pysnap" -c "print(6 * 7)"'
        whole = self.mounted(launch)
        self.assertEqual((0, "42\n"), (whole.returncode, whole.stdout))
        self.flip_on_disk()
        result = self.mounted(launch)
        # A page that cannot be read is SIGBUS where it is mapped, EIO where it is read.
        self.assertIn(result.returncode, (LAUNCHER_FAILED, 128 + 7), result)
        self.assertEqual("", result.stdout)


def main(image: Path) -> int:
    """Run in the private mounts: 0, or 77 where there is no fs-verity."""
    try:
        enable_verity(image)
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.ENOTTY):
            return 77
        raise
    return 0


if __name__ == "__main__":
    import sys
    sys.exit(main(Path(sys.argv[1])))
