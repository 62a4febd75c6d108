"""From a restored process to the point where the program's first line runs.

The common path is in C (agent/launch.cpp): a Python function called for the first time in a process
copies some 27 pages. Here is what only some launches need. Follows pymain_run_python() of CPython's
Modules/main.c.
"""

import sys

importlib_external = sys.modules["_frozen_importlib_external"]

SIG_IGN = 1

LAUNCH = {
    "streams": None,
    "continues_script": False,  # the image is one script's, frozen where it called checkpoint()
    "started_modules": {},  # what start-up itself imports
    "seekable_streams": (),  # for /dev/null and files
    "boot_hooks": ((), ()),  # at-fork hooks for the fork that freezes, and those of start-up
    "own_hooks": ((), ()),
    "renewed_in_place": [],  # hooks that C makes needless
    "after_restore": (),  # calls of the user's hooks
    "seed_functions": [],
    "environment_copies": [],  # (dictionary, whether it holds text)
    "suspended_frames": False,
    "tls_contexts": [],
    "tls_library": "",  # the file of _ssl
    "start_environment": {},
}


def freeze_launch():
    """What each launch needs from Python, collected before the freeze for agent/launch.cpp."""
    LAUNCH["seekable_streams"] = ()  # an earlier freeze's hold the streams
    LAUNCH["streams"] = capture_streams()
    LAUNCH["seekable_streams"] = seekable_streams(LAUNCH["streams"])
    freeze_as_pipes(LAUNCH["streams"])
    adds_directory = not (sys.flags.isolated or getattr(sys.flags, "safe_path", False))
    return {
        "environ": posix.environ,
        "argv": sys.argv,
        "orig_argv": sys.orig_argv,
        "program_name": sys.orig_argv[0],
        "path": sys.path,
        "renewals": renewals(),
        "hooks": launch_hooks(),
        "flags": sys.flags,
        "flag_dont_write_bytecode": index_of_flag("dont_write_bytecode"),
        "flag_quiet": index_of_flag("quiet"),
        "counts_quiet": int(sys.version_info < (3, 13)),  # later ones say only yes
        "tls_contexts": LAUNCH["tls_contexts"],
        "tls_library": LAUNCH["tls_library"],
        "after_restore": LAUNCH["after_restore"],
        "seeds": len(LAUNCH["seed_functions"]),
        "seekable_streams": LAUNCH["seekable_streams"],
        "adds_directory": int(adds_directory),
        "reads_environment": int(not sys.flags.ignore_environment),
    }


def index_of_flag(name):
    """The place of a field in sys.flags."""
    return type(sys.flags).__match_args__.index(name)


def renew_time_zone():
    """TZ differs from the boot's: time.tzname and its kin follow."""
    time.tzset()


def respect_ignored_signals(numbers):
    """Signals the caller ignores (nohup, a background job) stay ignored, and Python knows it."""
    for number in numbers:
        _signal.signal(number, SIG_IGN)


def current_directory():
    """The current directory, or None when it is gone."""
    try:
        return posix.getcwd()
    except OSError:
        return None


def absolute(script):
    """_Py_abspath() of Python/fileutils.c: no normalisation, not even of "./"."""
    if script.startswith("/"):
        return script
    directory = current_directory()
    if directory is None:
        return script
    if script in ("", ".") and sys.version_info >= (3, 11):
        return directory
    return directory + "/" + script


def directory_of_script(script):
    """_PyPathConfig_ComputeSysPath0(): one link is followed, then the path is made real."""
    try:
        link = posix.readlink(script)
    except OSError:
        link = None
    if link is not None:
        if link.startswith("/"):
            script = link
        elif "/" in link:
            script = script.rpartition("/")[0] + "/" + link if "/" in script else link
    real = real_path(script)
    if real is not None:
        script = real
    directory, slash, _ = script.rpartition("/")
    return directory or slash


def real_path(path):
    """realpath(3) as the kernel resolves it, or None when it does not exist."""
    try:
        descriptor = posix.open(path, posix.O_PATH | posix.O_CLOEXEC)
    except OSError:
        return None
    try:
        path = posix.readlink(f"/proc/self/fd/{descriptor}")
        there, here = posix.stat(path), posix.fstat(descriptor)
        return path if (there.st_ino, there.st_dev) == (here.st_ino, here.st_dev) else None
    except OSError:  # no /proc, a pipe, a deleted file
        return None
    finally:
        posix.close(descriptor)


def enter_main(path, compiled):
    """The namespace of __main__ for a script, as _PyRun_SimpleFileObject() prepares it."""
    names = sys.modules["__main__"].__dict__
    names["__file__"] = path
    names["__cached__"] = None
    if path != "<stdin>":
        loader = "SourcelessFileLoader" if compiled else "SourceFileLoader"
        names["__loader__"] = getattr(importlib_external, loader)("__main__", path)
    return names


def remember_command(text):
    """3.13 shows source lines of -c in tracebacks, from linecache.

    False when linecache wants the code itself, as from 3.13.4 on.
    """
    if sys.version_info >= (3, 13):
        linecache = __import__("linecache")
        if hasattr(linecache, "_interactive_cache"):
            return False
        linecache._register_code("<string>", text, "<string>")
    return True


def remember_code(text, code):
    """The same, under the key of each code object."""
    sys.modules["linecache"]._register_code(code, text, "<string>")


def report_unopened(path, number, reason):
    """CPython's sentence for a script that cannot be read; its exit status is 2."""
    sys.stderr.write(f"{sys.orig_argv[0]}: can't open file {path!r}: [Errno {number}] {reason}\n")


def report_directory(path):
    """CPython's sentence for a directory that the import system could not take."""
    sys.stderr.write(f"{sys.orig_argv[0]}: {path!r} is a directory, cannot continue\n")


def exit_status(error):
    """handle_system_exit() of Python/pythonrun.c: what a SystemExit asks for."""
    code = getattr(error, "code", error)
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF if -(1 << 63) <= code < 1 << 63 else 255
    stream = sys.stderr
    if stream is not None:
        try:
            stream.write(str(code))
        except Exception:
            pass
        stream.write("\n")
    return 1
