# everywhere: yes
"""What a program changes in a module before it imports another one, that one sees (gevent's way)."""

import socket
import time

time.sleep = lambda seconds: print("slept", seconds)


class Patched(socket.socket):
    pass


socket.socket = Patched
import http.client  # noqa: E402
import socketserver  # noqa: E402
import sched  # noqa: E402
import ssl  # noqa: E402

print(ssl.SSLSocket.__mro__[1] is Patched, socketserver.socket.socket is Patched)
scheduler = sched.scheduler()
print(scheduler.delayfunc(3), sched.scheduler.__init__.__defaults__[1] is time.sleep)
print(http.client.socket.socket is Patched)
import fractions  # noqa: E402

fractions.Fraction.marked = True
import statistics  # noqa: E402

print(statistics.Fraction.marked, statistics.mean([1, 2]))
