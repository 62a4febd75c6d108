# everywhere: yes
"""zlib, bz2, lzma, gzip, archives; hashes, HMAC, key derivation, checksums."""

import binascii
import bz2
import gzip
import hashlib
import hmac
import io
import lzma
import tarfile
import zipfile
import zlib

data = b"".join(b"line %d of the text\n" % number for number in range(5000))
for module in (zlib, bz2, lzma, gzip):
    packed = module.compress(data)
    assert module.decompress(packed) == data
    print(module.__name__, len(packed) < len(data) // 4)
for name in sorted(hashlib.algorithms_guaranteed):
    digest = hashlib.new(name, data)
    print(name, digest.hexdigest(8) if name.startswith("shake") else digest.hexdigest()[:32])
print(hmac.new(b"key", data, "sha256").hexdigest(), zlib.crc32(data), binascii.crc_hqx(data, 0))
print(hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 1000).hex())
print(hashlib.scrypt(b"password", salt=b"salt", n=1024, r=8, p=1).hex()[:32])
buffer = io.BytesIO()
with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
    member = tarfile.TarInfo("member")
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))
buffer.seek(0)
print(tarfile.open(fileobj=buffer).extractfile("member").read() == data)
with zipfile.ZipFile(io.BytesIO(), "w", zipfile.ZIP_LZMA) as archive:
    archive.writestr("member", data)
    print(archive.read("member") == data, archive.getinfo("member").CRC == zlib.crc32(data))
