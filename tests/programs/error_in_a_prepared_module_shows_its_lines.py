# status: 1
"""The traceback goes through a module of the image, whose source is read only now."""

import json

print(json.loads("[1, 2]"))
json.loads('{"key": nonsense}')
