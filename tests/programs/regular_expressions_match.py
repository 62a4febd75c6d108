"""Groups, look-around, substitution with functions, flags, Unicode, a heavy pattern."""

import re
import textwrap

text = "The rain in Spain, 2024-02-29 and 1999-12-31; naïve Straße ΑΒΓ x=1, yy=22"
print(re.findall(r"(\d{4})-(\d\d)-(\d\d)", text), re.sub(r"(?<==)\d+", lambda m: m[0] * 2, text)[-14:])
print(re.search(r"(?P<key>\w+)=(?P<value>\d+)", text).groupdict(), re.split(r"[,;]\s*", text))
print(re.findall(r"\b[^\W\d_]+ß\w*|\b[α-ω]+", text, re.IGNORECASE), re.fullmatch("a|ab", "ab"))
verbose = re.compile(r"""
    ^ (?P<indent> \s*) (?: - | \* ) \s+   # the bullet
    (?P<item> .+? ) \s* $
    """, re.VERBOSE | re.MULTILINE)
print([m["item"] for m in verbose.finditer(" - one\n * two  \nno bullet\n   -   three")])
words = " ".join(f"word{n % 97}" for n in range(50_000))
print(len(re.findall(r"\bword(?:1|3|5)[0-9]?\b", words)), len(re.sub(r"(\w)\1", r"<\1>", words)))
print(re.compile(rb"\x00(.)", re.DOTALL).findall(b"\x00a\x00\n\x00\xff"), re.escape("a.b*c"))
try:
    re.compile("(unclosed")
except re.error as error:
    print(error, error.pos)
print(textwrap.fill(text, 30, subsequent_indent="> "))
