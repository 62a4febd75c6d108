"""pathlib, shutil, glob, links, permissions, times, scandir, positioned reads."""

import glob
import os
import pathlib
import shutil

root = pathlib.Path("tree")
(root / "a" / "b").mkdir(parents=True)
(root / "a" / "one.txt").write_text("one\n", encoding="utf-8")
(root / "a" / "b" / "two.txt").write_bytes(b"two")
(root / "link").symlink_to("a/one.txt")
os.link(root / "a/one.txt", root / "hard")
os.chmod(root / "hard", 0o640)
os.utime(root / "hard", ns=(1_700_000_000 * 10**9, 1_700_000_001 * 10**9))
print(sorted(str(path) for path in root.rglob("*")), (root / "link").resolve().name)
print(os.stat(root / "hard").st_nlink, oct(os.stat(root / "link").st_mode), os.path.getmtime(root / "hard"))
print(sorted(glob.glob("tree/**/*.txt", recursive=True)), os.readlink(root / "link"))
shutil.copytree(root, "copy", symlinks=True)
print(sorted((entry.name, entry.is_symlink()) for entry in os.scandir("copy")))
with open("copy/hard", "r+b") as file:
    file.seek(2)
    file.write(b"XX")
    file.truncate(3)
    print(os.pread(file.fileno(), 10, 0), file.tell())
shutil.move("copy/a/b", "moved")
print([sorted(found) for _, *found in os.walk("moved")][0], shutil.make_archive("packed", "tar", "moved")[-10:])
shutil.rmtree("tree")
os.remove("packed.tar")
for action in (lambda: open("tree/none"), lambda: os.mkdir("copy"), lambda: os.rmdir("copy")):
    try:
        action()
    except OSError as error:
        print(type(error).__name__, error)
