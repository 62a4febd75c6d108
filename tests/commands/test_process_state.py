"""What a process inherits and lives in: a launch behaves as plain Python does under the same."""

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

from workshop import RUN, CommandTest, environment, may_unshare_mounts, plain_image, python, run

STATE = """
import os, resource, signal, sys, errno
def attempt(call):
    try:
        return call()
    except OSError as error:
        return errno.errorcode[error.errno]
limits = [getattr(resource, name) for name in sorted(dir(resource)) if name.startswith('RLIMIT_')]
print(attempt(os.getcwd), sys.path[0], oct(os.umask(0)), [resource.getrlimit(n) for n in limits])
print(os.sched_getaffinity(0), os.getuid(), os.geteuid(), os.getgroups(), os.nice(0))
print([line for line in open('/proc/self/status') if line.startswith(('NoNewPrivs', 'Cap', 'SigB', 'SigI', 'SigC'))]
      if os.path.exists('/proc/self/status') else 'no /proc')
print([signal.getsignal(n) for n in range(1, 65) if n not in (32, 33)])
print(signal.pthread_sigmask(signal.SIG_BLOCK, []), os.getpriority(os.PRIO_PROCESS, 0))
def show(number):
    status = attempt(lambda: os.fstat(number))
    if isinstance(status, str):
        return status
    return oct(status.st_mode), attempt(lambda: os.get_blocking(number)), os.isatty(number)
print([show(n) for n in range(6)])
print([(s and (s.encoding, s.errors, s.line_buffering, s.write_through)) for s in
       (sys.stdin, sys.stdout, sys.stderr)])
print(sorted(os.environb.items()) == sorted((k.encode('utf-8', 'surrogateescape'),
      v.encode('utf-8', 'surrogateescape')) for k, v in os.environ.items()), len(os.environ))
"""


def root() -> bool:
    """Whether privileges can be dropped."""
    return os.geteuid() == 0


def without_addresses(outcome: tuple) -> tuple:
    """A fatal error names its thread by an address."""
    return tuple(re.sub(rb"thread 0x[0-9a-f]+", b"thread", part)
                 if isinstance(part, bytes) else part for part in outcome)


