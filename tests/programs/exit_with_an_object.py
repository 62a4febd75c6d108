# status: 1
"""Any other object is printed."""


class Reason:
    def __str__(self):
        return "the reason's text"


print("leaving")
raise SystemExit(Reason())
