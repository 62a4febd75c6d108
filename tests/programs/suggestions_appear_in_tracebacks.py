# status: 1
"""NameError and AttributeError suggest what was meant."""

import collections
import traceback

blueberry = 1
for text in ("bluebery", "collections.namedtoplo", "1 + 'a'", "[][3]", "{}['key']"):
    try:
        eval(text, {"collections": collections, "blueberry": blueberry})
    except Exception:
        print(traceback.format_exc().splitlines()[-1])


class Machine:
    def __init__(self):
        self.throttle = 0


Machine().throtle
