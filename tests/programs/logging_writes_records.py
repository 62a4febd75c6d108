"""Handlers, formats, levels, the pid and times of the record, output at exit."""

import logging
import logging.handlers
import os
import sys
import time

before = time.time()
logging.warning("the last resort: %s", "nothing is configured yet")
logging.basicConfig(format="%(levelname)s:%(name)s:%(module)s:%(lineno)d:%(threadName)s:"
                           "%(processName)s:%(message)s", level=logging.DEBUG, force=True)
log = logging.getLogger("part.inner")
log.debug("to %s", "standard error")
try:
    1 / 0
except ZeroDivisionError:
    log.exception("with a traceback")


class Checking(logging.Handler):
    def emit(self, record):
        assert record.process == os.getpid() and before - 1 <= record.created <= time.time() + 1
        assert -1000 <= record.relativeCreated < 3_600_000
        print("checked", record.getMessage())


log.addHandler(Checking())
log.info("times and pid")
rotating = logging.handlers.RotatingFileHandler("log.txt", maxBytes=200, backupCount=2)
rotating.setFormatter(logging.Formatter("{message}", style="{"))
log.addHandler(rotating)
for number in range(10):
    log.info("a line of the rotating file, number %d", number)
memory = logging.handlers.MemoryHandler(100, target=logging.StreamHandler(sys.stdout))
logging.getLogger("memory").addHandler(memory)
logging.getLogger("memory").error("flushed at exit")
