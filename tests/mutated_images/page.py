"""The page docs/results/mutated-images.md."""

import textwrap

from outcomes import TIMEOUT_SECONDS, Outcome
from suite.page import machine  # of bench/

__all__ = ["machine", "page", "table"]

PAGES = ("text pages", "read-only data pages", "data pages")

HOW_TO_READ = """\
One bare image was damaged in one place, launched, given to `pysnap verify`, and made whole again,
for each mutant. Half of the mutants were launched by `pysnap-run --image`, half were executed. The
program works on modules, classes, the collector, exceptions, numbers and text, and prints what it
computed.

- **noticed**: a sentence that names the image and status 125, or plain Python ran instead and said
  why, or the kernel refused to execute the file.
- **harmless**: nobody noticed at the launch, and the output was right.
- **killed**, **wrong**, **hangs**: the launch ended by a signal, printed something else or ended
  with another status, or did not end within {timeout} seconds.
- **verify**: `pysnap verify` found it.

The image is one that can move. Mutants of its relocation table are launched at another place, which
alone reads it, and must be refused.

The damage: single bits; words with extreme values; records, or pages, that changed places; runs of
64 or 512 bytes that are zero; files cut or made longer. *Sealed* rows are no accidents: a field of
the metadata has another value and the seal was made right again; *impossible* are values that no
image can have. `pysnap verify` does not compare an image with this machine, so it accepts some of
them. The program is a small one: a program that uses more of an image meets more of its damaged
pages.
"""


def _kinds(session) -> list[str]:
    kinds = {kind for kind, _, _ in session.counts}
    return sorted(kinds, key=lambda kind: (kind in PAGES, kind.startswith("sealed"), kind.lower()))


def _row(name: str, counts: dict, verified: tuple[int, int]) -> str:
    noticed = sum(count for outcome, count in counts.items() if outcome.noticed)
    bad = [counts.get(outcome, 0) for outcome in (Outcome.KILLED, Outcome.WRONG, Outcome.HANGS)]
    return (f"| {name} | {sum(counts.values())} | {noticed} | {counts.get(Outcome.RIGHT, 0)} | "
            + " | ".join(str(number) for number in bad) + f" | {verified[0]} of {sum(verified)} |")


def _counts(session, kind: str, executed: bool) -> dict:
    return {outcome: session.counts[kind, executed, outcome] for outcome in Outcome
            if session.counts[kind, executed, outcome]}


def table(session) -> str:
    """One row for each part, launched and executed."""
    lines = ["| damaged part | mutants | noticed | harmless | killed | wrong | hangs | verify |",
             "|---|---:|---:|---:|---:|---:|---:|---:|"]
    for kind in _kinds(session):
        for executed, how in ((False, ""), (True, ", executed")):
            counts = _counts(session, kind, executed)
            if counts:
                found = tuple(session.verified[kind, executed, is_found]
                              for is_found in (True, False))
                lines.append(_row(kind + how, counts, found))
    return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.2f} %)" if whole else "none"


def _summary(session) -> str:
    """The numbers that matter, in sentences."""
    def total(kinds, executed, outcomes) -> int:
        return sum(count for (kind, was_executed, outcome), count in session.counts.items()
                   if (kind in PAGES) == kinds and was_executed in executed
                   and outcome in outcomes)
    everything = tuple(Outcome)
    bad = tuple(outcome for outcome in Outcome if not outcome.good)
    both = (False, True)
    pages = total(True, both, everything)
    noticed = tuple(outcome for outcome in Outcome if outcome.noticed)
    found = sum(count for (kind, _, is_found), count in session.verified.items()
                if kind in PAGES and is_found)
    sentences = (
        "- Outside captured pages, launched by `pysnap-run`: killed, wrong or hanging: "
        f"{_share(total(False, (False,), bad), total(False, (False,), everything))}.\n"
        "- Outside captured pages, executed: "
        f"{_share(total(False, (True,), bad), total(False, (True,), everything))}; these are "
        "damages to what the kernel reads and enters before code of ours runs (ELF header, program "
        "headers, the restorer's own code, and files cut before its end).\n"
        f"- Captured pages: noticed at the launch {_share(total(True, both, noticed), pages)}, "
        f"harmless {_share(total(True, both, (Outcome.RIGHT,)), pages)}, "
        f"killed {_share(total(True, both, (Outcome.KILLED,)), pages)}, wrong output or status "
        f"{_share(total(True, both, (Outcome.WRONG,)), pages)}, hanging "
        f"{_share(total(True, both, (Outcome.HANGS,)), pages)}. A launch does not look at the "
        "bytes of captured pages: that would cost more than the launch. Where the file system has "
        "fs-verity, the kernel looks at each page as it comes in.\n"
        f"- `pysnap verify` found {_share(found, pages)} of the damaged pages.\n"
        f"- Mutants that were received otherwise than they must be: {len(session.problems)}.\n")
    return "".join(textwrap.fill(line, 100, subsequent_indent="  ", break_on_hyphens=False) + "\n"
                   for line in sentences.splitlines())


def page(session, command: str, where: str, seconds: float) -> str:
    """The whole page."""
    return (f"# Mutated images\n\nWritten by `{command}`, in {seconds:.0f} seconds, "
            f"with an\nimage of {len(session.anatomy.bytes)} bytes.\n\n{where}\n"
            f"{HOW_TO_READ.format(timeout=TIMEOUT_SECONDS)}\n## In short\n\n{_summary(session)}\n"
            f"## Results\n\n{table(session)}\n")
