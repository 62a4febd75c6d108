"""`pysnap doctor`: each check is made to fail, and says what will not work."""

import ctypes
import json
import os
import re
import resource
import shutil
import struct
import subprocess
import unittest
from collections.abc import Callable
from pathlib import Path

from workshop import (BINARIES, PYSNAP, CommandTest, environment, in_private_mounts,
                      may_unshare_mounts, python, run)

LACKING = 1  # launcher/exit_status.h
UNLIMITED = resource.RLIM_INFINITY
MEGA = 1 << 20


class DoctorTest(CommandTest):
    """Runs the doctor with a cache in the test's directory."""

    def variables(self, **changes: str | None) -> dict[str, str]:
        """The cache is the test's own."""
        return environment(**{"PYSNAP_CACHE": str(self.directory / "cache"), **changes})

    def doctor(self, *arguments: object, before: tuple = (), program: Path = PYSNAP,
               env: dict | None = None, **options: object) -> subprocess.CompletedProcess:
        """`pysnap doctor` with an interpreter that is there, unless another one is asked for."""
        if "--python" not in arguments:
            arguments = ("--python", python(), *arguments)
        return run(*before, program, "doctor", *arguments, env=env or self.variables(), **options)

    def assert_finds(self, result: subprocess.CompletedProcess, verdict: str, check: str,
                     *parts: str) -> None:
        """The line of a check has this verdict and contains the parts."""
        what = f"\nstatus {result.returncode}\n{result.stdout}{result.stderr}"
        self.assertEqual("", result.stderr, what)
        lines = [line for line in result.stdout.splitlines() if line[6:26].strip() == check]
        self.assertEqual(1, len(lines), what)
        self.assertEqual(verdict, lines[0][:6].strip(), what)
        for part in parts:
            self.assertIn(part, lines[0], what)
        lacking = re.search(r"(?m)^no ", result.stdout) is not None
        self.assertEqual(LACKING if lacking else 0, result.returncode, what)

    def in_mounts(self, script: str, *arguments: object, env: dict | None = None
                  ) -> subprocess.CompletedProcess:
        """The doctor after the script has changed the mounts; its arguments are $1, $2..."""
        if not may_unshare_mounts():
            self.skipTest("no private mount namespace here")
        return in_private_mounts(
            f'{script}\nexec "$PYSNAP" doctor --python "$PYTHON"', *arguments,
            env={**(env or self.variables()), "PYSNAP": str(PYSNAP), "PYTHON": str(python())})


class HealthTest(DoctorTest):
    """A machine on which everything works, as the one of these tests."""

    def test_nothing_is_lacking(self):
        result = self.doctor()
        self.assert_finds(result, "ok", "trial", "an image was made and launched")
        self.assert_finds(result, "ok", "interpreter", "CPython 3.", str(python()))
        self.assertNotRegex(result.stdout, r"(?m)^no ")
        self.assert_files()

    def test_json_has_the_same_lines(self):
        result = self.doctor("--json")
        self.assert_succeeds(result)
        found = json.loads(result.stdout)
        self.assertIs(True, found["works"])
        plain = self.doctor().stdout.splitlines()
        self.assertEqual([line[6:26].strip() for line in plain],
                         [check["check"] for check in found["checks"]])
        for check in found["checks"]:
            self.assertEqual(check["verdict"] == "ok", check["consequence"] is None, check)

    def test_json_says_what_is_lacking(self):
        result = self.doctor("--json", preexec_fn=limited(resource.RLIMIT_NOFILE, 100))
        self.assertEqual(LACKING, result.returncode)
        found = json.loads(result.stdout)
        self.assertIs(False, found["works"])
        lacking = [check for check in found["checks"] if check["verdict"] == "no"]
        self.assertEqual("open files", lacking[0]["check"])
        self.assertIn("ulimit -n", lacking[0]["way_out"])


def limited(which: int, limit: int) -> Callable[[], None]:
    """Sets a limit of the process that is about to become a command."""
    return lambda: resource.setrlimit(which, (limit, resource.getrlimit(which)[1]))


