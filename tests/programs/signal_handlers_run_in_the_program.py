# everywhere: yes
"""Handlers, timers, blocked signals, sigwait and a wake-up descriptor."""

import os
import signal
import socket
import time

seen = []


def note(number, frame):
    seen.append((signal.Signals(number).name, frame.f_code.co_name))


def send_and_wait(number):
    os.kill(os.getpid(), number)
    while not seen:
        time.sleep(0.001)
    print(seen.pop())


for number in (signal.SIGUSR1, signal.SIGTERM, signal.SIGHUP):
    previous = signal.signal(number, note)
    print(previous)
    send_and_wait(number)
signal.signal(signal.SIGALRM, note)
signal.setitimer(signal.ITIMER_REAL, 0.05)
signal.pause()
print(seen.pop())
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
os.kill(os.getpid(), signal.SIGUSR2)
print(signal.sigpending(), signal.sigwait([signal.SIGUSR2]), signal.sigtimedwait([10], 0.01))
reader, writer = socket.socketpair()
writer.setblocking(False)
signal.set_wakeup_fd(writer.fileno())
send_and_wait(signal.SIGUSR1)
print(reader.recv(10), signal.set_wakeup_fd(-1) == writer.fileno())
