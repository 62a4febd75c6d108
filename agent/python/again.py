"""A launch that is frozen again: `pysnap build --from`.

Invariant: when begin_again() returns, BUILD holds what prepare() leaves there for a script, taken
from this launch: its environment, its descriptors. What the image was made of is known already:
nothing is recorded or hidden a second time.
"""

import sys


def begin_again(descriptor, path):
    """Called when the launch has become its program's process, before the user's hooks."""
    watch_searches()
    builder = Builder(descriptor)
    BUILD["builder"] = builder
    BUILD["again"] = True
    BUILD["descriptors"] = open_descriptors()
    BUILD["memory"] = shared_memory()
    BUILD["environment"] = dict(posix.environ)
    orders = builder.orders()
    BUILD["finder"] = provide_package(orders)
    expect_finders()
    sys.dont_write_bytecode = ["bytecode", "off"] in orders
    BUILD["leftovers"] = LeftoverWatch(True, False)
    LAUNCH["continues_script"] = True
    watch_again()
    builder.tell("script", path)


def watch_again():
    """As while modules are prepared: who seeds generators, who makes temporary files."""
    begin_watching_seeds()
    TEMPORARY["made"].clear()
    for name in ("random", "tempfile", "numpy.random.bit_generator"):
        module = present_module(name)
        if module is not None:
            watch_module(name, module)
