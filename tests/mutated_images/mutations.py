"""Damage to an image, decided by a number: what a disk, a copy or a careless program can do."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import forgery
from anatomy import TABLES, Anatomy, Part

PAGE = 4096


@dataclass
class Mutant:
    """One change. `kind` is a row of the results; `patches` replace bytes; `size` cuts the file."""

    number: int
    kind: str
    what: str
    patches: list[tuple[int, bytes]] = field(default_factory=list)
    size: int | None = None
    # Of a sealed image: whether an image cannot be so, and a launch must refuse it.
    impossible: bool = False
    # Launched elsewhere: nothing else reads the relocation table.
    moved: bool = False

    @property
    def first(self) -> int:
        """The first offset that differs."""
        return self.size if self.size is not None else min(offset for offset, _ in self.patches)


Change = Callable[[Anatomy, random.Random], tuple[str, list[tuple[int, bytes]]]]


def flip_bit(anatomy: Anatomy, part: Part, numbers: random.Random) -> tuple[str, list]:
    """One bit of a part."""
    place, bit = part.offset + numbers.randrange(part.size), numbers.randrange(8)
    return f"bit {bit} of byte {place}", [(place, bytes([anatomy.bytes[place] ^ (1 << bit)]))]


def set_word(anatomy: Anatomy, part: Part, numbers: random.Random) -> tuple[str, list]:
    """An aligned word becomes an extreme value."""
    size = numbers.choice((4, 8))
    place = part.offset + numbers.randrange(max(1, part.size // size)) * size
    top = 1 << (8 * size)
    old = anatomy.number(place, size)
    new = numbers.choice((0, 1, top - 1, top // 2, top // 2 - 1, old + 1, old - 1, old ^ PAGE,
                          PAGE - 1)) % top
    return f"word at {place}: {old:#x} to {new:#x}", [(place, new.to_bytes(size, "little"))]


def swap_records(anatomy: Anatomy, part: Part, numbers: random.Random, size: int
                 ) -> tuple[str, list]:
    """Two records, or two pages, change places."""
    count = part.size // size
    if count < 2:
        return flip_bit(anatomy, part, numbers)
    one, other = (part.offset + index * size for index in numbers.sample(range(count), 2))
    return f"{size} bytes at {one} and {other} swapped", [
        (one, anatomy.bytes[other:other + size]), (other, anatomy.bytes[one:one + size])]


def lose_bytes(anatomy: Anatomy, part: Part, numbers: random.Random, size: int
               ) -> tuple[str, list]:
    """A run of bytes reads as zero, as after a lost write."""
    place = part.offset + numbers.randrange(max(1, part.size // size)) * size
    size = min(size, part.end - place)
    return f"{size} bytes at {place} are zero", [(place, bytes(size))]


def change_head(anatomy: Anatomy, part: Part, numbers: random.Random, record: int
                ) -> tuple[str, list]:
    """A part of the sealed front: bits, words, records, or a lost run."""
    choice = numbers.random()
    if choice < 0.5:
        return flip_bit(anatomy, part, numbers)
    if choice < 0.75:
        return set_word(anatomy, part, numbers)
    if choice < 0.9:
        return swap_records(anatomy, part, numbers, record)
    return lose_bytes(anatomy, part, numbers, 64)


def change_pages(anatomy: Anatomy, part: Part, numbers: random.Random) -> tuple[str, list]:
    """Captured pages: mostly single bits; sometimes a lost sector or two swapped pages."""
    choice = numbers.random()
    if choice < 0.8:
        return flip_bit(anatomy, part, numbers)
    if choice < 0.9:
        return lose_bytes(anatomy, part, numbers, 512)
    return swap_records(anatomy, part, numbers, PAGE)


def one_of(parts: list[Part], numbers: random.Random) -> Part:
    """A part, the larger the likelier."""
    return numbers.choices(parts, weights=[part.size for part in parts])[0]


def other_length(anatomy: Anatomy, numbers: random.Random) -> tuple[str, int]:
    """A cut anywhere, often in the front or at the border of a part; rarely a longer file."""
    size = len(anatomy.bytes)
    borders = [place for part in anatomy.parts.values() for place in (part.offset, part.end)]
    length = numbers.choice((
        numbers.randrange(size), numbers.randrange(anatomy.block.end),
        max(0, numbers.choice(borders) + numbers.choice((-1, 0, 1))),
        size - numbers.randrange(1, 2 * PAGE), size + numbers.randrange(1, 2 * PAGE)))
    length -= length == size
    return f"{length} of {size} bytes", length


def sealed_front_parts(anatomy: Anatomy) -> dict[str, tuple[Part, int]]:
    """The parts under the seal, with the size of what repeats in each."""
    parts = {"ELF header": (anatomy.parts["elf_header"], 8),
             "program headers": (anatomy.parts["program_headers"], 56),
             "metadata header": (anatomy.parts["header"], 16),
             "strings": (anatomy.parts["strings"], 8)}
    for table in TABLES:
        if anatomy.parts[table].size > 0:
            parts[f"table of {table.replace('_', ' ')}"] = (anatomy.parts[table],
                                                            anatomy.record_size(table))
    return parts


class Mutations:
    """All mutants of an image; the same number is the same damage."""

    # Of a hundred mutants.
    SHARES = (("length", 8), ("sealed front", 40), ("forged", 14), ("relocation table", 5),
              ("restorer", 5), ("sections and padding", 3), ("text pages", 9),
              ("read-only data pages", 3), ("data pages", 13))

    def __init__(self, anatomy: Anatomy, seed: int):
        self.anatomy = anatomy
        self.seed = seed
        self.front = sealed_front_parts(anatomy)
        self.forgeries = forgery.all_forgeries(anatomy)

    def make(self, number: int) -> Mutant:
        """The mutant of that number; never the image itself."""
        numbers = random.Random(f"{self.seed}/{number}")
        kinds, weights = zip(*self.SHARES)
        while True:
            mutant = self._make(number, numbers.choices(kinds, weights=weights)[0], numbers)
            if mutant.size is not None or any(
                    self.anatomy.bytes[offset:offset + len(new)] != new
                    for offset, new in mutant.patches):
                return mutant

    def _make(self, number: int, kind: str, numbers: random.Random) -> Mutant:
        anatomy = self.anatomy
        if kind == "length":
            what, size = other_length(anatomy, numbers)
            return Mutant(number, kind, what, size=size)
        if kind == "forged":
            forged = numbers.choice(self.forgeries)
            kind = "sealed, impossible" if forged.impossible else "sealed, possible"
            return Mutant(number, kind, forged.what, forgery.patches(anatomy, forged),
                          impossible=forged.impossible, moved=forged.moved)
        if kind == "relocation table":
            return Mutant(number, kind, *change_head(anatomy, anatomy.relocations(), numbers, 8),
                          impossible=True, moved=True)
        if kind == "sealed front":
            kind = numbers.choice(list(self.front))
            part, record = self.front[kind]
            return Mutant(number, kind, *change_head(anatomy, part, numbers, record))
        parts = {"restorer": anatomy.restorer, "sections and padding": anatomy.others,
                 "text pages": lambda: anatomy.captured("text"),
                 "read-only data pages": lambda: anatomy.captured("rodata"),
                 "data pages": lambda: anatomy.captured("data")}[kind]()
        change = flip_bit if kind == "sections and padding" else change_pages
        return Mutant(number, kind, *change(anatomy, one_of(parts, numbers), numbers))
