"""The random generators of this image that each launch renews, for agent/generators.cpp.

Those that C can renew in place drop out of the per-launch work; the others are seeded by their own
methods.
"""

import sys

GENERATORS = []  # [object to describe, its size or 0, words, position, how to seed it]
PERMUTED = -1  # in the place of a position: numpy's PCG64


def words_of(numbers):
    """The memory of 624 words."""
    return b"".join(number.to_bytes(4, "little") for number in numbers)


def find_generators():
    """Before the freeze, which hides objects from the garbage collector's lists."""
    GENERATORS.clear()
    LAUNCH["renewed_in_place"].clear()
    for name, find in (("random", find_random), ("numpy.random.mtrand", find_numpy)):
        module = present_module(name)
        if module is not None:
            find(module)


def find_random(module):
    """The generator behind random.random() and its kin, and those that modules made."""
    chance = chance_generators()
    if module._inst not in chance:  # random.seed(1) in an import: the hook would undo it
        LAUNCH["renewed_in_place"].append(module._inst.seed)
    for instance in chance:

        def seed(instance=instance):
            module.Random.seed(instance)

        seed()  # forgets the second value that gauss() keeps
        state = module.Random.getstate(instance)[1]  # a class of its own may forbid getstate()
        size = type(instance).__basicsize__
        how = instance.seed if instance is module._inst else seed
        GENERATORS.append([instance, size, words_of(state[:-1]), state[-1], how])


def find_numpy(module):
    """The generator behind numpy.random.rand() and its kin, and those that modules made.

    No at-fork hook renews them. A RandomState keeps the second value of a pair: it is seeded by its
    own method.
    """
    owners = {
        id(item._bit_generator): item
        for item in gc.get_objects()
        if issubclass(type(item), module.RandomState)
    }
    renewed = chance_bit_generators()
    SEEDS["renewed"] = {id(generator): generator for generator in renewed}
    for generator in renewed:

        def seed(generator=generator):
            generator.state = type(generator)().state

        owner = owners.get(id(generator))
        how = seed if owner is None else owner.seed
        how()
        words, position = describe_numpy(generator.state["state"])
        GENERATORS.append([generator.capsule, 0, words, position, how])


def describe_numpy(state):
    """The memory of a bit generator's state, and the position in it."""
    if "key" in state and "pos" in state:
        return words_of([int(word) for word in state["key"]]), int(state["pos"])
    if set(state) == {"state", "inc"}:
        words = (state["state"], state["inc"])
        return b"".join(word.to_bytes(16, "little") for word in words), PERMUTED
    return b"", 0


def describe_generators():
    """What C needs to find each state in memory."""
    LAUNCH["seed_functions"] = [entry[4] for entry in GENERATORS]
    return tuple(tuple(entry[:4]) for entry in GENERATORS)


def generator_is_placed(index):
    """C renews this one: neither its method nor its at-fork hook runs at launch."""
    seed = GENERATORS[index][4]
    LAUNCH["seed_functions"].remove(seed)
    LAUNCH["renewed_in_place"].append(seed)
