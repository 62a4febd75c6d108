"""zipimport: modules, packages and tracebacks from an archive made just now."""

import importlib
import sys
import traceback
import zipfile

with zipfile.ZipFile("library.zip", "w") as archive:
    for name, text in (("zipped.py", "def fail():\n    raise ValueError('zipped')\n"),
                       ("package/__init__.py", "from .part import VALUE\n"),
                       ("package/part.py", "VALUE = 'from the archive'\n")):
        archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), text)
sys.path.insert(0, "library.zip")
package = importlib.import_module("package")
zipped = importlib.import_module("zipped")
print(package.VALUE, type(package.__loader__).__name__, zipped.__file__)
try:
    zipped.fail()
except ValueError:
    print(traceback.format_exc())
