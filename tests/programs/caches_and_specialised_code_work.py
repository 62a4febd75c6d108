# everywhere: yes
"""What a process keeps by address works: caches, registries, dispatch tables, and bytecode that was
specialised for types and dictionaries when a prepared module was imported."""
import abc
import asyncio
import collections
import contextvars
import copy
import dataclasses
import decimal
import enum
import functools
import gc
import inspect
import itertools
import json
import numbers
import pickle
import re
import types
import typing
import weakref

ROUNDS = 200  # code is specialised after some dozens


class Colour(enum.Flag):
    RED = enum.auto()
    GREEN = enum.auto()
    BLUE = enum.auto()


@dataclasses.dataclass(order=True, frozen=True)
class Point:
    x: int
    y: float = 0.5
    tags: tuple = ()


class Slots:
    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value

    @property
    def double(self):
        return self.value * 2


Pair = collections.namedtuple("Pair", "left right")


@functools.singledispatch
def kind(thing):
    return "thing"


kind.register(int, lambda thing: "int")
kind.register(numbers.Number, lambda thing: "number")
kind.register(collections.abc.Mapping, lambda thing: "mapping")


def specialised():
    """Loads, stores, calls, comparisons and loops, each of one kind, often."""
    total = 0
    slots, pair, point = Slots(3), Pair(1, 2), Point(4)
    table, sequence, text = {"a": 1, "b": 2}, [1, 2, 3], "abc"
    for number in range(ROUNDS):
        total += table["a"] + sequence[1] + len(text) + pair.right + slots.double + point.x
        slots.value = number % 5
        table["b"] = number
        total += (number < 100) + (text == "abc") + isinstance(number, int) + (text[1] == "b")
        left, right = pair
        total += left * right + int(re.sub("[a-z]", "1", text)) + max(sequence)
        total += sum(item for item in sequence if item in {1, 3}) + ord(str(number)[-1])
        total += collections.Counter(text)["c"] + functools.reduce(int.__add__, sequence)
    return total


def data():
    """Encoders, decoders and copies: they look up types in dictionaries."""
    nested = {"list": [1, 2.5, None, True], "text": "\u00e9", "tuple": (1, (2, 3))}
    print(json.dumps(nested, sort_keys=True), json.loads(json.dumps(nested))["tuple"])
    things = [nested, Point(1, 2.0, ("t",)), Pair(3, 4), Colour.RED | Colour.BLUE, decimal.Decimal("1.5"),
              collections.OrderedDict(a=1), collections.deque([1, 2], 3), frozenset({7})]
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        print(protocol, pickle.loads(pickle.dumps(things, protocol)) == things)
    print(copy.deepcopy(things) == things, copy.copy(things[1]), dataclasses.replace(things[1], x=9))
    print(sorted([Point(2), Point(1, 3.0), Point(1)]), hash(Point(1)) == hash(Point(1)))


def registries():
    """Abstract classes, weak references, dispatch by type, caches keyed by types."""
    class Own(collections.abc.Sized):
        def __len__(self):
            return 3

    checks = itertools.product(
        ([], {}, (), 1, 2.5, "t", {1}, Own(), iter([])),
        (collections.abc.Sized, collections.abc.Mapping, collections.abc.Hashable, numbers.Number,
         collections.abc.Iterator, typing.Sequence, typing.Iterable))
    print("".join("01"[isinstance(thing, one)] for thing, one in checks))
    print([kind(thing) for thing in (1, 2.5, {}, "t", True, decimal.Decimal(1))])
    keys = [type(name, (), {}) for name in "abcdef"]
    weak = weakref.WeakKeyDictionary((key, key.__name__) for key in keys)
    finalized = []
    weakref.finalize(keys.pop(), finalized.append, "f")
    gc.collect()
    print(sorted(weak.values()), finalized, [weak[key] for key in keys])
    print(typing.List[int] is typing.List[int], typing.Optional[int] == typing.Union[int, None],
          typing.get_type_hints(Point)["y"], {typing.Dict[str, int]: 1}[typing.Dict[str, int]])
    print(abc.get_cache_token() == abc.get_cache_token(), types.MappingProxyType({int: 1})[int])
    cached = functools.lru_cache(lambda *words: len(words))
    print([cached(int, str), cached(int, str), cached(open)], cached.cache_info().hits)
    print(inspect.signature(json.dumps).parameters["indent"], inspect.signature(Point))


def contexts():
    """Context variables lie in a tree that is ordered by their addresses."""
    variables = [contextvars.ContextVar(f"variable{number}") for number in range(300)]
    for number, variable in enumerate(variables):
        variable.set(number)
    print(sum(variable.get() for variable in contextvars.copy_context()
              if variable.name.startswith("variable")))
    with decimal.localcontext() as local:
        local.prec = 5
        print(decimal.Decimal(1) / 3)
    print(decimal.Decimal(1) / 3)

    async def add(one, other):
        await asyncio.sleep(0)
        return one + other

    async def all_of():
        return sum(await asyncio.gather(*(add(n, n) for n in range(50))))

    print(asyncio.run(all_of()))


def memory():
    """Blocks of each size that a captured free list could hand out, and many more arenas."""
    blocks = [bytes([size % 256]) * size for size in range(3000)]
    print(all(len(set(block)) <= 1 and len(block) == size for size, block in enumerate(blocks)))
    many = [[(number, str(number)) for number in range(500)] for _ in range(60)]
    print(sum(len(part) for part in many), gc.collect() >= 0)
    del many, blocks
    print(gc.collect() >= 0)


for part in (specialised, data, registries, contexts, memory, specialised):
    print(part.__name__, part())
