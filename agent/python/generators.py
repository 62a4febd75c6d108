"""The global random generators of this image, for agent/generators.cpp.

Those that C can renew in place drop out of the per-launch work; the others are seeded by their own
methods.
"""

import sys

GENERATORS = []  # [name, object to describe, its size or 0, words, position, how to seed it]


def words_of(numbers):
    """The memory of 624 words."""
    return b"".join(number.to_bytes(4, "little") for number in numbers)


def find_random():
    """The generator behind random.random() and its kin."""
    module = sys.modules.get("random")
    if module is not None:
        instance = module._inst
        instance.seed()  # forgets the second value that gauss() keeps
        state = instance.getstate()[1]
        size = type(instance).__basicsize__
        GENERATORS.append([instance, size, words_of(state[:-1]), state[-1], instance.seed])


def find_numpy():
    """The generator behind numpy.random.rand() and its kin, which no at-fork hook renews."""
    module = sys.modules.get("numpy.random.mtrand")
    if module is not None:
        module._rand.seed()
        generator = module._rand._bit_generator
        state = generator.state["state"]
        words = words_of([int(word) for word in state["key"]])
        GENERATORS.append([generator.capsule, 0, words, int(state["pos"]), module._rand.seed])


def describe_generators():
    """What C needs to find each state in memory."""
    find_random()
    find_numpy()
    LAUNCH["seed_functions"] = [entry[4] for entry in GENERATORS]
    return tuple(tuple(entry[:4]) for entry in GENERATORS)


def generator_is_placed(index):
    """C renews this one: neither its method nor its at-fork hook runs at launch."""
    seed = GENERATORS[index][4]
    LAUNCH["seed_functions"].remove(seed)
    LAUNCH["renewed_in_place"].append(seed)
