"""A module deep inside the package, run as a program."""

import sys

from .. import part
from . import NAME

print(__name__, __package__, NAME, __spec__.parent, sys.argv[1:])
print(part.total([1, 2]), __name__ == "__main__", "sample_package.inner.tool" in sys.modules)
