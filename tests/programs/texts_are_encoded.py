"""Codecs, error handlers, Unicode data, and a codec of the program's own."""

import base64
import codecs
import io
import unicodedata

text = "naïve Straße ✓ 𝒳 日本語"
for encoding in ("utf-8", "utf-16", "utf-32-be", "utf-7", "punycode", "unicode_escape", "gb18030",
                 "shift_jis", "cp1252", "koi8-r", "ascii"):
    encoded = text.encode(encoding, "xmlcharrefreplace")
    print(encoding, len(encoded), encoded[:16], encoded.decode(encoding)[:5])
print(b"a\xffb\x80".decode("utf-8", "backslashreplace"), ascii(b"\xff".decode("utf-8", "surrogateescape")))
print(codecs.encode("rot", "rot13"), codecs.decode(b"78da4bca0000012d00c4", "hex"), base64.b85encode(b"x" * 7))
print(unicodedata.name("✓"), unicodedata.normalize("NFD", "ï").encode(), "ǆ".title(), "ß".upper())
codecs.register_error("question", lambda error: ("<?>", error.end))
print("a✓b".encode("ascii", "question"), codecs.lookup("latin1").name)
decoder = codecs.getincrementaldecoder("utf-8")()
print([decoder.decode(bytes([byte])) for byte in "é✓".encode()])
codecs.register(lambda name: codecs.CodecInfo(
    lambda s, e="strict": (s.upper().encode(), len(s)), lambda b, e="strict": (bytes(b).decode(), len(b)),
    name=name) if name == "shouting" else None)
print("quiet".encode("shouting"), io.TextIOWrapper(io.BytesIO(b"a\r\nb\r"), newline=None).read())
try:
    "x".encode("no-such-encoding")
except LookupError as error:
    print(error)
