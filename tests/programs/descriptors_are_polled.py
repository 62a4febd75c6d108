"""select, poll, epoll, selectors, socket pairs, pipes, eventfd-like wake-ups."""

import os
import select
import selectors
import socket

left, right = socket.socketpair()
print(select.select([right], [left], [], 0)[0], select.select([right], [], [], 0.01))
left.send(b"x" * 10)
print(select.select([right], [], [], 5)[0] == [right], right.recv(3), right.recv(100))
poll = select.poll()
poll.register(right, select.POLLIN)
left.send(b"again")
print(poll.poll(5000) == [(right.fileno(), select.POLLIN)], right.recv(10))
with select.epoll() as epoll:
    epoll.register(right, select.EPOLLIN | select.EPOLLET)
    print(epoll.poll(0), left.send(b"edge"), epoll.poll(5)[0][1] == select.EPOLLIN, epoll.poll(0.01))
    left.close()
    print(bool(epoll.poll(5)[0][1] & select.EPOLLHUP), right.recv(100), right.recv(1))
reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
with selectors.DefaultSelector() as selector:
    selector.register(reader, selectors.EVENT_READ, "the reader")
    print(type(selector).__name__, selector.select(0.01))
    os.write(writer, b"w")
    print([key.data for key, _ in selector.select(5)])
try:
    os.write(writer, b"x" * 10_000_000)
    os.write(writer, b"full")
except BlockingIOError as error:
    print(error)
