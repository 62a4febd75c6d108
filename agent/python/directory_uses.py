"""Which imports look at the working directory: ask for it, or name a file relative to it.

Invariant: `users` holds every module that preparing loaded whose own execution did so, in Python or
in C. The builder hears of it from the kernel and counts; what is counted while a module runs was
that module. In a launch from another directory, or after os.chdir(), such a module is imported
afresh.

Does not count: what the import system does to find a module (agent/python/verdict.py looks after
that), and what makes no difference, see below.
"""

import sys

DIRECTORY = {
    "seen": (0, 0),  # what the builder had counted when it was last looked at
    "users": {},  # module -> whether it has done more than seek names that were not there
    "path": None,  # of the build, where a hidden module has looked at it
    "indices": {},  # of those modules, and of all that import them
}

# A launch renews what these have kept (RENEW in freshness.py).
RENEWED_USERS = ("multiprocessing.process",)


def note_directory_uses(running):
    """What has been counted since the last call was done by the innermost of these modules."""
    uses, answers = DIRECTORY["seen"]
    DIRECTORY["seen"] = directory_uses(), directory_answers()
    if directory_uses() != uses and running:
        add_user(running[-1], directory_answers() != answers)


def add_user(name, got_answer):
    """A module has looked at the working directory."""
    DIRECTORY["users"][name] = DIRECTORY["users"].get(name, False) or got_answer


def blame_importer(failed, running):
    """The import of a module has failed; what comes of that is its importer's."""
    got_answer = DIRECTORY["users"].pop(failed, None)
    if got_answer is not None and running:
        add_user(running[-1], got_answer)


def uncounted(function, *arguments):
    """Calls a function that may look at the working directory without consequence."""
    uses, answers = DIRECTORY["seen"]
    pending = directory_uses() - uses, directory_answers() - answers
    try:
        return function(*arguments)
    finally:
        DIRECTORY["seen"] = directory_uses() - pending[0], directory_answers() - pending[1]


def code_of_candidates():
    """For tempfile._candidate_tempdir_list(), with constants that watch_function() replaces. The
    working directory comes last, for a machine without a /tmp."""

    def candidates():
        original = "original"
        note = "note"
        return note(original)

    return candidates.__code__


def watch_directory_of(name, module):
    """Called when a module has been executed."""
    if name == "tempfile":
        watch_function(module._candidate_tempdir_list, code_of_candidates(), uncounted)


def settle_directory(prepared, kept, builder):
    """Before the freeze: keeps what concerns hidden modules. For what `kept` holds
    (kept_by_native_code() in hidden.py), the whole image is for launches from the same directory, or
    from one where the names are not either."""
    ours = [n for n in DIRECTORY["users"] if n in prepared and n not in RENEWED_USERS]
    users = DIRECTORY["users"] = {name: DIRECTORY["users"][name] for name in ours}
    if not users:
        return
    try:
        DIRECTORY["path"] = posix.getcwdb()
    except OSError:
        DIRECTORY["path"] = b""  # no launch has it
    for name in ours:
        if HIDDEN["indices"][name] in kept:
            builder.tell("directory-user" if users[name] else "directory-seeker", name)
            if name.partition(".")[0] not in HIDDEN["fixed"]:
                del users[name]
    indices = [HIDDEN["indices"][name] for name in users]
    DIRECTORY["indices"] = dict.fromkeys(with_importers(indices))


def with_importers(indices):
    """These modules, and those whose import imports one of them, directly or not."""
    importers = {}
    for index in range(len(HIDDEN["records"])):
        for other in imports_of(index):
            importers.setdefault(other, []).append(index)
    return all_behind(indices, lambda index: importers.get(index, ()))


def directory_changed(indices):
    """Which of these modules would see another working directory than at the build, or None."""
    users = [n for n in (HIDDEN["records"][i][0] for i in indices) if n in DIRECTORY["users"]]
    if not users:
        return None
    try:
        now = posix.getcwdb()
    except OSError:
        now = None
    if now == DIRECTORY["path"]:
        return None
    return f"{users[0]} looks at the working directory, which was {as_text(DIRECTORY['path'])} at the build"
