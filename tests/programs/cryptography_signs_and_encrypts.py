# packages: cryptography
"""RSA, Ed25519 and X25519 keys, AES-GCM, Fernet, hashes: made, used, verified, refused."""

import os

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

message = b"a message"
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
signature = key.sign(message, pss, hashes.SHA256())
key.public_key().verify(signature, message, pss, hashes.SHA256())
try:
    key.public_key().verify(signature, b"another", pss, hashes.SHA256())
except InvalidSignature:
    print("RSA refuses", len(signature))
fixed = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
print(fixed.sign(message).hex())
alice, bob = x25519.X25519PrivateKey.generate(), x25519.X25519PrivateKey.generate()
assert alice.exchange(bob.public_key()) == bob.exchange(alice.public_key())
nonce = os.urandom(12)
cipher = AESGCM(bytes(32))
print(cipher.encrypt(bytes(12), message, b"header").hex())
sealed = bytearray(cipher.encrypt(nonce, message, None))
assert cipher.decrypt(nonce, bytes(sealed), None) == message
sealed[0] ^= 1
try:
    cipher.decrypt(nonce, bytes(sealed), None)
except InvalidTag:
    print("AES-GCM refuses")
fernet = Fernet(Fernet.generate_key())
token, other = fernet.encrypt(message), fernet.encrypt(message)
print(fernet.decrypt(token), token != other)
print(HKDF(hashes.SHA256(), 16, salt=None, info=b"i").derive(b"input").hex())
code = hmac.HMAC(b"key", hashes.SHA256())
code.update(message)
print(code.finalize().hex())
pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                        serialization.BestAvailableEncryption(b"password"))
loaded = serialization.load_pem_private_key(pem, b"password")
print(loaded.private_numbers() == key.private_numbers(), pem.splitlines()[0].decode())
