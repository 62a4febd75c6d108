"""A subpackage without a program of its own."""

NAME = __name__
