"""What two launches of one image must not share, and at-fork hooks do not renew.

A table keyed by module name: only modules that are in the image cost anything. `random`, `logging`
and `threading` register at-fork hooks of their own, which PyOS_AfterFork_Child has run by now.
"""

import sys

time = import_aside("time")


def refresh_numpy_random(module):
    """numpy's global generator has no at-fork hook."""
    module._rand.seed()


def refresh_multiprocessing(module):
    """The key that authenticates connections, and the directory children are started in."""
    process = module._current_process
    process._config["authkey"] = module.AuthenticationString(posix.urandom(32))
    try:
        module.ORIGINAL_DIR = posix.getcwd()
    except OSError:
        module.ORIGINAL_DIR = None


def refresh_uuid(module):
    """The node may be random; the timestamp orders the ids of one process only."""
    module._last_timestamp = None
    module._node = None


def refresh_tempfile(module):
    """Names come from a generator seeded once per process; the directory from the environment."""
    module._name_sequence = None
    if module.tempdir in FROZEN_TEMPORARY_DIRECTORIES:
        module.tempdir = None


def refresh_logging(module):
    """relativeCreated counts from the start of the process (nanoseconds since 3.13)."""
    module._startTime = time.time_ns() if isinstance(module._startTime, int) else time.time()


def refresh_platform(module):
    """The host's name may be another one."""
    module._uname_cache = None


def refresh_ssl(module):
    """For an OpenSSL inside the interpreter itself, which knows the true pid of the boot."""
    if "_ssl" in sys.builtin_module_names:
        module.RAND_add(posix.urandom(32), 32.0)


REFRESHERS = {
    "multiprocessing.process": refresh_multiprocessing,
    "uuid": refresh_uuid,
    "tempfile": refresh_tempfile,
    "logging": refresh_logging,
    "platform": refresh_platform,
    "_ssl": refresh_ssl,
    "numpy.random.mtrand": refresh_numpy_random,
}

FROZEN_TEMPORARY_DIRECTORIES = set()
FRESHNESS_PLAN = []


def plan_freshness():
    """Before the freeze: what of the table this image needs, so that a launch looks up nothing."""
    for name, refresh in REFRESHERS.items():
        module = sys.modules.get(name)
        if module is not None:
            FRESHNESS_PLAN.append((refresh, module))
    tempfile = sys.modules.get("tempfile")
    if tempfile is not None and tempfile.tempdir is not None:
        FROZEN_TEMPORARY_DIRECTORIES.update(tempfile._candidate_tempdir_list())


def refresh_modules():
    """At each launch, before any code of the program."""
    for refresh, module in FRESHNESS_PLAN:
        refresh(module)