class LimitTest(DoctorTest):
    """What ulimit can take away."""

    def assert_limit(self, which: int, limit: int, verdict: str, check: str, *parts: str):
        """The doctor under a limit."""
        result = self.doctor(preexec_fn=limited(which, limit))
        self.assert_finds(result, verdict, check, *parts)
        # Where the check says no, a build does not work, and the other way round.
        self.assertIs(verdict == "no", re.search(r"(?m)^no +trial ", result.stdout) is not None,
                      result.stdout)

    def test_address_space(self):
        self.assert_limit(resource.RLIMIT_AS, 8 << 30, "no", "address space", "8.6 GB", "ulimit -v")

    def test_data(self):
        self.assert_limit(resource.RLIMIT_DATA, 15 * MEGA, "no", "data", "ulimit -d")
        self.assert_limit(resource.RLIMIT_DATA, 500 * MEGA, "note", "data", "plain Python runs")

    def test_stack(self):
        # Near the border a build works or not as the kernel places the stack: no look at the trial.
        result = self.doctor(preexec_fn=limited(resource.RLIMIT_STACK, 92 << 10))
        self.assert_finds(result, "no", "stack", "94.2 kB", "ulimit -s")
        self.assert_limit(resource.RLIMIT_STACK, UNLIMITED, "note", "stack", "268.4 MB")

    def test_open_files(self):
        self.assert_limit(resource.RLIMIT_NOFILE, 199, "no", "open files", "199", "ulimit -n")
        self.assert_limit(resource.RLIMIT_NOFILE, 200, "note", "open files", "200", "ulimit -n")

    def test_file_size(self):
        self.assert_limit(resource.RLIMIT_FSIZE, MEGA, "no", "file size", "ulimit -f")
        self.assert_limit(resource.RLIMIT_FSIZE, 500 * MEGA, "note", "file size", "ulimit -f")


def refusing(call: int, argument: int, mask: int, value: int) -> Callable[[], None]:
    """Has the kernel refuse a system call with EPERM when an argument has these bits."""
    load, equal, mask_it, answer = 0x20, 0x15, 0x54, 0x06
    allow, refuse = 0x7FFF0000, 0x00050001
    rules = [(load, 0, 0, 0), (equal, 0, 4, call), (load, 0, 0, 16 + 8 * argument),
             (mask_it, 0, 0, mask), (equal, 0, 1, value), (answer, 0, 0, refuse),
             (answer, 0, 0, allow)]
    code = b"".join(struct.pack("HBBI", *rule) for rule in rules)
    libc = ctypes.CDLL(None, use_errno=True)

    def install() -> None:
        rules_buffer = ctypes.create_string_buffer(code)
        program = struct.pack("HxxxxxxP", len(rules), ctypes.addressof(rules_buffer))
        program_buffer = ctypes.create_string_buffer(program)
        pr_set_no_new_privs, pr_set_seccomp, mode_filter = 38, 22, 2
        libc.prctl(pr_set_no_new_privs, 1, 0, 0, 0)
        if libc.prctl(pr_set_seccomp, mode_filter, program_buffer, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "no filter")
    return install


