"""The package's program."""

import sys

from . import VALUE, inner
from .part import total

print(__name__, repr(__package__), __spec__.name, __doc__)
print(sys.argv[1:], sys.orig_argv[1:], sys.argv[0] == __file__)
print(VALUE, total(int(word) for word in sys.argv[1:]), inner.NAME)
print(sorted(name for name in sys.modules if name.startswith("sample_package")))
