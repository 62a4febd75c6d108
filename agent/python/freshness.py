"""What two launches of one image must not share, and at-fork hooks do not renew.

Two tables keyed by module name: only modules that are in the image cost anything. What can be
forgotten and is made again on demand is forgotten once, before the freeze: nothing runs between the
freeze and a launch. What must be new is made at each launch.
"""

import sys

gc = import_aside("gc")
time = import_aside("time")


def forget_uuid(module):
    """The node may be random; the timestamp orders the ids of one process only."""
    module._last_timestamp = None
    module._node = None


def forget_tempfile(module):
    """Names come from a generator seeded once per process; the directory from the environment."""
    module._name_sequence = None
    if module.tempdir is not None and module.tempdir in module._candidate_tempdir_list():
        module.tempdir = None


def forget_platform(module):
    """The host's name may be another one, and its kernel."""
    module._uname_cache = None
    getattr(module, "_platform_cache", {}).clear()


def renew_multiprocessing(module):
    """The key that authenticates connections, and the directory children are started in."""
    module._current_process._config["authkey"] = module.AuthenticationString(posix.urandom(32))
    try:
        module.ORIGINAL_DIR = posix.getcwd()
    except OSError:
        module.ORIGINAL_DIR = None


def renew_limits(module):
    """As multiprocessing/util.py: a limit of this process."""
    try:
        module.MAXFD = posix.sysconf("SC_OPEN_MAX")
    except (OSError, ValueError):
        module.MAXFD = 256


def renew_wsgiref(module):
    """The environment as the class found it."""
    module.BaseHandler.os_environ.clear()
    module.BaseHandler.os_environ.update(module.read_environ())


def renew_threading(module):
    """The main thread's id for the kernel; its hook ran before the freeze."""
    module._main_thread._native_id = thread.get_native_id()


def renew_logging(module):
    """relativeCreated counts from the start of the process (nanoseconds since 3.13)."""
    module._startTime = time.time_ns() if isinstance(module._startTime, int) else time.time()


def renew_ssl(module):
    """For an OpenSSL inside the interpreter itself, which knows the true pid of the boot."""
    module.RAND_add(posix.urandom(32), 32.0)


def renew_mercurial(module):
    """The command line as bytes; mercurial/pycompat.py makes it when it is imported."""
    module.sysargv = [module.fsencode(argument) for argument in sys.argv]


FORGET = {
    "uuid": forget_uuid,
    "tempfile": forget_tempfile,
    "platform": forget_platform,
}

RENEW = {
    "multiprocessing.process": renew_multiprocessing,
    "multiprocessing.util": renew_limits,
    "threading": renew_threading,
    "logging": renew_logging,
    "wsgiref.handlers": renew_wsgiref,
    **third_party_renewals(),
    "mercurial.pycompat": renew_mercurial,
}

if "_ssl" in sys.builtin_module_names:
    RENEW["_ssl"] = renew_ssl


def suspended_frames():
    """Which frames of the boot a launch goes on with, or nothing; found before the freeze, which
    hides objects from the collector's lists."""
    if LAUNCH["continues_script"]:
        return b"the script goes on from its checkpoint"
    return b"greenlets are suspended" if LAUNCH["suspended_frames"] else b""


def find_suspended_frames():
    """True when C frames of the boot are kept aside, to be gone on with: suspended greenlets."""
    greenlet = present_module("greenlet")
    if greenlet is None or not hasattr(greenlet, "getcurrent"):
        return False
    current = greenlet.getcurrent()
    return any(
        issubclass(type(item), greenlet.greenlet) and bool(item) and item is not current
        for item in gc.get_objects()
    )


def note_fresh_state():
    """Objects that C renews or must leave alone, while nothing is hidden yet."""
    LAUNCH["suspended_frames"] = find_suspended_frames()
    module = present_module("_ssl")
    if module is not None:
        LAUNCH["tls_library"] = getattr(module, "__file__", "")
        LAUNCH["tls_contexts"] = [
            item for item in gc.get_objects() if issubclass(type(item), module._SSLContext)
        ]


def forget_state():
    """Before the freeze: what is made again on demand."""
    for name, forget in FORGET.items():
        module = sys.modules.get(name)
        if module is not None:
            forget(module)


def renewals():
    """The calls of each launch: (function, module) pairs for modules that start-up imports; those
    of hidden modules are made when they are published. Copies of the environment belong to no
    module."""
    plan = [(RENEW[name], sys.modules[name]) for name in RENEW if name in sys.modules]
    if LAUNCH["environment_copies"]:
        plan.append((fill_environment_copies, LAUNCH["environment_copies"]))
    return tuple(plan)


def seed_remaining():
    """Generators whose state C could not find in memory."""
    for seed in LAUNCH["seed_functions"]:
        seed()