class KernelTest(DoctorTest):
    """What kernels and containers can take away."""

    def test_old_kernel(self):
        result = self.doctor(before=("setarch", "--uname-2.6"))
        self.assert_finds(result, "no", "kernel", "Linux 2.6", "use Linux 5.11 or newer")

    def test_missing_proc(self):
        result = self.in_mounts("mount -t tmpfs none /proc")
        self.assert_finds(result, "no", "/proc", "mount -t proc")
        self.assert_finds(result, "no", "installation")
        self.assert_finds(result, "no", "memory of a child")

    def test_filters_that_are_not_allowed(self):
        seccomp, new_listener = 317, 8
        result = self.doctor(preexec_fn=refusing(seccomp, 1, 0, 0))
        self.assert_finds(result, "no", "seccomp filters", "cannot boot", "container")
        self.assert_finds(result, "no", "trial")
        result = self.doctor(preexec_fn=refusing(seccomp, 1, new_listener, new_listener))
        self.assert_finds(result, "ok", "seccomp filters")
        self.assert_finds(result, "note", "seccomp notification", "cannot be observed")

    def test_command_line_that_cannot_be_set(self):
        prctl, pr_set_mm = 157, 35
        result = self.doctor(preexec_fn=refusing(prctl, 0, 0xFFFFFFFF, pr_set_mm))
        self.assert_finds(result, "note", "command line for ps", "CONFIG_CHECKPOINT_RESTORE")

    def test_memory_that_cannot_be_read(self):
        if run("unshare", "--pid", "--fork", "true").returncode != 0:
            self.skipTest("no process namespace here")
        # The numbers of its children are not those of /proc.
        result = self.doctor(before=("unshare", "--pid", "--fork"))
        self.assert_finds(result, "no", "memory of a child", "cannot capture", "ptrace")
        self.assert_finds(result, "no", "trial")

    def test_strict_accounting(self):
        setting = self.write("overcommit", "2\n")
        result = self.in_mounts('mount --bind "$1" /proc/sys/vm/overcommit_memory', setting)
        self.assert_finds(result, "note", "memory accounting", "vm.overcommit_memory")

    def test_huge_pages_for_everybody(self):
        if not Path("/sys/kernel/mm/transparent_hugepage/enabled").exists():
            self.skipTest("no huge pages here")
        setting = self.write("enabled", "[always] madvise never\n")
        result = self.in_mounts(
            'mount --bind "$1" /sys/kernel/mm/transparent_hugepage/enabled', setting)
        self.assert_finds(result, "note", "huge pages", "always", "madvise")


def copy_of_installation(directory: Path) -> Path:
    """The programs under test and their parts, for a test to damage."""
    copy = directory / "installed"
    shutil.copytree(BINARIES, copy / "bin")
    shutil.copytree(BINARIES.parent / "lib" / "pysnap", copy / "lib" / "pysnap")
    return copy


class PartsTest(DoctorTest):
    """Installation, interpreter and what lies around them."""

    def test_missing_parts(self):
        copy = copy_of_installation(self.directory)
        for part in ("bin/pysnap-run", "lib/pysnap/pysnap-boot", "lib/pysnap/pysnap-agent.so",
                     "lib/pysnap/python/pysnap/__init__.py"):
            with self.subTest(part):
                (copy / part).rename(copy / "away")
                result = self.doctor(program=copy / "bin" / "pysnap")
                self.assert_finds(result, "no", "installation", str(copy / part), "is missing")
                self.assert_finds(result, "no", "trial", "for the reasons above")
                (copy / "away").rename(copy / part)

    def test_part_that_cannot_be_executed(self):
        copy = copy_of_installation(self.directory)
        (copy / "lib" / "pysnap" / "pysnap-boot").chmod(0o644)
        result = self.doctor(program=copy / "bin" / "pysnap")
        self.assert_finds(result, "no", "installation", "pysnap-boot cannot be executed")

    def test_damaged_part_is_found_by_the_trial(self):
        copy = copy_of_installation(self.directory)
        (copy / "lib" / "pysnap" / "pysnap-agent.so").write_text("no library")
        result = self.doctor(program=copy / "bin" / "pysnap")
        self.assert_finds(result, "ok", "installation")
        self.assert_finds(result, "no", "trial", "no image could be made: ")

    def test_missing_interpreter(self):
        result = self.doctor("--python", self.directory / "none")
        self.assert_finds(result, "no", "interpreter", f"{self.directory}/none does not exist")

    def test_interpreter_that_is_not_supported(self):
        old = self.script("python", "printf 'cpython\\n3.9.1\\n\\n/usr/bin/python3\\n'\n")
        self.assert_finds(self.doctor("--python", old), "no", "interpreter", "is version 3.9.1")

    def test_interpreter_that_cannot_be_frozen_is_found_by_the_trial(self):
        self.write("sitecustomize.py", "import threading, time\n"
                   "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n")
        result = self.doctor(env=self.variables(PYTHONPATH=str(self.directory)))
        self.assert_finds(result, "no", "trial", "no image could be made: ", "cannot be frozen")

    def test_criu(self):
        self.assert_finds(self.doctor(env=self.variables(PATH="/usr/bin:/bin")), "ok", "criu",
                          "not needed")
        with_criu = self.variables(PATH=f"{self.directory}:/usr/bin:/bin")
        self.script("criu", "echo 'Version: 3.17'; echo more\n")
        self.assert_finds(self.doctor(env=with_criu), "ok", "criu", "Version: 3.17, not needed")
        self.script("criu", "echo 'no netlink' >&2; exit 1\n")
        self.assert_finds(self.doctor(env=with_criu), "note", "criu", "does not work: no netlink")


