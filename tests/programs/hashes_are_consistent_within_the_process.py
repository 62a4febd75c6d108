# everywhere: yes
"""Numbers hash as everywhere; strings hash alike however they came to be."""

import sys

print(hash(1), hash(-1), hash(2**61), hash(1.5), hash(10**30), hash((1, 2, 3)), hash(0.1))
joined = "".join(["spa", "m"])
assert hash("spam") == hash(joined) and joined in {"spam"} and {"spam": 1}[joined] == 1
assert hash(b"spam") == hash(bytearray(b"spam") and b"spam") and hash("") == 0
assert sys.intern(joined) is sys.intern("spam")
assert {"a", "b", "c", "path", "join"} == {"join", "path", "c", "b", "a"}
assert "path" in vars(__import__("os")) and getattr(sys, "pa" + "th") is sys.path
from datetime import date  # noqa: E402
assert len({date(2024, 1, day) for day in range(1, 32)} | {date(2024, 1, 5)}) == 31
print(sys.hash_info.algorithm, sys.flags.hash_randomization)
