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


BUILD = {}  # from prepare() or begin_again() to hide(): what these note and the others need


def prepare(descriptor):
    """Imports and warm-up. Returns the path of the script that goes on to its checkpoint, or None."""
    builder = Builder(descriptor)
    BUILD["builder"] = builder
    BUILD["again"] = False
    BUILD["descriptors"] = open_descriptors()
    BUILD["memory"] = shared_memory()
    LAUNCH["started_modules"] = dict.fromkeys(sys.modules)
    note_new_classes(AGENT)
    BUILD["environment"] = dict(posix.environ)
    for path in executable_files():
        builder.tell("start-file", path)
    orders = builder.orders()
    BUILD["finder"] = provide_package(orders)
    sys.dont_write_bytecode = ["bytecode", "off"] in orders  # the builder's wish, not the launch's
    BUILD["leftovers"] = LeftoverWatch(
        ["watch", "memory"] in orders, ["output", "refused"] in orders
    )
    BUILD["effects"] = EffectWatch()
    BUILD["recorder"] = ImportRecorder(
        BUILD["leftovers"], BUILD["effects"], BUILD["environment"]
    )
    for name in ("random", "tempfile"):
        if name in sys.modules:
            watch_module(name, sys.modules[name])
    note_searches_of_start(LAUNCH["started_modules"])
    watch_searches()
    script = enter_script(builder, orders)
    if script is None:
        count_directory_uses()
        BUILD["recorder"].__enter__()
        builder.tell("step", "import")
        obey(builder, orders)
        forget_search_directories(orders)
        __import__("runpy")  # for -m, directories and archives
    return script


def conclude():
    """The user's hooks and what follows from them; from here on only the agent's code runs."""
    builder = BUILD["builder"]
    if BUILD["again"]:
        note_patches()  # before names change that are not the program's doing
    builder.tell("step", "hooks")
    run_before_hooks(builder)
    if not LAUNCH["continues_script"]:
        BUILD["recorder"].__exit__()
    stop_watching_functions()
    stop_watching_seeds()
    if not BUILD["again"]:
        forget_who_asked(BUILD["recorder"])
    sys.dont_write_bytecode = False
    flush_output()
    refuse_leftovers(builder, BUILD["leftovers"], BUILD["descriptors"], BUILD["memory"])
    builder.tell("step", "rehearse")
    remove_temporary(renewed_directories())
    forget_state()
    rehearse()
    report(builder, BUILD["environment"])
    note_boot_hooks()
    find_generators()
    note_fresh_state()
    note_environment_copies(BUILD["environment"])
    LAUNCH["start_environment"] = BUILD["environment"]


def hide():
    """sys.modules and all shared state become what they were after start-up. What a script has
    imported is its own: nothing of it is hidden. What an earlier freeze has hidden stays so."""
    if LAUNCH["continues_script"]:
        LAUNCH["started_modules"] = dict.fromkeys(sys.modules)
    if not BUILD["again"]:
        prepared = hide_modules(BUILD["recorder"], BUILD["effects"])
        kept = kept_by_native_code()
        settle_reads(prepared, kept, BUILD["environment"], BUILD["builder"])
        settle_directory(prepared, kept, BUILD["builder"])
    settle_package(BUILD["builder"], BUILD["finder"])
    keep_boot_hooks()
    BUILD.clear()


def settle():
    """The last Python code before the freeze; returns what is to be wiped."""
    unused = empty_environments(LAUNCH["environment_copies"], LAUNCH["start_environment"])
    gc.collect()
    if HIDDEN["classes"] is None:  # an earlier freeze knows what is of start-up and what is not
        HIDDEN["classes"] = hidden_classes()  # the collector of a launch need not visit the list
    gc.freeze()
    return unused


def executable_files():
    """The files whose code is mapped: here, the interpreter and the libraries it starts with."""
    text = mapping_lines().decode("utf-8", "surrogateescape")
    fields = [line.split(None, 5) for line in text.splitlines()]
    return sorted({f[5] for f in fields if len(f) == 6 and f[1][2] == "x" and f[5][0] == "/"})


