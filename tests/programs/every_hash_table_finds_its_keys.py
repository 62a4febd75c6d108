# everywhere: yes
"""Each key of each dictionary and set of the interpreter is found in it."""
import gc
import sys


def main():
    seen = {}
    waiting = [gc.get_objects(), list(sys.modules.values())]
    own = {id(seen), id(waiting)}
    tables = keys = 0
    missing = []
    while waiting:
        for thing in waiting.pop():
            if id(thing) in seen or id(thing) in own:
                continue
            seen[id(thing)] = thing
            if type(thing) in (dict, set, frozenset):
                tables += 1
                for key in list(thing):
                    keys += 1
                    if key not in thing:
                        missing.append((type(thing), key))
            waiting.append(gc.get_referents(thing))
    print(tables > 100, keys > 1000, missing)


main()
