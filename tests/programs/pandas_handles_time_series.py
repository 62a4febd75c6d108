# packages: pandas, numpy
"""Resampling, rolling windows, time zones, missing values, categories, text columns."""

import numpy as np
import pandas as pd

index = pd.date_range("2024-03-30", periods=96, freq="60min", tz="Europe/Berlin")
series = pd.Series(np.arange(96) % 24, index=index, name="value")
print(series.resample("D").agg(["sum", "max"]))
print(series.rolling("3D").mean().tail(2), series.tz_convert("UTC").index[26])
series.iloc[5:9] = np.nan
print(series.interpolate().iloc[4:10].tolist(), series.isna().sum(), series.shift(2).first_valid_index())
text = pd.Series(["alpha-1", "beta-22", None, "gamma"], dtype="string")
print(text.str.extract(r"(\w+)-(\d+)"), text.str.upper().tolist())
categories = pd.Categorical(["low", "high", "low"], categories=["low", "mid", "high"], ordered=True)
print(pd.Series(categories).value_counts(sort=False).to_dict(), categories.max())
print(pd.cut([1, 5, 9], bins=[0, 3, 6, 10]).tolist(), pd.Timestamp("2024-02-29") + pd.DateOffset(years=1))
wide = pd.DataFrame({"id": [1, 2], "x": [3, 4], "y": [5, 6]})
print(wide.melt("id").query("value > 3").eval("twice = value * 2"))
