"""Prints values that must differ between any two launches, one `name<TAB>value` per line.

fresh.py launches this twice from one image and compares. The words after the program's
name are packages whose values are printed too. The pid comes first, for fresh.py to see
whether both launches had the same.
"""

import ctypes
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


def thread_block_word(offset):
    """A word of glibc's thread block, which the fs register points to."""
    base = ctypes.c_ulong()
    ARCH_GET_FS = 0x1003
    ctypes.CDLL(None).syscall(158, ARCH_GET_FS, ctypes.byref(base))  # arch_prctl(2)
    return hex(ctypes.c_ulong.from_address(base.value + offset).value)


def start_randomness():
    """The 16 bytes of AT_RANDOM."""
    libc = ctypes.CDLL(None)
    libc.getauxval.restype = ctypes.c_void_p
    return ctypes.string_at(libc.getauxval(25), 16).hex()


def heap_key():
    """The second word of a freed block: malloc's mark, by which it finds double frees."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.free.argtypes = [ctypes.c_void_p]
    block = libc.malloc(520)
    libc.free(block)
    return ctypes.string_at(block + 8, 8).hex()


def library_bytes(name):
    """Bytes that a function of the C library such as arc4random_buf(3) makes."""
    buffer = ctypes.create_string_buffer(16)
    getattr(ctypes.CDLL(None), name)(buffer, 16, 0)
    return buffer.raw.hex()


def standard_values():
    """Pairs of a name and a function, for the standard library."""
    return [
        ("stack canary", lambda: thread_block_word(0x28)),
        ("pointer guard", lambda: thread_block_word(0x30)),
        ("AT_RANDOM", start_randomness),
        ("malloc key", heap_key),
        ("arc4random_buf(3)", lambda: library_bytes("arc4random_buf")),
        ("getrandom(3)", lambda: library_bytes("getrandom")),
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


def bson_values():
    """Object ids: 5 random bytes for each process, and where the counter begins."""
    from bson.objectid import ObjectId
    return [("bson random part", lambda: ObjectId().binary[4:9].hex()),
            ("bson counter", lambda: ObjectId().binary[9:].hex())]


def fsspec_values():
    """File systems check the pid; here, that theirs is that of the launch."""
    import fsspec.implementations.http
    import fsspec.spec
    assert fsspec.spec.AbstractFileSystem._pid == os.getpid()
    assert fsspec.implementations.http.HTTPFileSystem._pid == os.getpid()
    return []


def billiard_values():
    """The key that authenticates connections."""
    from billiard.process import current_process
    return [("billiard authkey", lambda: bytes(current_process().authkey).hex())]


def jupyter_client_values():
    """The key of --Session.secure."""
    from jupyter_client import session
    return [("jupyter_client key", lambda: session.session_flags["secure"][0]["Session"]["key"]),
            ("jupyter_client session", lambda: session.Session().session)]


def aiohttp_values():
    """A generator in a default argument."""
    from aiohttp.http_websocket import WebSocketWriter
    defaults = WebSocketWriter.__init__.__kwdefaults__ or {}
    found = [default for default in defaults.values() if isinstance(default, random.Random)]
    assert found
    return [(f"aiohttp generator {index}", generator.random)
            for index, generator in enumerate(found)]


def distributed_values():
    """What makes the names of futures unique across processes."""
    from distributed.client import Future
    return [("distributed Future", lambda: Future._uid)]


def yt_dlp_values():
    """Identities of devices."""
    from yt_dlp.extractor.redbee import RedBeeBaseIE
    from yt_dlp.extractor.viu import ViuOTTIndonesiaBaseIE
    from yt_dlp.utils import networking
    assert networking.std_headers["User-Agent"].startswith("Mozilla/")
    return [("yt-dlp redbee", lambda: uuid.UUID(RedBeeBaseIE._DEVICE_ID, version=4)),
            ("yt-dlp viu device", lambda: ViuOTTIndonesiaBaseIE._DEVICE_ID),
            ("yt-dlp viu session", lambda: ViuOTTIndonesiaBaseIE._SESSION_ID)]


def main():
    """Prints the pid, then each value."""
    print("pid", os.getpid(), sep="\t")
    values = standard_values()
    for package in sys.argv[1:]:
        values += globals().get(f"{package}_values", list)()
    for name, make in values:
        print(name, make(), sep="\t")


main()
