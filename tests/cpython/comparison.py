"""Runs of one module, plain and from the image in turns, turned into a verdict for each test."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from module_run import Run

PLAIN, IMAGE = 0, 1
Pair = tuple[Run, Run]
ABSENT = "not run"


@dataclass
class Finding:
    """A test (or a module as a whole) that did not have the same outcome everywhere."""

    test: str
    verdict: str  # "differs", "unstable" or "once"
    plain: str
    image: str
    detail: str = ""


@dataclass
class Comparison:
    """What the pairs of a module's runs say."""

    module: str
    tests: int
    seconds: tuple[float, float]
    kinds: dict[str, int] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)  # of the tests that were not skipped
    findings: list[Finding] = field(default_factory=list)

    def of(self, verdict: str) -> list[Finding]:
        """The findings with this verdict."""
        return [finding for finding in self.findings if finding.verdict == verdict]


def module_outcome(run: Run) -> str:
    """The module as a whole. That tests failed is said by the tests."""
    end = "done" if run.end == "tests failed" and run.outcomes else run.end
    return "; ".join([end, *run.remarks])


def outcome(run: Run, module: str, test: str) -> str:
    """A test's outcome; the module's when it is named."""
    return module_outcome(run) if test == module else run.outcomes.get(test, ABSENT)


def differing(pair: Pair, module: str) -> set[str]:
    """Tests whose outcomes differ. What a process that died early never came to is not counted
    test by test: the module as a whole differs, and the test that was running."""
    plain, image = pair
    tests = {module}
    for run, other in (pair, pair[::-1]):
        if other.complete:
            tests |= set(run.outcomes)
        else:
            tests |= set(run.outcomes) & set(other.outcomes)
    return {test for test in tests
            if outcome(plain, module, test) != outcome(image, module, test)}


def is_unclear(pairs: list[Pair], module: str) -> bool:
    """Whether another pair of runs is needed: some test differed, and not yet twice."""
    counts = Counter(test for pair in pairs for test in differing(pair, module))
    return any(times == 1 and len({outcome(p[PLAIN], module, test) for p in pairs}) == 1
               for test, times in counts.items())


def findings(pairs: list[Pair], module: str) -> Iterator[Finding]:
    """A verdict for each test that differed in some pair."""
    counts = Counter(test for pair in pairs for test in differing(pair, module))
    for test in sorted(counts):
        plains = [outcome(pair[PLAIN], module, test) for pair in pairs]
        images = [outcome(pair[IMAGE], module, test) for pair in pairs]
        if len(set(plains)) > 1:
            verdict = "unstable"
        else:
            verdict = "differs" if counts[test] > 1 or len(pairs) == 1 else "once"
        place = next(index for index, pair in enumerate(pairs) if test in differing(pair, module))
        detail = pairs[place][IMAGE].details.get(test) or pairs[place][PLAIN].details.get(test, "")
        plain = " / ".join(dict.fromkeys(plains)) if verdict == "unstable" else plains[place]
        yield Finding(test, verdict, plain, images[place], detail)


def compare(pairs: list[Pair], module: str) -> Comparison:
    """The whole judgement of a module."""
    plain = pairs[0][PLAIN]
    kinds = Counter(kind.partition(":")[0].partition(" of ")[0] for kind in plain.outcomes.values())
    seconds = tuple(sum(pair[side].seconds for pair in pairs) for side in (PLAIN, IMAGE))
    names = {test for test, kind in plain.outcomes.items() if not kind.startswith("skip")}
    return Comparison(module, len(plain.outcomes), seconds, dict(kinds), names | {module},
                      list(findings(pairs, module)))
