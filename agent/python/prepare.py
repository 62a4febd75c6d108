"""Before the freeze: imports, rehearsal, and the search for what cannot be frozen.

Talks to the builder over a socket: records end with \\x1e, fields are separated by \\x1f.
"""

import sys


class Builder:
    """The builder's end of the control socket."""

    def __init__(self, descriptor):
        self._descriptor = descriptor

    def tell(self, *fields):
        """Sends one record."""
        text = "\x1f".join(str(field) for field in fields) + "\x1e"
        data = text.encode("utf-8", "backslashreplace")
        while data:
            data = data[posix.write(self._descriptor, data) :]

    def orders(self):
        """What to prepare: (verb, value) pairs up to the record "go"."""
        data = b""
        while not data.endswith(b"go\x1e"):
            more = posix.read(self._descriptor, 65536)
            if not more:
                posix._exit(1)
            data += more
        records = data.decode("utf-8", "surrogateescape").split("\x1e")
        return [record.split("\x1f") for record in records[:-2]]


def prepare(descriptor):
    """All that happens in Python before the freeze."""
    builder = Builder(descriptor)
    descriptors_before = open_descriptors()
    LAUNCH["started_modules"] = frozenset(sys.modules)
    environment_before = dict(posix.environ)
    for path in executable_files():
        builder.tell("start-file", path)
    with ImportWatch() as watch:
        builder.tell("step", "import")
        obey(builder)
    flush_output()
    refuse_leftovers(builder, watch, descriptors_before)
    builder.tell("step", "rehearse")
    forget_state()
    rehearse()
    import_aside("runpy")
    report(builder, environment_before)
    if not split_child_hooks():
        raise RuntimeError("the interpreter's list of at-fork hooks cannot be found")
    LAUNCH["streams"] = capture_streams()
    LAUNCH["seekable_streams"] = seekable_streams(LAUNCH["streams"])
    freeze_as_pipes(LAUNCH["streams"])
    posix.environ.clear()
    gc.collect()
    gc.freeze()


def executable_files():
    """The files whose code is mapped: here, the interpreter and the libraries it starts with."""
    descriptor = posix.open("/proc/self/maps", posix.O_RDONLY)
    text = b""
    while True:
        more = posix.read(descriptor, 65536)
        if not more:
            break
        text += more
    posix.close(descriptor)
    fields = [line.split(None, 5) for line in text.decode("utf-8", "surrogateescape").splitlines()]
    return sorted({f[5] for f in fields if len(f) == 6 and f[1][2] == "x" and f[5][0] == "/"})


def obey(builder):
    """Imports the modules and runs the warm-up, in the order given."""
    for verb, value in builder.orders():
        try:
            if verb == "module":
                builder.tell("import", value)
                __import__(value)
            elif verb == "warm-up":
                builder.tell("warm-up", value)
                warm_up(value)
        except BaseException as error:
            traceback = __import__("traceback")
            frames = error.__traceback__.tb_next if error.__traceback__ else None
            text = "".join(traceback.format_exception(type(error), error, frames))
            builder.tell("broken", verb, value, text)
            posix._exit(1)


def flush_output():
    """What imports printed belongs to the build, not to the first launch."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        if stream is not None:
            stream.flush()


def warm_up(path):
    """Runs a script once, so that its caches travel in the image; its exit status is ignored."""
    runpy = __import__("runpy")
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit:
        pass


ADVICE = {
    "thread": "start it on first use, or leave the module out of the image",
    "descriptor": "open it on first use, or leave the module out of the image",
    "child": "start it on first use, or leave the module out of the image",
}


def refuse_leftovers(builder, watch, descriptors_before):
    """Names every Python thread, descriptor and child process that would be lost."""
    refused = False

    def refuse(kind, key, what):
        nonlocal refused
        refused = True
        module = watch.blame.get((kind, key), "the warm-up or a module outside the file system")
        builder.tell("refuse", kind, what, module, ADVICE[kind])

    for index in range(thread._count()):
        refuse("thread", index, thread_names()[index])
    for number in sorted(open_descriptors() - descriptors_before):
        refuse("descriptor", number, f"descriptor {number} ({describe_descriptor(number)})")
    for pid in sorted(child_processes()):
        refuse("child", pid, f"child process {pid} ({command_of(pid)})")
    if refused:
        posix._exit(1)


def thread_names():
    """A text for each running thread that Python started."""
    threading = sys.modules.get("threading")
    named = []
    if threading is not None:
        main = threading.main_thread()
        named = [f"thread {t.name!r}" for t in threading.enumerate() if t is not main]
    return named + ["a thread without a name"] * (thread._count() - len(named))


def command_of(pid):
    """The command line of a process, for people."""
    try:
        descriptor = posix.open(f"/proc/{pid}/cmdline", posix.O_RDONLY)
    except OSError:
        return "gone"
    try:
        return posix.read(descriptor, 200).replace(b"\0", b" ").decode("utf-8", "replace").strip()
    finally:
        posix.close(descriptor)


REHEARSAL = """
def function(argument, *rest, key=None, **more):
    try:
        return [item for item in rest if item] + [f"{argument}{key!r}"]
    except ValueError as error:
        raise TypeError("rehearsal") from error


class Class:
    attribute = function(1, 2)
"""


def rehearse():
    """Compiles and runs a small program: the compiler builds its types on first use (1 ms)."""
    names = {"__name__": "rehearsal", "__builtins__": __builtins__}
    exec(compile(REHEARSAL, "<rehearsal>", "exec"), names)


def report(builder, environment_before):
    """What the image will hold, and what looks suspicious, for the builder's records."""
    for name in sys.modules:
        builder.tell("loaded", name)
    threads = len(posix.listdir("/proc/self/task")) - 1
    if threads:
        builder.tell("shed", threads)
    changed = sorted(
        name.decode("utf-8", "replace")
        for name, value in posix.environ.items()
        if environment_before.get(name) != value
    )
    if changed:
        builder.tell("notice", "the imports set in the environment: " + ", ".join(changed))
