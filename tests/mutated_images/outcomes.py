"""What became of a launch of a mutated image."""

import enum
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from workshop import LAUNCHER_FAILED, PYSNAP, RUN, environment

TIMEOUT_SECONDS = 6
# Works on what an image brings: modules, classes, the collector, exceptions, numbers and text.
PROGRAM = """
import collections, gc, json, re
class Node:
    def __init__(self, value): self.value, self.me = value, self
table = collections.OrderedDict((str(n), [n, n / 7, {'k': (n, None, True)}]) for n in range(60))
text = json.dumps(json.loads(json.dumps(table)), sort_keys=True)
nodes = [Node(n) for n in range(200)]
del nodes[::2]
try:
    {}['missing']
except KeyError as error:
    text += repr(error)
print(len(text), sum(map(ord, text)) % 65521, len(nodes), gc.collect() > 0)
print(re.sub('([a-z]+)([0-9]+)', r'\\2\\1', 'abc123 def456'), '%.3f' % (2 ** 0.5), 'x'.center(9, '-'))
"""


class Outcome(enum.Enum):
    """The columns of the results."""

    RIGHT = "right"  # nobody noticed, and the output is right
    PLAIN = "plain Python"  # noticed: plain Python ran instead, rightly
    REFUSED = "refused"  # noticed: status 125 and one sentence that names the image
    NOT_STARTED = "not started"  # noticed by the kernel, which executes no such file
    KILLED = "killed"  # ended by a signal
    WRONG = "wrong"  # another output or status
    HANGS = "hangs"

    @property
    def noticed(self) -> bool:
        """Whether the image was found to be damaged before it did anything."""
        return self in (Outcome.PLAIN, Outcome.REFUSED, Outcome.NOT_STARTED)

    @property
    def good(self) -> bool:
        """What the user of a damaged image may see."""
        return self.noticed or self is Outcome.RIGHT


@dataclass(frozen=True)
class Ended:
    """How a process ended; status None: it did not within the time, or could not begin."""

    status: int | None
    out: str = ""
    err: str = ""
    error: OSError | None = None


def end_of(command: list[str], variables: dict[str, str], directory: Path) -> Ended:
    """Runs a command in a session of its own, which is killed when it takes too long."""
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=variables, cwd=directory, text=True,
                                   errors="backslashreplace", start_new_session=True)
    except OSError as error:
        return Ended(None, error=error)
    try:
        out, err = process.communicate(timeout=TIMEOUT_SECONDS)
        return Ended(process.returncode, out, err)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return Ended(None)


class Launches:
    """Launches of one file, all of the same program."""

    def __init__(self, image: Path, python: Path, directory: Path):
        self.image = image
        self.directory = directory
        # Says on standard error when plain Python runs.
        self.variables = environment(PYSNAP_EXPLAIN="1")
        plain = end_of([str(python), "-c", PROGRAM], self.variables, directory)
        self.expected = plain.out
        if plain.status != 0 or not plain.out:
            raise RuntimeError(f"the program fails under plain Python: {plain.err}")

    def command(self, executed: bool) -> list[str]:
        """The image as a program, or through pysnap-run."""
        start = [str(self.image)] if executed else [str(RUN), "--image", str(self.image)]
        return [*start, "-c", PROGRAM]

    def outcome(self, executed: bool, moved: bool = False) -> tuple[Outcome, Ended]:
        """Launches once; what takes too long is tried again, as the machine may be busy."""
        variables = {**self.variables, "PYSNAP_ASLR": "launch" if moved else "image"}
        ended = end_of(self.command(executed), variables, self.directory)
        if ended.status is None and ended.error is None:
            ended = end_of(self.command(executed), variables, self.directory)
        return self.judge(ended), ended

    def judge(self, ended: Ended) -> Outcome:
        """The outcome that the end of a process shows."""
        if ended.error is not None:
            return Outcome.NOT_STARTED
        if ended.status is None:
            return Outcome.HANGS
        if ended.status < 0:
            return Outcome.KILLED
        if ended.status == LAUNCHER_FAILED:
            one_sentence = ended.err.count("\n") == 1 and not ended.out
            named = ended.err.startswith(f"pysnap-run: the image {self.image} cannot be used: ")
            return Outcome.REFUSED if one_sentence and named else Outcome.WRONG
        if ended.status != 0 or ended.out != self.expected:
            return Outcome.WRONG
        says_plain = "plain Python runs instead" in ended.err
        return Outcome.PLAIN if says_plain else Outcome.RIGHT

    def verify_finds(self) -> bool:
        """Whether `pysnap verify` rejects the file with a sentence."""
        ended = end_of([str(PYSNAP), "verify", str(self.image)], self.variables, self.directory)
        return (ended.status is not None and ended.status > 0 and str(self.image) in ended.err
                and ended.err.count("\n") == 1)
