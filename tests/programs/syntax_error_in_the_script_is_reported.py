# status: 1
# everywhere: yes
print("never printed")


def broken(:
    pass
