# everywhere: yes
"""Handlers as Python installs them, and as the kernel sees them."""

import signal

for number in sorted(signal.valid_signals()):
    handler = signal.getsignal(number)
    if handler not in (signal.SIG_DFL, None):
        print(number.name, getattr(handler, "__name__", handler))
for line in open("/proc/self/status"):
    if line.startswith(("SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt")):
        print(line, end="")
print(signal.pthread_sigmask(signal.SIG_BLOCK, []), signal.getitimer(signal.ITIMER_REAL))
