import os
import sys


def Function(a, b):
    unused = a
    if b == None:
        return 1
    else:
        return sys.nothing
