# packages: pandas, numpy
"""A DataFrame is grouped, joined, pivoted, written as CSV and JSON, and read back."""

import io

import numpy as np
import pandas as pd

generator = np.random.default_rng(1)
frame = pd.DataFrame({
    "city": generator.choice(["Oslo", "Roma", "Łódź"], 500),
    "day": pd.date_range("2024-01-01", periods=500, freq="D"),
    "sales": generator.integers(1, 100, 500),
    "price": generator.random(500).round(3),
})
grouped = frame.groupby("city").agg(total=("sales", "sum"), mean=("price", "mean"), n=("day", "count"))
print(grouped.round(4))
print(frame.assign(month=frame.day.dt.month).pivot_table(
    index="month", columns="city", values="sales", aggfunc="sum").head(3))
frame.to_csv("sales.csv", index=False)
again = pd.read_csv("sales.csv", parse_dates=["day"])
pd.testing.assert_frame_equal(frame, again, check_dtype=False)
joined = again.merge(grouped.reset_index()[["city", "total"]], on="city", how="left")
print(joined.sort_values(["sales", "day"]).head(3).to_string())
print(pd.read_json(io.StringIO(frame.head(3).to_json(orient="records")))[["city", "sales"]])
print(frame.describe(include="number").round(3), frame.dtypes, sep="\n")
