# mode: module
# status: 1
"""The traceback begins in runpy."""


def inner():
    raise LookupError("from the module")


print("before")
inner()
