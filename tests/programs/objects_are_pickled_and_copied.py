"""Pickle protocols, reducers, copies, persistent ids, and modules' objects by reference."""

import collections
import copy
import copyreg
import datetime
import decimal
import enum
import fractions
import io
import pickle
import re


class Colour(enum.Flag):
    RED = 1
    GREEN = 2


class Point:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x, self.y = x, y


copyreg.pickle(Point, lambda point: (Point, (point.x, point.y)))
values = [1 << 100, 1.5, "text ✓", b"bytes", None, [1, [2]], {"a": (1,)}, frozenset([1]),
          datetime.datetime(2024, 1, 2, 3), decimal.Decimal("1.10"), fractions.Fraction(1, 3),
          Colour.RED | Colour.GREEN, collections.OrderedDict(a=1), collections.Counter("aab"),
          re.compile("a+"), len, collections.deque([1, 2], 3), range(3), ..., ValueError("x")]
for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
    restored = pickle.loads(pickle.dumps(values, protocol))
    assert restored[:-1] == values[:-1] and repr(restored[-1]) == repr(values[-1])
    point = pickle.loads(pickle.dumps(Point(1, 2), protocol))
    print(protocol, (point.x, point.y), len(pickle.dumps(values[:6], protocol)))
print(pickle.loads(pickle.dumps(pickle.loads)) is pickle.loads)
deep = copy.deepcopy(values)
assert deep[5] is not values[5] and deep[:-1] == values[:-1]
try:
    pickle.dumps(lambda: 1)
except (pickle.PicklingError, AttributeError) as error:
    print(type(error).__name__)
stream = io.BytesIO()
pickle.dump("first", stream)
pickle.dump("second", stream)
stream.seek(0)
print(pickle.load(stream), pickle.load(stream))