def obey(builder, orders):
    """Imports the modules and runs the warm-up, in the order given."""
    for verb, value in orders:
        try:
            if verb == "module" and value == LEFT_TO_LAUNCHES:
                builder.tell("notice", f"{value} is not prepared: each launch imports it")
            elif verb == "module":
                builder.tell("import", value)
                __import__(value)
            elif verb == "exclude":
                exclude(value)
            elif verb == "ignore":
                ignore_variable(value)
            elif verb == "learned":
                prepare_learned(builder, value)
            elif verb == "path":
                sys.path.insert(0, value)
            elif verb == "left-out":
                LEFT_OUT[value] = True
            elif verb == "code-only":
                builder.tell("import", value)
                keep_code_of(value)
            elif verb == "warm-up":
                builder.tell("warm-up", value)
                BUILD["leftovers"].watches_output = False  # no launch runs it
                warm_up(value)
        except BaseException as error:
            builder.tell("broken", verb, value, traceback_of(error))
            posix._exit(1)


def forget_search_directories(orders):
    """The script's directory is put in front of sys.path by each launch."""
    for verb, *values in orders:
        if verb == "path" and values[0] in sys.path:
            sys.path.remove(values[0])
            sys.path_importer_cache.pop(values[0], None)


def traceback_of(error):
    """The traceback without the frames of the agent and of the import system."""
    traceback = __import__("traceback")
    report = traceback.TracebackException.from_exception(error)
    seen = [report]
    for part in seen:
        part.stack = traceback.StackSummary.from_list(
            [f for f in part.stack if not f.filename.startswith(("<pysnap ", "<frozen "))]
        )
        seen += [inner for inner in (part.__cause__, part.__context__) if inner is not None]
        seen += getattr(part, "exceptions", None) or []
    return "".join(report.format())


def flush_output():
    """What imports printed belongs to the build, not to the first launch."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        if stream is not None and not stream.closed:
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
    "temporary": "make it on first use, or leave the module out of the image",
    "memory": "make it on first use, or leave the module out of the image",
    "output": "no launch would print it",
}


def refuse_leftovers(builder, watch, descriptors_before, memory_before):
    """Names every Python thread, descriptor, child process and shared memory that would be lost."""
    refused = False

    def refuse(kind, key, what):
        nonlocal refused
        refused = True
        unknown = "the warm-up or a module outside the file system"
        by_script = LAUNCH["continues_script"]
        module = "the script" if by_script else watch.blame.get((kind, key), unknown)
        advice = "leave that to the time after pysnap.checkpoint()" if by_script else ADVICE[kind]
        builder.tell("refuse", kind, what, module, advice)
        for name in dependents_of(module):
            builder.tell("blamed", name)

    for index in range(thread._count()):
        refuse("thread", index, thread_names()[index])
    for number in sorted(open_descriptors() - descriptors_before):
        refuse("descriptor", number, f"descriptor {number} ({describe_descriptor(number)})")
    for pid in sorted(child_processes()):
        refuse("child", pid, f"child process {pid} ({command_of(pid)})")
    memory = shared_memory() - memory_before
    if memory and not watch.watches_memory:
        builder.tell("again", "memory")
        posix._exit(1)
    for place in sorted(memory):
        refuse("memory", place, f"shared memory ({place})")
    temporary = temporary_leftovers()
    for path, module in temporary.items():
        watch.blame["temporary", path] = module
        kind = "directory" if path_is_directory(path) else "file"
        refuse("temporary", path, f"the temporary {kind} {path}, which the first launch would remove,")
    for _, size in watch.output():
        refuse("output", size, "what was printed")
    if refused:
        remove_temporary(temporary)
        for pid in child_processes():
            posix.kill(pid, 9)  # nobody else knows of them
        posix._exit(1)


def path_is_directory(path):
    """os.path.isdir(), for a path that exists."""
    return posix.lstat(path).st_mode & 0o170000 == 0o040000


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
    text = b""
    for _ in range(100):  # empty for a moment inside execve(2)
        text = posix.pread(descriptor, 200, 0)
        if text:
            break
        time.sleep(0.001)
    posix.close(descriptor)
    return text.replace(b"\0", b" ").decode("utf-8", "replace").strip() or "ended"


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
    for name in {**HIDDEN["all"], **sys.modules}:
        builder.tell("loaded", name)
    tell_searches(builder)
    threads = len(posix.listdir("/proc/self/task")) - 1
    if threads:
        builder.tell("shed", threads)
    changed = sorted(
        name.decode("utf-8", "replace")
        for name, value in posix.environ.items()
        if environment_before.get(name) != value
    )
    for sentence in missing_places():
        builder.tell("notice", sentence)
    if changed:
        builder.tell("notice", "the imports set in the environment: " + ", ".join(changed))
