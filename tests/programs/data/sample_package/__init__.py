"""A package with a program, a subpackage and data."""

from .part import VALUE

__all__ = ["VALUE"]
print("imported", __name__, VALUE)
