# packages: matplotlib, numpy
"""A PNG picture: the file is left for comparison, the pixels' digest is printed."""

import hashlib

import matplotlib
import matplotlib.pyplot as plt
import numpy as np

print(matplotlib.get_backend().lower())
figure, (left, right) = plt.subplots(1, 2, figsize=(6, 3))
x = np.linspace(0, 10, 200)
left.plot(x, np.sin(x), "r--", label=r"$\sin(x)^{2}$")
left.fill_between(x, np.cos(x), alpha=0.3)
left.set(title="Curves ✓", xlabel="x", ylabel="y")
left.legend()
right.bar(["a", "b", "c"], [3, 1, 2], color="teal")
right.imshow(np.arange(9).reshape(3, 3), extent=(0, 1, 0, 1))
right.text(0.1, 0.5, "text", rotation=30)
figure.tight_layout()
figure.savefig("picture.png", dpi=80)
figure.canvas.draw()
pixels = np.asarray(figure.canvas.buffer_rgba())
print(pixels.shape, hashlib.sha256(pixels.tobytes()).hexdigest())
read_back = plt.imread("picture.png")
print(read_back.shape, float(read_back.min()), plt.get_fignums())
plt.close(figure)
