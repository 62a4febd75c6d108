"""shelve and dbm.dumb: written, closed, read again."""

import dbm.dumb
import os
import shelve

with shelve.Shelf(dbm.dumb.open("shelf")) as shelf:
    shelf["list"] = [1, 2, {"three": 3}]
    shelf["text"] = "ü"
with shelve.Shelf(dbm.dumb.open("shelf")) as shelf:
    print(sorted(shelf), shelf["list"], shelf.get("none", "default"))
print(sorted(name for name in os.listdir(".") if name.startswith("shelf")))
