# status: 1
# everywhere: yes
"""A traceback through several functions."""


def outer(values):
    return [inner(value) for value in values]


def inner(value):
    return {"quotient": 10 /
            value}


print("before", outer([1, 2, 5]))
outer([1, 0])
