# stdin: text
# everywhere: yes
"""Encodings, error handlers, modes and descriptors of the three streams."""

import io
import sys

for stream in (sys.stdin, sys.stdout, sys.stderr):
    print(stream.name, stream.mode, stream.encoding, stream.errors, stream.newlines,
          stream.fileno(), stream.isatty(), stream.line_buffering, type(stream.buffer).__name__)
assert sys.__stdout__ is sys.stdout and isinstance(sys.stdout, io.TextIOWrapper)
print(sys.getfilesystemencoding(), sys.getfilesystemencodeerrors(), sys.stdout.closed)
print("\udcff is escaped on standard error", file=sys.stderr)
try:
    print("\udcff")
except UnicodeEncodeError as error:
    print(error)
