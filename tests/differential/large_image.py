#!/usr/bin/env python3
"""One image with everything in it: several hundred libraries, two thousand mappings.

Builds it in the environments with wheels and compares a program from it with plain Python. --plain
compares plain Python with itself, to test this test.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import companion
import images
import programs
from environments import Environment
from run import Tally

LEAST_MAPPINGS = 2000
LEAST_LIBRARIES = 300
WARM_UP = programs.DATA / "import_everything.py"

PROGRAM = """
import numpy, pandas, scipy.linalg, sklearn.linear_model, lxml.etree, sqlalchemy
matrix = numpy.arange(160000.0).reshape(400, 400) % 17 + numpy.eye(400) * 100
print(numpy.allclose(scipy.linalg.inv(matrix) @ matrix, numpy.eye(400), atol=1e-6))
frame = pandas.DataFrame({"key": [1, 2, 1], "value": [1.0, 2.0, 4.0]})
print(frame.groupby("key").value.sum().to_dict())
print(sklearn.linear_model.LinearRegression().fit([[0], [1]], [1, 3]).predict([[2]]).round(6))
print(lxml.etree.fromstring("<a><b>text</b></a>").xpath("string(b)"))
"""


def build(environment: Environment, image: Path) -> tuple[int, int]:
    """Builds the image; returns the mappings of the frozen process and the libraries."""
    command = [images.binaries() / "pysnap", "build", "--python", environment.python, "--warm-up",
               WARM_UP, "-o", image]
    done = subprocess.run(command, env=environment.clean_environment(), text=True,
                          capture_output=True, timeout=300)
    if done.returncode != 0:
        raise images.BuildFailed(done.stderr.strip()[-1000:])
    images.trust(image, environment.clean_environment())
    mappings = int(re.search(r"mappings \(of (\d+)\)", done.stdout)[1])
    listing = subprocess.run([images.binaries() / "pysnap", "inspect", image], text=True,
                             capture_output=True, check=True).stdout
    return mappings, len(re.findall(r"^  (?:mapped|copied) .*\.so", listing, re.MULTILINE))


def run_program(command: list[str], environment: Environment) -> tuple[int, str, str]:
    """Status and output of the program."""
    done = subprocess.run([*command, "-c", PROGRAM], env=environment.clean_environment(),
                          text=True, capture_output=True, timeout=300)
    return done.returncode, done.stdout, done.stderr


def try_environment(environment: Environment, plain: list[str], options: argparse.Namespace,
                    tally: Tally) -> None:
    """Builds, counts, compares."""
    if not environment.name.startswith("wheels"):
        return
    with tempfile.TemporaryDirectory() as directory:
        image = Path(directory, "large.pysnap")
        try:
            mappings, libraries = build(environment, image)
        except images.BuildFailed as error:
            print(f"FAIL  {environment.name}: {error}")
            tally.failed += 1
            return
        wanted = run_program([str(environment.python)], environment)
        launcher = [str(environment.python)] if options.plain else images.launcher(image)
        got = run_program(launcher, environment)
    large = mappings >= LEAST_MAPPINGS and libraries >= LEAST_LIBRARIES
    good = large and got == wanted and wanted[0] == 0
    print(f"{'pass' if good else 'FAIL'}  {environment.name}: {mappings} mappings, {libraries} "
          f"libraries, outputs {'equal' if got == wanted else f'differ: {wanted} {got}'}")
    tally.passed += good
    tally.failed += not good


def main() -> int:
    """Tries the environments with wheels."""
    return companion.try_environments(companion.parser_for(__doc__).parse_args(), try_environment)


if __name__ == "__main__":
    sys.exit(main())
