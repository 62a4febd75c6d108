# packages: numpy
"""npy, npz, text and memory-mapped files; pickles; views on foreign memory."""

import ctypes
import io
import pickle

import numpy as np

array = np.arange(1000, dtype=np.float32).reshape(10, 100) / 7
np.save("array.npy", array)
assert np.array_equal(np.load("array.npy", mmap_mode="r"), array)
np.savez_compressed("arrays.npz", first=array, second=np.array(["x", "yy"]))
with np.load("arrays.npz") as loaded:
    print(sorted(loaded.files), loaded["second"])
text = io.StringIO()
np.savetxt(text, array[:2, :3], fmt="%.4f", header="a b c")
print(text.getvalue(), np.loadtxt(io.StringIO(text.getvalue())).shape)
mapped = np.memmap("mapped.bin", dtype=np.int16, mode="w+", shape=(4, 4))
mapped[:] = np.eye(4) * 9
mapped.flush()
print(np.fromfile("mapped.bin", dtype=np.int16).sum(), pickle.loads(pickle.dumps(array)).shape)
memory = (ctypes.c_double * 4)(1, 2, 3, 4)
view = np.frombuffer(memory)
view *= 2
print(list(memory), memoryview(array[0])[1])
