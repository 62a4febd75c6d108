"""Where the parts of an image lie, as the tools of the tests and `pysnap inspect` tell."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from workshop import PYSNAP, RESEAL, parts_of

TABLES = ("regions", "files", "segments", "modules", "environment", "notices", "hot_runs",
          "options", "folders", "dependencies", "listings", "stems", "captured")


@dataclass(frozen=True)
class Part:
    """A run of bytes of the file."""

    offset: int
    size: int

    @property
    def end(self) -> int:
        """The offset behind the last byte."""
        return self.offset + self.size


class Anatomy:
    """An image's bytes, its parts by name, and the places of the fields in its metadata."""

    def __init__(self, image: Path):
        self.path = image
        self.bytes = image.read_bytes()
        self.parts = {name: Part(*place) for name, place in parts_of(image).items()}
        self.block = self.parts["metadata"]
        self.fields = {}
        listed = subprocess.run([RESEAL, "--fields"], capture_output=True, text=True, check=True)
        for line in listed.stdout.splitlines():
            name, offset, size = line.split()
            self.fields[name] = Part(int(offset), int(size))
        described = subprocess.run([PYSNAP, "inspect", "--json", image], capture_output=True,
                                   text=True, check=True)
        self.pages: dict[str, list[Part]] = {}  # captured pages and other unsealed parts, by label
        for piece in json.loads(described.stdout)["bytes"]["ranges"]:
            place = Part(piece["offset"], piece["size"])
            if place.offset >= self.block.end:
                self.pages.setdefault(piece["label"], []).append(place)

    def captured(self, kind: str) -> list[Part]:
        """Captured memory: "text", "rodata" or "data"."""
        return self.pages.get(f".captured.{kind}", [])

    def restorer(self) -> list[Part]:
        """The embedded restorer, which runs when the image is executed."""
        return self.pages[".pysnap.restorer.text"] + self.pages[".pysnap.restorer.data"]

    def relocations(self) -> Part:
        """The relocation table, which only a launch elsewhere reads."""
        return self.pages[".pysnap.relocations"][0]

    def relocation_field(self, name: str, field: str = "") -> Part:
        """A field of the head of the relocation table, or a field of what that is."""
        place, inner = self.fields[f"relocations.{name}"], self.fields.get(field, Part(0, 0))
        return Part(self.relocations().offset + place.offset + inner.offset,
                    inner.size or place.size)

    def relocation_records(self, name: str) -> Part:
        """One of the tables in the relocation table."""
        offset, count, size = (self.number(place.offset, place.size) for place in (
            self.relocation_field(name, f"table.{part}") for part in ("offset", "count", "entry_size")))
        return Part(self.relocations().offset + offset, count * size)

    def others(self) -> list[Part]:
        """Section headers, their names, and padding."""
        return [part for label, parts in self.pages.items() for part in parts
                if not label.startswith((".captured", ".pysnap"))]

    def read(self, part: Part) -> bytes:
        """The bytes of a part."""
        return self.bytes[part.offset:part.end]

    def number(self, offset: int, size: int) -> int:
        """An unsigned number of the file."""
        return int.from_bytes(self.bytes[offset:offset + size], "little")

    def header_field(self, name: str) -> Part:
        """A field of the metadata header, as a part of the file."""
        place = self.fields[f"header.{name}"]
        return Part(self.block.offset + place.offset, place.size)

    def record_fields(self, table: str) -> list[str]:
        """The names of the fields of a table's records."""
        return [name.removeprefix(f"{table}.") for name in self.fields
                if name.startswith(f"{table}.")]

    def record_size(self, table: str) -> int:
        """The bytes of one record."""
        return self.number(self.table_field(table, "entry_size").offset, 4)

    def count(self, table: str) -> int:
        """How many records a table has."""
        return self.number(self.table_field(table, "count").offset, 4)

    def table_field(self, table: str, field: str) -> Part:
        """Offset, count or entry size of a table, in the header."""
        place = self.fields[f"table.{field}"]
        return Part(self.header_field(table).offset + place.offset, place.size)

    def record_field(self, table: str, index: int, field: str) -> Part:
        """A field of a record."""
        place = self.fields[f"{table}.{field}"]
        start = self.parts[table].offset + index * self.record_size(table)
        return Part(start + place.offset, place.size)
