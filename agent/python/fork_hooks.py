"""At-fork child hooks: which run once, in the fork that froze the process, and which at each launch.

A launch is a fork child of the boot, so every hook must run exactly once between the boot's
PyOS_BeforeFork() and the program. Hooks that only make locks new again can do so before the freeze:
the frozen process has one thread, and its locks stay new. All others run at each launch: what they
renew (random state, pids, connections) is what two launches must not share.
"""

BOOT_HOOKS = {
    ("threading", "_after_fork"),
    ("logging", "_after_at_fork_child_reinit_locks"),
    ("asyncio.events", "on_fork"),
}


def find_child_hooks():
    """The interpreter's own list of after_in_child hooks, found through a hook of ours."""

    def mark():
        pass

    posix.register_at_fork(after_in_child=mark)
    for holder in gc.get_referrers(mark):
        if type(holder) is list and holder and holder[-1] is mark:
            holder.pop()
            return holder
    return None


def runs_at_boot(hook):
    """True for a hook that only makes locks new again."""
    name = getattr(hook, "__name__", "")
    return name == "_at_fork_reinit" or (getattr(hook, "__module__", ""), name) in BOOT_HOOKS


def split_child_hooks():
    """Leaves the hooks of the boot in the interpreter's list; returns False when there is none."""
    hooks = find_child_hooks()
    if hooks is None:
        return False
    LAUNCH["hook_list"] = hooks
    LAUNCH["all_hooks"] = tuple(hooks)
    LAUNCH["launch_hooks"] = tuple(hook for hook in hooks if not runs_at_boot(hook))
    hooks[:] = [hook for hook in hooks if runs_at_boot(hook)]
    return True


def restore_child_hooks():
    """In the forked child, after its hooks ran: the program's own forks run all of them again."""
    LAUNCH["hook_list"][:] = LAUNCH["all_hooks"]


def launch_hooks():
    """What C calls one by one at each launch, reporting errors as CPython does."""
    return LAUNCH["launch_hooks"]
