# arguments: --number five file
# status: 2
"""argparse prints the usage with the program's name and leaves with 2."""

import argparse

parser = argparse.ArgumentParser(description="Refuses what is no number.")
parser.add_argument("--number", type=int, default=3, help="a number (%(default)s)")
parser.add_argument("file", nargs="+")
parser.print_help()
print(parser.parse_args(["x", "--number", "7"]))
parser.parse_args()
