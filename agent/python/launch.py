"""From a restored process to the point where the program's first line runs.

Follows pymain_run_python() of CPython's Modules/main.c; the program itself is started from C
(agent/run_program.cpp), so no frame of the agent is on its stack.
"""

import sys

importlib_external = sys.modules["_frozen_importlib_external"]

SCRIPT, MODULE, COMMAND, STANDARD_INPUT = 1, 2, 3, 4
UNBUFFERED, DONT_WRITE_BYTECODE = 1, 2
SIG_DFL, SIG_IGN = 0, 1

LAUNCH = {"streams": None, "frozen_modules": frozenset(), "time_zone": None, "script_entered": False}


def launch(request):
    """Makes the interpreter look freshly started for this program.

    Returns what C needs to run it: the path, name or text, the manner (one of the constants
    above), and whether runpy sets sys.argv[0].
    """
    refresh_environment(request["environment"])
    reopen_streams(LAUNCH["streams"], bool(request["flags"] & UNBUFFERED))
    if request["flags"] & DONT_WRITE_BYTECODE:
        sys.dont_write_bytecode = True
    respect_ignored_signals(request["ignored_signals"])
    refresh_modules()
    return LAUNCHERS[request["kind"]](request["program"], request["arguments"])


def launch_module(name, arguments):
    """-m NAME: the current directory comes first on the path."""
    set_arguments(["-m"] + arguments, ["-m", name] + arguments)
    add_to_path(current_directory())
    return (name, MODULE, True)


def launch_command(text, arguments):
    """-c TEXT: the path begins with whatever the current directory is."""
    set_arguments(["-c"] + arguments, ["-c", text] + arguments)
    add_to_path("")
    return (text, COMMAND, None)


def launch_standard_input(_, arguments):
    """-: the program comes from standard input."""
    set_arguments(["-"] + arguments, ["-"] + arguments)
    add_to_path("")
    return ("<stdin>", STANDARD_INPUT, None)


def refresh_environment(environment):
    """os.environ stays the same object; its dictionary is posix.environ."""
    data = posix.environ
    data.clear()
    data.update(environment)
    if data.get(b"TZ") != LAUNCH["time_zone"]:
        time.tzset()


def respect_ignored_signals(numbers):
    """Signals the caller ignores (nohup, a background job) stay ignored, and Python knows it."""
    if numbers:
        signal = import_aside("_signal")
        for number in numbers:
            signal.signal(number, SIG_IGN)


def set_arguments(arguments, command_line):
    """In place: modules may have done `from sys import argv`."""
    sys.argv[:] = arguments
    sys.orig_argv[:] = [sys.orig_argv[0]] + command_line


def add_to_path(directory):
    """sys.path[0], unless start-up was told not to (safe_path, -I)."""
    if directory is not None and not getattr(sys.flags, "safe_path", False):
        if not sys.flags.isolated:
            sys.path.insert(0, directory)


def current_directory():
    """The directory for -m, or None when it is gone."""
    try:
        return posix.getcwd()
    except OSError:
        return None


def launch_script(script, arguments):
    """A file, or a directory or archive with a __main__ module."""
    set_arguments([script] + arguments, [script] + arguments)
    path = absolute(script)
    if importer_for(path) is not None:
        sys.path.insert(0, path)
        return ("__main__", MODULE, False)
    add_to_path(directory_of_script(script))
    return (path, SCRIPT, None)


LAUNCHERS = {
    SCRIPT: launch_script,
    MODULE: launch_module,
    COMMAND: launch_command,
    STANDARD_INPUT: launch_standard_input,
}


def absolute(script):
    """_Py_abspath() of Python/fileutils.c: no normalisation beyond one leading './'."""
    if script.startswith("/"):
        return script
    directory = current_directory()
    if directory is None:
        return script
    return directory + "/" + (script[2:] if script.startswith("./") else script)


def importer_for(path):
    """PyImport_GetImporter(): fills the same cache entry as plain Python."""
    cache = sys.path_importer_cache
    if path in cache:
        return cache[path]
    cache[path] = None
    for hook in sys.path_hooks:
        try:
            finder = hook(path)
        except ImportError:
            continue
        cache[path] = finder
        return finder
    return None


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
        return posix.readlink(f"/proc/self/fd/{descriptor}")
    finally:
        posix.close(descriptor)


def enter_main(path):
    """The namespace of __main__ for a script, as _PyRun_SimpleFileObject() prepares it."""
    LAUNCH["script_entered"] = True
    names = sys.modules["__main__"].__dict__
    names["__file__"] = path
    names["__cached__"] = None
    if path != "<stdin>":
        names["__loader__"] = importlib_external.SourceFileLoader("__main__", path)
    return names


def remember_command(text):
    """3.13 shows source lines of -c in tracebacks, from linecache."""
    if sys.version_info >= (3, 13):
        linecache = __import__("linecache")
        linecache._register_code("<string>", text, "<string>")


def leave_main():
    """What _PyRun_SimpleFileObject() removes when a script has ended."""
    if LAUNCH["script_entered"]:
        names = sys.modules["__main__"].__dict__
        names.pop("__file__", None)
        names.pop("__cached__", None)


def report_unopened(path, number, reason):
    """CPython's sentence for a script that cannot be read; its exit status is 2."""
    sys.stderr.write(f"{sys.orig_argv[0]}: can't open file {path!r}: [Errno {number}] {reason}\n")


def flush_stream(stream):
    """Flushes a standard stream unless it is None or closed (flush_std_files())."""
    if stream is not None and not stream.closed:
        stream.flush()


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
