"""Revenue per month and region, with the trend of each region.

    python3 examples/report.py examples/sales.csv
"""

import sys

import numpy as np
import pandas as pd


def revenue_by_month(path):
    """A table of revenue: one row per month, one column per region."""
    sales = pd.read_csv(path, parse_dates=["date"])
    sales["revenue"] = sales["units"] * sales["unit_price"]
    sales["month"] = sales["date"].dt.to_period("M")
    table = sales.groupby(["region", "month"])["revenue"].sum()
    return table.unstack("region", fill_value=0.0).sort_index()


def trend(revenue):
    """Change of revenue from month to month: the slope of a fitted line."""
    slope, _ = np.polyfit(np.arange(len(revenue)), revenue.to_numpy(), deg=1)
    return slope


def main(arguments):
    """Prints the report for the CSV file named on the command line."""
    if len(arguments) != 2:
        sys.exit(f"usage: {arguments[0]} SALES.csv")
    months = revenue_by_month(arguments[1])
    summary = pd.DataFrame({"total": months.sum(), "per month": months.mean()})
    summary["trend"] = months.apply(trend)

    print("Revenue per month\n")
    print(months.to_string(float_format="{:,.0f}".format))
    print("\nBy region; the trend is the change per month\n")
    ordered = summary.sort_values("trend", ascending=False)
    print(ordered.to_string(float_format="{:,.1f}".format))


if __name__ == "__main__":
    main(sys.argv)
