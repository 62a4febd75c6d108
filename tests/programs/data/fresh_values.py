"""Prints values that must differ between any two launches, one `name<TAB>value` per line.

fresh.py launches this twice from one image and compares. The words after the program's
name are packages whose values are printed too. The pid comes first, for fresh.py to see
whether both launches had the same.
"""

import email.utils
import multiprocessing
import os
import random
import secrets
import shutil
import sqlite3
import ssl
import sys
import tempfile
import uuid


def mkdtemp_name():
    """The name that mkdtemp chooses."""
    directory = tempfile.mkdtemp()
    shutil.rmtree(directory)
    return os.path.basename(directory)


def email_boundary():
    """The boundary the email package puts between parts."""
    from email.mime.multipart import MIMEMultipart
    from email.mime.text import MIMEText
    message = MIMEMultipart()
    message.attach(MIMEText("text"))
    message.as_string()
    return message.get_boundary()


def shared_memory_name():
    """The name of an unnamed shared memory."""
    from multiprocessing import shared_memory
    memory = shared_memory.SharedMemory(create=True, size=1)
    memory.close()
    memory.unlink()
    return memory.name


def standard_values():
    """Pairs of a name and a function, for the standard library."""
    return [
        ("random.random()", random.random),
        ("random.getrandbits(64)", lambda: random.getrandbits(64)),
        ("random.Random().random()", lambda: random.Random().random()),
        ("random.SystemRandom().random()", lambda: random.SystemRandom().random()),
        ("os.urandom(16)", lambda: os.urandom(16).hex()),
        ("os.getrandom(16)", lambda: os.getrandom(16).hex()),
        ("secrets.token_hex()", secrets.token_hex),
        ("uuid.uuid1()", uuid.uuid1),
        ("uuid.uuid4()", uuid.uuid4),
        ("multiprocessing authkey", lambda: bytes(multiprocessing.current_process().authkey).hex()),
        ("tempfile candidate name", lambda: next(tempfile._get_candidate_names())),
        ("tempfile.mkdtemp()", mkdtemp_name),
        ("ssl.RAND_bytes(16)", lambda: ssl.RAND_bytes(16).hex()),
        ("sqlite random()", lambda: sqlite3.connect(":memory:").execute("select random()").fetchone()),
        ("sqlite randomblob()", lambda: sqlite3.connect(":memory:").execute(
            "select hex(randomblob(16))").fetchone()),
        ("email message id", email.utils.make_msgid),
        ("email boundary", email_boundary),
        ("shared memory name", shared_memory_name),
    ]


def numpy_values():
    """numpy: the global generator and new ones."""
    import numpy as np
    return [
        ("numpy.random.rand()", lambda: float(np.random.rand())),
        ("numpy.random.standard_normal()", lambda: float(np.random.standard_normal())),
        ("numpy.random.default_rng().random()", lambda: float(np.random.default_rng().random())),
        ("numpy.random.RandomState().rand()", lambda: float(np.random.RandomState().rand())),
        ("numpy.random.SeedSequence().entropy", lambda: np.random.SeedSequence().entropy),
    ]


def pandas_values():
    """pandas draws from numpy's global generator."""
    import pandas as pd
    return [("pandas sample", lambda: pd.Series(range(10**6)).sample(4).tolist())]


def scipy_values():
    """scipy.stats draws from numpy's global generator."""
    from scipy import stats
    return [("scipy.stats.norm.rvs()", lambda: float(stats.norm.rvs()))]


def sklearn_values():
    """scikit-learn without a random_state."""
    from sklearn.utils import check_random_state, shuffle
    return [("sklearn.utils.shuffle()", lambda: shuffle(list(range(100)))),
            ("sklearn check_random_state(None)", lambda: float(check_random_state(None).rand()))]


def cryptography_values():
    """cryptography: keys, serial numbers, salts inside signatures."""
    from cryptography import x509
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    raw = (serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())

    def sign():
        key = ec.derive_private_key(12345, ec.SECP256R1())
        return key.sign(b"message", ec.ECDSA(hashes.SHA256())).hex()

    return [
        ("x25519 private key", lambda: x25519.X25519PrivateKey.generate().private_bytes(*raw).hex()),
        ("ed25519 private key", lambda: ed25519.Ed25519PrivateKey.generate().private_bytes(*raw).hex()),
        ("EC private key", lambda: ec.generate_private_key(ec.SECP256R1()).private_numbers()
         .private_value),
        ("ECDSA signature", sign),
        ("AES-GCM key", lambda: AESGCM.generate_key(128).hex()),
        ("Fernet key", Fernet.generate_key),
        ("x509 serial number", x509.random_serial_number),
    ]


def django_values():
    """Django's secrets."""
    from django.core.management.utils import get_random_secret_key
    from django.utils.crypto import get_random_string
    return [("django secret key", get_random_secret_key),
            ("django random string", lambda: get_random_string(20))]


def flask_values():
    """werkzeug's salts."""
    from werkzeug.security import gen_salt
    return [("werkzeug salt", lambda: gen_salt(20))]


def requests_values():
    """The boundary of an upload."""
    import requests
    return [("upload boundary", lambda: requests.Request(
        "POST", "http://localhost", files={"f": "x"}).prepare().headers["Content-Type"])]


def main():
    """Prints the pid, then each value."""
    print("pid", os.getpid(), sep="\t")
    values = standard_values()
    for package in sys.argv[1:]:
        values += globals().get(f"{package}_values", list)()
    for name, make in values:
        print(name, make(), sep="\t")


main()
