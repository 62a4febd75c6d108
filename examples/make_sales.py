"""Prints the rows of sales.csv: invented, but the same on every run.

    python3 examples/make_sales.py > examples/sales.csv
"""

import csv
import datetime
import itertools
import random
import sys

# Region: units on an ordinary day, growth per month.
REGIONS = {"North": (34, 1.6), "South": (52, -0.9), "East": (27, 0.4), "West": (41, 2.3)}
PRICES = {"kettle": 29.90, "lamp": 44.50, "radio": 79.00}
FIRST_DAY = datetime.date(2023, 1, 2)
STEP = datetime.timedelta(days=7)
DAYS = 52


def rows(generator):
    """Yields date, region, product, units, unit price."""
    for number in range(DAYS):
        day = FIRST_DAY + number * STEP
        for (region, (usual, growth)), product in itertools.product(REGIONS.items(), PRICES):
            units = generator.gauss(usual + growth * (day.month - 1), 6)
            price = PRICES[product] * generator.choice([1, 1, 1, 0.9])
            yield day.isoformat(), region, product, max(1, round(units)), f"{price:.2f}"


def main():
    """Writes the table to standard output."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["date", "region", "product", "units", "unit_price"])
    writer.writerows(rows(random.Random(2023)))


if __name__ == "__main__":
    main()
