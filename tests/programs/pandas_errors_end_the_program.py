# packages: pandas
# status: 1
"""A KeyError from deep inside pandas: two chained tracebacks through its files."""

import pandas as pd

frame = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
print(frame)
frame["no such column"]
