"""The functions of AWS Lambda's `snapshot_restore_py`, for code that imports that module.

pysnap lets `import snapshot_restore_py` find this module while an image is made, where the package
of that name is not installed. The hooks are those of `pysnap`.
"""

from pysnap import (
    get_after_restore,
    get_before_snapshot,
    register_after_restore,
    register_before_snapshot,
)

__all__ = [
    "get_after_restore",
    "get_before_snapshot",
    "register_after_restore",
    "register_before_snapshot",
]
