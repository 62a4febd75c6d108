"""The page docs/results/moved-launches.md."""

from suite.page import machine  # of bench/

__all__ = ["machine", "page"]

HOW_TO_READ = """\
Each image was launched once at its own place and then at another random place each time. The
program collects garbage and counts all objects, looks up each key of each dictionary and set of the
interpreter (`tests/programs/every_hash_table_finds_its_keys.py`), and uses caches, registries and
specialised bytecode (`tests/programs/caches_and_specialised_code_work.py`). Every launch had to print
what plain Python prints, to count as many objects of each type as the first, to write nothing to
standard error and to end with status 0.

- **places**: how many of the places differed.
- **wrong**: launches that were otherwise.
"""


def _row(result) -> str:
    modules = ", ".join(result.modules[:5]) + (" ..." if len(result.modules) > 5 else "")
    return (f"| {result.name} | {modules} | {result.launches} | {len(result.places)} | "
            f"{len(result.problems)} |")


def page(command: str, where: str, results: list) -> str:
    """The whole page."""
    lines = ["| image | modules | launches | places | wrong |", "|---|---|---:|---:|---:|"]
    lines += [_row(result) for result in results if not result.pinned]
    seconds = sum(result.seconds for result in results)
    text = (f"# Moved launches\n\nWritten by `{command}`, in {seconds:.0f} seconds.\n\n{where}\n"
            f"{HOW_TO_READ}\n## Results\n\n" + "\n".join(lines) + "\n")
    pinned = [f"- {result.name}: {' '.join(result.pinned.split())}\n" for result in results
              if result.pinned]
    return text + ("\n## Images that cannot move\n\n" + "".join(pinned) if pinned else "")
