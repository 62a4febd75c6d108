# packages: numpy
"""Solving, decompositions, transforms and reductions, checked against each other."""

import numpy as np

matrix = np.array([[4.0, 1.0, 2.0], [1.0, 3.0, 0.0], [2.0, 0.0, 5.0]])
right = np.array([1.0, 2.0, 3.0])
solution = np.linalg.solve(matrix, right)
assert np.allclose(matrix @ solution, right)
values, vectors = np.linalg.eigh(matrix)
assert np.allclose(vectors @ np.diag(values) @ vectors.T, matrix)
u, s, v = np.linalg.svd(np.arange(12.0).reshape(4, 3), full_matrices=False)
assert np.allclose(u * s @ v, np.arange(12.0).reshape(4, 3))
print(solution.round(6), values.round(6), s.round(6), round(np.linalg.det(matrix), 6))
signal = np.sin(np.linspace(0, 20 * np.pi, 1024, endpoint=False))
print(np.abs(np.fft.rfft(signal)).argmax(), np.allclose(np.fft.ifft(np.fft.fft(signal)), signal))
table = np.arange(24).reshape(2, 3, 4)
print(table.sum(axis=(0, 2)), table[:, ::-1, 1:3].shape, np.einsum("ijk,ijk->i", table, table))
records = np.array([("b", 2, 1.5), ("a", 1, 2.5)], dtype=[("name", "U5"), ("n", "i4"), ("x", "f8")])
print(np.sort(records, order="name"), records["x"].mean(), np.unique([3, 1, 3, 2], return_counts=True))
print(np.datetime64("2024-02-28") + np.arange(3), np.polyfit([0, 1, 2], [1, 3, 5], 1).round(6))
