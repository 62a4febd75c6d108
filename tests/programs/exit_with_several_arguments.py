# status: 1
"""SystemExit with several arguments prints them as a tuple."""

print("leaving")
raise SystemExit(1, "two", None)
