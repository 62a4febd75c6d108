# files: broken_module.py
# status: 1
"""The traceback points into the file of the import."""

print("before")
import broken_module  # noqa: E402

print("never printed", broken_module)
