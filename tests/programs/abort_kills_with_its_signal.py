# status: signal:6
"""os.abort, with faulthandler told to be silent."""

import faulthandler
import os
import sys

print("enabled:", faulthandler.is_enabled())
faulthandler.dump_traceback(file=sys.stdout, all_threads=False)
sys.stdout.flush()
os.abort()
