# mode: stdin
# status: 1
def inner():
    raise LookupError("from standard input")


print("before")
inner()
