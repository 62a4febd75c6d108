"""Where the benchmarks are built, and how their steps are run."""

import os
import pathlib
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = REPOSITORY / "build/bench"
TOOLS = FOLDER / "tools"
BINARIES = REPOSITORY / "build/release/bin"
PYTHON = "/usr/bin/python3.11"

PLAIN_PASS = "python3.11 -c pass"


class BenchError(Exception):
    """A sentence for whoever runs the benchmarks."""


def tell(text):
    """Says what happens now; printed at once."""
    print(text, flush=True)


def short(word):
    """A path as one would type it in the repository."""
    return str(word).removeprefix(f"{REPOSITORY}/")


def run(*arguments, log=None, **environment):
    """Runs one step in the repository; its output goes to build/bench/LOG.log if that is given."""
    words = [str(word) for word in arguments]
    settings = {**os.environ, **environment}
    if log is None:
        done = subprocess.run(words, cwd=REPOSITORY, env=settings, check=False)
        advice = ""
    else:
        path = FOLDER / f"{log}.log"
        with open(path, "wb") as output:
            done = subprocess.run(words, cwd=REPOSITORY, env=settings, check=False,
                                  stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        advice = f"; see {short(path)}"
    if done.returncode != 0:
        command = " ".join(short(word) for word in words)
        raise BenchError(f"status {done.returncode} from: {command}{advice}")


def case(name, group, arguments, held, output=None):
    """One entry of the case file; everything is compared with plain Python unless said later."""
    entry = {
        "name": name,
        "group": group,
        "argv": [str(word) for word in arguments],
        "held_argv": [str(word) for word in held],
        "baseline": PLAIN_PASS,
    }
    if output is not None:
        entry["output"] = output
    return entry
