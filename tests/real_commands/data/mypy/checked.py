import dataclasses
from collections.abc import Iterable


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


def total(points: Iterable[Point]) -> int:
    return sum(point.x + point.y for point in points)


total([Point(1), Point("2")])
print(total(5), Point(1).z)
