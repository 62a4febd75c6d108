# stdout: closed
# status: 120
"""The flush at exit fails: Python says so and ends with 120."""

print("nobody reads this")