class CacheTest(DoctorTest):
    """The directory of the images that pysnap makes by itself."""

    def test_which_directory(self):
        home = str(self.directory / "home")
        for changes, expected in (
                ({"HOME": home}, f"{home}/.cache/pysnap"),
                ({"HOME": home, "XDG_CACHE_HOME": f"{home}/xdg"}, f"{home}/xdg/pysnap"),
                ({"HOME": home, "XDG_CACHE_HOME": "xdg"}, f"{home}/.cache/pysnap"),
                ({"HOME": home, "XDG_CACHE_HOME": f"{home}/xdg", "PYSNAP_CACHE": f"{home}/own"},
                 f"{home}/own")):
            with self.subTest(expected):
                result = self.doctor(env=environment(**changes))
                self.assert_finds(result, "ok", "cache", f"{expected} can be made")

    def test_no_directory_at_all(self):
        result = self.doctor(env=environment(HOME=None))
        self.assert_finds(result, "no", "cache", "HOME is set", "PYSNAP_CACHE")

    def test_file_in_place_of_the_directory(self):
        self.write("cache", "a file")
        self.assert_finds(self.doctor(), "no", "cache", "is no directory")
        below = self.variables(PYSNAP_CACHE=str(self.directory / "cache" / "below"))
        self.assert_finds(self.doctor(env=below), "no", "cache", "cannot be made")

    def test_modes(self):
        cache = self.directory / "cache"
        cache.mkdir()
        for mode, verdict, part in ((0o700, "ok", "for its owner only"),
                                    (0o750, "note", "chmod 700"), (0o770, "no", "chmod 700"),
                                    (0o702, "no", "others can put images there"),
                                    (0o1777, "note", "others see which programs")):
            with self.subTest(oct(mode)):
                cache.chmod(mode)
                self.assert_finds(self.doctor(), verdict, "cache", part)

    def test_directory_of_somebody_else(self):
        if os.geteuid() != 0:
            self.skipTest("only root can give directories away")
        cache = self.directory / "cache"
        cache.mkdir(mode=0o700)
        os.chown(cache, 4711, 4711)
        self.assert_finds(self.doctor(), "no", "cache", "belongs to user 4711")

    def test_directory_that_cannot_be_written(self):
        if os.geteuid() != 0:
            self.skipTest("only root can become somebody else")
        self.directory.chmod(0o755)
        as_nobody = ("setpriv", "--reuid=65534", "--clear-groups")
        self.assert_finds(self.doctor(before=as_nobody), "no", "cache", "cannot be made",
                          "Permission denied")
        cache = self.directory / "cache"
        cache.mkdir(mode=0o500)
        os.chown(cache, 65534, 65534)
        self.assert_finds(self.doctor(before=as_nobody), "no", "cache", "cannot be written")

    def test_file_systems(self):
        (self.directory / "cache").mkdir(mode=0o700)
        for options, verdict, check, part in (
                ("mode=700", "note", "cache file system", "gone after a restart"),
                ("mode=700,noexec", "no", "cache file system", "mounted noexec"),
                ("mode=700,ro", "no", "cache file system", "mounted read-only"),
                ("mode=700,size=1m", "no", "cache space", "1.0 MB free"),
                ("mode=700,size=100m", "note", "cache space", "few images"),
                ("mode=700,nr_inodes=1", "no", "cache space", "no inode left")):
            with self.subTest(options):
                result = self.in_mounts('mount -t tmpfs -o "$1" none "$2"', options,
                                        self.directory / "cache")
                self.assert_finds(result, verdict, check, part)


if __name__ == "__main__":
    unittest.main()
