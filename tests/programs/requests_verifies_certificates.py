# packages: requests, cryptography
"""HTTPS against a local server whose certificate cryptography has just made."""

import datetime
import http.server
import ipaddress
import os
import ssl
import threading

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

key = ec.generate_private_key(ec.SECP256R1())
name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
now = datetime.datetime(2020, 1, 1)
address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
certificate = (
    x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    .serial_number(x509.random_serial_number())
    .not_valid_before(now).not_valid_after(now + datetime.timedelta(days=36500))
    .add_extension(x509.SubjectAlternativeName([address]), critical=False)
    .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    .sign(key, hashes.SHA256()))
with open("certificate.pem", "wb") as file:
    file.write(certificate.public_bytes(serialization.Encoding.PEM))
    file.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                 serialization.NoEncryption()))


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("certificate.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.handle_error = lambda *arguments: None  # the client that does not trust us
thread = threading.Thread(target=server.serve_forever, args=(0.01,))
thread.start()
url = f"https://127.0.0.1:{server.server_port}/{os.path.basename(__file__)}"
with requests.Session() as session:
    session.trust_env = False
    answer = session.get(url, verify="certificate.pem")
    print(answer.status_code, answer.text == open(__file__, encoding="utf-8").read())
    try:
        session.get(url)
    except requests.exceptions.SSLError as error:
        print("refused:", "self" in str(error) and "signed certificate" in str(error))
server.shutdown()
thread.join()
server.server_close()
os.remove("certificate.pem")
