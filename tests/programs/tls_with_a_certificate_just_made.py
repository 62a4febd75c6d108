# packages: cryptography
"""A certificate authority, a server certificate from it, and a handshake that checks both."""

import datetime
import os
import socket
import ssl
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

START, END = datetime.datetime(2020, 1, 1), datetime.datetime(2120, 1, 1)


def make(common_name, issuer=None):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    issuer_name, issuer_key = issuer or (name, key)
    builder = (x509.CertificateBuilder().subject_name(name).issuer_name(issuer_name)
               .public_key(key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(START).not_valid_after(END)
               .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), True)
               .add_extension(x509.SubjectAlternativeName([x509.DNSName(common_name)]), False))
    certificate = builder.sign(issuer_key, hashes.SHA256())
    with open(f"{common_name}.pem", "wb") as file:
        file.write(certificate.public_bytes(serialization.Encoding.PEM))
        file.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                     serialization.NoEncryption()))
    return name, key


make("localhost", make("authority"))
server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server_context.load_cert_chain("localhost.pem")
listener = socket.create_server(("127.0.0.1", 0))


def serve():
    with server_context.wrap_socket(listener.accept()[0], server_side=True) as secure:
        secure.sendall(secure.recv(100).upper())


thread = threading.Thread(target=serve)
thread.start()
context = ssl.create_default_context(cafile="authority.pem")
with socket.create_connection(listener.getsockname()) as plain, \
        context.wrap_socket(plain, server_hostname="localhost") as secure:
    secure.sendall(b"over tls")
    print(secure.version(), secure.recv(100), secure.getpeercert()["issuer"])
thread.join()
loaded = x509.load_pem_x509_certificate(open("localhost.pem", "rb").read())
print(loaded.subject.rfc4514_string(), loaded.extensions[0].value)
listener.close()
os.remove("localhost.pem")
os.remove("authority.pem")
