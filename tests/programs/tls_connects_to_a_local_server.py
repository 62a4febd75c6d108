# files: test_certificate.pem, test_key.pem
# everywhere: yes
"""A TLS handshake with certificate checks, data both ways, and a refused certificate."""

import socket
import ssl
import threading

server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server_context.load_cert_chain("test_certificate.pem", "test_key.pem")
listener = socket.create_server(("127.0.0.1", 0))


def serve(connections):
    for _ in range(connections):
        plain, _ = listener.accept()
        try:
            with server_context.wrap_socket(plain, server_side=True) as secure:
                while data := secure.recv(65536):
                    secure.sendall(data[::-1])
        except ssl.SSLError:
            pass  # the client that does not trust us


server = threading.Thread(target=serve, args=(3,))
server.start()
trusting = ssl.create_default_context(cafile="test_certificate.pem")
for _ in range(2):
    with socket.create_connection(listener.getsockname()) as plain, \
            trusting.wrap_socket(plain, server_hostname="localhost") as secure:
        secure.sendall(b"abc" * 1000)
        received = b""
        while len(received) < 3000:
            received += secure.recv(65536)
        print(secure.version(), secure.cipher()[0], received[:6], len(received))
        print(secure.getpeercert()["subject"], secure.getpeercert()["notAfter"])
try:
    with socket.create_connection(listener.getsockname()) as plain:
        ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")
except ssl.SSLCertVerificationError as error:
    print(error.verify_message)
server.join()
listener.close()
print(len(ssl.RAND_bytes(16)), ssl.OPENSSL_VERSION_INFO >= (1, 1, 1))
