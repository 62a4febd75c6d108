"""dataclasses, enums, protocols, generics, abstract classes, descriptors, metaclasses."""

import abc
import dataclasses
import enum
import functools
import typing

T = typing.TypeVar("T")


@dataclasses.dataclass(order=True, frozen=True)
class Version:
    major: int
    minor: int = 0
    tags: list = dataclasses.field(default_factory=list, compare=False)


class Colour(enum.Enum):
    RED = enum.auto()
    CRIMSON = RED
    BLUE = "blue"


class Stack(typing.Generic[T]):
    def push(self, item: T) -> "Stack[T]":
        return self


@typing.runtime_checkable
class Closing(typing.Protocol):
    def close(self) -> None: ...


class Base(abc.ABC):
    registry = {}

    def __init_subclass__(cls, **options):
        Base.registry[cls.__name__] = options

    @abc.abstractmethod
    def run(self): ...


class Derived(Base, flag=True):
    @functools.cached_property
    def value(self):
        print("computed once")
        return 5

    @functools.singledispatchmethod
    def run(self, argument):
        return "anything"

    @run.register
    def _(self, argument: int):
        return "a number"


print(sorted([Version(2), Version(1, 5, ["x"]), Version(1)]), hash(Version(1)) == hash(Version(1)))
print(dataclasses.asdict(Version(3)), Colour.CRIMSON, Colour("blue"), list(Colour))
print(typing.get_type_hints(Stack.push, globals()), Stack[int], typing.Optional[int])
print(isinstance(open, Closing), Base.registry, Derived().run(1), Derived().run("x"))
derived = Derived()
print(derived.value + derived.value)
try:
    Base()
except TypeError as error:
    print(error)
try:
    Version(1).major = 2
except dataclasses.FrozenInstanceError as error:
    print(error)
