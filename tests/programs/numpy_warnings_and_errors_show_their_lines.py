# packages: numpy
# status: 1
"""Floating-point warnings point at the program's lines; the exception at its own."""

import numpy as np

print(np.array([1.0, -1.0, 0.0]) / 0.0)
print(np.sqrt(np.array([-1.0])))
with np.errstate(all="raise"):
    try:
        np.float64(1e308) * np.float64(10)
    except FloatingPointError as error:
        print(error)
np.zeros((2, 3)) @ np.zeros((2, 3))
