"""The writable memory of an image, as its launch finds it: blocks of the allocators, and who points
to them. Read before the launch has made much of its own."""

import posix

PAGE = 4096
WORD = 8

# Of CPython's allocator for small blocks (Objects/obmalloc.c, 3.10 to 3.13).
POOL = 16384
POOL_HEADER = 48
ALIGNMENT = 16
SIZE_CLASSES = 32

# Of malloc (glibc's malloc/malloc.c): a chunk's size stands before its first byte.
IN_USE_BEFORE = 1
MAPPED = 2
FLAGS = 7
SMALLEST_CHUNK = 32
FOLLOWED_CHUNKS = 4

SEARCHED_BACKWARDS = 1 << 20
MOST_CANDIDATES = 3
# A pointer to a block may skip headers of the collector and prefixes of tables of attributes.
MOST_SKIPPED = 256


class Memory:
    """The words of some regions."""

    def __init__(self, regions):
        descriptor = posix.open("/proc/self/mem", posix.O_RDONLY)
        self.lows = [low for low, high in regions]
        self.highs = [high for low, high in regions]
        self.views = [
            memoryview(read_all(descriptor, low, high - low)).cast("Q") for low, high in regions
        ]
        posix.close(descriptor)
        self.mapped = {}  # region -> its large blocks
        self.last_search = (-1, 0, [])  # region, address, what was found
        self.pools = {}  # address that may begin a pool -> size of its blocks, or None

    def region(self, address):
        """Index of the region that holds an address; -1: none does."""
        index = last_not_above(self.lows, address)
        return index if index >= 0 and address < self.highs[index] else -1

    def word(self, address):
        """The aligned word at an address, 0 where no memory is."""
        index = self.region(address)
        return self.views[index][(address - self.lows[index]) // WORD] if index >= 0 else 0

    def pool_block(self, address):
        """(begin, end) of the small block at an address; None: it is in no pool."""
        pool = address & -POOL
        if pool not in self.pools:
            self.pools[pool] = self.block_size_of_pool(pool)
        size = self.pools[pool]
        if size is None or address < pool + POOL_HEADER:
            return None
        begin = address - (address - pool - POOL_HEADER) % size
        return begin, begin + size

    def block_size_of_pool(self, pool):
        """What only a pool has: its last field follows from its size class."""
        if self.region(pool) < 0 or self.region(pool) != self.region(pool + POOL - WORD):
            return None
        count = self.word(pool) & 0xFFFFFFFF
        free = self.word(pool + 8)
        size_class = self.word(pool + 32) >> 32
        offsets = self.word(pool + 40)
        size = (size_class + 1) * ALIGNMENT
        good = (
            size_class < SIZE_CLASSES
            and offsets >> 32 == POOL - size
            and ((offsets & 0xFFFFFFFF) - POOL_HEADER) % size == 0
            and count <= (POOL - POOL_HEADER) // size
            and (free == 0 or pool <= free < pool + POOL)
        )
        return size if good else None

    def chunks(self, address):
        """(begin, end) of what may be malloc's block at an address, the most likely first."""
        index = self.region(address)
        for begin, end in self.mapped_chunks(index):
            if begin <= address < end:
                return [(begin, end)]
        last_index, scanned, known = self.last_search
        low = max(self.lows[index] + ALIGNMENT, address - SEARCHED_BACKWARDS)
        if index == last_index and low <= scanned <= address:
            low = scanned + 1  # a chunk from before that reaches as far as here is known
        else:
            known = []
        found = []
        for begin in range(address & -ALIGNMENT, low - 1, -ALIGNMENT):
            end = begin + (self.word(begin - WORD) & ~FLAGS) - WORD
            if address < end and self.is_chunk(begin - ALIGNMENT):
                found.append((begin, end))
        found += [chunk for chunk in known if address < chunk[1]]
        self.last_search = index, address, found
        return found[:MOST_CANDIDATES]

    def mapped_chunks(self, region):
        """Large blocks have mappings of their own, which begin with a zero and their size."""
        if region not in self.mapped:
            low, high = self.lows[region], self.highs[region]
            self.mapped[region] = found = []
            for page in range(low, high, PAGE):
                whole = self.word(page + WORD) - MAPPED
                is_size = whole > 0 and whole % PAGE == 0 and self.word(page) == 0
                if is_size and page + whole <= high:
                    found.append((page + ALIGNMENT, page + whole))
        return self.mapped[region]

    def is_chunk(self, begin):
        """Whether chunks follow each other from here on, the first of them in use."""
        for step in range(FOLLOWED_CHUNKS):
            size = self.word(begin + WORD)
            following = begin + (size & ~FLAGS)
            if size & ~FLAGS < SMALLEST_CHUNK or size & (8 | MAPPED) or begin % ALIGNMENT:
                return False
            if self.region(following) < 0:
                return False
            if step == 0 and not self.word(following + WORD) & IN_USE_BEFORE:
                return False
            if self.word(following + WORD) & ~FLAGS < SMALLEST_CHUNK:
                return True  # the end of what malloc got from the kernel
            begin = following
        return True

    def pointers(self, blocks):
        """(place, block) for each word that points to the beginning of a block."""
        wanted = {}
        for block in blocks:
            begin, end = block
            for address in range(begin, min(end, begin + MOST_SKIPPED), WORD):
                wanted.setdefault(address, block)
        return [
            (low + WORD * i, wanted[word])
            for low, view in zip(self.lows, self.views)
            for i, word in enumerate(view)
            if word in wanted
        ]


def last_not_above(values, wanted):
    """Index of the last of ascending values that is not above another; -1: all are. The module
    bisect may not be there, or hidden."""
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        if values[middle] <= wanted:
            low = middle + 1
        else:
            high = middle
    return low - 1


def read_all(descriptor, address, size):
    """The bytes at an address; what cannot be read is zero."""
    pieces = []
    while size > 0:
        try:
            piece = posix.pread(descriptor, min(size, 1 << 30), address)
        except OSError:
            piece = b""
        if not piece:
            piece = bytes(min(size, PAGE))
        pieces.append(piece)
        address += len(piece)
        size -= len(piece)
    return b"".join(pieces)
