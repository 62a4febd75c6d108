# stdout: closed
# status: signal:13
"""Python ignores SIGPIPE; a program that wants it gets it."""

import signal
import sys

print(signal.getsignal(signal.SIGPIPE), file=sys.stderr)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
print("nobody reads this", flush=True)
print("never reached", file=sys.stderr)