class StateTest(CommandTest):
    """One condition each, in plain Python and from an image."""

    def commands(self, *words: object) -> list[list[str]]:
        """The two commands whose outcomes must be equal."""
        image = [str(RUN), "--explain", "--image", str(plain_image())]
        return [[*command, *map(str, words)] for command in ([str(python())], image)]

    def assert_same(self, *words: object, before: tuple = (), **options: object) -> None:
        """Both commands end alike under the same condition."""
        words = words or ("-c", STATE)
        plain, launched = (run(*before, *command, **options) for command in self.commands(*words))
        self.assertEqual((plain.returncode, plain.stdout, plain.stderr),
                         (launched.returncode, launched.stdout, launched.stderr))
        self.assertNotEqual("", plain.stdout + plain.stderr)

    def test_working_directory_that_is_gone(self):
        for words in (("-c", STATE), ("-m", "json.tool", "/dev/null"), ("missing.py",),
                      ("./missing.py",), (self.write("script.py", STATE),), ("",), (".",)):
            with self.subTest(words):
                for command in self.commands(*words):
                    gone = tempfile.mkdtemp()
                    command[:0] = ["sh", "-c", 'rmdir "$PWD"; exec "$@"', "sh"]
                    done = run(*command, cwd=gone)
                    outcome = done.returncode, done.stdout, done.stderr.replace(gone, "GONE")
                    expected = outcome if command[4] == str(python()) else expected
                self.assertEqual(expected, outcome)

    def test_masks_limits_and_priorities(self):
        for setup in ("umask 0777", "umask 0", "ulimit -s 1024", "ulimit -s 65536",
                      "ulimit -s unlimited", "ulimit -v 400000", "ulimit -d 200000",
                      "ulimit -n 16", "ulimit -n 256", "ulimit -f 0", "ulimit -c 0",
                      "trap '' HUP INT QUIT PIPE USR1 RTMIN", "nice -n 7 true; ulimit -u 10000"):
            with self.subTest(setup):
                self.assert_same(before=("bash", "-c", f'{setup}; exec "$@"', "bash"))

    def test_strict_memory_limits_end_in_memory_error_or_plain_python(self):
        program = ("import sys\ntry:\n    x = bytearray(1 << 30)\nexcept MemoryError:\n"
                   "    print('no memory')")
        self.assert_same("-c", program, before=("bash", "-c", 'ulimit -v 300000; exec "$@"', "b"))
        # Too little for the image's mappings: plain Python fits and runs.
        plain, launched = (run("bash", "-c", 'ulimit -v 30000; exec "$@"', "b", *command)
                           for command in self.commands("-c", "print(1)"))
        self.assertEqual((plain.returncode, plain.stdout), (launched.returncode, launched.stdout),
                         launched.stderr)

    def test_processors_and_scheduling(self):
        self.assert_same(before=("taskset", "-c", "0"))
        self.assert_same(before=("nice", "-n", "5"))

    def test_blocked_and_ignored_signals(self):
        def block():
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGINT, 40])
            signal.signal(signal.SIGUSR2, signal.SIG_IGN)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.assert_same(preexec_fn=block, restore_signals=False)

    def test_standard_descriptors_that_are_closed(self):
        for closed in range(8):
            numbers = [n for n in range(3) if closed >> n & 1]
            redirections = " ".join(f"{n}{'<' if n == 0 else '>'}&-" for n in numbers)
            with self.subTest(redirections):
                before = ("bash", "-c", f'exec "$@" {redirections}', "bash")
                report = self.directory / "report"
                program = f"import sys\nsys.stdout = open({str(report)!r}, 'w')\n{STATE}"
                texts = []
                for command in self.commands("-c", program):
                    done = run(*before, *command)
                    texts.append((done.returncode, done.stdout, done.stderr, report.read_text()))
                    report.unlink()
                self.assertEqual(*texts)
                self.assert_status_same(before, "print('x'); import sys; sys.stderr and "
                                        "sys.stderr.write('y'); input()")

    def assert_status_same(self, before: tuple, program: str, **options: object) -> None:
        """As assert_same, where nothing may be written at all."""
        plain, launched = (run(*before, *command, **options)
                           for command in self.commands("-c", program))
        self.assertEqual((plain.returncode, plain.stdout, plain.stderr),
                         (launched.returncode, launched.stdout, launched.stderr))

    def test_standard_descriptors_of_every_kind(self):
        program = (STATE + "print(input() if sys.stdin else None)\nsys.stdout.flush()\n"
                   "print('last', file=sys.stderr)\nprint('end')")
        for kind in ("socket", "full", "append", "non-blocking", "seeked", "directory", "write-only"):
            with self.subTest(kind):
                plain, launched = [self.with_descriptor(kind, command)
                                   for command in self.commands("-c", program)]
                if kind == "directory":
                    self.assertIn(b"a standard stream is a directory", launched[1])
                    launched = launched[0], launched[1].partition(b"\n")[2], *launched[2:]
                self.assertEqual(without_addresses(plain), without_addresses(launched))

    def with_descriptor(self, kind: str, command: list[str]) -> tuple:
        """Runs a command with 0 and 1 of this kind; its status, output and errors."""
        path = self.directory / "file"
        path.write_bytes(b"first line\nsecond line\n" + b"x" * 9000)
        ours = None
        if kind == "socket":
            ours, theirs = socket.socketpair()
            ours.send(b"line\n")
            ours.shutdown(socket.SHUT_WR)
            number = theirs.detach()
        elif kind == "full":
            number = os.open("/dev/full", os.O_WRONLY)
        elif kind == "directory":
            number = os.open(self.directory, os.O_RDONLY)
        elif kind == "non-blocking":
            reading, number = os.pipe2(os.O_NONBLOCK)
            os.close(reading)
        else:
            mode = {"append": os.O_RDWR | os.O_APPEND, "write-only": os.O_WRONLY}
            number = os.open(path, mode.get(kind, os.O_RDWR))
        if kind == "seeked":
            os.lseek(number, 11, os.SEEK_SET)
        done = subprocess.run(command, stdin=number, stdout=number, stderr=subprocess.PIPE,
                              timeout=60, check=False, env=environment())
        flags = fcntl.fcntl(number, fcntl.F_GETFL)
        place = os.lseek(number, 0, os.SEEK_CUR) if kind in ("append", "seeked") else None
        os.close(number)
        output = ours.recv(1 << 20) if ours else path.read_bytes()
        if ours:
            ours.close()
        return done.returncode, done.stderr, output, flags, place

    def test_terminal(self):
        outcomes = [self.on_terminal(command, b"typed\n") for command in
                    self.commands("-c", STATE + "print(os.get_terminal_size(), input())")]
        self.assertEqual(*outcomes)
        self.assertIn(b"typed", outcomes[0][1])

    def on_terminal(self, command: list[str], *typed: bytes, prompt: bytes = b"",
                    **variables: str) -> tuple[int, bytes]:
        """Runs a command on a terminal of its own; its status and all that was shown.

        Each piece is typed when another prompt has appeared: what comes before a line editor has
        taken the terminal over would be read in the wrong mode.
        """
        ours, theirs = pty.openpty()
        with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs,
                              env=environment(**variables), start_new_session=True) as process:
            os.close(theirs)
            text, prompts = b"", 0
            rest = list(typed)
            try:
                while True:
                    while rest and (not prompt or text.count(prompt) > prompts):
                        prompts += 1
                        os.write(ours, rest.pop(0))
                    if not select.select([ours], [], [], 20)[0]:
                        process.kill()
                        self.fail(f"{command} waits: {text!r}")
                    text += os.read(ours, 65536)
            except OSError:
                pass
            os.close(ours)
        return process.returncode, text

    def test_sessions_that_follow_a_program(self):
        ask = "import os; os.environ['PYTHONINSPECT'] = '1'; x = 41"
        plain = {"TERM": "dumb", "PYTHON_BASIC_REPL": "1"}
        for program in (ask, f"{ask}; 1/0", f"{ask}; raise SystemExit(3)",
                        f"{ask}; del os.environ['PYTHONINSPECT']"):
            for typed in ((b"print(x + 1)\n", b"\x04"), (b"import sys; sys.exit(x)\n",),
                          (b"1/0\n", b"\x04")):
                with self.subTest(f"{program} {typed}"):
                    self.assertEqual(*(self.on_terminal(command, *typed, prompt=b">>> ", **plain)
                                       for command in self.commands("-c", program)))

    def test_sessions_from_the_start_are_plain_python(self):
        for words in ([], ["-q"], ["-i", "-c", "x = 1"], ["-"]):
            with self.subTest(words):
                plain, launched = (self.on_terminal(command, b"print(6 * 7)\n", b"\x04",
                                                    prompt=b">>> ", TERM="dumb")
                                   for command in self.commands(*words))
                self.assertIn(b"an interactive session", launched[1])
                without = re.sub(rb"pysnap-run: [^\n]*\n", b"", launched[1])
                self.assertEqual(plain, (launched[0], without))

    def test_environment_of_every_size_and_content(self):
        for variables in ({b"HUGE": b"x" * 120000}, {b"V%d" % n: b"x" * 50 for n in range(20000)},
                          {b"\xff\xfe": b"\xfd", b"LATIN": b"caf\xe9"}, {b"EMPTY": b"", b" ": b" "}):
            env = {os.fsencode(k): os.fsencode(v) for k, v in environment().items()} | variables
            with self.subTest(str(variables)[:40]):
                self.assert_same("-c", "import os; print(len(os.environb), hash(frozenset("
                                 "os.environb.items())) != 0, sum(len(k) * 3 + len(v) for k, v in "
                                 "os.environb.items()), [v for v in os.environ.values()][-3:], "
                                 "os.getenvb(b'LATIN'))", env=env)

    @unittest.skipUnless(root(), "only root can become somebody else")
    def test_somebody_else_and_no_new_privileges(self):
        open_image = self.directory / "open.image"
        shutil.copy2(plain_image(), open_image)
        open_image.chmod(0o755)
        self.directory.chmod(0o755)
        self.assert_same(before=("setpriv", "--no-new-privs"))
        self.assert_same(before=("setpriv", "--bounding-set=-all", "--inh-caps=-all"))
        become = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        plain = run(*become, python(), "-c", STATE, cwd="/")
        launched = run(*become, RUN, "--explain", "--image", open_image, "-c", STATE, cwd="/")
        self.assertEqual((plain.returncode, plain.stdout, plain.stderr),
                         (launched.returncode, launched.stdout, launched.stderr))
        closed = run(*become, RUN, "--image", plain_image(), "-c", "pass", cwd="/")
        self.assert_refused(closed, 125, "cannot be opened (errno 13)")

    @unittest.skipUnless(may_unshare_mounts(), "no private namespaces here")
    def test_first_process_of_a_namespace(self):
        program = STATE + "print(os.getpid(), os.getppid())\nimport subprocess\n" \
            "print(subprocess.run(['true']).returncode)\nraise SystemExit(7)"
        for options in (("--fork", "--pid"), ("--fork", "--pid", "--mount-proc")):
            with self.subTest(options):
                self.assert_same("-c", program, before=("unshare", *options))

    @unittest.skipUnless(may_unshare_mounts(), "no private namespaces here")
    def test_root_without_proc_and_read_only_root(self):
        without = 'mount -t tmpfs none /proc; exec "$@"'
        read_only = 'mount -o remount,bind,ro / || mount -o bind,ro / /; exec "$@"'
        script = self.write("script.py", STATE)
        for setup in (without, read_only):
            for words in (("-c", STATE), (script,), ("-m", "json.tool", "/dev/null"),
                          ("missing.py",)):
                with self.subTest(f"{setup} {words[0]}"):
                    self.assert_same(*words, before=("unshare", "--mount", "sh", "-c", setup, "sh"))

    def test_limits_reached_by_the_program_itself(self):
        program = ("import resource, sys\nresource.setrlimit(resource.RLIMIT_NOFILE, (10, 10))\n"
                   "files = []\ntry:\n    while True:\n        files.append(open('/dev/null'))\n"
                   "except OSError as error:\n    print(len(files), error)\n"
                   "def deep(n): return 0 if n == 0 else 1 + deep(n - 1)\n"
                   "try:\n    deep(100000)\nexcept RecursionError as error:\n    print(error)\n")
        self.assert_same("-c", program)


if __name__ == "__main__":
    sys.exit(unittest.main())
