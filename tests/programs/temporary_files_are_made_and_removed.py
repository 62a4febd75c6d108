# everywhere: yes
"""tempfile: files, directories, names that differ, clean-up at exit."""

import os
import tempfile

print(tempfile.gettempdir(), tempfile.gettempprefix())
with tempfile.TemporaryDirectory() as directory:
    with tempfile.NamedTemporaryFile("w+", dir=directory, suffix=".txt") as file:
        file.write("content")
        file.seek(0)
        name = file.name
        print(file.read(), os.path.exists(name), name.endswith(".txt"))
    names = {tempfile.mkstemp(dir=directory)[1] for _ in range(20)}
    print(os.path.exists(name), len(names), oct(os.stat(directory).st_mode))
    print(oct(os.stat(names.pop()).st_mode))
print(os.path.exists(directory))
with tempfile.SpooledTemporaryFile(max_size=10) as spooled:
    spooled.write(b"short")
    spooled.write(b" and then long")
    spooled.seek(0)
    print(spooled.read())
left = tempfile.TemporaryDirectory(dir=".", prefix="left_open_")
left.cleanup()
forgotten = tempfile.TemporaryDirectory(dir=".", prefix="removed_at_exit_")
print(os.path.isdir(forgotten.name))
