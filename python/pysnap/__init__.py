"""For programs that may start from an image of pysnap: hooks, a checkpoint, and a few questions.

Under plain Python everything here works and does nothing: hooks are remembered and never run,
`is_snapshotting()` and `is_restored()` are false, `generation()` is None, `checkpoint()` returns
False at once.
"""

import sys

__all__ = [
    "checkpoint",
    "generation",
    "get_after_restore",
    "get_before_snapshot",
    "is_restored",
    "is_snapshotting",
    "register_after_restore",
    "register_before_snapshot",
]

# While an image is made, and in its launches, pysnap's agent is reached through this name. It is
# kept where no program looks, so that one which never imports this package sees nothing of it.
_agent = getattr(sys.modules.get("_frozen_importlib"), "_pysnap_agent", None)

_before_snapshot = []  # (func, args, kwargs)
_after_restore = []


def _register(hooks, func, args, kwargs):
    if not callable(func):
        raise TypeError(f"a hook must be callable, not {type(func).__name__}")
    hooks.append((func, args, kwargs))
    return func


def register_before_snapshot(func, *args, **kwargs):
    """Calls func(*args, **kwargs) before the image is made; the last registered hook runs first.

    Returns func, so it serves as a decorator too.
    """
    return _register(_before_snapshot, func, args, kwargs)


def register_after_restore(func, *args, **kwargs):
    """Calls func(*args, **kwargs) in each launch before the program; in order of registration.

    Returns func, so it serves as a decorator too.
    """
    return _register(_after_restore, func, args, kwargs)


def get_before_snapshot() -> list:
    """The registered (func, args, kwargs), in order of registration; the list itself."""
    return _before_snapshot


def get_after_restore() -> list:
    """The registered (func, args, kwargs), in order of registration; the list itself."""
    return _after_restore


def is_snapshotting() -> bool:
    """Whether an image is being made of this process."""
    return _agent is not None and _agent.snapshotting


def is_restored() -> bool:
    """Whether this process was launched from an image, or forked from one that was."""
    return _agent is not None and _agent.restored


def generation() -> "int | None":
    """The random number that names the image this process was launched from; None without one."""
    return _agent.generation if is_restored() else None


def checkpoint() -> bool:
    """Where launches of an image made by `pysnap build --script` begin.

    At build time the first call freezes the process and does not return. Each launch returns from
    that call, with True, and has its own arguments, environment and streams; further calls there
    return True at once. `pysnap build --from` launches an image and freezes it at its next call, for
    a new image. Anywhere else the result is False, and nothing happens. RuntimeError when
    the process cannot be frozen here: in another than the main thread, beside other threads, in a
    child process.
    """
    return _agent is not None and _agent.checkpoint()
