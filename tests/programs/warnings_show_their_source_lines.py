"""Warnings go to standard error once per place, with the line that caused them."""

import warnings


def deprecated():
    warnings.warn("old", DeprecationWarning, stacklevel=2)


for _ in range(2):
    warnings.warn("seen once though raised twice")
deprecated()
warnings.warn("a pending one is ignored", PendingDeprecationWarning, stacklevel=1)
print([(entry[0], entry[2].__name__, entry[3]) for entry in warnings.filters][:6])
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    deprecated()
    print(caught[0].message, caught[0].lineno, caught[0].category.__name__)
warnings.simplefilter("error", UserWarning)
try:
    warnings.warn("as an exception")
except UserWarning as error:
    print("raised:", error)
warnings.simplefilter("always", ResourceWarning)
open(__file__)  # noqa: SIM115
compile("'\\d'", "literal", "eval")
