# status: signal:2
"""The exception alone, without a signal, has the same end."""


def deep(level):
    if level == 0:
        raise KeyboardInterrupt("by hand")
    deep(level - 1)


print("before")
deep(3)
