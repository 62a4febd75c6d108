"""TCP with threads, UDP, descriptors over a Unix socket, options and errors."""

import array
import os
import socket
import socketserver
import threading


class Doubler(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.strip() * 2 + b"\n")


with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Doubler) as server:
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,)).start()
    answers = []
    for number in range(5):
        with socket.create_connection(server.server_address) as client, client.makefile("rw") as file:
            file.write(f"{number}\n")
            file.flush()
            answers.append(file.readline().strip())
    server.shutdown()
print(answers)
first, second = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
first.bind(("127.0.0.1", 0))
second.sendto(b"datagram", first.getsockname())
print(first.recvfrom(100)[0], first.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_DGRAM)
left, right = socket.socketpair()
with open("passed.txt", "w+") as file:
    file.write("through a descriptor")
    file.flush()
    left.sendmsg([b"!"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file.fileno()]))])
    _, ancillary, _, _ = right.recvmsg(1, socket.CMSG_LEN(4))
    received = array.array("i", ancillary[0][2])[0]
    print(os.pread(received, 100, 0))
try:
    socket.create_connection(("127.0.0.1", 1), timeout=5)
except OSError as error:
    print(error)
print(socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)[0][4], socket.inet_aton("1.2.3.4"))
