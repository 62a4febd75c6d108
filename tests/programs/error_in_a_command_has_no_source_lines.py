# mode: command
# status: 1
def inner():
    raise LookupError("from the command")


print("before")
inner()
