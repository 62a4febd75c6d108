"""Says which object of an image holds each of some addresses: run in a launch of the image.

Reads lines from standard input: "seconds N"; "memory LOW HIGH" for each region of the image with bytes
of its own; "range LOW HIGH NAME" for addresses that have a name without an object; "address A"; and
"publish" to import what is prepared before anything is looked at. Writes lines whose fields have \\x1f
between them: "whole" or "partial"; "read", variable and module for what imports have read of the
environment; "owner", address, word, kind, module, type, path and detail for each address, ascending.
"""

FREE = ("free", "", "", "", "")
MOST_LEVELS = 6  # of blocks that point to each other, up to an object
STATE_OF_TEXT = 32  # offset in each str (Include/cpython/unicodeobject.h)
MOST_HEADER = 32  # what stands before an object at most (Include/internal/pycore_object.h)


class Order:
    """What is asked."""

    def __init__(self, text):
        self.seconds = 60.0
        self.memory = []
        self.ranges = []
        self.addresses = []
        self.publishes = False
        for line in text.splitlines():
            verb, _, rest = line.partition(" ")
            if verb == "seconds":
                self.seconds = float(rest)
            elif verb == "memory":
                self.memory.append(tuple(int(word, 16) for word in rest.split()))
            elif verb == "range":
                low, high, name = rest.split(" ", 2)
                self.ranges.append((int(low, 16), int(high, 16), name))
            elif verb == "publish":
                self.publishes = True
            else:
                self.addresses.append(int(rest, 16))


class Owners:
    """Finds them: (kind, module, type, path, detail) for an address."""

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
                answers[address] = ("unknown", "", "", "", "")
            for block in blocks:
                waiting.setdefault(block, []).append(address)
        self.follow(waiting, answers)
        for address in addresses:
            answers.setdefault(address, FREE)
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
                if not asked or block[0] <= place < block[1] or not self.can_hold(place):
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
        kind, module, type_name, path, _ = found
        if kind != "object":
            return "held", "", "", f"memory that {path} points to", ""
        own = self.objects.objects.get(self.object_at(place))
        if isinstance(own, list) and (address - self.memory.word(id(own) + 24)) // WORD >= len(own):
            return FREE
        if not block[0] <= address < block[1]:
            return "object", module, type_name, path, "memory behind its own"
        part = self.part_at(own, address & -WORD) if own is not None else ""
        return "object", module, type_name, part or path, f"+{address - block[0]:#x} of its memory"

    def can_hold(self, place):
        """Whether what is there can point to memory that is no object: not what only looks so."""
        own = self.objects.objects.get(self.object_at(place))
        return type(own) not in WITHOUT_MEMORY and not isinstance(own, type)

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
            return "range", "", "", self.ranges[index][2], f"+{address - self.lows[index]:#x}"
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
        if type(thing) in SIZED and offset >= own_size(thing):
            return FREE
        part = self.part_at(thing, address & -WORD) if offset >= 2 * WORD else ""
        path = part or self.objects.path(number)
        size = own_size(thing) - offset
        if type(thing) is str and offset == STATE_OF_TEXT:
            size = WORD // 2  # behind its bits is a gap
        if type(thing) in SIZED and size < WORD:
            detail += f", {size} bytes"
        return "object", self.objects.module_of(number), type_name_of(thing), path, detail

    def part_at(self, thing, place):
        """The path of what a container has at a place; empty: that is no place for a part."""
        kind = type(thing)
        whole = self.objects.path(id(thing))
        if isinstance(thing, dict):
            is_names = self.objects.origins[id(thing)][1] == "same"
            key = self.objects.objects.get(self.memory.word(self.key_place(thing, place)))
            if key is None or type(key) is not str and is_names:
                return ""
            return go_on(whole, "attribute" if is_names else "item", key)
        if isinstance(thing, (list, tuple)):
            first = self.memory.word(id(thing) + 24) if isinstance(thing, list) else id(thing) + 24
            index = (place - first) // WORD
            return go_on(whole, "item", index) if 0 <= index < len(thing) else ""
        word = self.memory.word(place)
        if word not in self.objects.objects or kind in ATOMS:
            return ""
        for part, step, key in self.objects.parts(thing):
            if id(part) == word and step not in ("held", "same", "key", "constant"):
                return go_on(whole, step, key)
        return ""

    def key_place(self, thing, place):
        """Where the table of a dictionary has the key of the entry at a place; 0: no entry is there
        (Include/internal/pycore_dict.h)."""
        keys = self.memory.word(id(thing) + 32)
        if sys.version_info >= (3, 11):
            facts = self.memory.word(keys + 8)
            entries = keys + 32 + (1 << (facts >> 8 & 0xFF))
            is_general = facts >> 16 & 0xFF == 0
        else:
            size = self.memory.word(keys + 8)
            entries = keys + 40 + size * (1 if size <= 0xFF else 2 if size <= 0xFFFF else 4)
            is_general = True
        width = 24 if is_general else 16
        if not 0 <= place - entries < width * 2 * len(thing) + width:
            return 0
        return place - (place - entries) % width + (8 if is_general else 0)


# They point to objects and to static data only; types also to texts that end before their blocks.
WITHOUT_MEMORY = (ATOMS - {type(None)}) | {
    FunctionType,
    CodeType,
    GetSetDescriptorType,
    MemberDescriptorType,
    type(len),
    type(str.join),
    type(str.__add__),
    type("".__add__),
}

# Their own memory is as large as they say; what is behind it is the allocator's.
SIZED = ATOMS | WITHOUT_MEMORY | {dict, list, tuple, set, frozenset}


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


def publish(names):
    """The program's imports of all that is prepared. What fails, fails in each program."""
    for name in names:
        try:
            __import__(name)
        except BaseException:  # pylint: disable=broad-except
            pass


def report(order, objects, memory, answers):
    """The lines of the answer."""
    lines = [("whole" if objects.is_whole else "partial",)]
    for module, names in objects.agent.get("READS", {}).get("names", {}).items():
        lines += [("read", name.decode("utf-8", "surrogateescape"), module) for name in names]
    for address in sorted(set(order.addresses)):
        word = f"{memory.word(address & -WORD):x}" if memory.region(address) >= 0 else ""
        lines.append(("owner", f"{address:x}", word, *answers.get(address, ())))
    clean = lambda field: field.replace("\n", " ").replace("\x1f", " ")
    return "".join("\x1f".join(map(clean, line)) + "\n" for line in lines)


def main():
    """Leaves without an end of the interpreter: nothing here is worth tidying. What imports print is
    not for who asked."""
    output = posix.dup(1)
    posix.dup2(2, 1)
    order = read_order()
    objects = Objects(posix.times()[4] + order.seconds)
    if order.publishes:
        publish(objects.modules)
    memory = Memory(order.memory)
    objects.walk()
    answers = Owners(memory, objects, order.ranges).find_all(order.addresses)
    text = report(order, objects, memory, answers).encode("utf-8", "backslashreplace")
    while text:
        text = text[posix.write(output, text) :]
    posix._exit(0)


main()
