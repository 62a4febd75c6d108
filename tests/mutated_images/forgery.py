"""Values that no image can have, in fields of a sealed image: the seal is made right again.

No accident makes such a file. They show that the checks of meaning behind the seal hold alone.
"""

import ctypes
import ctypes.util
from dataclasses import dataclass, replace

from anatomy import TABLES, Anatomy, Part

USER_SPACE_END = 1 << 47
LARGEST = {4: (1 << 32) - 1, 8: (1 << 64) - 1}
IMAGE, FILE, SHARED_FILE = 1, 2, 5  # RegionKind
# Tables of strings' offsets, by field.
STRING_FIELDS = {"files": ("path", "build_id"), "modules": ("text",), "notices": ("text",),
                 "options": ("text",), "environment": ("name", "value"), "captured": ("text",),
                 "folders": ("path",), "dependencies": ("name",)}


@dataclass(frozen=True)
class Forgery:
    """One field with another value."""

    what: str
    place: Part
    value: int
    impossible: bool  # a launch must refuse it; else it may also run plain Python, or rightly
    moved: bool = False  # only a launch elsewhere reads it


def _one(name: str, place: Part, value: int, impossible: bool = True) -> Forgery:
    return Forgery(f"{name} = {value:#x}", place, value % (1 << (8 * place.size)), impossible)


def _header(anatomy: Anatomy) -> list[Forgery]:
    """Fields of the header, and those that only a right launch compares."""
    size = len(anatomy.bytes)
    values = {
        "magic": (0, 1), "version": (0, 1000), "complete": (0, 1), "header_size": (0, 8, 1 << 20),
        "file_size": (0, size - 1, size + 1), "metadata_size": (
            0, 8, anatomy.block.size - 8, anatomy.block.size + 8, 1 << 29, 1 << 62, (1 << 64) - 1),
        "interpreter_file": (0, anatomy.count("files") + 1, LARGEST[4]),
        "program_kind": (99, LARGEST[4]),
    }
    # An image of another machine, for which plain Python runs, or of another build.
    elsewhere = {
        "processor.signature": (0, LARGEST[4]), "processor.features": (0, LARGEST[4]),
        "kernel_page.code_checksum": (0, 1),
        "kernel_page.code_size": (0, 1, 4096 * 65, 1 << 40, (1 << 64) - 4096),
        "generation": (0, LARGEST[8]), "created_seconds": (0, LARGEST[8]),
    }
    forged = [_one(name, anatomy.header_field(name), value)
              for name, several in values.items() for value in several]
    for name in ("interpreter", "interpreter_version", "program"):
        forged += [_one(name, anatomy.header_field(name), value)
                   for value in _outside_strings(anatomy)]
    forged += [_one(name, anatomy.header_field(name), value, impossible=False)
               for name, several in elsewhere.items() for value in several]
    return forged


def _outside_strings(anatomy: Anatomy) -> tuple[int, ...]:
    count = anatomy.count("strings")
    return count, count + 1, 1 << 32, 1 << 63, LARGEST[8]


