# everywhere: yes
"""State that all modules share is as plain Python has it, before and after each import."""

import sys


def state(title):
    import gc
    import os
    import signal
    import codecs
    import _warnings
    print(title, len(_warnings.filters), sys.getrecursionlimit(), sys.excepthook is sys.__excepthook__)
    print(signal.getsignal(signal.SIGUSR1), gc.get_threshold(), len(sys.meta_path), len(gc.callbacks))
    print(os.environ.get("CHANGED_BY_IMPORT"), hasattr(__builtins__, "changed_by_import"))
    try:
        codecs.lookup_error("changed_by_import")
        print("error handler")
    except LookupError as error:
        print(error)


state("before")
import logging  # noqa: E402

print(sorted(logging.root.manager.loggerDict), logging.root.handlers)
import asyncio  # noqa: E402
import concurrent.futures  # noqa: E402

print(sorted(logging.root.manager.loggerDict), logging.getLogger("asyncio").parent.name)
import copyreg  # noqa: E402
import re  # noqa: E402

print(sorted(t.__name__ for t in copyreg.dispatch_table), re.Pattern in copyreg.dispatch_table)
import http.client  # noqa: E402
import unittest  # noqa: E402

state("after")
