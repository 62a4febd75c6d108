"""pydoc and inspect on functions of prepared modules and of this program."""

import inspect
import json
import pydoc
import textwrap


def documented(first: int, *rest: str, key: float = 1.5) -> None:
    """One line.

    And more.
    """


print(pydoc.plain(pydoc.render_doc(documented)))
print(pydoc.plain(pydoc.render_doc(textwrap.shorten)).splitlines()[2])
print(inspect.signature(json.dumps), inspect.getdoc(documented), sep="\n")
print(inspect.getsourcefile(json) == json.__file__, len(inspect.getsource(textwrap.indent)) > 100)
