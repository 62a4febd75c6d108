#!/usr/bin/env python3
"""Random numbers under glibc 2.41 and later: builds an image in a Debian 13 root and launches it.

There getrandom(3) draws from a state in memory of a special kind (MAP_DROPPABLE, Linux 6.11) which
the kernel would clear in a forked child. An image that gave it back would repeat the numbers of
os.urandom() in every launch. The programs of build/release are copied into the root; tests/trixie/
make_root makes it. Needs root rights. The last line is `N passed, N failed`.
"""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
BINARIES = Path(os.environ.get("PYSNAP_BIN_DIR") or REPOSITORY / "build" / "release" / "bin")
ROOT = REPOSITORY / "build" / "trixie" / "root"
VALUES = REPOSITORY / "tests" / "programs" / "data" / "fresh_values.py"
LAUNCHES = 60
VARIABLES = {"PATH": "/usr/bin:/bin", "HOME": "/", "LANG": "C.UTF-8", "PYTHONPATH": "/test"}

# At import it makes the C library keep a state, so that there is one when the process freezes.
DRAWS = """
import ctypes
libc = ctypes.CDLL(None)
libc.arc4random_buf(ctypes.create_string_buffer(16), 16)
libc.getrandom(ctypes.create_string_buffer(16), 16, 0)
"""

# How many mappings may be dropped by the kernel (proc_pid_smaps(5): dp).
COUNT_STATES = """
print(sum(' dp' in line for line in open('/proc/self/smaps') if line.startswith('VmFlags')))
"""

# A child of a launch must not go on from its parent's state either.
FORK = """
import ctypes, os, sys
libc = ctypes.CDLL(None)
def draw():
    buffer = ctypes.create_string_buffer(16)
    libc.getrandom(buffer, 16, 0)
    return buffer.raw.hex()
draw()
child = os.fork()
print(draw(), flush=True)
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
"""


def inside(*command: object) -> subprocess.CompletedProcess:
    """Runs a command in the root, in a pid namespace of its own: its pid is always the same."""
    return subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", f"--mount-proc={ROOT}/proc", "--kill-child",
         "/usr/sbin/chroot", str(ROOT), *map(str, command)],
        env=VARIABLES, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
        check=False)


def launch(*program: object) -> str:
    """The output of a launch of the image."""
    result = inside("/opt/pysnap/bin/pysnap-run", "--image", "/test/x.image", *program)
    if result.returncode != 0 or result.stderr:
        raise AssertionError(f"status {result.returncode}: {result.stderr[-2000:]}")
    return result.stdout


def install_programs() -> None:
    """Copies the programs, and the libraries that they are linked with and the root lacks."""
    for name in ("bin", "lib"):
        shutil.copytree(BINARIES.parent / name, ROOT / "opt" / "pysnap" / name, dirs_exist_ok=True)
    for line in inside("ldd", "/opt/pysnap/bin/pysnap").stdout.splitlines():
        if "not found" in line:
            name = line.split()[0]
            shutil.copy(f"/lib/x86_64-linux-gnu/{name}", ROOT / "usr" / "local" / "lib" / name)
    assert inside("/usr/sbin/ldconfig").returncode == 0, "ldconfig fails in the root"


def build_image() -> None:
    """An image whose frozen process has a state of getrandom(3)."""
    directory = ROOT / "test"
    directory.mkdir(exist_ok=True)
    (directory / "draws.py").write_text(DRAWS)
    shutil.copy(VALUES, directory / "values.py")
    modules = ("draws", "ctypes", "random", "uuid", "secrets", "ssl", "multiprocessing", "tempfile")
    options = [part for name in modules for part in ("-m", name)]
    built = inside("/opt/pysnap/bin/pysnap", "build", "--python", "/usr/bin/python3", *options,
                   "-o", "/test/x.image")
    if built.returncode != 0:
        raise AssertionError(f"no image: {built.stderr}")


def states_are_there() -> None:
    """Launches have the special memory, of the same kind as under plain Python."""
    plain = inside("python3", "-c", "import draws" + COUNT_STATES).stdout
    assert int(plain) > 0, "this kernel or C library keeps no state: there is nothing to test"
    restored = launch("-c", "import draws" + COUNT_STATES)
    assert restored == plain, f"{restored.strip()} mappings instead of {plain.strip()}"


def nothing_repeats() -> None:
    """Many launches at once, all with one pid: no value is seen twice."""
    with ThreadPoolExecutor(8) as pool:
        outputs = list(pool.map(lambda _: launch("/test/values.py"), range(LAUNCHES)))
    seen = {}
    for number, output in enumerate(outputs):
        for line in output.splitlines():
            name, value = line.split("\t", 1)
            if name == "pid":
                assert value == outputs[0].splitlines()[0].split("\t")[1], "the pids differ"
                continue
            other = seen.setdefault((name, value), number)
            assert other == number, f"launches {other} and {number}: {name} is {value}"
    assert len(seen) > LAUNCHES * 15, f"only {len(seen)} values"


def children_differ() -> None:
    """Parent and child of a launch draw different numbers."""
    values = [line for _ in range(10) for line in launch("-c", FORK).splitlines()]
    assert len(values) == len(set(values)) == 20, values


def commands_show_their_lines() -> None:
    """3.13.4 changed how the lines of -c reach a traceback."""
    command = "def fail():\n    1 / 0\nfail()"
    plain = inside("python3", "-c", command)
    restored = inside("/opt/pysnap/bin/pysnap-run", "--image", "/test/x.image", "-c", command)
    assert "    1 / 0\n" in plain.stderr, plain.stderr
    assert (restored.returncode, restored.stderr) == (1, plain.stderr), restored.stderr


def main() -> int:
    """Makes the root, then tries everything."""
    subprocess.run([HERE / "make_root"], check=True)
    failed = 0
    trials = (install_programs, build_image, states_are_there, nothing_repeats, children_differ,
              commands_show_their_lines)
    for trial in trials:
        try:
            trial()
        except AssertionError as error:
            print(f"FAIL  {trial.__name__}: {error}")
            failed += 1
        else:
            print(f"pass  {trial.__name__}")
    print(f"{len(trials) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
