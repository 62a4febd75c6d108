"""At-fork child hooks: which run once, in the fork that froze the process, and which at each launch.

A launch is a fork child of the boot, so every hook must run exactly once between the boot's
PyOS_BeforeFork() and the program. Hooks that only make locks new again can do so before the freeze:
the frozen process has one thread, and its locks stay new. All others run at each launch: what they
renew (random state, pids, connections) is what two launches must not share.
"""




def hook_list(when):
    """One of the interpreter's own lists, found through an entry of ours that is taken out again."""

    def mark():
        pass

    posix.register_at_fork(**{when: mark})
    for holder in gc.get_referrers(mark):
        if type(holder) is list and holder and mark in (holder[0], holder[-1]):
            holder.remove(mark)
            return holder
    raise RuntimeError("the interpreter's list of at-fork hooks cannot be found")


BEFORE_HOOKS = hook_list("before")
PARENT_HOOKS = hook_list("after_in_parent")
CHILD_HOOKS = hook_list("after_in_child")

BOOT_HOOKS = {
    ("threading", "_after_fork"),
    ("logging", "_after_at_fork_child_reinit_locks"),
    ("asyncio.events", "on_fork"),
}


def runs_at_boot(hook):
    """True for a hook that only makes locks new again."""
    name = getattr(hook, "__name__", "")
    return name == "_at_fork_reinit" or (getattr(hook, "__module__", ""), name) in BOOT_HOOKS


def note_boot_hooks():
    """While the hooks of all prepared modules are still there."""
    LAUNCH["boot_hooks"] = (tuple(BEFORE_HOOKS), [h for h in CHILD_HOOKS if runs_at_boot(h)])


def keep_boot_hooks():
    """For the fork that freezes: every hook before it, in the child those that make locks new."""
    LAUNCH["own_hooks"] = (tuple(BEFORE_HOOKS), tuple(CHILD_HOOKS))
    BEFORE_HOOKS[:], CHILD_HOOKS[:] = LAUNCH["boot_hooks"]


def restore_hooks():
    """In the forked child, after its hooks ran: a launch has those of what start-up imports."""
    BEFORE_HOOKS[:], CHILD_HOOKS[:] = LAUNCH["own_hooks"]
    for hook in LAUNCH["boot_hooks"][1]:
        note_names(getattr(hook, "__module__", None))
    flush_output()  # what hooks printed belongs to the build


def launch_hooks():
    """Hooks of what start-up itself imports; those of prepared modules run when they appear."""
    renewed = LAUNCH["renewed_in_place"]
    return tuple(h for h in LAUNCH["own_hooks"][1] if not runs_at_boot(h) and h not in renewed)
