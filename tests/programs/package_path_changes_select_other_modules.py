# mode: script, module
"""A program that changes where a package looks for its modules."""

import email
import logging
import os
import sys

folder = os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), "elsewhere")
for name in ("mime", "handlers"):
    os.makedirs(os.path.join(folder, name), exist_ok=True)
    path = os.path.join(folder, name, "__init__.py")
    with open(path, "w") as source:
        source.write(f"print({name!r}, 'of the program')\n")
    os.utime(path, (1_700_000_000, 1_700_000_000))

email.__path__.insert(0, folder)
import email.mime  # noqa: E402

print(os.path.relpath(email.mime.__file__))
import email.message  # noqa: E402

print(email.message.__name__, email.message.__file__.startswith(folder))
logging.__path__ = [folder]
import logging.handlers  # noqa: E402

print(os.path.relpath(logging.handlers.__file__))
try:
    import logging.config  # noqa: F401
except ImportError as error:
    print(error.name)