def _tables(anatomy: Anatomy) -> list[Forgery]:
    """Each table at an impossible place, with too many records, or records of another size."""
    forged = []
    for table in (*TABLES, "strings"):
        entry = anatomy.record_size(table)
        offset = anatomy.table_field(table, "offset")
        room = anatomy.block.size - anatomy.number(offset.offset, 8)
        changes = {"offset": [0, 8, anatomy.block.size + 8, 1 << 63, LARGEST[8] - 7],
                   "count": [room // entry + 1, LARGEST[4]],
                   "entry_size": [0, entry + 8, LARGEST[4]]}
        if table != "strings":
            changes["offset"].append(anatomy.number(offset.offset, 8) + 1)
        forged += [_one(f"{table}.{field}", anatomy.table_field(table, field), value)
                   for field, values in changes.items() for value in values]
    return forged


def _records(anatomy: Anatomy) -> list[Forgery]:
    """Offsets of strings, and identities of files."""
    forged = []
    for table, fields in STRING_FIELDS.items():
        for index in range(anatomy.count(table)):
            for name in fields:
                place = anatomy.record_field(table, index, name)
                forged += [_one(f"{table}[{index}].{name}", place, value)
                           for value in _outside_strings(anatomy)]
    for index in range(anatomy.count("files")):
        for name in ("size", "inode", "modified_seconds", "modified_nanoseconds"):
            place = anatomy.record_field("files", index, name)
            old = anatomy.number(place.offset, place.size)
            forged += [_one(f"files[{index}].{name}", place, value, impossible=False)
                       for value in (old + 1, old - 1, LARGEST[8]) if value != old]
        place = anatomy.record_field("files", index, "role")
        forged += [_one(f"files[{index}].role", place, value, impossible=False)
                   for value in (0, 7)]
    return forged


def _regions(anatomy: Anatomy) -> list[Forgery]:
    """Regions that are crooked, empty, outside, over one another, or of no kind."""
    forged = []
    for index in range(anatomy.count("regions")):
        def field(name: str, at: int = index) -> Part:
            return anatomy.record_field("regions", at, name)
        kind = anatomy.number(field("kind").offset, 4)
        changes = {
            "address": [0, 1, anatomy.number(field("address").offset, 8) + 8, USER_SPACE_END,
                        LARGEST[8] - 4095],
            "size": [0, 1, USER_SPACE_END + 4096, LARGEST[8] - 4095],
            "offset": [1, 4095], "kind": [0, 7, LARGEST[4]], "protection": [8, LARGEST[4]],
            "file": [anatomy.count("files") + 1, LARGEST[4]]}
        if kind == IMAGE:
            changes["offset"] += [1 << 40, 1 << 63, LARGEST[8] - 4095]
        if kind in (FILE, SHARED_FILE):
            changes["file"].append(0)
        if index > 0:
            changes["address"].append(anatomy.number(field("address", index - 1).offset, 8))
        forged += [_one(f"regions[{index}].{name}", field(name), value)
                   for name, values in changes.items() for value in values]
    return forged


def _dependencies(anatomy: Anatomy) -> list[Forgery]:
    """Counts and places that hang together no more, and identities."""
    forged = []
    for table, fields in (("folders", ("count",)), ("dependencies", ("listing",)),
                          ("listings", ("first_stem", "stem_count"))):
        for index in range(anatomy.count(table)):
            forged += [_one(f"{table}[{index}].{name}", anatomy.record_field(table, index, name),
                            LARGEST[4]) for name in fields]
    for index in range(anatomy.count("dependencies")):
        for name in ("size", "inode", "modified_seconds", "modified_nanoseconds", "kind"):
            place = anatomy.record_field("dependencies", index, name)
            forged.append(_one(f"dependencies[{index}].{name}", place,
                               anatomy.number(place.offset, place.size) + 1, impossible=False))
    return forged


def _relocations(anatomy: Anatomy) -> list[Forgery]:
    """A relocation table that names places outside the image, or none of its own."""
    size, outside = anatomy.relocations().size, (1 << 46, LARGEST[8] - 7)
    changes = {"magic": (0, 1), "size": (0, 8, size - 8, size + 8), "step": (0, 4095, 3 << 20, 1 << 41)}
    places = [(name, anatomy.relocation_field(name), values) for name, values in changes.items()]
    for table in ("address_words", "other_words", "hashes", "tables"):
        for field, values in (("offset", (0, 8, size + 8, 1 << 63, LARGEST[8] - 7)),
                              ("count", (LARGEST[4],)), ("entry_size", (0, 4, LARGEST[4]))):
            places.append((f"{table}.{field}", anatomy.relocation_field(table, f"table.{field}"),
                           values))
    for field, values in (("root", outside), ("upper_bits", (16, LARGEST[4]))):
        places.append((f"arena_tree.{field}",
                       anatomy.relocation_field("arena_tree", f"arena_tree.{field}"), values))
    records = {"other_words.place": (0, 1, *outside), "other_words.kind": (0, 7, LARGEST[4]),
               "hashes.place": (0, 4, *outside), "hashes.rule": (0, 4, LARGEST[4]),
               "tables.slots": (0, 4, *outside), "tables.entries": (1, 4),
               "tables.slot_bytes": (0, 3, 32, LARGEST[4]), "tables.log2_slots": (41, 63, LARGEST[4]),
               "tables.kind": (0, 3, LARGEST[4])}
    first = anatomy.relocation_records("address_words").offset
    places.append(("address_words[0]", Part(first, 8), (0, 8, *outside)))
    for name, values in records.items():
        table, field = name.split("."), anatomy.fields[name]
        start = anatomy.relocation_records(table[0]).offset
        places.append((name, Part(start + field.offset, field.size), values))
    return [replace(_one(f"relocations: {name}", place, value), moved=True)
            for name, place, values in places for value in values]


def _hints(anatomy: Anatomy) -> list[Forgery]:
    """What a launch does not depend on."""
    forged = []
    for table in ("hot_runs", "segments"):
        for index in range(anatomy.count(table)):
            for name in anatomy.record_fields(table):
                place = anatomy.record_field(table, index, name)
                forged += [_one(f"{table}[{index}].{name}", place, value, impossible=False)
                           for value in (0, 1, 1 << 40, LARGEST[8] - 4095, LARGEST[8])]
    return forged


def all_forgeries(anatomy: Anatomy) -> list[Forgery]:
    """Every field with each of its values."""
    forged = [*_header(anatomy), *_tables(anatomy), *_records(anatomy), *_regions(anatomy),
              *_dependencies(anatomy), *_hints(anatomy), *_relocations(anatomy)]
    return [one for one in forged
            if anatomy.number(one.place.offset, one.place.size) != one.value]


_XXHASH = ctypes.CDLL(ctypes.util.find_library("xxhash") or "libxxhash.so.0")
_CHECKSUM = _XXHASH.XXH3_64bits_withSeed
_CHECKSUM.restype = ctypes.c_uint64
_CHECKSUM.argtypes = (ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64)


def _seal(anatomy: Anatomy, block: bytearray) -> bytes:
    """The checksum of a metadata block (format/checksum.h)."""
    size = anatomy.parts["header"].size
    header = bytearray(block[:size])
    for name in ("metadata_checksum", "complete"):
        place = anatomy.fields[f"header.{name}"]
        header[place.offset:place.end] = bytes(place.size)
    front = _CHECKSUM(bytes(header), len(header), 0)
    rest = bytes(block[size:])
    return _CHECKSUM(rest, len(rest), front).to_bytes(8, "little")


def _checksum_of_relocations(anatomy: Anatomy, place: Part, value: bytes) -> tuple[int, bytes]:
    """The relocation table's checksum, in its segment, with a changed field."""
    part = anatomy.relocations()
    table = bytearray(anatomy.read(part))
    table[place.offset - part.offset:place.end - part.offset] = value
    for index in range(anatomy.count("segments")):
        field = anatomy.record_field("segments", index, "offset")
        if anatomy.number(field.offset, field.size) == part.offset:
            checksum = _CHECKSUM(bytes(table), len(table), 0)
            return (anatomy.record_field("segments", index, "checksum").offset,
                    checksum.to_bytes(8, "little"))
    raise ValueError("no segment holds the relocation table")


def patches(anatomy: Anatomy, forged: Forgery) -> list[tuple[int, bytes]]:
    """The bytes that make the field so, and the image sealed."""
    value = forged.value.to_bytes(forged.place.size, "little")
    changes = [(forged.place.offset, value)]
    if forged.moved:
        changes.append(_checksum_of_relocations(anatomy, forged.place, value))
    block = bytearray(anatomy.read(anatomy.block))
    for offset, new in changes:
        start = offset - anatomy.block.offset
        if start < anatomy.block.size:
            block[start:start + len(new)] = new
    seal = anatomy.header_field("metadata_checksum")
    return [*changes, (seal.offset, _seal(anatomy, block))]


def check_seal(anatomy: Anatomy) -> bool:
    """Whether this module computes what the writer has written."""
    stored = anatomy.read(anatomy.header_field("metadata_checksum"))
    return _seal(anatomy, bytearray(anatomy.read(anatomy.block))) == stored
