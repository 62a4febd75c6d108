"""Which random generators of an image were seeded on purpose, and which by chance.

A generator that a module makes without a seed differs from process to process: each launch renews
it. One that was given a seed repeats its numbers under plain Python too, and must do so here. The
object does not tell the two apart, so seeding is watched while the imports run. A seed taken from
the clock or the pid, or too large for a person to have typed it, counts as chance.
"""

import sys

START_TIME = time.time()
HAND_WRITTEN = 1 << 64  # seeds below are numbers that people write; os.urandom() gives larger ones
CLOCK_UNITS = (1, 10**3, 10**6, 10**9)

SEEDS = {
    "fixed": {},  # id of a random.Random -> it was seeded on purpose
    "numpy": set(),  # entropy that numpy drew from the system
    "renewed": {},  # id -> generator of numpy that launches of an earlier image have renewed
}


def begin_watching_seeds():
    """In a launch: seeds that it takes from the clock are of its own time."""
    global START_TIME
    START_TIME = time.time()


def is_fixed(seed):
    """Whether this seed means: the same numbers in every process."""
    if seed is None:
        return False
    if not isinstance(seed, (int, float)):
        return True
    passed = time.time() - START_TIME + 1
    if any(abs(seed / unit - START_TIME) <= passed for unit in CLOCK_UNITS):
        return False
    return seed != posix.getpid() and seed < HAND_WRITTEN


def note_seed(generator, seed):
    """Instead of the beginning of random.Random.seed()."""
    SEEDS["fixed"][id(generator)] = is_fixed(seed)


def note_state(generator, _):
    """Instead of the beginning of random.Random.setstate(): a state counts as given on purpose."""
    SEEDS["fixed"][id(generator)] = True


def code_of_watches():
    """The two methods, with constants that watch_function() replaces."""
    __class__ = type

    def seed(self, a=None, version=2):
        __class__
        note = "note"
        note(self, a)
        original = "original"
        return original(self, a, version)

    def setstate(self, state):
        __class__
        note = "note"
        note(self, state)
        original = "original"
        return original(self, state)

    return seed.__code__, setstate.__code__


def watch_seeds(name, module):
    """Called when a module has been executed."""
    if name == "random":
        seed, setstate = code_of_watches()
        watch_function(module.Random.seed, seed, note_seed)
        watch_function(module.Random.setstate, setstate, note_state)
    elif name == "numpy.random.bit_generator" and hasattr(module, "randbits"):
        draw = module.randbits

        def note_entropy(size):
            entropy = draw(size)
            SEEDS["numpy"].add(entropy)
            return entropy

        module.randbits = note_entropy
        SEEDS["numpy module"] = (module, draw)


def stop_watching_seeds():
    """numpy has its own function again."""
    if "numpy module" in SEEDS:
        module, module.randbits = SEEDS["numpy module"]


def chance_generators():
    """The instances of random.Random that every launch must renew."""
    module = present_module("random")
    if module is None:
        return []
    return [
        item
        for item in gc.get_objects()
        if issubclass(type(item), module.Random)
        and not issubclass(type(item), module.SystemRandom)
        and not SEEDS["fixed"].get(id(item), False)
    ]


def chance_bit_generators():
    """numpy's bit generators that every launch must renew."""
    module = present_module("numpy.random.bit_generator")
    if module is None:
        return []
    return [
        item
        for item in gc.get_objects()
        if issubclass(type(item), module.BitGenerator)
        and type(item).__module__.startswith("numpy.random.")  # others need not have a state
        and (id(item) in SEEDS["renewed"] or not is_fixed_bit_generator(item))
    ]


def is_fixed_bit_generator(generator):
    """numpy keeps what seeded a generator, but for seeds of the legacy kind."""
    sequence = getattr(generator, "_seed_seq", None)
    if sequence is None:
        return not is_legacy_chance(generator)
    if "numpy module" not in SEEDS:  # it was not watched: rather renewed than repeated
        return False
    return getattr(sequence, "entropy", None) not in SEEDS["numpy"]


def is_legacy_chance(generator):
    """Whether numpy.random.seed() was given nothing, or the clock, or the pid."""
    mtrand = present_module("numpy.random.mtrand")
    state = generator.state["state"]
    if mtrand is None or "key" not in state:
        return False
    words = state["key"].tolist()
    for entropy in SEEDS["numpy"]:
        sequence = present_module("numpy.random.bit_generator").SeedSequence(entropy)
        if sequence.generate_state(624).tolist()[1:] == words[1:]:
            return True
    seeds = [posix.getpid(), *range(int(START_TIME), int(time.time()) + 1)]
    return any(mtrand.RandomState(s).get_state()[1].tolist() == words for s in seeds)
