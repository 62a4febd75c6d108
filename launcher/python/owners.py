"""Says which object of an image holds each of some addresses: run in a launch of the image.

Reads lines from standard input: "seconds N"; "memory LOW HIGH" for each writable region of the image;
"range LOW HIGH NAME" for addresses that have a name without an object; "address A". Writes one line
for each address, ascending: address, kind, type, path and detail, with \\x1f between them.
"""

MOST_LEVELS = 6  # of blocks that point to each other, up to an object
MOST_HEADER = 32  # what stands before an object at most (Include/internal/pycore_object.h)


class Order:
    """What is asked."""

    def __init__(self, text):
        self.seconds = 60.0
        self.memory = []
        self.ranges = []
        self.addresses = []
        for line in text.splitlines():
            verb, rest = line.split(" ", 1)
            if verb == "seconds":
                self.seconds = float(rest)
            elif verb == "memory":
                self.memory.append(tuple(int(word, 16) for word in rest.split()))
            elif verb == "range":
                low, high, name = rest.split(" ", 2)
                self.ranges.append((int(low, 16), int(high, 16), name))
            else:
                self.addresses.append(int(rest, 16))


class Owners:
    """Finds them: (kind, type, path, detail) for an address."""

    def __init__(self, memory, objects, ranges):
        self.memory = memory
        self.objects = objects
        self.ranges = sorted(ranges)
        self.lows = [low for low, high, name in self.ranges]

    def find_all(self, addresses):
        """Address -> answer. What no object holds is sought by what points to it."""
        answers = {}
        waiting = {}  # block -> the asked addresses whose answer is the block's
        for address in addresses:
            answer = self.find(address)
            if answer is not None:
                answers[address] = answer
                continue
            blocks = self.blocks(address)
            if not blocks:
                answers[address] = ("unknown", "", "", "")
            for block in blocks:
                waiting.setdefault(block, []).append(address)
        self.follow(waiting, answers)
        for address in addresses:
            answers.setdefault(address, ("free", "", "", ""))
        return answers

    def follow(self, waiting, answers):
        """From blocks to what points to them, and so on up to objects."""
        seen = set()
        for _ in range(MOST_LEVELS):
            if not waiting:
                return
            seen.update(waiting)
            farther = {}
            best = {}  # address -> the answer by the nearest of the blocks that may hold it
            for place, block in self.memory.pointers(waiting):
                asked = [a for a in waiting[block] if a not in answers]
                if not asked or block[0] <= place < block[1]:
                    continue
                found = self.find(place)
                for address in asked if found is not None else ():
                    if address not in best or best[address][0] < block[0]:
                        best[address] = block[0], self.held(found, place, block, address)
                for other in self.blocks(place) if found is None else ():
                    if other not in seen:
                        farther.setdefault(other, []).extend(asked)
            answers.update((address, answer) for address, (_, answer) in best.items())
            waiting = farther

    def held(self, found, place, block, address):
        """The answer for memory that an object, or a library, points to."""
        kind, type_name, path, _ = found
        if kind != "object":
            return "held", "", path, f"memory that {path} points to"
        own = self.objects.objects.get(self.object_at(place))
        part = self.part_at(own, self.memory.word(address & -WORD)) if own is not None else ""
        return "object", type_name, part or path, f"+{address - block[0]:#x} of its memory"

    def blocks(self, address):
        """Those of an allocator that may be at an address."""
        if self.memory.region(address) < 0:
            return []
        block = self.memory.pool_block(address)
        return [block] if block is not None else self.memory.chunks(address)

    def find(self, address):
        """Without looking at pointers; None: nothing is known of it."""
        number = self.object_at(address)
        if number is not None:
            return self.describe(number, address)
        index = last_not_above(self.lows, address)
        if index >= 0 and address < self.ranges[index][1]:
            return "range", "", self.ranges[index][2], f"+{address - self.lows[index]:#x}"
        return None

    def object_at(self, address):
        """The id of the object whose own memory this is, or None."""
        ids = self.objects.ids
        block = self.memory.pool_block(address)
        if block is not None:
            index = last_not_above(ids, block[0] - 1) + 1
            return ids[index] if index < len(ids) and ids[index] < block[1] else None
        index = last_not_above(ids, address)
        if index >= 0 and address < ids[index] + own_size(self.objects.objects[ids[index]]):
            return ids[index]
        index += 1
        if index < len(ids) and ids[index] - header_size(self.objects.objects[ids[index]]) <= address:
            return ids[index]
        return None

    def describe(self, number, address):
        """The answer for an address inside an object."""
        thing = self.objects.objects[number]
        offset = address - number
        if offset < 0:
            detail = "header of the collector"
        elif offset < WORD:
            detail = "reference count"
        else:
            detail = f"+{offset:#x}"
        part = self.part_at(thing, self.memory.word(address & -WORD)) if offset >= 2 * WORD else ""
        return "object", type_name_of(thing), part or self.objects.path(number), detail

    def part_at(self, thing, word):
        """The path by which an object's part is known that a word of the object points to."""
        if word not in self.objects.objects or type(thing) in ATOMS:
            return ""
        for part, kind, key in self.objects.parts(thing):
            if id(part) == word and kind not in ("held", "same", "key", "constant"):
                return go_on(self.objects.path(id(thing)), kind, key)
        return ""


def type_name_of(thing):
    """With its module, unless that is builtins."""
    kind = type(thing)
    module = names_of_class(kind).get("__module__", "builtins")
    name = type.__dict__["__qualname__"].__get__(kind)
    return name if module == "builtins" or type(module) is not str else f"{module}.{name}"


def own_size(thing):
    """Of the object itself, without tables that it points to."""
    if type(thing) in ATOMS or type(thing) is CodeType:
        return sys.getsizeof(thing)
    try:
        return object.__sizeof__(thing) if not isinstance(thing, int) else int.__sizeof__(thing)
    except TypeError:
        return type.__basicsize__.__get__(type(thing))


def header_size(thing):
    """Of what stands before an object."""
    return MOST_HEADER if gc.is_tracked(thing) else 0


def read_order():
    """All of standard input."""
    pieces = []
    while piece := posix.read(0, 1 << 20):
        pieces.append(piece)
    return Order(b"".join(pieces).decode())


def main():
    """Leaves without an end of the interpreter: nothing here is worth tidying."""
    order = read_order()
    memory = Memory(order.memory)
    objects = Objects(posix.times()[4] + order.seconds)
    owners = Owners(memory, objects, order.ranges)
    answers = owners.find_all(order.addresses)
    lines = ["whole" if objects.is_whole else "partial"]
    for address in sorted(answers):
        fields = (f"{address:x}", *answers[address])
        lines.append("\x1f".join(field.replace("\n", " ").replace("\x1f", " ") for field in fields))
    text = ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")
    while text:
        text = text[posix.write(1, text) :]
    posix._exit(0)


main()
